"""Taking and giving back money for a case, by an officer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.caller import Caller, reach_filter
from py360.kit.crypto import sign
from py360.kit.db import unit_of_work
from py360.kit.errors import Conflict, Invalid, NotFound
from py360.kit.money import format_inr
from py360.kit.vendor import VendorError
from py360.modules.messaging.api import LinkRequest
from py360.modules.payments import gateways, links, orders
from py360.modules.payments.applying import apply, consequences
from py360.modules.payments.bulk import REFUND_PURPOSE
from py360.modules.payments.ledger import ZERO
from py360.modules.payments.polling import FIRST_AFTER
from py360.modules.payments.standing import Standing, lock, standings, within_reach
from py360.modules.payments.vendors.base import Facts
from py360.modules.providers.api import ProviderAccount

CLOSED_TO_MONEY: Final = frozenset({"cancelled", "lapsed"})


@dataclass(frozen=True, slots=True)
class Wish:
    """What an officer asks for: an amount (all that is left, when None) on some instalments (the oldest, when none)."""

    method: str
    amount: Decimal | None = None
    instalment_ids: tuple[int, ...] = ()
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A payment that was recorded, or an order that waits to be paid at `checkout`; `link` is the customer's page."""

    payment_id: int
    amount: Decimal
    status: str
    case: Standing
    checkout: orders.Checkout | None = None
    link: str | None = None


_RECORD: Final = """
insert into payments (client_id, case_id, policy_id, customer_id, gateway, amount, captured_amount, method, status,
  reference, instalment_ids, created_by, captured_at)
values (%(client_id)s, %(case_id)s, %(policy_id)s, %(customer_id)s, 'manual', %(amount)s, %(amount)s, %(method)s, 'captured',
  %(reference)s, %(instalment_ids)s, %(user_id)s, %(now)s)
returning id, client_id, case_id, link_id, amount, captured_amount, refunded_amount, status, method, error, captured_at,
  gateway_payment_id, 0 as before_captured_amount, 0 as before_refunded_amount, 'created' as before_status,
  null as before_error, 0 as excess
"""


async def record(caller: Caller, case_id: int, wish: Wish) -> Taken:
    """Note money that came in by hand: cash, cheque, bank transfer. Raises Invalid when it is more than is left."""
    async with unit_of_work() as session:
        return await _record(session, caller, case_id, wish)


async def _record(session: AsyncSession, caller: Caller, case_id: int, wish: Wish) -> Taken:
    case, amount = await _agreed(session, caller, case_id, wish)
    row = await db.one(
        session,
        _RECORD,
        {
            "client_id": case.client_id, "case_id": case_id, "policy_id": case.policy_id, "customer_id": case.customer_id,
            "amount": amount, "method": wish.method, "reference": wish.reference, "user_id": caller.user_id,
            "instalment_ids": list(wish.instalment_ids), "now": resources.current().clock.now(),
        },
    )  # fmt: skip
    assert row is not None
    await consequences(session, [row])
    return Taken(row["id"], amount, "captured", (await standings(session, [case_id]))[case_id])


async def take_online(caller: Caller, case_id: int, wish: Wish) -> Taken:
    """Open an order at the gateway for the customer to pay; outside any transaction of the caller."""
    async with unit_of_work() as session:
        case, amount = await _agreed(session, caller, case_id, wish)
        now = resources.current().clock.now()
        made = await links.make(session, [LinkRequest(case_id, case.client_id, amount=amount)], now)
        link = links.Link(made[case_id], case.client_id, case_id, amount, now + links.LIFETIME)
        plan = await orders.plan(
            session, case, link, amount, instalment_ids=wish.instalment_ids, user_id=caller.user_id
        )
    checkout = await orders.open_order(plan)
    return Taken(checkout.payment_id, amount, "created", case, checkout, links.url(link.id))


async def _agreed(session: AsyncSession, caller: Caller, case_id: int, wish: Wish) -> tuple[Standing, Decimal]:
    """The case with its money locked, and the amount; refuses what is closed, unknown, or too much."""
    await within_reach(session, caller, case_id)
    await lock(session, [case_id])
    case = (await standings(session, [case_id]))[case_id]
    if case.status in CLOSED_TO_MONEY:
        raise Conflict(
            f"{case.case_number} is {case.status}. Reinstate it before taking a payment.", code="case_closed"
        )
    left = _left(case, wish.instalment_ids)
    if left <= 0:
        raise Conflict(f"Nothing is left to pay on {case.case_number}.", code="nothing_due")
    amount = left if wish.amount is None else wish.amount
    if amount > left:
        message = f"Only {format_inr(left)} is left to pay. Please enter that amount or less."
        raise Invalid(message, code="overpayment", details=[{"field": "amount", "message": message}])
    return case, amount


