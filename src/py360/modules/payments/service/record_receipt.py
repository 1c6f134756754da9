"""Taking money for a case: a receipt that an officer records, or an order that the customer pays online."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.caller import Caller
from py360.kit.clock import day_begins
from py360.kit.db import unit_of_work
from py360.kit.errors import Conflict, Invalid
from py360.kit.money import format_inr
from py360.modules.messaging.api import LinkRequest
from py360.modules.payments.allocation import ZERO
from py360.modules.payments.apply_events import consequences
from py360.modules.payments.balance import Balance, balance, lock, within_reach
from py360.modules.payments.bulk import Figures, Moved, PaymentRow
from py360.modules.payments.service import approvals, links, order
from py360.modules.settings import api as settings

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
    """A payment that was recorded (or waits for approval), or an order that the customer pays at `checkout`, from their page `link`."""

    payment_id: int
    amount: Decimal
    status: str
    case: Balance
    checkout: order.Checkout | None = None
    link: str = ""
    approval_id: int | None = None


# What waits for approval has brought nothing yet.
_RECORD: Final = """
insert into payments (client_id, case_id, policy_id, customer_id, gateway, amount, method, status, reference, instalment_ids,
  created_by)
values (%(client_id)s, %(case_id)s, %(policy_id)s, %(customer_id)s, 'manual', %(amount)s, %(method)s, 'created', %(reference)s,
  %(instalment_ids)s, %(user_id)s)
returning id
"""
_BOOK: Final = """
update payments set captured_amount = amount, status = 'captured', error = null, captured_at = %(at)s where id = %(id)s
returning id, client_id, case_id, link_id, amount, captured_amount, refunded_amount, excess_amount, charged_back_amount,
  disputed_amount, status, method, error, captured_at, gateway_payment_id
"""
_UNDER_DEBIT: Final = """
select exists (select 1 from mandate_debits where case_id = %(case_id)s and status = 'presented')
"""
MOST: Final = Decimal(10_000_000_000)
CASH: Final = ("cash", "branch_cash")
CASH_BELOW: Final = Decimal(200_000)  # Income-tax Act, section 269ST: not this much in cash from a person in a day
_ALONE_TODAY: Final = """
select coalesce(sum(p.captured_amount - p.refunded_amount), 0) from payments p
where p.case_id = %(case)s and p.gateway = 'manual' and p.created_by is not null and p.captured_at >= %(begins)s
  and not exists (select from payment_approvals a where a.payment_id = p.id and a.kind = 'receipt')
  and not exists (select from statement_lines l where l.payment_id = p.id)
"""
_LOCK_CASH: Final = "select pg_advisory_xact_lock(hashtextextended('cash of customer ' || %(customer)s, 360))"
_CASH_TODAY: Final = """
select coalesce(sum(p.amount - p.refunded_amount), 0) from payments p
where p.case_id in (select k.id from cases_public_case k where k.customer_id = %(customer)s) and p.gateway = 'manual' and p.method = any(%(cash)s) and (p.captured_at >= %(begins)s
  or p.status = 'created' and exists (select from payment_approvals a where a.payment_id = p.id and a.status = 'pending'))
"""


async def record(caller: Caller, case_id: int, receipt: Receipt) -> Taken:
    """Record money that came in by hand: cash, cheque, bank transfer. Raises Invalid when it is more than is left."""
    async with unit_of_work() as session:
        return await record_locked(session, caller, case_id, receipt)


async def record_locked(session: AsyncSession, caller: Caller, case_id: int, receipt: Receipt) -> Taken:
    """As `record`, in the caller's transaction. Above the office's limit it waits until another person approves it, and so does what
    goes above it together with the receipts of the same day."""
    case, amount = await _agreed(session, caller, case_id, receipt)
    if receipt.method in CASH:
        await _check_cash(session, case, amount)
    params: dict[str, object] = {
        "client_id": case.client_id, "case_id": case_id, "policy_id": case.policy_id, "customer_id": case.customer_id,
        "amount": amount, "method": receipt.method, "reference": receipt.reference, "user_id": caller.user_id,
        "instalment_ids": list(receipt.instalment_ids),
    }  # fmt: skip
    payment_id = await db.fetch_only(session, int, _RECORD, params)
    limit = (await settings.get(session, case.client_id, settings.Payments)).receipt_approval_above
    if amount + await _alone_today(session, case) > limit:
        asked = approvals.Request("receipt", case, payment_id, amount, receipt.reference)
        return Taken(payment_id, amount, "created", case, approval_id=await approvals.request(session, caller, asked))
    await book(session, payment_id, resources.current().clock.now())
    return Taken(payment_id, amount, "captured", await balance(session, case_id))


async def _alone_today(session: AsyncSession, case: Balance) -> Decimal:
    """What came in for the case by hand today without a second person: parts of an amount are not approved by being parts."""
    params = {"case": case.case_id, "begins": day_begins(resources.current().clock.today())}
    return await db.fetch_only(session, Decimal, _ALONE_TODAY, params)


async def book(session: AsyncSession, payment_id: int, at: datetime) -> None:
    """A recorded receipt counts from now on; the caller holds the lock of its case's money."""
    row = await db.fetch_only(session, PaymentRow, _BOOK, {"id": payment_id, "at": at})
    await consequences(session, [Moved(row, Figures())])


async def _check_cash(session: AsyncSession, case: Balance, amount: Decimal) -> None:
    """Raise Invalid when a customer would have paid the limit or more in cash today, for whichever policies, with what waits for
    approval."""
    begins = day_begins(resources.current().clock.today())
    params = {"customer": case.customer_id, "cash": list(CASH), "begins": begins}
    await db.execute(session, _LOCK_CASH, params)  # two counters, two policies of one customer
    taken = await db.fetch_only(session, Decimal, _CASH_TODAY, params)
    if taken + amount < CASH_BELOW:
        return
    message = (
        f"{format_inr(CASH_BELOW)} or more is not taken in cash from a person in a day (Income-tax Act, section 269ST)."
    )
    if taken:
        message += f" This customer has paid {format_inr(taken)} in cash today."
    raise Invalid(message, code="too_much_cash", details=[{"field": "amount", "message": message}])


async def take_online(caller: Caller, case_id: int, receipt: Receipt) -> Taken:
    """Open an order at the gateway for the customer to pay; outside any transaction of the caller."""
    async with unit_of_work() as session:
        case, amount = await _agreed(session, caller, case_id, receipt)
        if await db.fetch_only(session, bool, _UNDER_DEBIT, {"case_id": case_id}):
            raise Conflict(
                f"A debit of {case.case_number} is under way at the customer's bank. Wait for its outcome.",
                code="debit_under_way",
            )
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
    check_takes_money(case)
    left = _left(case, receipt.instalment_ids)
    if left <= 0:
        raise Conflict(f"Nothing is left to pay on {case.case_number}.", code="nothing_due")
    amount = left if receipt.amount is None else receipt.amount
    if amount >= MOST:
        message = f"One payment is less than {format_inr(MOST)}. Take it in parts."
        raise Invalid(message, code="too_large", details=[{"field": "amount", "message": message}])
    if amount > left:
        message = f"Only {format_inr(left)} is left to pay. Please enter that amount or less."
        raise Invalid(message, code="overpayment", details=[{"field": "amount", "message": message}])
    return case, amount


def check_takes_money(case: Balance) -> None:
    """Raise Conflict for a case that is cancelled or lapsed."""
    if case.status in CLOSED_TO_MONEY:
        raise Conflict(
            f"{case.case_number} is {case.status}. Reinstate it before taking a payment.", code="case_closed"
        )


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
