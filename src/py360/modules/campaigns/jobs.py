"""Jobs of campaigns: start at their time, send, and count what comes back."""

from datetime import timedelta

from py360.kit import db, live, resources
from py360.kit.jobs import defer, module_jobs
from py360.modules.campaigns.sender import recover as recovering
from py360.modules.campaigns.sender import send as sending
from py360.modules.campaigns.service import count as counting
from py360.modules.campaigns.service import lock as holding
from py360.modules.campaigns.service import status as service

jobs = module_jobs("campaigns")
RECOUNT_AFTER = timedelta(seconds=1)


@jobs.task(name="campaigns.start")
async def start(campaign_id: int) -> None:
    """A scheduled campaign's time has come."""
    async with db.unit_of_work() as session:
        await service.start_due(session, campaign_id)


@jobs.task(name="campaigns.send", retries=0)  # `keep_going` brings it back
async def send(campaign_id: int) -> None:
    """Send until nobody is left or somebody says stop; goes on later when the door or the vendor asked to wait."""
    run = await sending.prepare(campaign_id)
    if run is None:
        return
    await sending.send(run)
    async with db.unit_of_work() as session:
        if run.trouble is not None:
            await service.pause_for(session, campaign_id, run.trouble)
        elif (again := await service.after_run(session, campaign_id, run.wait_until)) is not None:
            await service.go_on(session, campaign_id, again)
    await show(campaign_id)


@jobs.periodic(name="campaigns.keep_going", cron="* * * * *")
async def keep_going(timestamp: int) -> None:
    """Campaigns whose job was lost start and go on; what a dead worker held of a paused or stopped one is settled."""
    for find, mend in (
        (recovering.due, service.start_due),
        (recovering.halted, recovering.settle_lost),
        (recovering.active, service.keep_going),
    ):
        async with db.unit_of_work() as session:
            found = await find(session)
        for campaign_id in found:  # each by itself: one that cannot be helped now holds up nobody
            async with db.unit_of_work() as session:
                await mend(session, campaign_id)


@jobs.task(name="campaigns.recount", retries=3)
async def recount(campaign_id: int) -> None:
    """Take the counters anew from the ledger."""
    async with db.unit_of_work() as session:
        if await counting.hear(session, campaign_id):
            await holding.hold(session, campaign_id)
            await counting.from_plan(session, campaign_id)
    for count in (
        counting.from_ledger,
        counting.of_parent,
    ):  # each by itself: it holds a campaign only when it has counted
        async with db.unit_of_work() as session:
            await count(session, campaign_id)
    await show(campaign_id)


@jobs.task(name="campaigns.messages_moved")
async def messages_moved(client_id: int, campaign_ids: list[int]) -> None:
    """Vendors or readers told something; counted together with what comes within the next second."""
    later = resources.current().clock.now() + RECOUNT_AFTER
    async with db.unit_of_work() as session:
        for campaign_id in campaign_ids:
            await defer(
                session, recount, campaign_id=campaign_id, schedule_at=later, queueing_lock=f"recount {campaign_id}"
            )


@jobs.task(name="campaigns.case_renewed")
async def case_renewed(case_id: int, wholly: bool = True) -> None:
    """A customer paid, or got everything back: the campaigns that had written to them count their conversions anew."""
    rows = await resources.current().reads.all(
        "select distinct campaign_id from campaign_recipients where case_id = %(case)s", {"case": case_id}
    )
    await messages_moved.func(client_id=0, campaign_ids=[row["campaign_id"] for row in rows])


async def show(campaign_id: int) -> None:
    """Tell the open windows."""
    row = await resources.current().reads.one("select * from campaigns where id = %(id)s", {"id": campaign_id})
    if row is not None:
        await live.send(row["client_id"], "campaign.metrics", sending.progress(row), permission="campaigns")