def _left(case: Standing, instalment_ids: Sequence[int]) -> Decimal:
    if not instalment_ids:
        return case.remaining
    amounts = {part.instalment.id: part.instalment.amount for part in case.parts}
    unknown = [number for number in instalment_ids if number not in amounts]
    if unknown:
        message = f"{case.case_number} has no instalment {', '.join(map(str, unknown))}."
        raise Invalid(message, details=[{"field": "installmentIds", "message": message}])
    paid = case.paid()
    return sum((amounts[number] - paid.get(number, ZERO) for number in set(instalment_ids)), ZERO)


_PAYMENT: Final = """
select p.id, p.client_id, p.case_id, p.provider_id, p.gateway_payment_id, p.amount, p.captured_amount, p.refunded_amount,
  p.status, coalesce((select sum(r.amount) from payment_refunds r where r.payment_id = p.id and r.status = 'pending'), 0)
    as refunding
from payments p join cases_public_case c on c.id = p.case_id where p.id = %(id)s and {reach}
"""
_ASK_REFUND: Final = """
insert into payment_refunds (provider_id, attempt_id, payment_id, amount, reason, requested_by)
values (%(provider_id)s, %(attempt_id)s, %(payment_id)s, %(amount)s, %(reason)s, %(user_id)s) returning id
"""
_WATCH: Final = "update payments set next_poll_at = %(at)s where id = %(id)s"
_REFUSED: Final = (
    "update payment_refunds set status = 'failed', reason = concat_ws(' - ', reason, %(why)s::text) where id = %(id)s"
)


async def refund(caller: Caller, payment_id: int, amount: Decimal | None, reason: str | None) -> int:
    """Give back money through the gateway it came by (all that is left, when no amount is named); the refund's number.

    It is `pending` until the gateway says that it is processed. Outside any transaction of the caller.
    """
    async with unit_of_work() as session:
        payment, account, amount = await _refundable(session, caller, payment_id, amount)
        asked: dict[str, Any] = {
            "provider_id": account.id, "attempt_id": payment["gateway_payment_id"], "payment_id": payment_id,
            "amount": amount, "reason": reason, "user_id": caller.user_id,
        }  # fmt: skip
        refund_id: int = await db.value(session, _ASK_REFUND, asked)
        await db.execute(session, _WATCH, {"id": payment_id, "at": resources.current().clock.now() + FIRST_AFTER})
    gateway, receipt = gateways.gateway(account), sign(REFUND_PURPOSE, str(refund_id))
    try:
        said = await gateway.refund(account, payment["gateway_payment_id"], amount, receipt)
    except TimeoutError:
        return refund_id  # it may have happened: the poller will know
    except VendorError as error:
        if error.unclear:
            return refund_id
        async with unit_of_work() as session:
            await db.execute(session, _REFUSED, {"id": refund_id, "why": str(error)[:200]})
        raise Conflict(f"The gateway refused the refund: {error}", code="refund_refused") from error
    async with unit_of_work() as session:
        await apply(session, {account.id: [Facts(refunds=(replace(said, receipt=receipt),))]})
    return refund_id


async def _refundable(
    session: AsyncSession, caller: Caller, payment_id: int, amount: Decimal | None
) -> tuple[db.Row, ProviderAccount, Decimal]:
    reach, params = reach_filter(caller, "c")
    sql, asked = _PAYMENT.format(reach=reach), {**params, "id": payment_id}
    payment = await db.one(session, sql, asked)
    if payment is None:
        raise NotFound(f"There is no payment pay-{payment_id} within your reach.")
    await lock(session, [payment["case_id"]])
    payment = await db.one(session, sql, asked) or payment
    if payment["provider_id"] is None or payment["gateway_payment_id"] is None:
        raise Conflict("Only a payment that came through a gateway can be refunded here.", code="not_online")
    left = payment["captured_amount"] - payment["refunded_amount"] - payment["refunding"]
    if left <= 0:
        raise Conflict("All of this payment is refunded already, or is on its way back.", code="nothing_to_refund")
    if amount is not None and amount > left:
        message = f"Only {format_inr(left)} can be refunded."
        raise Invalid(message, code="too_much", details=[{"field": "amount", "message": message}])
    return payment, await gateways.get(session, payment["provider_id"]), left if amount is None else amount
