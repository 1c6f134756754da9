"""Steering campaigns: launch, pause, resume, stop. The edge commits."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources, sql
from py360.kit.caller import Caller
from py360.kit.errors import Invalid
from py360.modules.campaigns import states
from py360.modules.campaigns.service.lock import Campaign, lock, lock_any
from py360.modules.campaigns.service.schedule import schedule
from py360.modules.identity import api as identity
from py360.modules.notifications import api as notifications

NO_PAST: Final = timedelta(minutes=1)
FARTHEST_START: Final = timedelta(days=3650)

_MOVE: Final = """
update campaigns set status = %(new)s::varchar, pause_reason = %(reason)s, failed_runs = 0, next_run_at = null,
  version = version + 1, scheduled_at = coalesce(%(at)s, scheduled_at),
  started_at = case when %(new)s = 'active' then coalesce(started_at, %(now)s) else started_at end,
  completed_at = case when %(new)s in ('completed', 'cancelled', 'failed') then %(now)s::timestamptz else completed_at end
where id = %(id)s
"""


async def set_status(
    session: AsyncSession, caller: Caller, campaign_id: int, text: str, at: datetime | None = None
) -> str:
    """Launch, pause, resume or stop; on a parent it goes to all children that can. The new status."""
    family = await lock(session, caller, campaign_id)
    new = states.status_named(text)
    able = [channel for channel in family.channels if new in states.ALLOWED[channel.status]]
    if not able and family.asked.status != new:  # the same request again changes nothing
        states.check(family.asked.status, new)
    for channel in able:
        await move(session, channel, new, at)
    await refresh_parent(session, family.parent_id)
    return new


async def pause_for(session: AsyncSession, campaign_id: int, reason: str) -> None:
    """Pause a campaign that cannot continue (no usable account, no budget); notify its creator and the users who can fix it."""
    family = await lock_any(session, campaign_id)
    if family is None or family.asked.status != "active":
        return
    await move(session, family.asked, "paused", None, reason)
    await refresh_parent(session, family.parent_id)
    await notify_responsible(
        session,
        family.asked,
        f"Campaign paused: {family.asked.name}",
        f"{reason} Fix this and resume the campaign. All waiting recipients are kept.",
    )


async def notify_responsible(session: AsyncSession, campaign: Campaign, title: str, message: str) -> None:
    """Notify the campaign's creator and the users who may change its settings."""
    responsible = {*await identity.holders_of(session, campaign.client_id, "settings"), campaign.created_by}
    await notifications.notify(
        session,
        sorted(user for user in responsible if user is not None),
        type="system",
        title=title,
        message=message,
        data={"campaignId": ids.code("campaign", campaign.id)},
        priority="high",
    )


async def move(
    session: AsyncSession, campaign: Campaign, new: str, at: datetime | None, reason: str | None = None
) -> None:
    """Set the status of a locked campaign and queue what follows; raises Conflict when it may not go there."""
    states.check(campaign.status, new)
    now = resources.current().clock.now()
    at = at or campaign.scheduled_at
    if new == "scheduled":
        check_start(at)
    if new == "active" and campaign.started_at is None and at is not None and at > now:
        at = None  # launched by hand before its time
    await db.execute(session, _MOVE, {"id": campaign.id, "new": new, "at": at, "now": now, "reason": reason})
    await schedule(session, campaign.id, new, at)


def check_start(at: datetime | None) -> None:
    """Raise Invalid unless this is a moment at which a campaign can still start."""
    if at is None:
        problem, message = "missing", "Give the start of the campaign (scheduledAt)."
    elif at < resources.current().clock.now() - NO_PAST:
        problem, message = "in the past", "The start of the campaign is in the past."
    elif at > resources.current().clock.now() + FARTHEST_START:
        problem, message = "too far away", "The start of the campaign must be within ten years."
    else:
        return
    raise Invalid(message, details=[{"field": "scheduledAt", "message": problem}])


async def refresh_parent(session: AsyncSession, parent_id: int) -> None:
    """A parent has the most active status of its channels, and its reason."""
    await db.execute(session, sql.read(__file__, "refresh_parent"), {"id": parent_id})
    await db.execute(
        session,
        "update campaigns set completed_at = now() where id = %(id)s and completed_at is null"
        " and status in ('completed', 'cancelled', 'failed')",
        {"id": parent_id},
    )


async def start_due(session: AsyncSession, campaign_id: int) -> None:
    """Start a scheduled campaign whose time has come; one that was moved or paused waits."""
    family = await lock_any(session, campaign_id)
    if family is None or family.asked.status != "scheduled":
        return
    at = family.asked.scheduled_at
    if at is not None and at <= resources.current().clock.now():
        await move(session, family.asked, "active", None)
        await refresh_parent(session, family.parent_id)
