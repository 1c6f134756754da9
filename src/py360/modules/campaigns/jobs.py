"""Jobs of campaigns: start at their time, send, count what comes back, stop reminders of paid cases."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.jobs import defer, module_jobs
from py360.modules.campaigns.live_updates import push_progress
from py360.modules.campaigns.sender import recover
from py360.modules.campaigns.sender.run import Run, prepare
from py360.modules.campaigns.sender.send import send as send_run
from py360.modules.campaigns.service import count, finish, status
from py360.modules.campaigns.service import stop_reminders as reminders
from py360.modules.campaigns.service.lock import lock_any
from py360.modules.campaigns.service.schedule import ensure_run, send_at

log = structlog.get_logger()
jobs = module_jobs("campaigns")
RECOUNT_AFTER: Final = timedelta(seconds=1)
OUR_SIDE: Final = "Sending stopped because of an error on our side"

_CAMPAIGNS_OF_CASE: Final = "select distinct campaign_id from campaign_recipients where case_id = %(case)s"


@jobs.task(name="campaigns.start")
async def start(campaign_id: int) -> None:
    """A scheduled campaign's time has come."""
    async with db.unit_of_work() as session:
        await status.start_due(session, campaign_id)


@jobs.task(name="campaigns.send", retries=0)  # it queues its own next run; `keep_going` looks for campaigns without one
async def send(campaign_id: int) -> None:
    """Send until no recipient is due or the campaign is paused; continues later when the send gate or the vendor makes it wait."""
    run = await prepare(campaign_id)
    if run is None:
        return
    if isinstance(run, datetime):
        async with db.unit_of_work() as session:
            await send_at(session, campaign_id, run)
        return
    try:
        await send_run(run)
    except Exception as error:  # raised again: the log has it, and the campaign says that it waits
        async with db.unit_of_work() as session:
            await finish.stall(session, campaign_id, f"{OUR_SIDE} ({type(error).__name__})", progressed=run.progressed)
        raise
    async with db.unit_of_work() as session:
        await _end(session, run)
    await push_progress(campaign_id)


async def _end(session: AsyncSession, run: Run) -> None:
    """What follows a run: a pause, a try later, the next run, or the end."""
    campaign_id = run.campaign.id
    if run.pause_reason is not None:
        await status.pause_for(session, campaign_id, run.pause_reason)
    elif run.vendor_trouble is not None:
        log.warning("a campaign waits for its vendor", campaign=campaign_id, reason=run.vendor_trouble)
        await finish.stall(session, campaign_id, run.vendor_trouble, progressed=run.progressed)
    else:
        again = await finish.after_run(session, campaign_id, run.wait_until, progressed=run.progressed)
        if again is not None:
            await send_at(session, campaign_id, again)


Find = Callable[[AsyncSession], Awaitable[Sequence[int]]]
Repair = Callable[[AsyncSession, int], Awaitable[None]]


@jobs.periodic(name="campaigns.keep_going", cron="* * * * *")
async def keep_going(timestamp: int) -> None:
    """Campaigns whose job was lost start and continue; what a dead worker had claimed of a paused or stopped one is settled.

    Each campaign by itself: one that fails does not keep the others from continuing.
    """
    steps: Sequence[tuple[Find, Repair]] = (
        (recover.due, status.start_due),
        (recover.halted, recover.settle_lost),
        (recover.active, ensure_run),
    )
    errors: list[Exception] = []
    for find, repair in steps:
        async with db.unit_of_work() as session:
            found = await find(session)
        for campaign_id in found:
            (outcome,) = await asyncio.gather(_repair(repair, campaign_id), return_exceptions=True)
            if isinstance(outcome, Exception):
                outcome.add_note(f"campaign {campaign_id}")
                errors.append(outcome)
    if errors:
        raise ExceptionGroup("some campaigns could not be looked after", errors)


async def _repair(repair: Repair, campaign_id: int) -> None:
    async with db.unit_of_work() as session:
        await repair(session, campaign_id)


@jobs.task(name="campaigns.recount", retries=3)
async def recount(campaign_id: int) -> None:
    """Count a campaign again from the ledger."""
    async with db.unit_of_work() as session:
        if await count.settle_reported(session, campaign_id):
            await lock_any(session, campaign_id)
            await count.from_plan(session, campaign_id)
    # Each in its own transaction: it locks a campaign only once it has counted.
    for again in (count.from_ledger, count.conversions_of_parent):
        async with db.unit_of_work() as session:
            await again(session, campaign_id)
    await push_progress(campaign_id)


@jobs.task(name="campaigns.messages_moved")
async def messages_moved(client_id: int, campaign_ids: list[int]) -> None:
    """Vendors or readers reported something; counted together with what comes within the next second."""
    async with db.unit_of_work() as session:
        await _recount_soon(session, campaign_ids)


async def _recount_soon(session: AsyncSession, campaign_ids: Sequence[int]) -> None:
    later = resources.current().clock.now() + RECOUNT_AFTER
    for campaign_id in campaign_ids:
        await defer(
            session, recount, campaign_id=campaign_id, schedule_at=later, queueing_lock=f"recount {campaign_id}"
        )


@jobs.task(name="campaigns.stop_reminders")
async def stop_reminders(case_id: int) -> None:
    """A case is paid: reminders that are planned for it are skipped, and the conversions are counted again."""
    async with db.unit_of_work() as session:
        await reminders.stop_reminders(session, case_id)
        await _recount_soon(session, await db.fetch_all(session, int, _CAMPAIGNS_OF_CASE, {"case": case_id}))


@jobs.task(name="campaigns.recount_conversions")
async def recount_conversions(case_id: int, wholly: bool = True, old_status: str = "renewed") -> None:
    """A case was refunded or opened again: the campaigns that wrote to its customer count their conversions again."""
    async with db.unit_of_work() as session:
        await _recount_soon(session, await db.fetch_all(session, int, _CAMPAIGNS_OF_CASE, {"case": case_id}))
