"""The jobs of claims: statutory clocks are watched, and claimants are notified."""

from py360.kit import db
from py360.kit.jobs import module_jobs
from py360.modules.claims import bulk
from py360.modules.claims.service import clocks, documents, notices

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


@jobs.task(name="claims.follow_policies")
async def follow_policies(policy_ids: list[int]) -> None:
    """Customers were merged or parted: the claims of their policies follow."""
    async with db.unit_of_work() as session:
        await bulk.follow_policies(session, policy_ids)


@jobs.task(name="claims.note_file")
async def note_file(file_id: int, entity_type: str, entity_id: int, name: str, user_id: int | None) -> None:
    """A document of a claim was stored: it fills its place in the checklist."""
    if entity_type == "claim":
        async with db.unit_of_work() as session:
            await documents.note_file(session, entity_id, file_id, name, user_id)
