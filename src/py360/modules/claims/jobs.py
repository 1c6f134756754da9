"""The jobs of claims: statutory clocks are watched, and claimants are notified."""

from py360.kit import db
from py360.kit.jobs import module_jobs
from py360.modules.claims.service import clocks, notices

jobs = module_jobs("claims")


@jobs.periodic(name="claims.watch_clocks", cron="*/5 * * * *")
async def watch_clocks(timestamp: int) -> None:
    """Every five minutes: notify handlers of periods that are nearly over, or over."""
    while True:
        async with db.unit_of_work() as session:
            if await clocks.watch(session) < clocks.BATCH:
                return


@jobs.task(name="claims.send_notice")
async def send_notice(notice_id: int) -> None:
    """Send a notice to a claimant."""
    await notices.send(notice_id)
