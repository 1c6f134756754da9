"""Razorpay by its Payment Links API: https://razorpay.com/docs/api/payments/payment-links and /docs/webhooks.

The payment link is our order (`plink_...`); what customers do on it are payments (`pay_...`). Money is in paise, time in
Unix seconds. A webhook's payment entity names the link only in its description (`#` and the end of the link's id). Of e-mandates
(`razorpay_mandates`) the order itself is ours (`order_...`).
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final
from urllib.parse import urlsplit

import orjson
from pydantic import SecretStr

from py360.kit import money, webhooks
from py360.kit.crypto import digest
from py360.kit.vendor import VendorError
from py360.modules.payments.vendors.base import (
    Attempt,
    AttemptStatus,
    Capture,
    Dispute,
    DisputeStatus,
    Facts,
    NewOrder,
    Order,
    Refund,
    RefundStatus,
)
from py360.modules.payments.vendors.mandates import Mandates
from py360.modules.payments.vendors.razorpay_bodies import (
    DisputeBody,
    Event,
    FetchedLinkBody,
    InvoiceBody,
    LinkBody,
    LinkList,
    OrderBody,
    OrderList,
    PaymentBody,
    PaymentList,
    RefundBody,
    RefundList,
)
from py360.modules.payments.vendors.razorpay_http import LIVE_URL, call
from py360.modules.payments.vendors.razorpay_mandates import RazorpayMandates, mandate_facts
from py360.modules.providers.api import ProviderAccount, RazorpaySettings

LIVE_CHECKOUT: Final = ("https://rzp.io", "https://*.razorpay.com")
ATTEMPTS: Final[Mapping[str, AttemptStatus]] = {
    "authorized": "authorized",
    "captured": "captured",
    "refunded": "refunded",
    "failed": "failed",
}
REFUNDS: Final[Mapping[str, RefundStatus]] = {"processed": "processed", "failed": "failed"}
DISPUTES: Final[Mapping[str, DisputeStatus]] = {
    "open": "open",
    "under_review": "under_review",
    "closed": "closed",
    "won": "won",
    "lost": "lost",
}
CLOSED: Final = frozenset({"paid", "expired", "cancelled"})
ORDER: Final = "order_"
NAME_MAX, DESCRIPTION_MAX = 50, 2048


class Razorpay:
    """The translator; holds no state and no connection."""

    mandates: Mandates = RazorpayMandates()

    async def check(self, account: ProviderAccount) -> str:
        """Read the newest payment link: that needs the key and its secret."""
        await call(LinkList, account, "check", "GET", "/v1/payment_links", query={"count": "1"})
        return "Razorpay answers and takes this key."

    async def open(self, account: ProviderAccount, order: NewOrder) -> Order:
        """Create a payment link; a reference that exists already means that an earlier try got through."""
        body = {
            "amount": money.paise(order.amount),
            "currency": "INR",
            "accept_partial": False,
            "expire_by": int(order.expires_at.timestamp()),
            "reference_id": order.reference,
            "description": order.description[:DESCRIPTION_MAX],
            "customer": _without_blanks(
                {"name": order.customer_name[:NAME_MAX], "email": order.email, "contact": order.phone}
            ),
            "notify": {"sms": False, "email": False},  # we write to customers ourselves, through the send gate
            "reminder_enable": False,
            "callback_url": order.callback_url,
            "callback_method": "get",
        }
        try:
            return _order(await call(LinkBody, account, "open_order", "POST", "/v1/payment_links", body))
        except VendorError as refused:
            if not refused.permanent:
                raise
            known = await self.find(account, order.reference)
            if not known.orders:
                raise
            return known.orders[0]

    async def ask(self, account: ProviderAccount, order_id: str) -> Facts:
        """Fetch a payment link with its payments, or the payments of a mandate's order."""
        if order_id.startswith(ORDER):
            return await _ask_order(account, OrderBody(id=order_id))
        return _link_facts(await call(FetchedLinkBody, account, "ask_order", "GET", f"/v1/payment_links/{order_id}"))

    async def find(self, account: ProviderAccount, reference: str) -> Facts:
        """Fetch a payment link by our reference, else the order of a mandate."""
        query = {"reference_id": reference}
        answer = await call(LinkList, account, "find_order", "GET", "/v1/payment_links", query=query)
        links = [link for link in answer.payment_links if link.reference_id == reference]
        if links:
            return Facts.joined(_link_facts(link) for link in links)
        query = {"receipt": reference}
        orders = (await call(OrderList, account, "find_order", "GET", "/v1/orders", query=query)).items
        return Facts.joined([await _ask_order(account, each) for each in orders if each.receipt == reference])

    async def cancel(self, account: ProviderAccount, order_id: str) -> Facts:
        """Cancel a payment link. The order of a mandate cannot be cancelled: a debit that was presented is under way."""
        if order_id.startswith(ORDER):
            return await self.ask(account, order_id)
        path = f"/v1/payment_links/{order_id}/cancel"
        return _link_facts(await call(FetchedLinkBody, account, "cancel_order", "POST", path, {}))

    async def capture(self, account: ProviderAccount, attempt: Capture) -> Facts:
        """Capture a payment that was authorised: razorpay.com/docs/api/payments/capture. One that is captured already stays so."""
        body = {"amount": money.paise(attempt.amount), "currency": "INR"}
        path = f"/v1/payments/{attempt.attempt_id}"
        try:
            payment = await call(PaymentBody, account, "capture", "POST", f"{path}/capture", body)
        except VendorError as refused:
            if not refused.permanent:
                raise
            payment = await call(PaymentBody, account, "ask_payment", "GET", path)
            if payment.status != "captured":
                raise refused from None
        return Facts(attempts=(_attempt(payment, None),))

    async def refund(self, account: ProviderAccount, attempt_id: str, amount: Decimal, receipt: str) -> Refund:
        """Refund a payment in full or in part."""
        body = {"amount": money.paise(amount), "receipt": receipt, "notes": {"receipt": receipt}, "speed": "normal"}
        path = f"/v1/payments/{attempt_id}/refund"
        headers = {"X-Refund-Idempotency": receipt}
        return _refund(await call(RefundBody, account, "refund", "POST", path, body, headers=headers))

    async def ask_refunds(self, account: ProviderAccount, attempt_id: str) -> Facts:
        """Fetch the refunds of a payment."""
        answer = await call(RefundList, account, "ask_refunds", "GET", f"/v1/payments/{attempt_id}/refunds")
        return Facts(refunds=tuple(_refund(item) for item in answer.items))

    def verify(self, account: ProviderAccount, request: webhooks.Request) -> bool:
        """X-Razorpay-Signature: HMAC-SHA256 of the raw body, in hex. An old secret still signs retries of old events."""
        given = request.headers.get("x-razorpay-signature", "")
        settings = account.expect(RazorpaySettings)
        secrets = (settings.webhook_secret, settings.previous_webhook_secret)
        return any(secret is not None and _is_same(_mark(secret, request.body), given) for secret in secrets)

    def returned(self, account: ProviderAccount, query: Mapping[str, str]) -> str | None:
        """The payment link in a callback that Razorpay signed with the account's key secret."""
        parts = [
            query.get(f"razorpay_{name}", "")
            for name in ("payment_link_id", "payment_link_reference_id", "payment_link_status", "payment_id")
        ]
        mark = _mark(account.expect(RazorpaySettings).key_secret, "|".join(parts).encode())
        return parts[0] if parts[0] and _is_same(mark, query.get("razorpay_signature", "")) else None

    def parse(self, request: webhooks.Request) -> Sequence[webhooks.Item]:
        """One event; X-Razorpay-Event-Id repeats with it, and without that the body itself distinguishes one from another."""
        event = orjson.loads(request.body)
        if not isinstance(event, dict):
            raise ValueError("the body is no JSON object")  # noqa: TRY004 - the vendor's mistake, not a caller's
        key = request.headers.get("x-razorpay-event-id") or digest(request.body.decode(errors="replace"))
        return [webhooks.Item(key, event)]

    def merchant(self, event: webhooks.JsonObject) -> str | None:
        """`account_id`, such as acc_BFQ7uQEaa7j2z7."""
        named = event.get("account_id")
        return named if isinstance(named, str) and named else None

    def facts(self, event: webhooks.JsonObject) -> Facts:
        """The facts in an event's entities; its own name is not needed, for every entity carries its status."""
        try:
            parsed = Event.model_validate(event)
            return _event_facts(parsed)
        except (ValueError, ArithmeticError, OSError) as error:  # the last two: a moment that no calendar has
            raise ValueError(f"the event cannot be read: {error!r}") from error

    def origins(self, account: ProviderAccount) -> tuple[str, ...]:
        """rzp.io and Razorpay's own hosts; the sandbox's address for a sandbox account."""
        if not account.is_sandbox:
            return LIVE_CHECKOUT
        parts = urlsplit(account.expect(RazorpaySettings).base_url or LIVE_URL)
        return (f"{parts.scheme}://{parts.netloc}",)


