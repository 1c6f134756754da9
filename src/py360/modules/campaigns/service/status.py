"""Steering campaigns: launch, pause, resume, stop, and the runs that send. The edge commits."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources
from py360.kit.caller import Caller
from py360.kit.errors import Invalid
from py360.kit.jobs import defer, waits
from py360.modules.campaigns import states
from py360.modules.campaigns.service import count as counting
from py360.modules.campaigns.service import lock as holding
from py360.modules.identity import api as identity
from py360.modules.notifications import api as notifications
from py360.modules.settings import api as settings

NO_PAST: Final = timedelta(minutes=1)
LEASE_OVER: Final = timedelta(seconds=95)


def lock(campaign_id: int) -> str:
    """One run of a campaign at a time."""
    return f"campaign {campaign_id}"


def _later(campaign_id: int) -> str:
    return f"campaign {campaign_id} later"


async def set_going(session: AsyncSession, campaign_id: int, status: str, at: datetime | None) -> None:
    """Have an active campaign sent, and a scheduled one started at its time."""
    if status == "active":
        await go_on(session, campaign_id)
    elif status == "scheduled":
        await defer(session, "campaigns.start", campaign_id=campaign_id, schedule_at=at)


async def go_on(session: AsyncSession, campaign_id: int, at: datetime | None = None) -> None:
    """Have it sent, now or from that moment on. At most one run waits for each: a resume does not wait for the morning."""
    later = at if at is not None and at > resources.current().clock.now() else None
    await defer(
        session,
        "campaigns.send",
        campaign_id=campaign_id,
        schedule_at=later,
        lock=lock(campaign_id),
        queueing_lock=lock(campaign_id) if later is None else _later(campaign_id),
    )


async def keep_going(session: AsyncSession, campaign_id: int) -> None:
    """Have it sent, unless its next run waits for its moment."""
    if not await waits(session, _later(campaign_id)):
        await go_on(session, campaign_id)


async def set_status(session: AsyncSession, caller: Caller, number: int, text: str, at: datetime | None = None) -> str:
    """Launch, pause, resume or stop; on a parent it goes to all children that can. The new status."""
    held = await holding.take(session, caller, number)
    new = states.status_named(text)
    able = [channel for channel in held.channels if new in states.ALLOWED[channel["status"]]]
    if not able and held.asked["status"] != new:  # said twice is said
        states.check(held.asked["status"], new)
    for channel in able:
        await _move(session, channel, new, at)
    await _follow(session, held.parent_id)
    return new


async def pause_for(session: AsyncSession, campaign_id: int, reason: str) -> None:
    """Pause a campaign that cannot go on (no usable account, no budget), and tell its maker and those who can mend it."""
    held = await holding.hold(session, campaign_id)
    if held is None or held.asked["status"] != "active":
        return
    campaign = held.asked
    await _move(session, campaign, "paused", None)
    await db.execute(
        session,
        "update campaigns set pause_reason = %(reason)s where id = %(id)s",
        {"id": campaign_id, "reason": reason},
    )
    await _follow(session, held.parent_id)
    concerned = {*await identity.holders_of(session, campaign["client_id"], "settings"), campaign["created_by"]}
    await notifications.notify(
        session,
        sorted(concerned - {None}),
        type="system",
        title=f"Campaign paused: {campaign['name']}",
        message=f"{reason} Once that is mended, resume the campaign; nobody was lost.",
        data={"campaignId": ids.code("campaign", campaign_id)},
        priority="high",
    )


async def _move(session: AsyncSession, campaign: db.Row, new: str, at: datetime | None) -> None:
    states.check(campaign["status"], new)
    now = resources.current().clock.now()
    at = at or campaign["scheduled_at"]
    if new == "scheduled":
        check_start(at)
    if new == "active" and campaign["started_at"] is None and at is not None and at > now:
        at = None  # launched by hand before its time
    await db.execute(
        session,
        "update campaigns set status = %(new)s::varchar, pause_reason = null, version = version + 1, scheduled_at = coalesce(%(at)s, scheduled_at),"
        " started_at = case when %(new)s = 'active' then coalesce(started_at, %(now)s) else started_at end,"
        " completed_at = case when %(new)s in ('completed', 'cancelled', 'failed') then %(now)s::timestamptz else completed_at end"
        " where id = %(id)s",
        {"id": campaign["id"], "new": new, "at": at, "now": now},
    )
    await set_going(session, campaign["id"], new, at)


def check_start(at: datetime | None) -> None:
    """Raise Invalid unless this is a moment at which a campaign can still start."""
    if at is None:
        problem, message = "missing", "Say when the campaign is to start (scheduledAt)."
    elif at < resources.current().clock.now() - NO_PAST:
        problem, message = "in the past", "The start of the campaign lies in the past."
    else:
        return
    raise Invalid(message, details=[{"field": "scheduledAt", "message": problem}])


async def _follow(session: AsyncSession, parent_id: int) -> None:
    """A parent shows the liveliest status of its children."""
    await db.execute(
        session,
        "update campaigns p set version = version + 1, pause_reason = ("
        "  select pause_reason from campaigns c where c.parent_id = p.id and pause_reason is not null order by c.id limit 1),"
        " status = ("
        "  select status from campaigns c where c.parent_id = p.id order by"
        "  array_position(array['active','paused','scheduled','draft','failed','completed','cancelled']::varchar[], c.status) limit 1)"
        " where p.id = %(id)s",
        {"id": parent_id},
    )
    await db.execute(
        session,
        "update campaigns set completed_at = now() where id = %(id)s and completed_at is null"
        " and status in ('completed', 'cancelled', 'failed')",
        {"id": parent_id},
    )


async def start_due(session: AsyncSession, campaign_id: int) -> None:
    """Start a scheduled campaign whose time has come; one that was moved or paused waits."""
    held = await holding.hold(session, campaign_id)
    now = resources.current().clock.now()
    if held is None or held.asked["status"] != "scheduled" or held.asked["scheduled_at"] > now:
        return
    await _move(session, held.asked, "active", None)
    await _follow(session, held.parent_id)


async def after_run(session: AsyncSession, campaign_id: int, wait_until: datetime | None) -> datetime | None:
    """Finish a campaign when nobody is left; otherwise when its next run is due (None: it does not go on by itself)."""
    status = await db.value(session, "select status from campaigns where id = %(id)s", {"id": campaign_id})
    if status != "active":
        return None
    now = resources.current().clock.now()
    left = await db.one(
        session,
        "select bool_or(status = 'pending' and (claimed_until is null or claimed_until <= %(now)s)) as due,"
        " min(claimed_until) filter (where status = 'pending') as put_off, bool_or(status = 'claimed') as held"
        " from campaign_recipients where campaign_id = %(id)s and status in ('pending', 'claimed')",
        {"id": campaign_id, "now": now},
    )
    assert left is not None
    if left["due"]:
        return wait_until or now
    if left["put_off"] is not None:
        put_off: datetime = left["put_off"]
        return max(put_off, wait_until or now)
    if left["held"]:
        return now + LEASE_OVER
    await _finish(session, campaign_id)
    return None


async def _finish(session: AsyncSession, campaign_id: int) -> None:
    """Count for the last time, and tell its maker."""
    await counting.hear(session, campaign_id)
    held = await holding.hold(session, campaign_id)
    if held is None:
        return
    await counting.from_plan(session, campaign_id)
    await counting.from_ledger(session, campaign_id)
    await counting.of_parent(session, campaign_id)
    campaign = held.asked
    if campaign["status"] != "active":  # stopped meanwhile
        return
    await _move(session, campaign, "completed", None)
    await _follow(session, held.parent_id)
    if campaign["created_by"] is not None:
        await notifications.notify(
            session,
            campaign["created_by"],
            type="update",
            title="Campaign finished",
            message=f"“{campaign['name']}” has been sent.{await _left_out(session, campaign)}",
            data={"campaignId": ids.code("campaign", campaign_id)},
        )


async def _left_out(session: AsyncSession, campaign: db.Row) -> str:
    """How many the do-not-contact registry kept out, where the office wants to hear of it."""
    if not (await settings.get(session, campaign["client_id"], settings.Dnc)).notify_on_block:
        return ""
    people = await db.value(
        session,
        "select count(*) from campaign_recipients where campaign_id = %(id)s and skip_reason = 'dnc' and status = 'skipped'",
        {"id": campaign["id"]},
    )
    return f" Left out by the do-not-contact registry: {people}." if people else ""
