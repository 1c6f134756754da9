"""A campaign's counters of unique recipients, counted again from the plan and the ledger."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, sql

_FROM_LEDGER: Final = sql.read(__file__, "count_from_ledger")
_CONVERSIONS: Final = sql.read(__file__, "count_conversions")
_SETTLE_REPORTED: Final = sql.read(__file__, "settle_reported")
_FROM_PLAN: Final = """
update campaigns c set sent_count = counted.sent, unknown_count = counted.unknown, skipped_count = counted.skipped,
  settled_count = counted.settled
from (
  select count(*) filter (where sent_at is not null) as sent, count(*) filter (where status = 'unknown') as unknown,
    count(*) filter (where status = 'skipped') as skipped,
    count(*) filter (where status not in ('pending', 'claimed')) as settled
  from campaign_recipients where campaign_id = %(id)s
) counted
where c.id = %(id)s
"""


async def settle_reported(session: AsyncSession, campaign_id: int) -> int:
    """Settle recipients that were `unknown` and of which the vendor reported since; how many. Before any campaign is locked."""
    return await db.execute(session, _SETTLE_REPORTED, {"id": campaign_id})


async def from_ledger(session: AsyncSession, campaign_id: int) -> None:
    """What vendors and readers reported: delivered, opened, clicked, replied, failed, bounced, unsubscribed, converted."""
    await db.execute(session, _FROM_LEDGER, {"id": campaign_id})
    await db.execute(session, _CONVERSIONS.format(campaigns="select %(id)s::bigint"), {"id": campaign_id})


async def conversions_of_parent(session: AsyncSession, campaign_id: int) -> None:
    """The conversions of the campaign whose channel this is; where both are counted, its parent is locked before."""
    parent = "select parent_id from campaigns where id = %(id)s"
    await db.execute(session, _CONVERSIONS.format(campaigns=parent), {"id": campaign_id})


async def from_plan(session: AsyncSession, campaign_id: int) -> None:
    """What became of every recipient: replaces the counters that sending loops add to."""
    await db.execute(session, _FROM_PLAN, {"id": campaign_id})
