"""Presenting a debit at the gateway: not before its notice is 24 hours old, and never more than the mandate allows.

Three steps (docs/architecture.md, rule 2): claimed with a payment of ours, presented outside any transaction, its order recorded.
From the claim on it may have been presented, so it is never presented again: the poller finds out what became of it.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.crypto import sign
from py360.kit.db import unit_of_work
from py360.kit.money import format_inr
from py360.kit.vendor import VendorError
from py360.modules.payments import gateways, notices
from py360.modules.payments.apply_events import apply as apply_payments
from py360.modules.payments.balance import balance
from py360.modules.payments.balance import lock as lock_money
from py360.modules.payments.bulk import ORDER_PURPOSE
from py360.modules.payments.instalments.remind import contact_of
from py360.modules.payments.mandates import follow
from py360.modules.payments.mandates.notice import AHEAD
from py360.modules.payments.mandates.stored import lock
from py360.modules.payments.service.poll import FIRST_AFTER
from py360.modules.payments.vendors.base import Facts, Order
from py360.modules.payments.vendors.mandates import Debit, KnownMandate
from py360.modules.providers.api import ProviderAccount

log = structlog.get_logger()
ANSWERED_WITHIN: Final = timedelta(days=5)  # UPI takes a day and a half, a bank account up to four days
_READY: Final = """
select d.id, d.case_id from mandate_debits d
where d.status = 'notified' and d.notice_sent_at <= %(before)s and d.debit_on <= %(today)s order by d.id
"""
_READ: Final = """
select d.id, d.mandate_id, d.case_id, d.outstanding_id, d.amount, d.status, d.notice_sent_at, d.debit_on, n.status as notice_status
from mandate_debits d left join messaging_public_message n on n.id = d.notice_message_id where d.id = %(id)s for update of d
"""
_PAYMENT: Final = """
insert into payments (client_id, case_id, policy_id, customer_id, gateway, provider_id, amount, instalment_ids, expires_at,
  next_poll_at, mandate_id)
values (%(client_id)s, %(case_id)s, %(policy_id)s, %(customer_id)s, %(gateway)s, %(provider_id)s, %(amount)s, %(instalment_ids)s,
  %(expires_at)s, %(next_poll_at)s, %(mandate_id)s)
returning id
"""
_PRESENTED: Final = """
update mandate_debits set status = 'presented', payment_id = %(payment_id)s, presented_at = %(now)s where id = %(id)s
"""
_STOP: Final = (
    "update mandate_debits set status = %(status)s, reason = %(reason)s, finished_at = %(now)s where id = %(id)s"
)
_REFUSED: Final = """
update payments set expires_at = %(now)s, status = 'failed', error = %(reason)s, next_poll_at = null
where id = %(id)s and captured_amount = 0
"""
NOT_ARRIVED: Final = frozenset({"failed", "bounced", "blocked"})


@dataclass(frozen=True, slots=True)
class _Ready:
    id: int
    case_id: int


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    mandate_id: int
    case_id: int
    outstanding_id: int | None
    amount: Decimal
    status: str
    notice_sent_at: datetime | None
    debit_on: date
    notice_status: str | None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A debit that counts as presented from now on."""

    account: ProviderAccount
    known: KnownMandate
    payment_id: int
    debit: Debit


async def present() -> None:
    """Present the debits whose notice is old enough and whose day has come."""
    clock = resources.current().clock
    async with unit_of_work() as session:
        params = {"before": clock.now() - AHEAD, "today": clock.today()}
        ready = await db.fetch_all(session, _Ready, _READY, params)
    for each in ready:
        async with unit_of_work() as session:
            claimed = await _claim(session, each)
        if claimed is not None:
            await _present(claimed)


async def _claim(session: AsyncSession, ready: _Ready) -> Claimed | None:
    """Check everything again under the locks of the case's money and the mandate; None when it is not debited."""
    clock = resources.current().clock
    now = clock.now()
    await lock_money(session, [ready.case_id])
    row = await db.fetch_only(session, _Row, _READ, {"id": ready.id})
    if row.status != "notified" or row.notice_sent_at is None or row.notice_sent_at > now - AHEAD:
        return None
    (mandate,) = await lock(session, [row.mandate_id])
    if not mandate.may_debit:
        return None  # paused: it waits; ended: its debits were stopped
    case = await balance(session, row.case_id)
    contact = await contact_of(session, case)
    if row.notice_status in NOT_ARRIVED:
        sentence = (
            f"{format_inr(row.amount)} of {case.case_number} is not debited: the notice to the customer did not arrive. Correct the"
            " contact and plan the debit again, or take the payment another way."
        )
        await _stop(session, row, "refused", "The notice did not arrive.")
        await notices.warn(session, case, None, "Debit not announced", sentence)
        return None
    if not case.is_open or case.remaining < row.amount or row.amount > mandate.max_amount:
        await _stop(session, row, "cancelled", "Less is left to pay than the notice named.")
        if case.is_open and case.remaining > 0:
            sentence = (
                f"{format_inr(row.amount)} of {case.case_number} is not debited: {format_inr(case.remaining)} is left by now. Plan a"
                " debit of that amount, or take the payment another way."
            )
            await notices.warn(session, case, None, "Debit does not fit any more", sentence)
        return None
    account = await gateways.get(session, mandate.provider_id)
    payment: dict[str, object] = {
        "client_id": case.client_id, "case_id": case.case_id, "policy_id": case.policy_id, "customer_id": case.customer_id,
        "gateway": account.type, "provider_id": account.id, "amount": row.amount, "mandate_id": mandate.id,
        "instalment_ids": [row.outstanding_id] if row.outstanding_id else [],
        "expires_at": now + ANSWERED_WITHIN, "next_poll_at": now + FIRST_AFTER,
    }  # fmt: skip
    payment_id = await db.fetch_only(session, int, _PAYMENT, payment)
    await db.execute(session, _PRESENTED, {"id": row.id, "payment_id": payment_id, "now": now})
    description = f"Premium of policy {case.policy_number} ({case.case_number})"
    reference = sign(ORDER_PURPOSE, str(payment_id))
    return Claimed(
        account, mandate.known, payment_id, Debit(reference, row.amount, description, contact.email, contact.phone)
    )


async def _stop(session: AsyncSession, row: _Row, status: str, reason: str) -> None:
    params = {"id": row.id, "status": status, "reason": reason, "now": resources.current().clock.now()}
    await db.execute(session, _STOP, params)


async def _present(claimed: Claimed) -> None:
    account = claimed.account
    try:
        order_id = await gateways.gateway(account).mandates.debit(account, claimed.known, claimed.debit)
    except TimeoutError:
        log.warning("the gateway did not answer to a debit", payment_id=claimed.payment_id)
        return
    except VendorError as error:
        if not error.permanent:
            log.warning("the gateway did not take a debit", payment_id=claimed.payment_id, error=str(error))
            return
        params = {"id": claimed.payment_id, "reason": str(error)[:200], "now": resources.current().clock.now()}
        async with unit_of_work() as session:
            await db.execute(session, _REFUSED, params)
            await follow.follow(session)
        return
    order = Order(order_id, reference=claimed.debit.reference, gateway_order=order_id)
    async with unit_of_work() as session:
        await apply_payments(session, {account.id: [Facts(orders=(order,))]})
        await follow.follow(session)
