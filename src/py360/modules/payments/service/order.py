"""Opening an order at the gateway, once, however often the customer taps Pay.

Three short steps (docs/architecture.md, rule 2): find or write our row, ask the gateway outside any transaction, note its answer. A call
that died on the way is found again by our reference.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.crypto import sign
from py360.kit.db import unit_of_work
from py360.kit.errors import Invalid, Unavailable
from py360.kit.vendor import VendorError
from py360.modules.payments import bulk, gateways
from py360.modules.payments.apply_events import apply
from py360.modules.payments.balance import Balance
from py360.modules.payments.service import links
from py360.modules.payments.service.poll import FIRST_AFTER
from py360.modules.payments.vendors.base import Facts, NewOrder, Order
from py360.modules.providers.api import ProviderAccount

OPEN: Final = ("created", "failed", "authorized", "partially_captured")
SHORTEST: Final = timedelta(minutes=30)  # gateways want at least 15 minutes; the customer needs some, too
LEFT_TO_REUSE: Final = timedelta(minutes=5)

_OPEN_ORDERS: Final = """
select id, provider_id, order_id, amount, checkout_url, expires_at, instalment_ids
from payments where case_id = %(case_id)s and provider_id is not null and mandate_id is null and status = any(%(open)s) and expires_at > %(now)s
order by id desc
"""
_INSERT: Final = """
insert into payments (client_id, case_id, policy_id, customer_id, link_id, gateway, provider_id, amount, instalment_ids,
  created_by, expires_at, next_poll_at)
values (%(client_id)s, %(case_id)s, %(policy_id)s, %(customer_id)s, %(link_id)s, %(gateway)s, %(provider_id)s, %(amount)s,
  %(instalment_ids)s, %(created_by)s, %(expires_at)s, %(next_poll_at)s)
returning id
"""
_REFUSED: Final = """
update payments set expires_at = %(now)s, status = 'failed', error = %(reason)s, next_poll_at = null
where id = %(id)s and order_id is null and captured_amount = 0
"""
_CONTACT: Final = "select full_name, email, phone from customers_public_contact where id = %(id)s"


@dataclass(frozen=True, slots=True)
class Checkout:
    """An open order and the gateway's page where it is paid."""

    payment_id: int
    order_id: str
    amount: Decimal
    url: str


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An order of ours that may still be paid."""

    id: int
    provider_id: int
    order_id: str | None
    amount: Decimal
    checkout_url: str | None
    expires_at: datetime
    instalment_ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class _Contact:
    full_name: str
    email: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What step one found out: the order to open, and older ones of another amount that must be closed first."""

    account: ProviderAccount
    payment_id: int
    order: NewOrder
    opened: Checkout | None = None
    outdated: tuple[OpenOrder, ...] = ()


class GatewayAway(Unavailable):
    """The payment gateway does not answer right now. Please try again in a few minutes; nothing was charged."""

    default_code = "gateway_away"


class GatewayRefused(Invalid):
    """The payment gateway refused the order for good: trying again cannot help."""

    default_code = "gateway_refused"

    def __init__(self, payment_id: int, reason: str) -> None:
        super().__init__(
            f"The payment gateway refused this order: {reason.rstrip('.')}. Nothing was charged. Change the amount or check"
            " the gateway account under Settings, Providers."
        )
        self.payment_id = payment_id
        self.reason = reason


async def plan(
    session: AsyncSession,
    case: Balance,
    link: links.Link,
    amount: Decimal,
    *,
    instalment_ids: Sequence[int] = (),
    user_id: int | None = None,
) -> Plan:
    """Step one, with the case's money locked: take up the open order of this amount, or write a new one."""
    now = resources.current().clock.now()
    orders = await open_orders(session, case.case_id)
    same = next((order for order in orders if _fits(order, amount, instalment_ids, now)), None)
    if same is not None:
        account = await gateways.get(session, same.provider_id)
        payment_id, expires_at = same.id, same.expires_at
    else:
        account = await gateways.choose(session, case.client_id)
        expires_at = max(link.expires_at, now + SHORTEST)
        row: dict[str, object] = {
            "client_id": case.client_id, "case_id": case.case_id, "policy_id": case.policy_id,
            "customer_id": case.customer_id, "link_id": link.id, "gateway": account.type, "provider_id": account.id,
            "amount": amount, "instalment_ids": list(instalment_ids), "created_by": user_id, "expires_at": expires_at,
            "next_poll_at": now + FIRST_AFTER,
        }  # fmt: skip
        payment_id = await db.fetch_only(session, int, _INSERT, row)
    order = await _order(session, case, link, payment_id, amount, expires_at)
    opened = None
    if same is not None and same.checkout_url and same.order_id:
        opened = Checkout(payment_id, same.order_id, amount, same.checkout_url)
    outdated = tuple(order for order in orders if order is not same and order.order_id)
    return Plan(account, payment_id, order, opened, outdated)


