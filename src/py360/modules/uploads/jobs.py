"""The jobs of uploads."""

from py360.kit import db
from py360.kit.jobs import module_jobs
from py360.modules.customers import api as customers
from py360.modules.uploads import importing, progress, resuming

jobs = module_jobs("uploads")


async def gave_up(upload_id: int) -> None:
    """It is our fault, not the file's: say that nothing is lost, and what to do."""
    await importing.give_up(upload_id)


@jobs.task(name="uploads.process", retries=3, gave_up=gave_up)
async def process(upload_id: int) -> None:
    """Import a file; run again, it goes on where the last committed chunk ended."""
    await importing.run(upload_id)
    async with db.unit_of_work() as session:
        await customers.sort_into_search(session)


@jobs.task(name="uploads.tell")
async def tell(upload_id: int) -> None:
    """Tell open windows that an upload was cancelled or taken back."""
    await progress.tell_state(upload_id)


@jobs.periodic(name="uploads.sweep", cron="17 * * * *")
async def sweep(timestamp: int) -> None:
    """Resumable uploads that nobody finished are forgotten."""
    await resuming.sweep()
