"""Jobs of this module."""

from datetime import timedelta
from typing import Final

from py360.kit import db, resources
from py360.kit.jobs import module_jobs
from py360.kit.webhooks import Inbox
from py360.modules.messaging.delivery import ledger, whatsapp_windows
from py360.modules.messaging.engagement.apply_events import apply, publish_moves
from py360.modules.messaging.webhooks import HOOKS, TRACK

jobs = module_jobs("messaging")
ABANDON_AFTER: Final = timedelta(minutes=5)
inbox: Final = Inbox(jobs, [*HOOKS, TRACK], apply)


@jobs.periodic(name="messaging.tidy", cron="* * * * *")
async def tidy(timestamp: int) -> None:
    """Single messages that a dead worker left on their way are `unknown`, and those that never left are not sent."""
    async with db.unit_of_work() as session:
        moved = await ledger.abandon_single(session, resources.current().clock.now() - ABANDON_AFTER)
        await publish_moves(session, moved)


@jobs.periodic(name="messaging.forget_windows", cron="47 2 * * *")
async def forget_windows(timestamp: int) -> None:
    """WhatsApp's windows for free text that closed days ago are dropped."""
    async with db.unit_of_work() as session:
        await whatsapp_windows.forget_closed(session, resources.current().clock.now())
