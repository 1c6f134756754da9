"""Recommending policies, and keeping what became of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, jsonb, resources, sql
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, NotFound
from py360.modules.customers.api import Needs
from py360.modules.recommendations.rules import BOUGHT, Suggestion, suggestions
from py360.modules.settings import api as settings

DECLINED_FOR: Final = timedelta(days=180)
ANSWERS: Final = {"shown": ("accepted", "declined", "converted"), "accepted": ("converted", "declined")}
_DECLINED: Final = """
select rule from recommendations where customer_id = %(customer)s and status = 'declined' and answered_at > %(since)s
"""
# A customer stays in the group of their first recommendation. Where nobody is held out then, they are in none: those who were shown
# something earlier cannot be compared with those held out later.
_GROUP: Final = """
select case
  when first.id is not null then first.held_out
  when %(percent)s > 0 then mod(hashint8extended(%(customer)s, %(client)s) & 9223372036854775807, 100) < %(percent)s
end
from (values (1)) one (n)
left join lateral (
  select r.id, r.held_out from recommendations r where r.customer_id = %(customer)s order by r.id limit 1
) first on true
"""
_SHOW: Final = sql.read(__file__, "show_recommendation")
_NOTE_PURCHASES: Final = sql.read(__file__, "note_purchases")
_ANSWER: Final = """
update recommendations set status = %(status)s, note = %(note)s, answered_by = %(user)s, answered_at = %(now)s, updated_at = now()
where id = %(id)s
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A recommendation with the number it is answered by."""

    id: int
    suggestion: Suggestion


@dataclass(frozen=True, slots=True)
class Advice:
    """What is shown to a customer; nothing to one who is held out."""

    shown: list[Shown]
    held_out: bool


@dataclass(frozen=True, slots=True)
class _Status:
    status: str
    customer_id: int


async def recommend(session: AsyncSession, needs: Needs, limit: int) -> Advice:
    """The policies that suit a customer, stored as shown; for one who is held out, stored as that and not answered.

    What was declined within half a year is not shown again.
    """
    now = resources.current().clock.now()
    declined = await db.fetch_all(session, str, _DECLINED, {"customer": needs.customer_id, "since": now - DECLINED_FOR})
    percent = (await settings.get(session, needs.client_id, settings.Renewals)).recommendation_hold_out
    drawn = {"customer": needs.customer_id, "client": needs.client_id, "percent": percent}
    group = await db.fetch_one(session, bool, _GROUP, drawn)
    held_out = bool(group) and percent > 0
    shown = []
    for each in suggestions(needs, limit, declined):
        params = {
            "client": needs.client_id, "customer": needs.customer_id, "rule": each.rule, "type": each.type,
            "priority": each.priority, "reason": each.reason, "coverage": each.suggested_coverage,
            "premium": each.estimated_premium, "held_out": group, "status": "held_out" if held_out else "shown",
            "times": 0 if held_out else 1, "now": now,
        }  # fmt: skip
        shown.append(Shown(await db.fetch_only(session, int, _SHOW, params), each))
    return Advice([] if held_out else shown, held_out)


async def note_purchases(session: AsyncSession, now: datetime) -> int:
    """Note which recommended policies customers bought; of how many recommendations. Run again, it finds nothing new."""
    words = [{"rule": rule, "word": word} for rule, called in BOUGHT.items() for word in called]
    return await db.execute(session, _NOTE_PURCHASES, {"words": jsonb.dumps(words), "now": now})


async def customer_of(session: AsyncSession, caller: Caller, recommendation_id: int) -> int:
    """The customer that a recommendation was shown for; raises NotFound outside the caller's clients."""
    found = await _locked(session, caller, recommendation_id)
    return found.customer_id


async def answer(session: AsyncSession, caller: Caller, recommendation_id: int, status: str, note: str | None) -> None:
    """Keep what the customer said, or that they bought it. Raises Conflict, naming what is still possible."""
    found = await _locked(session, caller, recommendation_id)
    possible = ANSWERS.get(found.status, ())
    if status not in possible:
        still = f"It can become {' or '.join(possible)}." if possible else "It was answered for good."
        raise Conflict(f"This recommendation is {found.status}. {still}", code="recommendation_answered")
    now = resources.current().clock.now()
    await db.execute(
        session, _ANSWER, {"id": recommendation_id, "status": status, "note": note, "user": caller.user_id, "now": now}
    )


async def _locked(session: AsyncSession, caller: Caller, recommendation_id: int) -> _Status:
    found = await db.fetch_one(
        session, _Status,
        "select status, customer_id from recommendations"
        " where id = %(id)s and client_id = any(%(clients)s) and status <> 'held_out' and not is_duplicate for update",
        {"id": recommendation_id, "clients": list(caller.client_ids)},
    )  # fmt: skip
    if found is None:
        raise NotFound(
            f"There is no recommendation {recommendation_id} within your reach.", code="recommendation_not_found"
        )
    return found
