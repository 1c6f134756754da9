"""Jobs of payments: apply webhooks, ask gateways about orders of which no webhook came, and close orders."""

from typing import Final

from py360.kit import db
from py360.kit.webhooks import Inbox
from py360.modules.payments import bulk, live_updates, webhooks
from py360.modules.payments.apply_events import CLOSE_ORDERS
from py360.modules.payments.instalments import ladder
from py360.modules.payments.ledger import backlog
from py360.modules.payments.mandates import run as mandates
from py360.modules.payments.mandates.follow import ASK as ASK_MANDATE
from py360.modules.payments.reconciliation import compare
from py360.modules.payments.service import close_orders as service
from py360.modules.payments.service import closed_cases, poll

jobs = live_updates.jobs
inbox: Final = Inbox(jobs, list(webhooks.HOOKS), webhooks.apply)


@jobs.task(name="payments.ask_gateway")
async def ask_gateway() -> None:
    """Ask gateways about the orders whose time has come: those of customers who have just come back among them.

    Many customers who come back at once are asked about together, and not at all when the webhook came first.
    """
    while await poll.poll():
        pass


@jobs.periodic(name="payments.poll", cron="* * * * *")
async def poll_orders(timestamp: int) -> None:
    """Ask about orders that stayed open, less and less often."""
    await ask_gateway.func()


@jobs.periodic(name="payments.post_ledger", cron="11 21 * * *")
async def post_ledger(timestamp: int) -> None:
    """Post the money that came in before there was a ledger, a batch of cases per transaction."""
    while await backlog.post():
        pass


@jobs.periodic(name="payments.reconcile", cron="41 0 * * *")
async def reconcile(timestamp: int) -> None:
    """Compare the ledger with what gateways settled and what the bank has."""
    await compare.compare_all()


@jobs.periodic(name="payments.remind", cron="4 * * * *")
async def remind(timestamp: int) -> None:
    """Take the steps of the ladder of reminders that instalments have reached."""
    await ladder.plan()
    await ladder.send_planned()


@jobs.task(name=ASK_MANDATE)
async def ask_mandate(mandate_id: int) -> None:
    """Ask the gateway about a mandate now: the customer has just authorised it."""
    await mandates.ask(mandate_id)


@jobs.periodic(name="payments.mandates", cron="*/10 * * * *")
async def debit_mandates(timestamp: int) -> None:
    """Follow mandates, and announce and present the debits under them."""
    await mandates.run()


@jobs.task(name=CLOSE_ORDERS)
async def close_orders(case_id: int) -> None:
    """Cancel the open orders of a case that was paid another way or is over."""
    await service.close_orders(case_id)


@jobs.task(name="payments.case_closed")
async def case_closed(case_id: int, status: str) -> None:
    """A case that is over can be paid no more; what was paid of it has to go back, or to be looked at."""
    if status != "renewed":  # paying closes the others already
        await close_orders.func(case_id=case_id)
        await closed_cases.closed(case_id)


@jobs.task(name="payments.case_reopened")
async def case_reopened(case_id: int, old_status: str) -> None:
    """A closed case is worked again: what came in for it meanwhile pays it."""
    await closed_cases.reopened(case_id, old_status)


@jobs.task(name="payments.follow_policies")
async def follow_policies(policy_ids: list[int]) -> None:
    """Customers were merged or parted: the payments of their policies follow."""
    async with db.unit_of_work() as session:
        await bulk.follow_policies(session, policy_ids)
