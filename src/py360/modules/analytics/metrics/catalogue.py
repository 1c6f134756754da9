"""What a metric may measure and how it may be grouped."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from py360.kit.errors import Invalid
from py360.modules.analytics.filters import NOT_RENEWED
from py360.modules.analytics.queries.cells import Kind
from py360.modules.analytics.queries.figures import Figures, percent, total

Unit = Literal["count", "inr", "percent", "days"]
Number = Decimal | int | float | None
_PAISA: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure. `kind`: by which day a case or payment is in the period; `parts`: the column that `value` distinguishes."""

    title: str
    description: str
    unit: Unit
    kind: Kind
    value: Callable[[Sequence[Figures]], Number]
    parts: str = "''"


@dataclass(frozen=True, slots=True)
class Grouping:
    """A grouping: the SQL of its key on the sums, or on the facts where the sums do not have it."""

    title: str
    key: str
    of_facts: bool = False
    by_time: bool = False


def _renewed(parts: Sequence[Figures]) -> int:
    return sum(each.cases for each in parts if each.part == "renewed")


def _unrenewed(parts: Sequence[Figures]) -> int:
    return sum(each.cases for each in parts if each.part in NOT_RENEWED)


def _sent(whole: Figures) -> int:
    return whole.email_sent + whole.sms_sent + whole.whatsapp_sent + whole.call_sent


def _delivered(whole: Figures) -> int:
    return whole.email_delivered + whole.sms_delivered + whole.whatsapp_delivered + whole.call_delivered


def _renewal_rate(parts: Sequence[Figures]) -> Number:
    ended = _renewed(parts) + _unrenewed(parts)
    return percent(_renewed(parts), ended) if ended else None


def _delivery_rate(parts: Sequence[Figures]) -> Number:
    whole = total(parts)
    return percent(_delivered(whole), _sent(whole)) if _sent(whole) else None


def _reach_rate(parts: Sequence[Figures]) -> Number:
    whole = total(parts)
    return percent(whole.reached, whole.cases) if whole.cases else None


def _collection_rate(parts: Sequence[Figures]) -> Number:
    whole = total(parts)
    asked = whole.collected + whole.pending
    return percent(whole.collected, asked) if asked else None


def _cost_per_renewal(parts: Sequence[Figures]) -> Number:
    renewed = _renewed(parts)
    return (total(parts).cost / renewed).quantize(_PAISA) if renewed else None


def _average_payment(parts: Sequence[Figures]) -> Number:
    whole = total(parts)
    return (whole.collected / whole.cases).quantize(_PAISA) if whole.cases else None


def _days_to_payment(parts: Sequence[Figures]) -> Number:
    whole = total(parts)
    return round(whole.days / whole.cases, 1) if whole.cases else None


def _on_time_rate(parts: Sequence[Figures]) -> Number:
    whole = total(parts).cases
    return percent(sum(each.cases for each in parts if each.part != "after"), whole) if whole else None


MEASURES: Final[Mapping[str, Measure]] = {
    "cases": Measure("Cases", "Cases uploaded in the period", "count", "opened", lambda p: total(p).cases),
    "renewedCases": Measure("Renewed cases", "Of the cases uploaded in the period", "count", "opened", _renewed, "status"),
    "renewalRate": Measure(
        "Renewal rate", "Renewed of those that ended, of the cases uploaded in the period", "percent", "opened", _renewal_rate, "status"
    ),
    "premium": Measure("Renewal premium", "What the cases are about", "inr", "opened", lambda p: total(p).amount),
    "pending": Measure("Payment pending", "What open cases still owe", "inr", "opened", lambda p: total(p).pending),
    "collectionRate": Measure("Collection rate", "Collected of what was asked", "percent", "opened", _collection_rate),
    "reachedCases": Measure("Reached cases", "A message was delivered", "count", "opened", lambda p: total(p).reached),
    "engagedCases": Measure("Engaged cases", "A message was opened, clicked or answered", "count", "opened", lambda p: total(p).engaged),
    "reachRate": Measure("Reach rate", "Reached of all cases", "percent", "opened", _reach_rate),
    "messages": Measure("Messages", "Sent for the cases, on all channels", "count", "opened", lambda p: _sent(total(p))),
    "deliveryRate": Measure("Delivery rate", "Delivered of the messages sent", "percent", "opened", _delivery_rate),
    "messageCost": Measure("Cost of messages", "What the vendors charge", "inr", "opened", lambda p: total(p).cost),
    "costPerRenewal": Measure("Cost per renewal", "Cost of messages by renewed case", "inr", "opened", _cost_per_renewal, "status"),
    "callsByHand": Measure("Calls by hand", "Calls that agents noted", "count", "opened", lambda p: total(p).calls),
    "renewals": Measure("Renewals", "Cases renewed in the period", "count", "ended", _renewed, "status"),
    "successRate": Measure("Success rate", "Renewed of the cases that ended in the period", "percent", "ended", _renewal_rate, "status"),
    "payments": Measure("Payments", "Received in the period", "count", "paid", lambda p: total(p).cases),
    "collected": Measure("Payment collected", "Received in the period and not given back", "inr", "paid", lambda p: total(p).collected),
    "averagePayment": Measure("Average payment", "Collected by payment", "inr", "paid", _average_payment),
    "daysToPayment": Measure("Days to payment", "From the due date; negative before it", "days", "paid", _days_to_payment),
    "onTimeRate": Measure("Paid on time", "Payments on or before the due date", "percent", "paid", _on_time_rate, "timing"),
}  # fmt: skip

GROUPINGS: Final[Mapping[str, Grouping]] = {
    "none": Grouping("Nothing: one number", "''"),
    "day": Grouping("Day", "day", by_time=True),
    "month": Grouping("Month", "date_trunc('month', day::timestamp)::date", by_time=True),
    "policyType": Grouping("Policy type", "policy_type"),
    "status": Grouping("Status", "status"),
    "channel": Grouping("Channel", "channel"),
    "place": Grouping("Region, branch or team", "node_id"),
    "batch": Grouping("Batch", "batch_id"),
    "frequency": Grouping("Premium frequency", "frequency"),
    "method": Grouping("Payment method", "method"),
    "agent": Grouping("Agent", "coalesce(assigned_to, 0)", of_facts=True),
}


def measure(name: str) -> Measure:
    """A measure by its name; raises Invalid, naming those there are."""
    if name not in MEASURES:
        raise _unknown("measure", name, MEASURES)
    return MEASURES[name]


def grouping(name: str) -> Grouping:
    """A grouping by its name; raises Invalid, naming those there are."""
    if name not in GROUPINGS:
        raise _unknown("grouping", name, GROUPINGS)
    return GROUPINGS[name]


def check(measured: str, grouped: str) -> None:
    """Raise Invalid unless the two go together: only payments have a method."""
    if measure(measured).kind != "paid" and grouping(grouped) is GROUPINGS["method"]:
        raise Invalid(
            f"{MEASURES[measured].title} has no payment method. Group payments by it.",
            code="grouping_not_possible",
            details=[{"field": "grouping", "message": "not method, unless payments are measured"}],
        )


def _unknown(field: str, name: str, known: Mapping[str, object]) -> Invalid:
    return Invalid(
        f"“{name[:60]}” is not in the catalogue.",
        code="unknown_value",
        details=[{"field": field, "message": "one of " + ", ".join(known)}],
    )
