"""Jobs of this module."""

from py360.kit import db
from py360.kit.jobs import module_jobs
from py360.modules.providers.seed import seed

jobs = module_jobs("providers")


@jobs.task(name="providers.client_added")
async def client_added(client_id: int) -> None:
    """A new client starts with the sandbox where the installation has no real account."""
    async with db.unit_of_work() as session:
        await seed(session, client_id)
