"""Follow-up messages (domain reference, 12.1): so long after the step before, to those who did not answer or act.

A follow-up is a channel of its own under the same parent. Its recipients are not frozen with the campaign: each joins when
their turn has come, until the step before has ended and nobody is left.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, sql
from py360.modules.campaigns.service.counters import add_counts
from py360.modules.campaigns.service.plan import REMINDERS

SHORTEST_PAUSE: Final = timedelta(minutes=1)  # between two looks for those whose turn has come
LONGEST_PAUSE: Final = timedelta(hours=1)
LOOKS: Final = 20  # within the delay of the follow-up
_DUE: Final = sql.read(__file__, "due_follow_ups")
_JOIN: Final = f"""
insert into campaign_recipients (campaign_id, customer_id, case_id, contact, status, skip_reason)
select %(id)s, due.customer_id, due.case_id, coalesce(due.contact, ''),
  case when due.contact is null then 'skipped' else 'pending' end,
  case when due.contact is null then 'invalid_contact' end
from ({_DUE}) due where due.due_at <= %(now)s order by due.case_id
on conflict do nothing returning status = 'skipped'
"""
_GROW: Final = "update campaigns set target_count = coalesce(target_count, 0) + %(more)s where id = %(id)s"
_NEXT: Final = f"select due_at from ({_DUE}) due order by due_at limit 1"
_DELAY: Final = "select follow_up_after from campaigns where id = %(id)s and step > 0"
_GOES_ON: Final = """
select exists (select from campaigns step join campaigns before on before.parent_id = step.parent_id and before.step = step.step - 1
where step.id = %(id)s and before.status not in ('completed', 'cancelled', 'failed'))
"""


async def join(session: AsyncSession, campaign_id: int, parent_id: int, now: datetime) -> None:
    """Take in the recipients of a follow-up whose turn has come; those without a contact on its channel are skipped."""
    skipped = await db.fetch_all(session, bool, _JOIN, _params(campaign_id) | {"now": now})
    if skipped:
        for grown in (parent_id, campaign_id):
            await db.execute(session, _GROW, {"id": grown, "more": len(skipped)})
        await add_counts(session, campaign_id, {"skipped": sum(skipped)})


async def next_turn(session: AsyncSession, campaign_id: int, now: datetime) -> datetime | None:
    """When to look again for recipients of a follow-up; None when nobody is left, and for what is no follow-up.

    Not for each recipient by itself: of a delay of three days, an hour's recipients are taken in together.
    """
    delay = await db.fetch_one(session, timedelta, _DELAY, {"id": campaign_id})
    if delay is None:
        return None
    soonest = now + min(max(delay / LOOKS, SHORTEST_PAUSE), LONGEST_PAUSE)
    first = await db.fetch_one(session, datetime, _NEXT, _params(campaign_id))
    if first is not None:
        return max(first, soonest)
    return soonest if await db.fetch_only(session, bool, _GOES_ON, {"id": campaign_id}) else None


def _params(campaign_id: int) -> dict[str, object]:
    return {"id": campaign_id, "reminders": sorted(REMINDERS)}
