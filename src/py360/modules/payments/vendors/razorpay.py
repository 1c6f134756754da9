"""Razorpay by its Payment Links API: https://razorpay.com/docs/api/payments/payment-links and /docs/webhooks.

The payment link is our order (`plink_...`); what customers do on it are payments (`pay_...`). Money is in paise, time in
Unix seconds. A webhook's payment entity names the link only in its description (`#` and the end of the link's id).
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import orjson
from pydantic import SecretStr

from py360.kit import egress, money, vendor, webhooks
from py360.kit.crypto import digest
from py360.kit.vendor import VendorError
from py360.modules.payments.vendors.base import (
    Attempt,
    AttemptStatus,
    Dispute,
    DisputeStatus,
    Facts,
    NewOrder,
    Order,
    Refund,
    RefundStatus,
)
from py360.modules.providers.api import ProviderAccount, RazorpaySettings

LIVE_URL: Final = "https://api.razorpay.com"
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
NAME_MAX, DESCRIPTION_MAX = 50, 2048


class Razorpay:
    """The translator; holds no state and no connection."""

    async def check(self, account: ProviderAccount) -> str:
        """Read the newest payment link: that needs the key and its secret."""
        await _call(account, "check", "GET", "/v1/payment_links", query={"count": "1"})
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
            "notify": {"sms": False, "email": False},  # we write to customers ourselves, through our one door
            "reminder_enable": False,
            "callback_url": order.callback_url,
            "callback_method": "get",
        }
        try:
            return _order(await _call(account, "open_order", "POST", "/v1/payment_links", body))
        except VendorError as refused:
            if not refused.permanent:
                raise
            known = await self.find(account, order.reference)
            if not known.orders:
                raise
            return known.orders[0]

    async def ask(self, account: ProviderAccount, order_id: str) -> Facts:
        """Fetch a payment link with its payments."""
        return _link_facts(await _call(account, "ask_order", "GET", f"/v1/payment_links/{order_id}"))

    async def find(self, account: ProviderAccount, reference: str) -> Facts:
        """Fetch a payment link by our reference."""
        answer = await _call(account, "find_order", "GET", "/v1/payment_links", query={"reference_id": reference})
        links = [link for link in answer.get("payment_links") or [] if link.get("reference_id") == reference]
        return Facts.joined(_link_facts(link) for link in links)

    async def cancel(self, account: ProviderAccount, order_id: str) -> Facts:
        """Cancel a payment link."""
        return _link_facts(await _call(account, "cancel_order", "POST", f"/v1/payment_links/{order_id}/cancel", {}))

    async def refund(self, account: ProviderAccount, attempt_id: str, amount: Decimal, receipt: str) -> Refund:
        """Refund a payment in full or in part."""
        body = {"amount": money.paise(amount), "receipt": receipt, "notes": {"receipt": receipt}, "speed": "normal"}
        path = f"/v1/payments/{attempt_id}/refund"
        return _refund(await _call(account, "refund", "POST", path, body, headers={"X-Refund-Idempotency": receipt}))

    async def ask_refunds(self, account: ProviderAccount, attempt_id: str) -> Facts:
        """Fetch the refunds of a payment."""
        answer = await _call(account, "ask_refunds", "GET", f"/v1/payments/{attempt_id}/refunds")
        return Facts(refunds=tuple(_refund(item) for item in answer.get("items") or []))

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
        """One event; X-Razorpay-Event-Id repeats with it, and without that the body itself tells one from another."""
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
        payload = event.get("payload")
        if not isinstance(payload, Mapping):
            raise ValueError("the event has no payload")  # noqa: TRY004 - the vendor's mistake, not a caller's
        try:
            return _event_facts(payload)
        except (KeyError, TypeError, AttributeError, ArithmeticError, OverflowError, OSError) as error:
            raise ValueError(f"the event cannot be read: {error!r}") from error

    def origins(self, account: ProviderAccount) -> tuple[str, ...]:
        """rzp.io and Razorpay's own hosts; the sandbox's address for a sandbox account."""
        if not account.is_sandbox:
            return LIVE_CHECKOUT
        parts = urlsplit(account.expect(RazorpaySettings).base_url or LIVE_URL)
        return (f"{parts.scheme}://{parts.netloc}",)


def _event_facts(payload: Mapping[str, Any]) -> Facts:
    entities = {
        name: part["entity"] for name, part in payload.items() if isinstance(part, Mapping) and "entity" in part
    }
    link, payment, refund, dispute = (entities.get(name) for name in ("payment_link", "payment", "refund", "dispute"))
    return Facts(
        orders=(_order(link),) if link else (),
        attempts=(_attempt(payment, link),) if payment else (),
        refunds=(_refund(refund),) if refund else (),
        disputes=(_dispute(dispute),) if dispute else (),
    )


def _order(link: Mapping[str, Any]) -> Order:
    closed = link.get("status") in CLOSED
    moment = link.get("cancelled_at") or link.get("expired_at") or link.get("updated_at") or link.get("created_at")
    return Order(
        order_id=link["id"],
        reference=link.get("reference_id") or None,
        gateway_order=link.get("order_id") or None,
        checkout_url=link.get("short_url") or None,
        closed_at=_moment(moment) if closed else None,
    )


def _link_facts(link: Mapping[str, Any]) -> Facts:
    """A fetched link; each of its payments is a short form (payment_id, amount, status, method, created_at)."""
    payments = link.get("payments") or []
    if isinstance(payments, Mapping):
        payments = [payments]
    attempts = tuple(
        Attempt(
            attempt_id=item["payment_id"],
            amount=money.from_paise(item["amount"]),
            currency=link["currency"],
            status=ATTEMPTS.get(item["status"], "created"),
            happened_at=_moment(item["created_at"]),
            order_id=link["id"],
            gateway_order=link.get("order_id") or None,
            method=item.get("method") or None,
        )
        for item in payments
    )
    return Facts(orders=(_order(link),), attempts=attempts)


def _attempt(payment: Mapping[str, Any], link: Mapping[str, Any] | None) -> Attempt:
    order_id = link["id"] if link else None
    description = str(payment.get("description") or "")
    if order_id is None and description.startswith("#"):
        order_id = "plink_" + description[1:]
    return Attempt(
        attempt_id=payment["id"],
        amount=money.from_paise(payment["amount"]),
        currency=payment["currency"],
        status=ATTEMPTS.get(payment["status"], "created"),  # unknown is not success
        happened_at=_moment(payment["created_at"]),
        order_id=order_id,
        gateway_order=payment.get("order_id") or (link or {}).get("order_id") or None,
        method=payment.get("method") or None,
        error=payment.get("error_description") or None,
        fee=money.from_paise(payment.get("fee") or 0),
    )


def _refund(refund: Mapping[str, Any]) -> Refund:
    status = REFUNDS.get(refund["status"], "pending")
    return Refund(
        refund_id=refund["id"],
        attempt_id=refund["payment_id"],
        amount=money.from_paise(refund["amount"]),
        status=status,
        receipt=refund.get("receipt") or _note(refund, "receipt"),
        processed_at=_moment(refund["created_at"]) if status == "processed" else None,
    )


def _dispute(dispute: Mapping[str, Any]) -> Dispute:
    """A dispute: razorpay.com/docs/api/disputes, "Dispute Entity"; a status that we do not know leaves it open."""
    respond_by = dispute.get("respond_by")
    return Dispute(
        dispute_id=dispute["id"],
        attempt_id=dispute["payment_id"],
        amount=money.from_paise(dispute["amount"]),
        status=DISPUTES.get(dispute["status"], "open"),
        opened_at=_moment(dispute["created_at"]),
        reason=(str(dispute.get("reason_code") or "").replace("_", " ") or None),
        respond_by=_moment(respond_by) if respond_by else None,
    )


def _note(entity: Mapping[str, Any], name: str) -> str | None:
    """A note of ours; Razorpay writes no notes as an empty list."""
    notes = entity.get("notes")
    return notes.get(name) if isinstance(notes, Mapping) else None


def _moment(seconds: Any) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _mark(secret: SecretStr, data: bytes) -> str:
    return hmac.new(secret.get_secret_value().encode(), data, hashlib.sha256).hexdigest()


def _is_same(mark: str, given: str) -> bool:
    """Compares in constant time; as bytes, for a stranger's signature may hold anything."""
    return hmac.compare_digest(mark.encode(), given.encode("utf-8", "surrogateescape"))