async def _ask_order(account: ProviderAccount, order: OrderBody) -> Facts:
    """An order that no payment link is about, with its payments."""
    path = f"/v1/orders/{order.id}/payments"
    paid = await call(PaymentList, account, "ask_order", "GET", path)
    stated = Order(order_id=order.id, reference=order.receipt, gateway_order=order.id)
    return Facts(orders=(stated,), attempts=tuple(_attempt(each, None) for each in paid.items))


def _event_facts(event: Event) -> Facts:
    payload = event.payload
    link, payment = payload.payment_link, payload.payment
    return Facts(
        orders=_orders(link.entity if link else None, payload.invoice.entity if payload.invoice else None),
        attempts=(_attempt(payment.entity, link.entity if link else None),) if payment else (),
        refunds=(_refund(payload.refund.entity),) if payload.refund else (),
        disputes=(_dispute(payload.dispute.entity),) if payload.dispute else (),
        mandates=mandate_facts(event),
    )


def _orders(link: LinkBody | None, registration: InvoiceBody | None) -> tuple[Order, ...]:
    """The payment link, or the order behind a mandate's registration link."""
    found = [_order(link)] if link else []
    if registration and registration.order_id:
        number = registration.order_id
        found.append(Order(order_id=number, reference=registration.receipt, gateway_order=number))
    return tuple(found)


