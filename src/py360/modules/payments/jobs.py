"""Jobs of payments: apply webhooks, and ask gateways about orders that nobody told us about."""

from py360.modules.payments import announcing, polling, webhooks

jobs = announcing.jobs


@jobs.task(name="payments.apply_webhooks")
async def apply_webhooks() -> None:
    """Apply every stored webhook that waits, batch by batch."""
    while await webhooks.apply_waiting():
        pass


@jobs.task(name="payments.ask_gateway")
async def ask_gateway(payment_id: int) -> None:
    """Ask the gateway about one order now: the customer has just come back from it."""
    await polling.ask([payment_id])


@jobs.periodic(name="payments.poll", cron="* * * * *")
async def poll(timestamp: int) -> None:
    """Ask about orders that stayed open, less and less often."""
    while await polling.poll():
        pass