def _without_blanks(values: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


async def _call(
    account: ProviderAccount,
    operation: str,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """One request; its answer as a mapping. A refusal is permanent, a failure or silence after a POST is unclear."""
    settings = account.expect(RazorpaySettings)
    url = (settings.base_url or LIVE_URL) + path
    basic = aiohttp.encode_basic_auth(settings.key_id, settings.key_secret.get_secret_value())
    headers = {"Authorization": basic, **(headers or {})}
    timeout = aiohttp.ClientTimeout(total=vendor.TIMEOUT_SECONDS)
    async with vendor.call("razorpay", operation, account.id) as call:
        try:
            async with (
                aiohttp.ClientSession(
                    timeout=timeout, connector=egress.connector(1, trusted=account.is_sandbox)
                ) as http,
                http.request(method, url, params=query, json=body, headers=headers, allow_redirects=False) as answer,
            ):
                call.http_status = answer.status
                content = await answer.read()
        except aiohttp.ClientError as error:
            raise VendorError(
                f"Razorpay cannot be reached: {type(error).__name__}", unclear=method == "POST"
            ) from error
        return _answer(answer.status, content, method)


def _answer(status: int, content: bytes, method: str) -> dict[str, Any]:
    try:
        answer = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise VendorError(f"Razorpay answered {status} without JSON", unclear=method == "POST") from error
    if 200 <= status < 300 and isinstance(answer, dict):
        return answer
    problem = answer.get("error", {}) if isinstance(answer, dict) else {}
    message = str(problem.get("description") or f"Razorpay answered {status}")
    refused = 400 <= status < 500 and status != 429
    raise VendorError(
        message, code=str(problem.get("code") or status), permanent=refused, unclear=status >= 500 and method == "POST"
    )
