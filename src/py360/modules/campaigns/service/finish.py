"""The end of a run: the campaign is finished, continues later, or is stalled by its vendor."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources
from py360.kit.clock import INDIA
from py360.modules.campaigns.service import count, follow_ups
from py360.modules.campaigns.service.lock import Campaign, lock_any
from py360.modules.campaigns.service.schedule import send_at
from py360.modules.campaigns.service.status import move, notify_responsible, refresh_parent
from py360.modules.notifications import api as notifications
from py360.modules.settings import api as settings

LEASE_OVER: Final = timedelta(seconds=95)
FIRST_BACKOFF: Final = timedelta(seconds=30)
LONGEST_BACKOFF: Final = timedelta(minutes=15)
NOTIFY_AFTER: Final = 3  # runs in a row in which no message got through

_LEFT: Final = """
select bool_or(status = 'pending' and (claimed_until is null or claimed_until <= %(now)s)) as due,
  min(claimed_until) filter (where status = 'pending') as deferred_until, bool_or(status = 'claimed') as claimed
from campaign_recipients where campaign_id = %(id)s and status in ('pending', 'claimed')
"""
_WAITING: Final = "select count(*) from campaign_recipients where campaign_id = %(id)s and status = 'pending'"
_STALLED: Final = """
update campaigns set failed_runs = %(failed)s, next_run_at = %(at)s, pause_reason = %(reason)s where id = %(id)s
"""
_FAILED_RUNS: Final = "select failed_runs from campaigns where id = %(id)s"
_GOES_ON: Final = """
update campaigns set failed_runs = 0, next_run_at = null, pause_reason = null where id = %(id)s and status = 'active'
"""
_BLOCKED_BY_DNC: Final = """
select count(*) from campaign_recipients where campaign_id = %(id)s and skip_reason = 'dnc' and status = 'skipped'
"""


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a plan: whether recipients are due, until when the others are deferred, whether a run has claimed some."""

    due: bool | None
    deferred_until: datetime | None
    claimed: bool | None


def backoff(failed_runs: int) -> timedelta:
    """How long to wait after so many runs in a row without success: 30 s, 1 min, 2 min, ... 15 min."""
    doublings = min(max(failed_runs - 1, 0), 10)
    wait: timedelta = FIRST_BACKOFF * 2**doublings
    return min(wait, LONGEST_BACKOFF)


async def stall(session: AsyncSession, campaign_id: int, reason: str, *, progressed: bool = False) -> None:
    """No message got through: the campaign says why and when it tries again; after some tries in a row users are notified.

    It stays active: nothing must be done when the vendor is back. `progressed`: the run had sent some before.
    """
    family = await lock_any(session, campaign_id)
    if family is None or family.asked.status != "active":
        return
    campaign = family.asked
    failed = 1 + (0 if progressed else await db.fetch_only(session, int, _FAILED_RUNS, {"id": campaign.id}))
    at = resources.current().clock.now() + backoff(failed)
    waiting = await db.fetch_only(session, int, _WAITING, {"id": campaign.id})
    local = at.astimezone(INDIA)
    sentence = f"{reason.rstrip('.')}. {waiting} recipients are waiting. The next try is at {local:%H:%M} India time."
    await db.execute(session, _STALLED, {"id": campaign.id, "failed": failed, "at": at, "reason": sentence})
    await refresh_parent(session, family.parent_id)
    await send_at(session, campaign.id, at)
    if failed == NOTIFY_AFTER:
        await notify_responsible(session, campaign, f"Campaign is waiting: {campaign.name}", sentence)


async def after_run(
    session: AsyncSession, campaign_id: int, wait_until: datetime | None, *, progressed: bool = False
) -> datetime | None:
    """Finish a campaign when no recipient is left; otherwise when its next run is due (None: it does not continue by itself)."""
    failed_runs = await db.fetch_one(session, int, _FAILED_RUNS, {"id": campaign_id})
    if progressed and failed_runs:
        await _clear_stall(session, campaign_id)
    status = await db.fetch_one(session, str, "select status from campaigns where id = %(id)s", {"id": campaign_id})
    if status != "active":
        return None
    now = resources.current().clock.now()
    left = await db.fetch_only(session, Left, _LEFT, {"id": campaign_id, "now": now})
    if left.due:
        return wait_until or now
    if left.deferred_until is not None:
        return max(left.deferred_until, wait_until or now)
    if left.claimed:
        return now + LEASE_OVER
    if turn := await follow_ups.next_turn(session, campaign_id, now):
        return turn
    await _finish(session, campaign_id)
    return None


async def _clear_stall(session: AsyncSession, campaign_id: int) -> None:
    """Messages get through again."""
    family = await lock_any(session, campaign_id)
    if family is not None:
        await db.execute(session, _GOES_ON, {"id": campaign_id})
        await refresh_parent(session, family.parent_id)


async def _finish(session: AsyncSession, campaign_id: int) -> None:
    """Count for the last time, and notify the creator."""
    await count.settle_reported(session, campaign_id)
    family = await lock_any(session, campaign_id)
    if family is None:
        return
    await count.from_plan(session, campaign_id)
    await count.from_ledger(session, campaign_id)
    await count.conversions_of_parent(session, campaign_id)
    campaign = family.asked
    if campaign.status != "active":  # stopped meanwhile
        return
    await move(session, campaign, "completed", None)
    await refresh_parent(session, family.parent_id)
    if campaign.created_by is not None:
        await notifications.notify(
            session,
            campaign.created_by,
            type="update",
            title="Campaign finished",
            message=f"“{campaign.name}” has been sent.{await _dnc_sentence(session, campaign)}",
            data={"campaignId": ids.code("campaign", campaign_id)},
        )


async def _dnc_sentence(session: AsyncSession, campaign: Campaign) -> str:
    """How many the do-not-contact registry kept out, where the office wants to know."""
    if not (await settings.get(session, campaign.client_id, settings.Dnc)).notify_on_block:
        return ""
    blocked = await db.fetch_only(session, int, _BLOCKED_BY_DNC, {"id": campaign.id})
    return f" Left out by the do-not-contact registry: {blocked}." if blocked else ""
