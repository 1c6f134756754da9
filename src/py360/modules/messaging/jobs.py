"""Jobs of this module."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Final

from py360.kit import batches, db, resources
from py360.kit.jobs import defer, module_jobs
from py360.modules.messaging.delivery import ledger
from py360.modules.messaging.engagement.apply_events import TRANSLATORS, announce, apply, put_aside, waiting
from py360.modules.messaging.inbox import APPLY_LOCK, Inbox

jobs = module_jobs("messaging")
TRY_PARKED_AFTER: Final = timedelta(seconds=2)
ABANDON_AFTER: Final = timedelta(minutes=5)
KEEP_WEBHOOKS: Final = timedelta(days=30)
LOOK_AGAIN_SECONDS: Final = 0.1


@jobs.task(name="messaging.apply_webhooks", retries=0, own_place=True)  # the next webhook and `tidy` bring it back
async def apply_webhooks() -> None:
    """Apply everything that waits in the inbox, a batch per transaction, and look once more before ending.

    The second look catches what was being stored while this job began, and lets events gather into larger batches.
    """
    last, quiet = 0, 0
    while quiet < 2:
        if ids := await db.insist(partial(waiting, last)):
            await batches.each(ids, apply, put_aside)
            last, quiet = ids[-1], 0
        else:
            quiet += 1
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
    if await waiting(limit=1):  # for a message that is not recorded yet
        later = resources.current().clock.now() + TRY_PARKED_AFTER
        async with db.unit_of_work() as session:
            await defer(session, apply_webhooks, schedule_at=later, queueing_lock=APPLY_LOCK, lock=APPLY_LOCK)


@jobs.periodic(name="messaging.tidy", cron="* * * * *")
async def tidy(timestamp: int) -> None:
    """Single messages of workers that died become `unknown`; events that waited for a message are tried again."""
    async with db.unit_of_work() as session:
        await announce(session, await ledger.abandon_single(session, resources.current().clock.now() - ABANDON_AFTER))
    if await waiting(limit=1):
        async with db.unit_of_work() as session:
            await defer(session, apply_webhooks, queueing_lock=APPLY_LOCK, lock=APPLY_LOCK)


@jobs.periodic(name="messaging.forget_webhooks", cron="41 2 * * *")
async def forget_webhooks(timestamp: int) -> None:
    """Applied events are kept as long as a vendor may send them again, with room to look into what happened."""
    async with db.unit_of_work() as session:
        await db.execute(
            session,
            "delete from webhook_inbox where vendor = any(%(vendors)s) and applied_at < %(before)s",
            {"vendors": list(TRANSLATORS), "before": resources.current().clock.now() - KEEP_WEBHOOKS},
        )


inbox: Final = Inbox(apply_webhooks)
