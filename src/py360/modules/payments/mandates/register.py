"""Asking a customer for a mandate: a page at the gateway where they authorise it.

Three steps (docs/architecture.md, rule 2): our row, the gateway's page outside any transaction, its answer. A call that died on
the way is found again by our reference; the customer gets the link through the send gate.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.caller import Caller
from py360.kit.clock import day_ends
from py360.kit.db import unit_of_work
from py360.kit.errors import Conflict, Invalid, Problem
from py360.kit.ids import code
from py360.kit.money import format_inr
from py360.kit.vendor import VendorError
from py360.modules.messaging import api as messaging
from py360.modules.payments import gateways
from py360.modules.payments.allocation import ZERO
from py360.modules.payments.apply_events import apply as apply_payments
from py360.modules.payments.balance import Balance, balance, lock, within_reach
from py360.modules.payments.instalments.remind import contact_of
from py360.modules.payments.mandates import follow
from py360.modules.payments.mandates.schemas import MandateIn
from py360.modules.payments.mandates.stored import page_url, reference
from py360.modules.payments.pages.page import Language, text
from py360.modules.payments.service.order import GatewayAway
from py360.modules.payments.vendors.base import Facts, Order
from py360.modules.payments.vendors.mandates import MandateFact, NewMandate
from py360.modules.providers.api import ProviderAccount
from py360.modules.templates.api import Channel

# RBI, circular of 12 December 2023: insurance premiums up to this are debited without another factor of authentication.
MOST: Final = Decimal(100_000)
FIRST: Final = Decimal(1)  # what UPI and cards are authorised with; it is part of the premium
LINK_LIVES: Final = timedelta(hours=48)
YEARS: Final = 10
FIRST_POLL: Final = timedelta(minutes=10)

_INSERT: Final = """
insert into payment_mandates (client_id, policy_id, case_id, provider_id, gateway, method, max_amount, valid_until,
  link_expires_at, next_poll_at, created_by)
values (%(client_id)s, %(policy_id)s, %(case_id)s, %(provider_id)s, %(gateway)s, %(method)s, %(max_amount)s, %(valid_until)s,
  %(link_expires_at)s, %(next_poll_at)s, %(user_id)s)
on conflict (policy_id) where status in ('created', 'pending', 'active', 'paused') do nothing returning id
"""
_LIVE: Final = """
select id from payment_mandates where policy_id = %(policy_id)s and status in ('created', 'pending', 'active', 'paused')
"""
_FIRST_PAYMENT: Final = """
insert into payments (client_id, case_id, policy_id, customer_id, gateway, provider_id, amount, created_by, expires_at, next_poll_at,
  mandate_id)
values (%(client_id)s, %(case_id)s, %(policy_id)s, %(customer_id)s, %(gateway)s, %(provider_id)s, %(amount)s, %(user_id)s,
  %(link_expires_at)s, %(next_poll_at)s, %(mandate_id)s)
returning id
"""
_PAID_BY: Final = "update payment_mandates set first_payment_id = %(payment_id)s where id = %(id)s"
_REFUSED: Final = """
update payment_mandates set status = 'rejected', link_status = 'rejected', link_level = 3, reason = %(reason)s,
  ended_at = %(now)s, next_poll_at = null where id = %(id)s
