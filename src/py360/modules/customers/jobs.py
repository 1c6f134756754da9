"""The jobs of customers: duplicates are looked for every night."""

from py360.kit.jobs import module_jobs
from py360.modules.customers.duplicates.scan import scan

jobs = module_jobs("customers")


@jobs.periodic(name="customers.scan_duplicates", cron="15 20 * * *")
async def scan_duplicates(timestamp: int) -> None:
    """At a quarter to two in India, when nobody works: compare the customers who share a contact, a PAN or a birthday."""
    await scan()
