"""The jobs of uploads."""

from py360.kit import db
from py360.kit.jobs import module_jobs
from py360.modules.customers import api as customers
from py360.modules.uploads import progress
from py360.modules.uploads.importer import run
from py360.modules.uploads.service import resume

jobs = module_jobs("uploads")


async def gave_up(upload_id: int) -> None:
    """It is our fault, not the file's: say that nothing is lost, and what to do."""
    await run.give_up(upload_id)


@jobs.task(name="uploads.process", retries=3, gave_up=gave_up)
async def process(upload_id: int) -> None:
    """Import a file; run again, it continues where the last committed chunk ended."""
    await run.run(upload_id)
    async with db.unit_of_work() as session:
        await customers.sort_into_search(session)


@jobs.task(name="uploads.push_live_update")
async def push_live_update(upload_id: int) -> None:
    """Notify open windows that an upload was cancelled or undone."""
    await progress.push_state(upload_id)


@jobs.periodic(name="uploads.sweep", cron="17 * * * *")
async def sweep(timestamp: int) -> None:
    """Resumable uploads that nobody finished are forgotten."""
    await resume.sweep()
