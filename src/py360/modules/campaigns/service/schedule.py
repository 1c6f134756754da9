"""The jobs that start and send campaigns."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import resources
from py360.kit.jobs import defer, waits


def run_lock(campaign_id: int) -> str:
    """One run of a campaign at a time."""
    return f"campaign {campaign_id}"


def _later_lock(campaign_id: int) -> str:
    return f"campaign {campaign_id} later"


async def schedule(session: AsyncSession, campaign_id: int, status: str, at: datetime | None) -> None:
    """Have an active campaign sent, and a scheduled one started at its time."""
    if status == "active":
        await send_at(session, campaign_id)
    elif status == "scheduled":
        await defer(session, "campaigns.start", campaign_id=campaign_id, schedule_at=at)


async def send_at(session: AsyncSession, campaign_id: int, at: datetime | None = None) -> None:
    """Have it sent, now or from that moment on. At most one run of each kind is queued: a resume does not wait for the
    morning."""
    later = at if at is not None and at > resources.current().clock.now() else None
    await defer(
        session,
        "campaigns.send",
        campaign_id=campaign_id,
        schedule_at=later,
        lock=run_lock(campaign_id),
        queueing_lock=run_lock(campaign_id) if later is None else _later_lock(campaign_id),
    )


async def ensure_run(session: AsyncSession, campaign_id: int) -> None:
    """Have it sent, unless its next run is queued for its moment."""
    if not await waits(session, _later_lock(campaign_id)):
        await send_at(session, campaign_id)
