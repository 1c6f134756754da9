"""Taking money for a case: a receipt that an officer records, or an order that the customer pays online."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.caller import Caller
from py360.kit.db import unit_of_work
from py360.kit.errors import Conflict, Invalid
from py360.kit.money import format_inr
from py360.modules.messaging.api import LinkRequest
from py360.modules.payments.allocation import ZERO
from py360.modules.payments.apply_events import consequences
from py360.modules.payments.balance import Balance, balance, lock, within_reach
from py360.modules.payments.bulk import Figures, Moved, PaymentRow
from py360.modules.payments.service import links, order

CLOSED_TO_MONEY: Final = frozenset({"cancelled", "lapsed"})


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an officer asks for: an amount (all that is left, when None) on some instalments (the oldest, when none)."""

    method: str
    amount: Decimal | None = None
    instalment_ids: tuple[int, ...] = ()
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A payment that was recorded, or an order that the customer pays at `checkout`, from their page `link`."""

    payment_id: int
    amount: Decimal
    status: str
    case: Balance
    checkout: order.Checkout | None = None
    link: str = ""


_RECORD: Final = """
insert into payments (client_id, case_id, policy_id, customer_id, gateway, amount, captured_amount, method, status,
  reference, instalment_ids, created_by, captured_at)
values (%(client_id)s, %(case_id)s, %(policy_id)s, %(customer_id)s, 'manual', %(amount)s, %(amount)s, %(method)s, 'captured',
  %(reference)s, %(instalment_ids)s, %(user_id)s, %(now)s)
returning id, client_id, case_id, link_id, amount, captured_amount, refunded_amount, excess_amount, charged_back_amount,
  disputed_amount, status, method, error, captured_at, gateway_payment_id
"""


async def record(caller: Caller, case_id: int, receipt: Receipt) -> Taken:
    """Record money that came in by hand: cash, cheque, bank transfer. Raises Invalid when it is more than is left."""
    async with unit_of_work() as session:
        return await _record(session, caller, case_id, receipt)


async def _record(session: AsyncSession, caller: Caller, case_id: int, receipt: Receipt) -> Taken:
    case, amount = await _agreed(session, caller, case_id, receipt)
    row = await db.fetch_only(
        session,
        PaymentRow,
        _RECORD,
        {
            "client_id": case.client_id, "case_id": case_id, "policy_id": case.policy_id, "customer_id": case.customer_id,
            "amount": amount, "method": receipt.method, "reference": receipt.reference, "user_id": caller.user_id,
            "instalment_ids": list(receipt.instalment_ids), "now": resources.current().clock.now(),
        },
    )  # fmt: skip
    await consequences(session, [Moved(row, Figures())])
    return Taken(row.id, amount, "captured", await balance(session, case_id))


async def take_online(caller: Caller, case_id: int, receipt: Receipt) -> Taken:
    """Open an order at the gateway for the customer to pay; outside any transaction of the caller."""
    async with unit_of_work() as session:
        case, amount = await _agreed(session, caller, case_id, receipt)
        now = resources.current().clock.now()
        made = await links.make(session, [LinkRequest(case_id, case.client_id, amount=amount)], now)
        link = links.Link(made[case_id], case.client_id, case_id, amount, now + links.LIFETIME)
        plan = await order.plan(
            session, case, link, amount, instalment_ids=receipt.instalment_ids, user_id=caller.user_id
        )
    checkout = await order.open_order(plan)
    return Taken(checkout.payment_id, amount, "created", case, checkout, links.url(link.id))


async def _agreed(session: AsyncSession, caller: Caller, case_id: int, receipt: Receipt) -> tuple[Balance, Decimal]:
    """The case with its money locked, and the amount; refuses what is closed, unknown, or too much."""
    await within_reach(session, caller, case_id)
    await lock(session, [case_id])
    case = await balance(session, case_id)
    if case.status in CLOSED_TO_MONEY:
        raise Conflict(
            f"{case.case_number} is {case.status}. Reinstate it before taking a payment.", code="case_closed"
        )
    left = _left(case, receipt.instalment_ids)
    if left <= 0:
        raise Conflict(f"Nothing is left to pay on {case.case_number}.", code="nothing_due")
    amount = left if receipt.amount is None else receipt.amount
    if amount > left:
        message = f"Only {format_inr(left)} is left to pay. Please enter that amount or less."
        raise Invalid(message, code="overpayment", details=[{"field": "amount", "message": message}])
    return case, amount


def _left(case: Balance, instalment_ids: Sequence[int]) -> Decimal:
    if not instalment_ids:
        return case.remaining
    amounts = {part.instalment.id: part.instalment.amount for part in case.parts}
    unknown = [number for number in instalment_ids if number not in amounts]
    if unknown:
        message = f"{case.case_number} has no instalment {', '.join(map(str, unknown))}."
        raise Invalid(message, details=[{"field": "installmentIds", "message": message}])
    paid = case.paid()
    return sum((amounts[number] - paid.get(number, ZERO) for number in set(instalment_ids)), ZERO)
