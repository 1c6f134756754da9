"""After a worker died: the batches it had claimed, and the campaigns it was sending."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources, sql
from py360.modules.campaigns.service.counters import add_counts
from py360.modules.cases import api as cases
from py360.modules.messaging import api as messaging

# A living run renews its leases (`guard`).
_LOST: Final = """
select id, message_id from campaign_recipients
where campaign_id = %(id)s and status = 'claimed' and claimed_until < %(now)s order by id
"""
_SETTLE: Final = sql.read(__file__, "settle_lost")
# No run looks after a campaign that is not active: what a dead worker had claimed when it was paused or stopped is looked for
# during an hour.
_HALTED: Final = """
select c.id from campaigns c
where c.status in ('paused', 'cancelled') and c.parent_id is not null and c.updated_at > %(now)s - interval '1 hour'
  and exists (select from campaign_recipients r where r.campaign_id = c.id and r.status = 'claimed' and r.claimed_until < %(now)s)
"""
_ACTIVE: Final = "select id from campaigns where status = 'active' and parent_id is not null order by id"
_DUE: Final = """
select id from campaigns where status = 'scheduled' and parent_id is not null and scheduled_at <= %(now)s order by id
"""
_CHANNEL: Final = "select campaign_type from campaigns where id = %(id)s"


@dataclass(frozen=True, slots=True)
class LostRecipient:
    """A recipient whose lease ran out."""

    id: int
    message_id: int | None


@dataclass(frozen=True, slots=True)
class SettledRecipient:
    """A lost recipient after it was settled: back in the plan (`pending`), or as its message is in the ledger."""

    status: str
    case_id: int | None


async def settle_lost(session: AsyncSession, campaign_id: int) -> None:
    """Settle the recipients whose lease ran out.

    A message that was never handed to a connection is back in the plan. One that was, and has no answer, is `unknown`, here and
    in the ledger: never sent again, never called sent.
    """
    params = {"id": campaign_id, "now": resources.current().clock.now()}
    lost = await db.fetch_all(session, LostRecipient, _LOST, params)
    if not lost:
        return
    await messaging.abandon(session, [each.message_id for each in lost if each.message_id is not None])
    settled = await db.fetch_all(session, SettledRecipient, _SETTLE, params | {"lost": [each.id for each in lost]})
    written = [each.case_id for each in settled if each.status == "sent" and each.case_id is not None]
    channel = await db.fetch_only(session, str, _CHANNEL, params)
    await cases.note_contacts(session, written, channel)
    await add_counts(session, campaign_id, Counter(each.status for each in settled))


async def halted(session: AsyncSession) -> list[int]:
    """Campaigns that were paused or stopped while a worker that died had claimed some of their recipients."""
    return await db.fetch_all(session, int, _HALTED, {"now": resources.current().clock.now()})


async def active(session: AsyncSession) -> list[int]:
    """Campaigns that should be sending."""
    return await db.fetch_all(session, int, _ACTIVE)


async def due(session: AsyncSession) -> list[int]:
    """Scheduled campaigns whose time has come."""
    return await db.fetch_all(session, int, _DUE, {"now": resources.current().clock.now()})
