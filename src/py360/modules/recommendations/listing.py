"""Recommendations that were shown to customers within reach. What was held out is in no list."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from py360.kit import sql
from py360.kit.caller import Caller, Predicate, reach_filter
from py360.kit.clock import day_begins, day_ends
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.recommendations.rules import Activity
from py360.modules.recommendations.views import ShownView

_ACTIVITY: Final = sql.read(__file__, "activity")
_SHOWN: Final = """
select r.id, u.customer_code, u.full_name, r.rule, r.source, r.type, r.priority, r.reason, r.suggested_coverage,
  r.estimated_premium, r.status, r.times_shown, r.note, r.answered_at, r.created_at
from recommendations r join customers_public_contact u on u.id = r.customer_id
"""
_SORTS: Final = {"id": "r.id", "createdAt": "r.id", "status": "r.status", "estimatedPremium": "r.estimated_premium"}


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
        """The row as the API answers it."""
        return {
            "id": self.id, "customerId": self.customer_code, "customerName": self.full_name, "rule": self.rule,
            "source": self.source, "type": self.type, "priority": self.priority, "reason": self.reason,
            "suggestedCoverage": self.suggested_coverage, "estimatedPremium": self.estimated_premium, "status": self.status,
            "timesShown": self.times_shown, "note": self.note, "answeredAt": self.answered_at, "createdAt": self.created_at,
        }  # fmt: skip


def within_reach(caller: Caller) -> Predicate:
    """Recommendations to customers who have a case within reach; reach `all` needs no case."""
    within, params = reach_filter(caller, "k")
    clients = "r.client_id = any(%(clients)s) and not r.is_duplicate"
    both = {**params, "clients": list(caller.client_ids)}
    if caller.reach == "all":
        return clients, both
    return f"{clients} and r.customer_id in (select k.customer_id from cases_public_case k where {within})", both


def recommendations(
    caller: Caller,
    sort: str | None,
    search: str | None,
    status: str | None,
    since: date | None = None,
    until: date | None = None,
) -> Listing[ShownRow]:
    """The recommendations within reach that were first shown in a period, the newest first."""
    where, params = within_reach(caller)
    where += " and r.status <> 'held_out'"
    if pattern := containing(search):
        where += " and (u.full_name ilike %(search)s or r.type ilike %(search)s)"
        params |= {"search": pattern}
    if status:
        where += " and r.status = %(status)s"
        params |= {"status": status}
    if since:
        where += " and r.created_at >= %(since)s"
        params |= {"since": day_begins(since)}
    if until:
        where += " and r.created_at < %(until)s"
        params |= {"until": day_ends(until)}
    return Listing(
        name="recommendations",
        select=_SHOWN,
        where=where,
        order=ordering(sort, _SORTS, "-id", "r.id"),
        params=params,
        to_public=ShownRow.to_public,
        columns=(
            "id", "customerId", "customerName", "type", "priority", "reason", "suggestedCoverage", "estimatedPremium", "status",
            "timesShown", "note", "createdAt",
        ),
        row=ShownRow,
    )  # fmt: skip


async def activity(reads: Reads, customer_id: int) -> Activity:
    """What happened with a customer that is known to be within reach, counted."""
    return await reads.fetch_only(Activity, _ACTIVITY, {"id": customer_id})