async def open_orders(session: AsyncSession, case_id: int) -> list[OpenOrder]:
    """The orders of a case that may still be paid, newest first."""
    params = {"case_id": case_id, "open": list(OPEN), "now": resources.current().clock.now()}
    return await db.fetch_all(session, OpenOrder, _OPEN_ORDERS, params)


def _fits(order: OpenOrder, amount: Decimal, instalment_ids: Sequence[int], now: datetime) -> bool:
    """Whether an open order can be used again. One that was begun but has no number is taken up, too: it may exist."""
    unchanged = order.amount == amount and list(order.instalment_ids) == list(instalment_ids)
    return unchanged and order.expires_at > now + LEFT_TO_REUSE


async def _order(
    session: AsyncSession, case: Balance, link: links.Link, payment_id: int, amount: Decimal, expires_at: datetime
) -> NewOrder:
    contact = await db.fetch_one(session, _Contact, _CONTACT, {"id": case.customer_id})
    return NewOrder(
        reference=sign(bulk.ORDER_PURPOSE, str(payment_id)),
        amount=amount,
        description=f"Renewal of policy {case.policy_number} ({case.case_number})",
        callback_url=links.url(link.id),
        expires_at=expires_at,
        customer_name=contact.full_name if contact else "",
        email=contact.email if contact else None,
        phone=contact.phone if contact else None,
    )


async def open_order(plan: Plan) -> Checkout:
    """Steps two and three, outside any transaction of the caller. Raises GatewayAway and GatewayRefused; nothing is lost then."""
    if plan.opened is not None:
        return plan.opened
    gateway = gateways.gateway(plan.account)
    try:
        for outdated in plan.outdated:
            await close(outdated)
        order = await gateway.open(plan.account, plan.order)
    except TimeoutError as error:
        raise GatewayAway from error
    except VendorError as error:
        if not error.permanent:
            raise GatewayAway from error
        params = {"id": plan.payment_id, "reason": str(error)[:200], "now": resources.current().clock.now()}
        async with unit_of_work() as session:
            await db.execute(session, _REFUSED, params)
        raise GatewayRefused(plan.payment_id, str(error)[:200]) from error
    async with unit_of_work() as session:
        await apply(session, {plan.account.id: [Facts(orders=(order,))]})
    return Checkout(plan.payment_id, order.order_id, plan.order.amount, _page(order))


async def close(order: OpenOrder) -> None:
    """Cancel an order that must not be paid any more. One that is being paid refuses; then its money still counts.

    Raises VendorError and TimeoutError when the gateway does not answer.
    """
    async with unit_of_work() as session:
        account = await gateways.get(session, order.provider_id)
    gateway = gateways.gateway(account)
    if order.order_id is None:  # its answer has not reached us
        known = await gateway.find(account, sign(bulk.ORDER_PURPOSE, str(order.id)))
        now = resources.current().clock.now()
        numbers = [each.order_id for each in known.orders if each.closed_at is None or each.closed_at > now]
    else:
        known, numbers = Facts(), [order.order_id]
    found = [known]
    for number in numbers:
        try:
            found.append(await gateway.cancel(account, number))
        except VendorError as refused:
            if not refused.permanent:
                raise
            found.append(await gateway.ask(account, number))
    async with unit_of_work() as session:
        await apply(session, {account.id: found})


def _page(order: Order) -> str:
    if not order.checkout_url:
        raise GatewayAway
    return order.checkout_url