def _order(link: LinkBody) -> Order:
    moment = link.cancelled_at or link.expired_at or link.updated_at or link.created_at
    return Order(
        order_id=link.id,
        reference=link.reference_id,
        gateway_order=link.order_id,
        checkout_url=link.short_url,
        closed_at=_moment(moment) if moment and link.status in CLOSED else None,
    )


def _link_facts(link: FetchedLinkBody) -> Facts:
    attempts = tuple(
        Attempt(
            attempt_id=item.payment_id,
            amount=money.from_paise(item.amount),
            currency=link.currency,
            status=ATTEMPTS.get(item.status, "created"),
            happened_at=_moment(item.created_at),
            order_id=link.id,
            gateway_order=link.order_id,
            method=item.method,
        )
        for item in link.payments
    )
    return Facts(orders=(_order(link),), attempts=attempts)


def _attempt(payment: PaymentBody, link: LinkBody | None) -> Attempt:
    order_id = link.id if link else None
    if order_id is None and payment.description and payment.description.startswith("#"):
        order_id = "plink_" + payment.description[1:]
    return Attempt(
        attempt_id=payment.id,
        amount=money.from_paise(payment.amount),
        currency=payment.currency,
        status=ATTEMPTS.get(payment.status, "created"),  # unknown is not success
        happened_at=_moment(payment.created_at),
        order_id=order_id,
        gateway_order=payment.order_id or (link.order_id if link else None),
        method=payment.method,
        error=payment.error_description,
        fee=money.from_paise(payment.fee or 0),
    )


def _refund(refund: RefundBody) -> Refund:
    status = REFUNDS.get(refund.status, "pending")
    noted = refund.notes.get("receipt")
    return Refund(
        refund_id=refund.id,
        attempt_id=refund.payment_id,
        amount=money.from_paise(refund.amount),
        status=status,
        receipt=refund.receipt or (noted if isinstance(noted, str) else None),
        processed_at=_moment(refund.created_at) if status == "processed" else None,
    )


def _dispute(dispute: DisputeBody) -> Dispute:
    """A dispute; a status that we do not know leaves it open."""
    return Dispute(
        dispute_id=dispute.id,
        attempt_id=dispute.payment_id,
        amount=money.from_paise(dispute.amount),
        status=DISPUTES.get(dispute.status, "open"),
        opened_at=_moment(dispute.created_at),
        reason=dispute.reason_code and dispute.reason_code.replace("_", " "),
        respond_by=_moment(dispute.respond_by) if dispute.respond_by else None,
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _mark(secret: SecretStr, data: bytes) -> str:
    return hmac.new(secret.get_secret_value().encode(), data, hashlib.sha256).hexdigest()


def _is_same(mark: str, given: str) -> bool:
    """Compares in constant time; as bytes, for an untrusted signature may hold anything."""
    return hmac.compare_digest(mark.encode(), given.encode("utf-8", "surrogateescape"))


def _without_blanks(values: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
