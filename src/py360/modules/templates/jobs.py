"""Jobs of this module."""

from py360.kit import db
from py360.kit.jobs import module_jobs
from py360.modules.templates.seed import seed

jobs = module_jobs("templates")


@jobs.task(name="templates.client_added")
async def client_added(client_id: int) -> None:
    """A new client starts with the built-in templates."""
    async with db.unit_of_work() as session:
        await seed(session, client_id)
