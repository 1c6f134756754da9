"""Giving money back through the gateway it came by; a receipt by hand is taken back (`take_back`).

A payment may have several attempts that brought money: what came too much and what is suspicious goes back first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.caller import Caller, reach_filter
from py360.kit.crypto import sign
from py360.kit.db import unit_of_work
from py360.kit.errors import Conflict, Invalid, NotFound
from py360.kit.money import format_inr
from py360.kit.vendor import VendorError
from py360.modules.payments import gateways
from py360.modules.payments.allocation import ZERO
from py360.modules.payments.apply_events import apply
from py360.modules.payments.balance import balance, lock
from py360.modules.payments.bulk import REFUND_PURPOSE
from py360.modules.payments.service import approvals
from py360.modules.payments.service.poll import FIRST_AFTER
from py360.modules.payments.service.take_back import agree, take_back
from py360.modules.payments.vendors.base import Facts
from py360.modules.providers.api import ProviderAccount
from py360.modules.settings import api as settings

_PAYMENT: Final = """
select p.id, p.client_id, p.case_id, p.provider_id, p.excess_amount, p.captured_amount - p.refunded_amount as kept
from payments p join cases_public_case c on c.id = p.case_id where p.id = %(id)s and {reach}
"""
# What each attempt brought, without a fee on top of the order, and what of it is left: neither given back nor taken back, or asked
# for, by the customer's bank.
_ATTEMPTS: Final = """
select a.attempt_id, a.suspicious is not null as is_suspicious,
  case when a.status = 'refunded' then 0 else
    greatest(a.amount - least(greatest(a.amount - p.amount, 0), a.fee) - coalesce(back.amount, 0)
      - coalesce(disputed.amount, 0), 0) end as remaining
from payment_attempts a join payments p on p.id = a.payment_id
left join lateral (
  select sum(r.amount) as amount from payment_refunds r
  where r.provider_id = a.provider_id and r.attempt_id = a.attempt_id and r.status in ('pending', 'processed')
) back on true
left join lateral (
  select sum(d.amount) as amount from payment_disputes d
  where d.provider_id = a.provider_id and d.attempt_id = a.attempt_id and d.status in ('open', 'under_review', 'lost')
) disputed on true
where a.payment_id = %(id)s and a.status in ('captured', 'refunded')
order by a.suspicious is null, a.happened_at desc, a.id desc
"""
_PENDING: Final = (
    "select coalesce(sum(amount), 0) from payment_refunds where payment_id = %(id)s and status = 'pending'"
)
_ASK: Final = """
insert into payment_refunds (provider_id, attempt_id, payment_id, amount, reason, requested_by)
values (%(provider_id)s, %(attempt_id)s, %(payment_id)s, %(amount)s, %(reason)s, %(user_id)s) returning id
"""
_WATCH: Final = "update payments set next_poll_at = %(at)s where id = %(id)s"
_REFUSED: Final = (
    "update payment_refunds set status = 'failed', reason = concat_ws(' - ', reason, %(why)s::text) where id = %(id)s"
)


@dataclass(frozen=True, slots=True)
class _Payment:
    id: int
    client_id: int
    case_id: int
    provider_id: int | None
    excess_amount: Decimal
    kept: Decimal


@dataclass(frozen=True, slots=True)
class _Attempt:
    attempt_id: str
    is_suspicious: bool
    remaining: Decimal


@dataclass(frozen=True, slots=True)
class _Part:
    """A refund of one attempt; `id` is our number of it."""

    id: int
    attempt_id: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Plan:
    """Refunds that are written down; the gateway is to be asked for them."""

    account: ProviderAccount
    parts: Sequence[_Part]


async def refund(caller: Caller, payment_id: int, amount: Decimal | None, reason: str | None) -> int | None:
    """Give back money. Without an amount: what is suspicious, else what was paid too much, else all that is left. A receipt by
    hand is taken back, which needs a reason.

    Above the office's limit it waits until another person approves it: the number of that approval. Else it is `pending` until
    the gateway reports that it is processed. Outside any transaction of the caller. Raises NotFound, Conflict (`not_paid`,
    `nothing_to_refund`, `refund_refused`, `waits_for_approval`), Invalid (`too_much`, `reason_required`).
    """
    async with unit_of_work() as session:
        payment = await _locked(session, caller, payment_id)
        if payment.provider_id is None:
            total = agree(payment_id, payment.kept, amount, reason, caller.user_id).amount
        else:
            parts = await _split(session, payment, await _attempts(session, payment_id), amount)
            total = sum((part for _, part in parts), ZERO)
        limit = (await settings.get(session, payment.client_id, settings.Payments)).refund_approval_above
        if total > limit:
            case = await balance(session, payment.case_id)
            asked = approvals.Request("refund", case, payment_id, total, reason)
            return await approvals.request(session, caller, asked)
        written = await plan(session, caller, payment_id, total, reason, caller.user_id)
    if written is not None:
        await give_back(written)
    return None


async def plan(
    session: AsyncSession,
    caller: Caller,
    payment_id: int,
    amount: Decimal,
    reason: str | None,
    requested_by: int | None,
) -> Plan | None:
    """Write down what each attempt gives back, asked for by this user; None when no gateway is to be asked: a receipt by hand is
    taken back at once. Raises as `refund`."""
    payment = await _locked(session, caller, payment_id)
    if payment.provider_id is None:
        await take_back(session, agree(payment_id, payment.kept, amount, reason, requested_by))
        return None
    account, attempts = await gateways.get(session, payment.provider_id), await _attempts(session, payment_id)
    parts = []
    for attempt, part in await _split(session, payment, attempts, amount):
        asked = {
            "provider_id": account.id, "attempt_id": attempt.attempt_id, "payment_id": payment_id, "amount": part,
            "reason": reason, "user_id": requested_by,
        }  # fmt: skip
        parts.append(_Part(await db.fetch_only(session, int, _ASK, asked), attempt.attempt_id, part))
    await db.execute(session, _WATCH, {"id": payment_id, "at": resources.current().clock.now() + FIRST_AFTER})
    return Plan(account, parts)


async def give_back(plan: Plan) -> None:
    """Ask the gateway for the refunds, outside any transaction. Raises Conflict (`refund_refused`)."""
    for part in plan.parts:
        await _give_back(plan.account, part)


async def _locked(session: AsyncSession, caller: Caller, payment_id: int) -> _Payment:
    """The payment with its case's money locked; raises NotFound."""
    reach, params = reach_filter(caller, "c")
    sql = _PAYMENT.format(reach=reach)
    params = {**params, "id": payment_id}
    payment = await db.fetch_one(session, _Payment, sql, params)
    if payment is None:
        raise NotFound(f"There is no payment pay-{payment_id} within your reach.")
    await lock(session, [payment.case_id])
    return await db.fetch_only(session, _Payment, sql, params)


