"""Recommendations that were shown: the list, and how well each rule does."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from py360.kit import sql
from py360.kit.caller import Caller, Predicate, reach_filter
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.recommendations.rules import Activity
from py360.modules.recommendations.views import ModelEffectView, RuleView, ShownView

_MODELS: Final = sql.read(__file__, "model_effect")
_ACTIVITY: Final = sql.read(__file__, "activity")
_SHOWN: Final = """
select r.id, u.customer_code, u.full_name, r.rule, r.source, r.type, r.priority, r.reason, r.suggested_coverage,
  r.estimated_premium, r.status, r.times_shown, r.note, r.answered_at, r.created_at
from recommendations r join customers_public_contact u on u.id = r.customer_id
"""
_SORTS: Final = {"id": "r.id", "createdAt": "r.id", "status": "r.status", "estimatedPremium": "r.estimated_premium"}
_EFFECT: Final = """
select r.rule, r.source, count(*) as shown,
  count(*) filter (where r.status in ('accepted', 'converted')) as accepted,
  count(*) filter (where r.status = 'declined') as declined, count(*) filter (where r.status = 'converted') as converted,
  coalesce(sum(r.estimated_premium) filter (where r.status = 'converted'), 0) as premium
from recommendations r where {where} group by r.rule, r.source order by r.rule, r.source
"""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A recommendation with its customer; amounts in INR."""

    id: int
    customer_code: str
    full_name: str
    rule: str
    source: str
    type: str
    priority: str
    reason: str
    suggested_coverage: Decimal
    estimated_premium: Decimal
    status: str
    times_shown: int
    note: str | None
    answered_at: datetime | None
    created_at: datetime

    def to_public(self) -> ShownView:
        """The row of the wire."""
        return {
            "id": self.id, "customerId": self.customer_code, "customerName": self.full_name, "rule": self.rule,
            "source": self.source, "type": self.type, "priority": self.priority, "reason": self.reason,
            "suggestedCoverage": self.suggested_coverage, "estimatedPremium": self.estimated_premium, "status": self.status,
            "timesShown": self.times_shown, "note": self.note, "answeredAt": self.answered_at, "createdAt": self.created_at,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Effect:
    rule: str
    source: str
    shown: int
    accepted: int
    declined: int
    converted: int
    premium: Decimal


def _within(caller: Caller) -> Predicate:
    """Recommendations to customers who have a case within reach; reach `all` needs no case."""
    within, params = reach_filter(caller, "k")
    clients = "r.client_id = any(%(clients)s)"
    both = {**params, "clients": list(caller.client_ids)}
    if caller.reach == "all":
        return clients, both
    return f"{clients} and r.customer_id in (select k.customer_id from cases_public_case k where {within})", both


def shown(caller: Caller, sort: str | None, search: str | None, status: str | None) -> Listing[ShownRow]:
    """The recommendations within reach, the newest first."""
    where, params = _within(caller)
    if pattern := containing(search):
        where += " and (u.full_name ilike %(search)s or r.type ilike %(search)s)"
        params |= {"search": pattern}
    if status:
        where += " and r.status = %(status)s"
        params |= {"status": status}
    return Listing(
        name="recommendations",
        select=_SHOWN,
        where=where,
        order=ordering(sort, _SORTS, "-id", "r.id"),
        params=params,
        shown=ShownRow.to_public,
        columns=(
            "id", "customerId", "customerName", "type", "priority", "reason", "suggestedCoverage", "estimatedPremium", "status",
            "timesShown", "note", "createdAt",
        ),
        row=ShownRow,
    )  # fmt: skip


async def effectiveness(reads: Reads, caller: Caller) -> list[RuleView]:
    """How often each rule's recommendations were accepted and bought."""
    where, params = _within(caller)
    found = await reads.fetch_all(_Effect, _EFFECT.format(where=where), params)
    return [
        {
            "rule": each.rule, "source": each.source, "shown": each.shown, "accepted": each.accepted,
            "declined": each.declined, "converted": each.converted,
            "acceptanceRate": round(each.accepted / each.shown, 4), "conversionRate": round(each.converted / each.shown, 4),
            "convertedPremium": each.premium,
        }
        for each in found
    ]  # fmt: skip


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


async def effectiveness_of_models(reads: Reads, caller: Caller) -> list[ModelEffectView]:
    """How well each model predicted, by the cases within reach that have ended since."""
    within, params = reach_filter(caller)
    found = await reads.fetch_all(_ModelEffect, _MODELS.format(within=within), params)
    return [
        {
            "modelId": each.model_id, "trainedAt": each.trained_at, "inUse": each.is_active, "cases": each.cases,
            "lapsed": each.lapsed, "lapseRate": round(each.lapsed / each.cases, 4), "predictedLapseRate": round(each.predicted, 4),
            "brier": round(each.brier, 4), "auc": None if each.auc is None else round(each.auc, 4),
        }
        for each in found
    ]  # fmt: skip


async def activity(reads: Reads, customer_id: int) -> Activity:
    """What happened with a customer that is known to be within reach, counted."""
    return await reads.fetch_only(Activity, _ACTIVITY, {"id": customer_id})
