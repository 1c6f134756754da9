"""Capturing what a gateway has only authorised, such as an authorisation that came late."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from py360.kit import db
from py360.kit.caller import Caller, reach_filter
from py360.kit.db import unit_of_work
from py360.kit.errors import Conflict, NotFound
from py360.kit.money import format_inr
from py360.kit.vendor import VendorError
from py360.modules.payments import gateways
from py360.modules.payments.apply_events import apply
from py360.modules.payments.balance import balance, lock
from py360.modules.payments.service.order import GatewayAway
from py360.modules.payments.vendors.base import Capture

_PAYMENT: Final = """
select p.id, p.case_id, p.provider_id
from payments p join cases_public_case c on c.id = p.case_id where p.id = %(id)s and {reach}
"""
_ATTEMPTS: Final = """
select attempt_id, amount, gateway_order from payment_attempts
where payment_id = %(id)s and status = 'authorized' and suspicious is null order by happened_at, id
"""


@dataclass(frozen=True, slots=True)
class _Payment:
    id: int
    case_id: int
    provider_id: int | None


@dataclass(frozen=True, slots=True)
class _Attempt:
    attempt_id: str
    amount: Decimal
    gateway_order: str | None


async def capture(caller: Caller, payment_id: int) -> None:
    """Capture the authorised attempt of a payment. Outside any transaction of the caller.

    Raises NotFound, Conflict (`not_authorized`, `case_closed`, `overpayment`, `capture_refused`) and Unavailable: what the
    gateway left unclear is found out by the poller.
    """
    async with unit_of_work() as session:
        reach, params = reach_filter(caller, "c")
        payment = await db.fetch_one(session, _Payment, _PAYMENT.format(reach=reach), {**params, "id": payment_id})
        if payment is None:
            raise NotFound(f"There is no payment pay-{payment_id} within your reach.")
        await lock(session, [payment.case_id])
        case = await balance(session, payment.case_id)
        attempts = await db.fetch_all(session, _Attempt, _ATTEMPTS, {"id": payment_id})
        if payment.provider_id is None or not attempts:
            raise Conflict("Nothing of this payment waits to be captured.", code="not_authorized")
        if not case.is_open:
            raise Conflict(
                f"{case.case_number} is {case.status}: leave the authorisation to run out.", code="case_closed"
            )
        attempt = attempts[0]
        if attempt.amount > case.remaining:
            raise Conflict(
                f"{format_inr(attempt.amount)} is authorised, but only {format_inr(case.remaining)} is left to pay. Leave the"
                " authorisation to run out.",
                code="overpayment",
            )
        account = await gateways.get(session, payment.provider_id)
    wanted = Capture(attempt.attempt_id, attempt.amount, attempt.gateway_order)
    try:
        facts = await gateways.gateway(account).capture(account, wanted)
    except TimeoutError as error:
        raise GatewayAway from error
    except VendorError as error:
        if not error.permanent:
            raise GatewayAway from error
        raise Conflict(f"The gateway refused the capture: {error}", code="capture_refused") from error
    async with unit_of_work() as session:
        await apply(session, {account.id: [facts]})