async def _attempts(session: AsyncSession, payment_id: int) -> Sequence[_Attempt]:
    """What each attempt brought; raises Conflict when none did."""
    attempts = await db.fetch_all(session, _Attempt, _ATTEMPTS, {"id": payment_id})
    if not attempts:
        raise Conflict("Nothing was paid through this link or order.", code="not_paid")
    return attempts


async def _split(
    session: AsyncSession, payment: _Payment, attempts: Sequence[_Attempt], amount: Decimal | None
) -> list[tuple[_Attempt, Decimal]]:
    """Which attempts give back how much."""
    left = sum((attempt.remaining for attempt in attempts), ZERO)
    if left <= 0:
        message = "All of this payment is refunded already, is on its way back, or is disputed at the customer's bank."
        raise Conflict(message, code="nothing_to_refund")
    if amount is not None and amount > left:
        message = f"Only {format_inr(left)} can be refunded."
        raise Invalid(message, code="too_much", details=[{"field": "amount", "message": message}])
    if amount is None:
        pending = await db.fetch_only(session, Decimal, _PENDING, {"id": payment.id})
        suspicious = sum((attempt.remaining for attempt in attempts if attempt.is_suspicious), ZERO)
        excess = min(max(payment.excess_amount - pending, ZERO), left)
        amount = suspicious or excess or left
    parts = []
    for attempt in attempts:
        part = min(attempt.remaining, amount)
        if part > 0:
            parts.append((attempt, part))
            amount -= part
    return parts


async def _give_back(account: ProviderAccount, part: _Part) -> None:
    """Ask the gateway; what it leaves unclear stays pending, and the poller finds out."""
    receipt = sign(REFUND_PURPOSE, str(part.id))
    try:
        answer = await gateways.gateway(account).refund(account, part.attempt_id, part.amount, receipt)
    except TimeoutError:
        return
    except VendorError as error:
        if error.unclear:
            return
        async with unit_of_work() as session:
            await db.execute(session, _REFUSED, {"id": part.id, "why": str(error)[:200]})
        raise Conflict(f"The gateway refused the refund: {error}", code="refund_refused") from error
    async with unit_of_work() as session:
        await apply(session, {account.id: [Facts(refunds=(replace(answer, receipt=receipt),))]})
