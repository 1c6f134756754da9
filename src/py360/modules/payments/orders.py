"""Opening an order at the gateway, once, however often the customer taps Pay.

Three short steps (house law 2): find or write our row, ask the gateway outside any transaction, note its answer. A call
that died on the way is found again by our reference.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.crypto import sign
from py360.kit.db import unit_of_work
from py360.kit.errors import Unavailable
from py360.kit.vendor import VendorError
from py360.modules.payments import gateways, links
from py360.modules.payments.applying import apply
from py360.modules.payments.bulk import ORDER_PURPOSE
from py360.modules.payments.polling import FIRST_AFTER
from py360.modules.payments.standing import Standing
from py360.modules.payments.vendors.base import Facts, NewOrder, Order
from py360.modules.providers.api import ProviderAccount

OPEN: Final = ("created", "failed", "authorized", "partially_captured")
SHORTEST: Final = timedelta(minutes=30)  # gateways want at least 15 minutes; the customer needs some, too
LEFT_TO_REUSE: Final = timedelta(minutes=5)

_OPEN_ORDERS: Final = """
select id, provider_id, order_id, amount, status, checkout_url, expires_at, instalment_ids
from payments where case_id = %(case_id)s and provider_id is not null and status = any(%(open)s) and expires_at > %(now)s
order by id desc
"""
_INSERT: Final = """
insert into payments (client_id, case_id, policy_id, customer_id, link_id, gateway, provider_id, amount, instalment_ids,
  created_by, expires_at, next_poll_at)
values (%(client_id)s, %(case_id)s, %(policy_id)s, %(customer_id)s, %(link_id)s, %(gateway)s, %(provider_id)s, %(amount)s,
  %(instalment_ids)s, %(created_by)s, %(expires_at)s, %(next_poll_at)s)
returning id
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
class Plan:
    """What step one found out: the order to open, and older ones of another amount that must be closed first."""

    account: ProviderAccount
    payment_id: int
    order: NewOrder
    opened: Checkout | None = None
    outdated: tuple[db.Row, ...] = ()


class GatewayAway(Unavailable):
    """The payment gateway does not answer right now. Please try again in a few minutes; nothing was charged."""

    default_code = "gateway_away"


async def plan(
    session: AsyncSession,
    case: Standing,
    link: links.Link,
    amount: Decimal,
    *,
    instalment_ids: Sequence[int] = (),
    user_id: int | None = None,
) -> Plan:
    """Step one, with the case's money locked: take up the open order of this amount, or write a new one."""
    now = resources.current().clock.now()
    asked = {"case_id": case.case_id, "open": list(OPEN), "now": now}
    orders = await db.all(session, _OPEN_ORDERS, asked)
    same = next((row for row in orders if _fits(row, amount, instalment_ids, now)), None)
    if same is not None:
        account = await gateways.get(session, same["provider_id"])
        payment_id, expires_at = same["id"], same["expires_at"]
    else:
        account = await gateways.choose(session, case.client_id)
        expires_at = max(link.expires_at, now + SHORTEST)
        row: dict[str, Any] = {
            "client_id": case.client_id, "case_id": case.case_id, "policy_id": case.policy_id,
            "customer_id": case.customer_id, "link_id": link.id, "gateway": account.type, "provider_id": account.id,
            "amount": amount, "instalment_ids": list(instalment_ids), "created_by": user_id, "expires_at": expires_at,
            "next_poll_at": now + FIRST_AFTER,
        }  # fmt: skip
        payment_id = await db.value(session, _INSERT, row)
    order = await _order(session, case, link, payment_id, amount, expires_at)
    opened = None
    if same is not None and same["checkout_url"]:
        opened = Checkout(payment_id, same["order_id"], amount, same["checkout_url"])
    outdated = tuple(row for row in orders if row is not same and row["order_id"])
    return Plan(account, payment_id, order, opened, outdated)


def _fits(row: db.Row, amount: Decimal, instalment_ids: Sequence[int], now: datetime) -> bool:
    """Whether an open order can be used again. One that was begun but has no number is taken up, too: it may exist."""
    unchanged = row["amount"] == amount and list(row["instalment_ids"]) == list(instalment_ids)
    return unchanged and row["expires_at"] > now + LEFT_TO_REUSE


async def _order(
    session: AsyncSession, case: Standing, link: links.Link, payment_id: int, amount: Decimal, expires_at: datetime
) -> NewOrder:
    contact = await db.one(session, _CONTACT, {"id": case.customer_id}) or {}
    return NewOrder(
        reference=sign(ORDER_PURPOSE, str(payment_id)),
        amount=amount,
        description=f"Renewal of policy {case.policy_number} ({case.case_number})",
        callback_url=links.url(link.id),
        expires_at=expires_at,
        customer_name=contact.get("full_name", ""),
        email=contact.get("email"),
        phone=contact.get("phone"),
    )


async def open_order(plan: Plan) -> Checkout:
    """Steps two and three, outside any transaction of the caller. Raises GatewayAway; nothing is lost then."""
    if plan.opened is not None:
        return plan.opened
    gateway = gateways.gateway(plan.account)
    try:
        for row in plan.outdated:
            await _close(row)
        order = await gateway.open(plan.account, plan.order)
    except (VendorError, TimeoutError) as error:
        raise GatewayAway from error
    async with unit_of_work() as session:
        await apply(session, {plan.account.id: [Facts(orders=(order,))]})
    return Checkout(plan.payment_id, order.order_id, plan.order.amount, _page(order))


async def _close(row: db.Row) -> None:
    """Cancel an order of an amount that is no longer right. One that is being paid refuses; then its money still counts."""
    async with unit_of_work() as session:
        account = await gateways.get(session, row["provider_id"])
    gateway = gateways.gateway(account)
    try:
        facts = await gateway.cancel(account, row["order_id"])
    except VendorError as refused:
        if not refused.permanent:
            raise
        facts = await gateway.ask(account, row["order_id"])
    async with unit_of_work() as session:
        await apply(session, {account.id: [facts]})


def _page(order: Order) -> str:
    if not order.checkout_url:
        raise GatewayAway
    return order.checkout_url