"""
_REFUSED_PAYMENT: Final = """
update payments set status = 'failed', error = %(reason)s, expires_at = %(now)s, next_poll_at = null where mandate_id = %(id)s
"""


@dataclass(frozen=True, slots=True)
class Planned:
    """What step one stored: the mandate to register, and the payment that authorises it."""

    account: ProviderAccount
    mandate_id: int
    case: Balance
    new: NewMandate
    payment_id: int | None


@dataclass(frozen=True, slots=True)
class Registered:
    """A mandate that waits for the customer. `problem`: why the link was not sent to them."""

    mandate_id: int
    sent: bool
    problem: str | None


async def register(caller: Caller, wanted: MandateIn, case_id: int) -> Registered:
    """Ask for a mandate, outside any transaction.

    Raises NotFound, Conflict (`case_closed`, `mandate_exists`, `no_gateway`, `no_contact`, `mandate_refused`), Invalid and
    GatewayAway; then the poller finds out whether the gateway has it.
    """
    async with unit_of_work() as session:
        planned = await _plan(session, caller, wanted, case_id)
    gateway = gateways.gateway(planned.account)
    try:
        fact = await gateway.mandates.register(planned.account, planned.new)
    except TimeoutError as error:
        raise GatewayAway from error
    except VendorError as error:
        if not error.permanent:
            raise GatewayAway from error
        await _refuse(planned.mandate_id, str(error)[:200])
        raise Conflict(
            f"The payment gateway refused this mandate: {str(error)[:200].rstrip('.')}. Check the gateway account under Settings,"
            " Providers; e-mandates have to be switched on there.",
            code="mandate_refused",
        ) from error
    async with unit_of_work() as session:
        await apply_registration(session, planned, fact)
    if wanted.channel is None:
        return Registered(planned.mandate_id, False, None)
    return await _send_link(caller, planned, fact, wanted.channel)


async def _plan(session: AsyncSession, caller: Caller, wanted: MandateIn, case_id: int) -> Planned:
    await within_reach(session, caller, case_id)
    await lock(session, [case_id])
    case = await balance(session, case_id)
    now, today = resources.current().clock.now(), resources.current().clock.today()
    if not case.is_open:
        raise Conflict(f"{case.case_number} is {case.status}: ask for a mandate on an open case.", code="case_closed")
    account = await gateways.choose(session, case.client_id)
    valid_until = wanted.valid_until or _in_years(today)
    _check(wanted, valid_until, today, account)
    contact = await contact_of(session, case)
    needed = [("email", contact.email), ("phone", contact.phone)] if account.type == "razorpay" else []
    missing = [name for name, value in needed if not value]
    if missing or (wanted.channel and not contact.on(wanted.channel)):
        raise Conflict(
            f"The customer of {case.case_number} has no {' and no '.join(missing) or wanted.channel} on file, which this"
            " mandate needs. Add it to the customer first.",
            code="no_contact",
        )
    row: dict[str, object] = {
        "client_id": case.client_id, "policy_id": case.policy_id, "case_id": case_id, "customer_id": case.customer_id,
        "provider_id": account.id, "gateway": account.type, "method": wanted.method, "max_amount": wanted.max_amount,
        "valid_until": valid_until, "link_expires_at": now + LINK_LIVES, "next_poll_at": now + FIRST_POLL,
        "user_id": caller.user_id, "amount": min(FIRST, case.remaining),
    }  # fmt: skip
    mandate_id = await db.fetch_one(session, int, _INSERT, row)
    if mandate_id is None:
        other = await db.fetch_only(session, int, _LIVE, row)
        raise Conflict(
            f"Policy {case.policy_number} has {code('mandate', other)} already. Cancel it before asking for another.",
            code="mandate_exists",
        )
    mandates = gateways.gateway(account).mandates
    asks_first = wanted.method in mandates.asks_for_first_amount and case.remaining > 0
    payment_id = (
        await db.fetch_only(session, int, _FIRST_PAYMENT, {**row, "mandate_id": mandate_id}) if asks_first else None
    )
    await db.execute(session, _PAID_BY, {"id": mandate_id, "payment_id": payment_id})
    new = NewMandate(
        reference=reference(mandate_id, payment_id),
        method=wanted.method,
        max_amount=wanted.max_amount,
        first_amount=min(FIRST, case.remaining) if asks_first else ZERO,
        description=f"Premiums of policy {case.policy_number}",
        callback_url=page_url(mandate_id),
        link_expires_at=now + LINK_LIVES,
        valid_until=day_ends(valid_until),
        customer_name=contact.full_name,
        email=contact.email,
        phone=contact.phone,
    )
    return Planned(account, mandate_id, case, new, payment_id)


def _check(wanted: MandateIn, valid_until: date, today: date, account: ProviderAccount) -> None:
    """Refuse what the gateway or the rule does not allow, with the field."""
    if wanted.max_amount > MOST:
        message = (
            f"A mandate for premiums goes up to {format_inr(MOST)} per debit (RBI): above that the customer has to authenticate"
            " each debit. Enter that amount or less."
        )
        raise Invalid(message, code="mandate_too_large", details=[{"field": "maxAmount", "message": message}])
    if not today < valid_until <= _in_years(today):
        message = f"A mandate ends after today and within {YEARS} years."
        raise Invalid(message, code="wrong_date", details=[{"field": "validUntil", "message": message}])
    methods = gateways.gateway(account).mandates.methods
    if wanted.method not in methods:
        message = f"The gateway account {account.name} takes mandates by {', '.join(sorted(methods))} only."
        raise Invalid(message, code="wrong_method", details=[{"field": "method", "message": message}])


def _in_years(day: date) -> date:
    return day + timedelta(days=365 * YEARS)


async def apply_registration(session: AsyncSession, planned: Planned, fact: MandateFact) -> None:
    """The gateway's page is there: its number, and that of the order of the first payment."""
    account_id = planned.account.id
    if planned.payment_id is not None and fact.gateway_order:
        first = Order(fact.gateway_order, reference=planned.new.reference, gateway_order=fact.gateway_order)
        await apply_payments(session, {account_id: [Facts(orders=(first,))]})
    await follow.apply(session, {account_id: [Facts(mandates=(fact,))]})


async def _refuse(mandate_id: int, reason: str) -> None:
    params = {"id": mandate_id, "reason": reason, "now": resources.current().clock.now()}
    async with unit_of_work() as session:
        await db.execute(session, _REFUSED, params)
        await db.execute(session, _REFUSED_PAYMENT, params)


async def _send_link(caller: Caller, planned: Planned, fact: MandateFact, channel: Channel) -> Registered:
    """The gateway's page to the customer, in their language. The mandate stands also where the gate refuses the message."""
    async with unit_of_work() as session:
        contact = await contact_of(session, planned.case)
    translate = text(Language.of(contact.preferred_language))
    values = {
        "policy": planned.case.policy_number,
        "most": format_inr(planned.new.max_amount),
        "url": fact.url or planned.new.callback_url,
    }
    outgoing = messaging.Outgoing(
        client_id=planned.case.client_id,
        channel=channel,
        contact=contact.on(channel) or "",
        subject=translate("Pay policy %(policy)s by itself") % values if channel == "email" else None,
        body=translate(
            "Authorise automatic payment of the premiums of policy %(policy)s, up to %(most)s each. You are notified before every"
            " debit and may stop it: %(url)s"
        )
        % values,
        customer_id=planned.case.customer_id,
        case_id=planned.case.case_id,
        sent_by=caller.user_id,
    )
    try:
        sent = await messaging.send_one(outgoing)
    except Problem as problem:
        return Registered(planned.mandate_id, False, problem.message)
    return Registered(planned.mandate_id, sent.status not in ("failed", "bounced"), sent.error_message)
