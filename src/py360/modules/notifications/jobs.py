"""Pushing notifications to open windows once they are committed; deleting old ones."""

from py360.kit import db, live, resources
from py360.kit.db import unit_of_work
from py360.kit.jobs import module_jobs
from py360.modules.notifications import queries

jobs = module_jobs("notifications")


@jobs.task(name="notifications.push_live_update")
async def push_live_update(notifications: list[int]) -> None:
    """Send `notification.new` for each of these notifications, to its user only."""
    async with unit_of_work() as session:
        found = await queries.with_users(session, notifications)
    for each in found:
        await live.send(each.client_id, "notification.new", each.to_public(), user_id=each.user_id)


@jobs.periodic(name="notifications.sweep", cron="17 20 * * *")
async def sweep(timestamp: int) -> None:
    """Once a night, delete what expired and what is older than half a year."""
    async with unit_of_work() as session:
        await db.execute(
            session,
            "delete from notifications where expires_at < %(now)s or created_at < %(now)s - interval '180 days'",
            {"now": resources.current().clock.now()},
        )
