"""The money of cases that are closed without a renewal, and of those that are opened again."""

from typing import Final

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.money import format_inr
from py360.modules.payments import notices
from py360.modules.payments.allocation import ZERO
from py360.modules.payments.apply_events import rebalance
from py360.modules.payments.balance import balance, lock
from py360.modules.payments.ledger.post import post_cases

_HAS_MONEY: Final = (
    "select exists (select from payments where case_id = %(case_id)s and captured_amount > refunded_amount)"
)
_IS_KNOWN: Final = """
select exists (select from reconciliation_exceptions where case_id = %(case_id)s and kind = 'closed_case' and status = 'open')
"""


async def closed(case_id: int) -> None:
    """A case lapsed or was cancelled: its money becomes an exception to resolve, and a user is notified."""
    async with unit_of_work() as session:
        if not await db.fetch_only(session, bool, _HAS_MONEY, {"case_id": case_id}):
            return  # as for nearly every case that lapses
        await lock(session, [case_id])
        case = await balance(session, case_id)
        known = await db.fetch_only(session, bool, _IS_KNOWN, {"case_id": case_id})  # an event may come twice
        await post_cases(session, [case_id])
        if known or case.is_open or case.kept <= ZERO:
            return
        sentence = (
            f"{format_inr(case.kept)} was paid for {case.case_number}, which is {case.status} now. Refund the customer or open the"
            " case again."
        )
        await notices.warn(session, case, None, "Money of a closed case", sentence)


async def reopened(case_id: int, old_status: str) -> None:
    """A case is open again: one that was paid in full while it was lapsed or cancelled is renewed, and its exception is resolved.
    One that was renewed stays as the manager set it."""
    async with unit_of_work() as session:
        await lock(session, [case_id])
        if old_status == "renewed":
            await post_cases(session, [case_id])
        else:
            await rebalance(session, case_id)
