"""How well recommendations do: what customers said and bought, by rule; what the models predicted; and what it achieved, measured
against customers who were held out."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from py360.kit import sql
from py360.kit.caller import Caller, reach_filter
from py360.kit.clock import day_begins, day_ends
from py360.kit.errors import Invalid
from py360.kit.reads import Reads
from py360.modules.recommendations.listing import within_reach
from py360.modules.recommendations.uplift import FEWEST, FEWEST_SUCCEEDED, Comparison, Group, compare
from py360.modules.recommendations.views import (
    AchievedView,
    BuyersView,
    ComparedView,
    GroupView,
    ModelEffectView,
    RuleView,
)

EARLIEST: Final = date(1900, 1, 1)
_MODELS: Final = sql.read(__file__, "model_effect")
_BUYERS: Final = sql.read(__file__, "buyers")
_RENEWALS: Final = sql.read(__file__, "renewals_of_customers")
_RULES: Final = """
select r.rule, r.source, count(*) as shown,
  count(*) filter (where r.status in ('accepted', 'converted')) as accepted,
  count(*) filter (where r.status = 'declined') as declined, count(*) filter (where r.status = 'converted') as converted,
  coalesce(sum(coalesce(r.bought_premium, r.estimated_premium)) filter (where r.status = 'converted'), 0) as premium
from recommendations r
where {within} and r.status <> 'held_out' and r.created_at >= %(since)s and r.created_at < %(until)s
group by r.rule, r.source order by r.rule, r.source
"""


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment to before another."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class _Effect:
    rule: str
    source: str
    shown: int
    accepted: int
    declined: int
    converted: int
    premium: Decimal


@dataclass(frozen=True, slots=True)
class _Buyers(Group):
    """Customers of a group; without a rule, those of all."""

    rule: str | None = None


@dataclass(frozen=True, slots=True)
class _ModelEffect:
    """What a model predicted for cases that ended, and what came."""

    model_id: int
    trained_at: datetime
    is_active: bool
    cases: int
    lapsed: int
    predicted: float
    brier: float
    auc: float | None


def period(first: date | None, last: date) -> Period:
    """The days from the first to the last, in India; without a first one, from the beginning. Raises Invalid when it ends before."""
    if first and last < first:
        message = "The period ends before it begins."
        raise Invalid(message, code="period", details=[{"field": "to", "message": message}])
    return Period(day_begins(first or EARLIEST), day_ends(last))


async def of_rules(reads: Reads, caller: Caller, within: Period) -> list[RuleView]:
    """How often each rule's recommendations were accepted and bought, of those first shown in the period."""
    where, params = within_reach(caller)
    found = await reads.fetch_all(_Effect, _RULES.format(within=where), {**params, **_bounds(within)})
    return [
        {
            "rule": each.rule, "source": each.source, "shown": each.shown, "accepted": each.accepted,
            "declined": each.declined, "converted": each.converted,
            "acceptanceRate": round(each.accepted / each.shown, 4), "conversionRate": round(each.converted / each.shown, 4),
            "convertedPremium": each.premium,
        }
        for each in found
    ]  # fmt: skip


async def of_models(reads: Reads, caller: Caller, within: Period) -> list[ModelEffectView]:
    """How well each model predicted, by the cases within reach that ended in the period."""
    where, params = reach_filter(caller)
    found = await reads.fetch_all(_ModelEffect, _MODELS.format(within=where), {**params, **_bounds(within)})
    return [
        {
            "modelId": each.model_id, "trainedAt": each.trained_at, "inUse": each.is_active, "cases": each.cases,
            "lapsed": each.lapsed, "lapseRate": round(each.lapsed / each.cases, 4), "predictedLapseRate": round(each.predicted, 4),
            "brier": round(each.brier, 4), "auc": None if each.auc is None else round(each.auc, 4),
        }
        for each in found
    ]  # fmt: skip


async def achieved(reads: Reads, caller: Caller, within: Period) -> AchievedView:
    """What recommendations achieved: what customers bought who were shown them, against customers held out, and whether they renewed.

    Customers count in the group they were drawn into when they were first recommended something.
    """
    where, params = within_reach(caller)
    cases, of_cases = reach_filter(caller)
    params = {**params, **of_cases, **_bounds(within)}
    buyers = await reads.fetch_all(_Buyers, _BUYERS.format(within=where), params)
    renewals = compare(await reads.fetch_all(Group, _RENEWALS.format(within=where, cases=cases), params))
    rules = sorted({each.rule for each in buyers if each.rule})
    total = compare([each for each in buyers if each.rule is None])
    return {
        "total": _compared(None, total),
        "rules": [_compared(rule, compare([each for each in buyers if each.rule == rule])) for rule in rules],
        "renewals": {
            "shown": of_cases_view(renewals.treated),
            "heldOut": of_cases_view(renewals.held_out),
            "renewalUplift": renewals.rates,
            "amountUplift": renewals.amounts,
        },
        "message": in_words(total, "customers", "buyers", "Customers who were shown recommendations"),
    }


def in_words(compared: Comparison, of: str, succeeded: str, treated: str) -> str:
    """What a comparison says, or what it still needs."""
    if compared.rates is None:
        return f"Each group needs at least {FEWEST} {of}. The share held out is set under Settings, Renewals."
    if compared.amounts is None:
        return f"{treated} against those held out, with 95 % intervals. Rupees need at least {FEWEST_SUCCEEDED} {succeeded} in each group."
    return f"{treated} against those held out, with 95 % intervals."


def of_cases_view(group: Group) -> GroupView:
    """A group of cases that ended."""
    return {"cases": group.size, "renewed": group.succeeded, "renewalRate": group.rate, "renewedAmount": group.total}


def _compared(rule: str | None, compared: Comparison) -> ComparedView:
    return {
        "rule": rule,
        "shown": _buyers(compared.treated),
        "heldOut": _buyers(compared.held_out),
        "conversionUplift": compared.rates,
        "premiumUplift": compared.amounts,
    }


def _buyers(group: Group) -> BuyersView:
    return {"customers": group.size, "bought": group.succeeded, "conversionRate": group.rate, "premium": group.total}


def _bounds(within: Period) -> dict[str, object]:
    return {"since": within.since, "until": within.until}
