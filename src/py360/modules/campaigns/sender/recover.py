"""After a worker died: the batches it held, and the campaigns it was sending."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.modules.messaging import api as messaging

# What the ledger still calls `sending` may have left. A living run renews its leases (`watching`).
_LOST: Final = """
select id, message_id from campaign_recipients
where campaign_id = %(id)s and status = 'claimed' and claimed_until < %(now)s order by id
"""
_UNKNOWN: Final = """
with lost as (
  select id from campaign_recipients
  where id = any(%(lost)s) and status = 'claimed' and claimed_until < %(now)s order by id for no key update
), settled as (
  update campaign_recipients r set status = 'unknown', claimed_until = null,
    error_message = 'The worker stopped while this message was on its way'
  from lost where r.id = lost.id returning r.id
)
update campaigns set unknown_count = unknown_count + people, settled_count = settled_count + people
from (select count(*) as people from settled) l where campaigns.id = %(id)s
"""
# Nobody looks after a campaign that is not active, so what was held when it was paused or stopped is looked up for an hour.
_HALTED: Final = """
select c.id from campaigns c
where c.status in ('paused', 'cancelled') and c.parent_id is not null and c.updated_at > %(now)s - interval '1 hour'
  and exists (select from campaign_recipients r where r.campaign_id = c.id and r.status = 'claimed' and r.claimed_until < %(now)s)
"""


async def settle_lost(session: AsyncSession, campaign_id: int) -> None:
    """Recipients whose lease ran out become `unknown`, here and in the ledger: never sent again, never called sent."""
    said = {"id": campaign_id, "now": resources.current().clock.now()}
    if lost := await db.all(session, _LOST, said):
        await messaging.abandon(session, [row["message_id"] for row in lost])
        await db.execute(session, _UNKNOWN, said | {"lost": [row["id"] for row in lost]})


async def halted(session: AsyncSession) -> list[int]:
    """Campaigns that were paused or stopped while a worker that died held some of their recipients."""
    return [row["id"] for row in await db.all(session, _HALTED, {"now": resources.current().clock.now()})]


async def active(session: AsyncSession) -> list[int]:
    """Campaigns that should be sending."""
    rows = await db.all(
        session, "select id from campaigns where status = 'active' and parent_id is not null order by id"
    )
    return [row["id"] for row in rows]


async def due(session: AsyncSession) -> list[int]:
    """Scheduled campaigns whose time has come."""
    rows = await db.all(
        session,
        "select id from campaigns where status = 'scheduled' and parent_id is not null and scheduled_at <= %(now)s order by id",
        {"now": resources.current().clock.now()},
    )
    return [row["id"] for row in rows]
