"""Jobs of payments: apply webhooks, and ask gateways about orders that nobody told us about."""

import asyncio
from typing import Final

from py360.kit.db import unit_of_work
from py360.modules.payments import announcing, polling, webhooks

jobs = announcing.jobs
LOOK_AGAIN_SECONDS: Final = 0.1


@jobs.task(name="payments.apply_webhooks", retries=0, own_place=True)  # the next webhook and `poll` bring it back
async def apply_webhooks() -> None:
    """Apply every stored webhook that waits, batch by batch, and look once more before ending.

    The second look catches what was being stored while this job began.
    """
    quiet = 0
    while quiet < 2:
        if await webhooks.apply_waiting():
            quiet = 0
        else:
            quiet += 1
            await asyncio.sleep(LOOK_AGAIN_SECONDS)


@jobs.task(name="payments.ask_gateway")
async def ask_gateway(payment_id: int) -> None:
    """Ask the gateway about one order now: the customer has just come back from it."""
    await polling.ask([payment_id])


@jobs.periodic(name="payments.poll", cron="* * * * *")
async def poll(timestamp: int) -> None:
    """Ask about orders that stayed open, less and less often; apply webhooks that no job took."""
    if await webhooks.waiting(1):
        async with unit_of_work() as session:
            await webhooks.defer_applying(session)
    while await polling.poll():
        pass


@jobs.periodic(name="payments.forget_webhooks", cron="47 2 * * *")
async def forget_webhooks(timestamp: int) -> None:
    """Applied webhooks are kept for 30 days: as long as a gateway may repeat them, with room to look into what happened."""
    async with unit_of_work() as session:
        await webhooks.forget(session)
