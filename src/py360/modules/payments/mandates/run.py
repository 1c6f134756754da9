"""What is done about mandates, every few minutes and in this order; each step leaves a whole state when the process dies."""

from py360.kit.db import unit_of_work
from py360.modules.payments.mandates import change, follow, notice, plan, poll, present
from py360.modules.payments.mandates.poll import ask

__all__ = ["ask", "run"]


async def run() -> None:
    """Ask the gateways, follow what was debited, plan what is due, notify customers, debit what was announced a day ago."""
    await poll.poll()
    await change.end_at_gateways()
    async with unit_of_work() as session:
        await follow.follow(session)
    await plan.plan()
    await notice.send_notices()
    await present.present()
