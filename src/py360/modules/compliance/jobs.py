"""Jobs of this module."""

from py360.kit import db
from py360.kit.jobs import module_jobs
from py360.modules.compliance.service import override

jobs = module_jobs("compliance")


@jobs.periodic(name="compliance.expire_overrides", cron="*/10 * * * *")
async def expire_overrides(timestamp: int) -> None:
    """Overrides end by themselves."""
    async with db.unit_of_work() as session:
        await override.expire_overrides(session)
