"""Telling people live, once their notification is committed; and clearing out old ones."""

from py360.kit import db, live, resources
from py360.kit.db import unit_of_work
from py360.kit.jobs import module_jobs
from py360.modules.notifications import queries

jobs = module_jobs("notifications")


@jobs.task(name="notifications.tell")
async def tell(notifications: list[int]) -> None:
    """Send `notification.new` for each of these notifications, to its user only."""
    async with unit_of_work() as session:
        rows = await queries.to_tell(session, notifications)
    for row in rows:
        await live.send(row["client_id"], "notification.new", queries.shown(row), user_id=row["user_id"])


@jobs.periodic(name="notifications.sweep", cron="17 20 * * *")
async def sweep(timestamp: int) -> None:
    """Once a night, forget what expired and what is older than half a year."""
    async with unit_of_work() as session:
        await db.execute(
            session,
            "delete from notifications where expires_at < %(now)s or created_at < %(now)s - interval '180 days'",
            {"now": resources.current().clock.now()},
        )
