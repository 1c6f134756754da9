"""Recommending policies, and keeping what became of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, jsonb, resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, NotFound
from py360.modules.customers.api import Needs
from py360.modules.recommendations.rules import BOUGHT, Suggestion, suggestions

DECLINED_FOR: Final = timedelta(days=180)
ANSWERS: Final = {"shown": ("accepted", "declined", "converted"), "accepted": ("converted", "declined")}
_DECLINED: Final = """
select rule from recommendations where customer_id = %(customer)s and status = 'declined' and answered_at > %(since)s
"""
_SHOW: Final = """
insert into recommendations (client_id, customer_id, rule, source, type, priority, reason, suggested_coverage, estimated_premium)
values (%(client)s, %(customer)s, %(rule)s, 'rules', %(type)s, %(priority)s, %(reason)s, %(coverage)s, %(premium)s)
on conflict (customer_id, rule) where status in ('shown', 'accepted') do update set
  times_shown = recommendations.times_shown + 1, reason = excluded.reason, priority = excluded.priority,
  suggested_coverage = excluded.suggested_coverage, estimated_premium = excluded.estimated_premium, updated_at = now()
returning id
"""
_CONVERT: Final = """
update recommendations r set status = 'converted', note = coalesce(r.note, 'Such a policy is held now.'), answered_at = %(now)s,
  updated_at = now()
where r.status in ('shown', 'accepted') and exists (
  select from customers_public_policy p
  join jsonb_to_recordset(%(words)s) as w (rule text, word text) on w.rule = r.rule
  where p.customer_id = r.customer_id and p.status <> 'cancelled' and strpos(' ' || lower(p.policy_type) || ' ', w.word) > 0)
"""
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
class _Status:
    status: str
    customer_id: int


async def recommend(session: AsyncSession, needs: Needs, limit: int) -> list[Shown]:
    """The policies that suit a customer, stored as shown. What was declined within half a year is not shown again."""
    since = resources.current().clock.now() - DECLINED_FOR
    declined = await db.fetch_all(session, str, _DECLINED, {"customer": needs.customer_id, "since": since})
    shown = []
    for each in suggestions(needs, limit, declined):
        params = {
            "client": needs.client_id, "customer": needs.customer_id, "rule": each.rule, "type": each.type,
            "priority": each.priority, "reason": each.reason, "coverage": each.suggested_coverage,
            "premium": each.estimated_premium,
        }  # fmt: skip
        shown.append(Shown(await db.fetch_only(session, int, _SHOW, params), each))
    return shown


async def note_conversions(session: AsyncSession, now: datetime) -> int:
    """Recommendations whose customer holds such a policy by now are converted; how many. Run again, it finds nothing new."""
    words = [{"rule": rule, "word": word} for rule, called in BOUGHT.items() for word in called]
    return await db.execute(session, _CONVERT, {"words": jsonb.dumps(words), "now": now})


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
        "select status, customer_id from recommendations where id = %(id)s and client_id = any(%(clients)s) for update",
        {"id": recommendation_id, "clients": list(caller.client_ids)},
    )  # fmt: skip
    if found is None:
        raise NotFound(
            f"There is no recommendation {recommendation_id} within your reach.", code="recommendation_not_found"
        )
    return found
