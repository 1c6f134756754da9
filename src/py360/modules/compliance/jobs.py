"""Jobs of this module."""

from py360.kit import db
from py360.kit.jobs import module_jobs
from py360.modules.compliance.service import consent, override

jobs = module_jobs("compliance")


@jobs.periodic(name="compliance.expire_overrides", cron="*/10 * * * *")
async def expire_overrides(timestamp: int) -> None:
    """Overrides end by themselves."""
    async with db.unit_of_work() as session:
        await override.expire_overrides(session)


@jobs.task(name="compliance.inherit_opt_outs")
async def inherit_opt_outs(client_id: int, kept_id: int, merged_id: int) -> None:
    """Customers were merged: the opt-outs of both count."""
    async with db.unit_of_work() as session:
        await consent.inherit_opt_outs(session, client_id, kept_id, merged_id)
