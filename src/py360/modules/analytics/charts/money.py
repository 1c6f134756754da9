"""Charts of money: how and when it came in, and what is left."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from py360.kit.caller import Caller
from py360.kit.reads import Reads
from py360.modules.analytics.charts.cases import NOT_GIVEN
from py360.modules.analytics.charts.views import (
    ChannelCollectionRow,
    DueDateRow,
    PaymentModeRow,
    PaymentMonthRow,
    PaymentTypeRow,
    PolicyCollectionRow,
)
from py360.modules.analytics.filters import NOT_RENEWED, Scope
from py360.modules.analytics.links import NO_CHANNEL, case_list
from py360.modules.analytics.queries.figures import Figures, figures_of, grouped, percent, total

# Methods as gateways and the office call them, as the chart does.
MODES: Final = {
    "upi": "UPI/Digital",
    "wallet": "UPI/Digital",
    "netbanking": "Net Banking",
    "net_banking": "Net Banking",
    "bank_transfer": "Bank Transfer",
    "card": "Card",
    "credit_card": "Credit Card",
    "debit_card": "Debit Card",
    "cash": "Cash",
    "cheque": "Cheque",
    "auto_debit": "Auto-debit",
}
FREQUENCIES: Final = {
    "annual": "Annual",
    "half_yearly": "Half-yearly",
    "quarterly": "Quarterly",
    "monthly": "Monthly Premium",
    "one_time": "One-time",
}
TIMINGS: Final = {"before": "Before due date", "on": "On due date", "after": "After due date"}
PAID: Final = frozenset({"payment_processed", "renewed"})
_PAISA: Final = Decimal("0.01")
_MONTH: Final = "date_trunc('month', day::timestamp)::date"


def _each(amount: Decimal, count: int) -> Decimal:
    return (amount / count).quantize(_PAISA) if count else Decimal(0)


async def payment_modes(reads: Reads, caller: Caller, scope: Scope) -> list[PaymentModeRow]:
    """How customers paid: the share of each method in what came in and was not given back."""
    found = await figures_of(reads, caller, scope, "paid", "method")
    whole = total(found).collected
    modes = grouped(found, lambda each: MODES.get(each.key, each.key.replace("_", " ").title() or NOT_GIVEN))
    return [
        {
            "mode": mode,
            "count": each.cases,
            "amount": each.collected,
            "percentage": percent(each.collected, whole),
            "avgAmount": _each(each.collected, each.cases),
        }
        for mode, each in sorted(modes.items(), key=lambda pair: -pair[1].collected)
    ]


async def payment_types(reads: Reads, caller: Caller, scope: Scope) -> list[PaymentTypeRow]:
    """What came in, by how often the policy is paid."""
    found = await figures_of(reads, caller, scope, "paid", "frequency")
    whole = total(found).collected
    return [
        {
            "type": FREQUENCIES.get(each.key, each.key),
            "count": each.cases,
            "amount": each.collected,
            "percentage": percent(each.collected, whole),
        }
        for each in sorted(found, key=lambda each: -each.collected)
    ]


async def payment_timeline(reads: Reads, caller: Caller, scope: Scope) -> list[PaymentMonthRow]:
    """By month: how long after the due date customers paid, and how many in time."""
    found = await figures_of(reads, caller, scope, "paid", _MONTH, "timing")
    months = grouped(sorted(found, key=lambda each: each.key), lambda each: each.key[:7])
    return [
        {
            "month": month,
            "avgDays": round(each.days / each.cases, 1) if each.cases else 0.0,
            "totalPayments": each.cases,
            "onTimePayments": sum(part.cases for part in found if part.key[:7] == month and part.part != "after"),
        }
        for month, each in months.items()
    ]


async def due_date_analysis(reads: Reads, caller: Caller, scope: Scope) -> list[DueDateRow]:
    """Payments before, on and after the due date."""
    found = {each.key: each for each in await figures_of(reads, caller, scope, "paid", "timing")}
    whole = total(found.values()).cases
    return [
        {
            "timing": name,
            "count": found.get(key, Figures()).cases,
            "percentage": percent(found.get(key, Figures()).cases, whole),
            "amount": found.get(key, Figures()).collected,
        }
        for key, name in TIMINGS.items()
    ]


async def policy_collection(reads: Reads, caller: Caller, scope: Scope) -> list[PolicyCollectionRow]:
    """By policy type: how many are paid and how many wait. Cases that are over without payment count in neither."""
    found = await figures_of(reads, caller, scope, "opened", "policy_type", "status")
    rows: list[PolicyCollectionRow] = []
    for kind, parts in _parts(found).items():
        whole = total(parts)
        collected = sum(each.cases for each in parts if each.part in PAID)
        pending = sum(each.cases for each in parts if each.part not in PAID | NOT_RENEWED)
        rows.append(
            {
                "policyType": kind.title(),
                "pending": pending,
                "collected": collected,
                "total": pending + collected,
                "collectionRate": percent(collected, pending + collected),
                "amount": whole.collected,
                "pendingAmount": whole.pending,
                "cases": case_list(scope, policyType=kind),
            }
        )
    return rows


async def channel_collection(reads: Reads, caller: Caller, scope: Scope) -> list[ChannelCollectionRow]:
    """By channel: what came in, of what is asked of cases that are not over."""
    found = await figures_of(reads, caller, scope, "opened", "channel")
    return [
        {
            "channel": each.key or NOT_GIVEN,
            "collected": each.collected,
            "target": each.collected + each.pending,
            "percentage": percent(each.collected, each.collected + each.pending),
            "policies": each.cases,
            "cases": case_list(scope, channel=each.key or NO_CHANNEL),
        }
        for each in sorted(found, key=lambda each: -each.collected)
    ]


def _parts(found: Sequence[Figures]) -> dict[str, list[Figures]]:
    """The figures by their key."""
    parts: dict[str, list[Figures]] = {}
    for each in sorted(found, key=lambda each: each.key):
        parts.setdefault(each.key, []).append(each)
    return parts
