"""Stripe by Checkout: https://docs.stripe.com/api/checkout/sessions, /api/refunds, /api/disputes and /webhooks.

The checkout session is our order (`cs_...`), the payment intent behind it the gateway's inner order (`pi_...`), and each charge
(`ch_...`) an attempt. Of a debit under an e-mandate (`stripe_mandates`) the payment intent is our order. Money is in paise, time in Unix seconds, requests are forms, answers JSON.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from urllib.parse import urlsplit

import orjson
from pydantic import ValidationError
from stripe import SignatureVerificationError, WebhookSignature

from py360.kit import money, resources, webhooks
from py360.kit.vendor import VendorError
from py360.modules.payments.vendors.base import (
    Attempt,
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
from py360.modules.payments.vendors.stripe_bodies import (
    Balance,
    ChargeBody,
    DisputeBody,
    EventBody,
    IntentBody,
    IntentList,
    KindBody,
    RefundBody,
    RefundList,
    SessionBody,
    SessionList,
)
from py360.modules.payments.vendors.stripe_http import call
from py360.modules.payments.vendors.stripe_mandates import StripeMandates, mandate_facts
from py360.modules.providers.api import ProviderAccount, StripeSettings

LIVE_CHECKOUT: Final = ("https://checkout.stripe.com",)
LONGEST: Final = timedelta(hours=24)  # a session lives from 30 minutes to 24 hours
TOLERANCE_SECONDS: Final = 300  # between signing and arrival, as Stripe's libraries have it
PAGES: Final = 5  # of a hundred sessions each, looked through for a reference
INTENT: Final = "pi_"
SESSION: Final = "stripe_session"  # in the address that a customer comes back to
EXPAND: Final = {"expand[]": "payment_intent.latest_charge"}
REFUNDS: Final[Mapping[str, RefundStatus]] = {"succeeded": "processed", "failed": "failed", "canceled": "failed"}
DISPUTES: Final[Mapping[str, DisputeStatus]] = {
    "warning_needs_response": "open",
    "needs_response": "open",
    "warning_under_review": "under_review",
    "under_review": "under_review",
    "appeal_needs_response": "under_review",
    "appeal_under_review": "under_review",
    "warning_closed": "closed",
    "prevented": "closed",
    "won": "won",
    "lost": "lost",
}


class Stripe:
    """The translator; holds no state and no connection."""

    mandates: Mandates = StripeMandates()

    async def check(self, account: ProviderAccount) -> str:
        """Read the balance: that needs the secret key."""
        await call(Balance, account, "check", "GET", "/v1/balance")
        return "Stripe answers and takes this key."

    async def open(self, account: ProviderAccount, order: NewOrder) -> Order:
        """Create a checkout session; the same reference as Idempotency-Key opens it once."""
        now = resources.current().clock.now()
        mark = "&" if "?" in order.callback_url else "?"
        form = {
            "mode": "payment",
            "client_reference_id": order.reference,
            "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": "inr",
            "line_items[0][price_data][unit_amount]": str(money.paise(order.amount)),
            "line_items[0][price_data][product_data][name]": order.description[:250],
            "payment_intent_data[description]": order.description[:1000],
            "payment_intent_data[metadata][reference]": order.reference,
            "metadata[reference]": order.reference,
            "success_url": f"{order.callback_url}{mark}{SESSION}={{CHECKOUT_SESSION_ID}}",
            "cancel_url": order.callback_url,
            "expires_at": str(int(min(order.expires_at, now + LONGEST - timedelta(minutes=1)).timestamp())),
        }
        if order.email:
            form["customer_email"] = order.email
        path = "/v1/checkout/sessions"
        try:
            return _order(await call(SessionBody, account, "open_order", "POST", path, form, key=order.reference))
        except VendorError as refused:
            if not refused.permanent:
                raise
            known = await self.find(account, order.reference)  # an earlier try got through, with another expires_at
            if not known.orders:
                raise
            return known.orders[0]

    async def ask(self, account: ProviderAccount, order_id: str) -> Facts:
        """Fetch a session with what was paid on it, or the payment intent of a debit."""
        if order_id.startswith(INTENT):
            query = {"expand[]": "latest_charge"}
            path = f"/v1/payment_intents/{order_id}"
            return _debit_facts(await call(IntentBody, account, "ask_order", "GET", path, query))
        path = f"/v1/checkout/sessions/{order_id}"
        return _session_facts(await call(SessionBody, account, "ask_order", "GET", path, EXPAND))

    async def find(self, account: ProviderAccount, reference: str) -> Facts:
        """Look through the newest sessions for our reference, then through payment intents: Stripe has no search in India."""
        query = {"limit": "100", "expand[]": "data.payment_intent"}
        found: list[SessionBody] = []
        for _ in range(PAGES):
            page = await call(SessionList, account, "find_order", "GET", "/v1/checkout/sessions", query)
            found = [each for each in page.data if each.client_reference_id == reference]
            if found or not page.has_more or not page.data:
                break
            query["starting_after"] = page.data[-1].id
        return Facts.joined(_session_facts(each) for each in found) if found else await _find_debit(account, reference)

    async def cancel(self, account: ProviderAccount, order_id: str) -> Facts:
        """Expire a session. A debit that was presented is under way and cannot be called back."""
        if order_id.startswith(INTENT):
            return await self.ask(account, order_id)
        path = f"/v1/checkout/sessions/{order_id}/expire"
        return _session_facts(await call(SessionBody, account, "cancel_order", "POST", path, {}))

    async def capture(self, account: ProviderAccount, attempt: Capture) -> Facts:
        """Capture a payment intent that was authorised."""
        form = {"amount_to_capture": str(money.paise(attempt.amount)), "expand[]": "latest_charge"}
        path = f"/v1/payment_intents/{attempt.gateway_order}/capture"
        key = f"capture-{attempt.attempt_id}"
        return _intent_facts(await call(IntentBody, account, "capture", "POST", path, form, key=key))

    async def refund(self, account: ProviderAccount, attempt_id: str, amount: Decimal, receipt: str) -> Refund:
        """Refund a charge in full or in part."""
        form = {"charge": attempt_id, "amount": str(money.paise(amount)), "metadata[receipt]": receipt}
        return _refund(await call(RefundBody, account, "refund", "POST", "/v1/refunds", form, key=receipt))

    async def ask_refunds(self, account: ProviderAccount, attempt_id: str) -> Facts:
        """Fetch the refunds of a charge."""
        query = {"charge": attempt_id, "limit": "100"}
        answer = await call(RefundList, account, "ask_refunds", "GET", "/v1/refunds", query)
        return Facts(refunds=tuple(_refund(each) for each in answer.data))

    def verify(self, account: ProviderAccount, request: webhooks.Request) -> bool:
        """Stripe-Signature over the raw body, by Stripe's own check; an old secret still signs repeated events."""
        header = request.headers.get("stripe-signature", "")
        settings = account.expect(StripeSettings)
        secrets = (settings.webhook_secret, settings.previous_webhook_secret)
        return any(
            secret is not None and _is_signed(request.body, header, secret.get_secret_value()) for secret in secrets
        )

    def returned(self, account: ProviderAccount, query: Mapping[str, str]) -> str | None:
        """The session in the address that a customer comes back to. It is not signed: a reason to ask, nothing more."""
        session = query.get(SESSION, "")
        return session if session.startswith("cs_") and session.isascii() else None

    def parse(self, request: webhooks.Request) -> Sequence[webhooks.Item]:
        """One event; its id repeats with it."""
        event = orjson.loads(request.body)
        return [webhooks.Item(EventBody.model_validate(event).id, event)]

    def merchant(self, event: webhooks.JsonObject) -> str | None:
        """The connected account of an event, such as acct_1032D82eZvKYlo2C; none for the key's own."""
        named = event.get("account")
        return named if isinstance(named, str) and named else None

    def facts(self, event: webhooks.JsonObject) -> Facts:
        """The facts in an event's object, whose status orders them; objects that we have no use for hold none."""
        try:
            parsed = EventBody.model_validate(event)
            return replace(_object_facts(parsed.data.object), mandates=mandate_facts(parsed))
        except (ValidationError, OverflowError, OSError) as error:
            raise ValueError(f"the event cannot be read: {error}") from error

    def origins(self, account: ProviderAccount) -> tuple[str, ...]:
        """checkout.stripe.com, or where the account's own address is."""
        base = account.expect(StripeSettings).base_url
        if base is None:
            return LIVE_CHECKOUT
        parts = urlsplit(base)
        return (f"{parts.scheme}://{parts.netloc}",)


def _is_signed(body: bytes, header: str, secret: str) -> bool:
    """Whether the secret signed the body, not long ago. The moment is held against our clock, so the SDK is given none."""
    try:
        signed = WebhookSignature.verify_header(body, header, secret)
    except (SignatureVerificationError, ValueError, TypeError):  # bytes that are no text, signatures that are not ASCII
        return False
    moments = [part[2:] for part in header.split(",") if part.startswith("t=")]
    age = resources.current().clock.now().timestamp() - int(moments[0])
    return signed and abs(age) <= TOLERANCE_SECONDS


async def _find_debit(account: ProviderAccount, reference: str) -> Facts:
    """The payment intent with our reference among the newest hundreds."""
    query = {"limit": "100", "expand[]": "data.latest_charge"}
    for _ in range(PAGES):
        page = await call(IntentList, account, "find_order", "GET", "/v1/payment_intents", query)
        found = [each for each in page.data if each.metadata.get("reference") == reference]
        if found or not page.has_more or not page.data:
            return Facts.joined(_debit_facts(each) for each in found)
        query["starting_after"] = page.data[-1].id
    return Facts()


def _debit_facts(intent: IntentBody) -> Facts:
    """A payment intent that no session is about: our order and, once there is one, its charge."""
    order = Order(order_id=intent.id, reference=intent.metadata.get("reference"), gateway_order=intent.id)
    return Facts(orders=(order,), attempts=_intent_facts(intent).attempts)


def _object_facts(stated: Mapping[str, object]) -> Facts:
    match KindBody.model_validate(stated).object:
        case "checkout.session":
            session = SessionBody.model_validate(stated)
            return Facts() if session.mode == "setup" else _session_facts(session)
        case "payment_intent":
            return _intent_facts(IntentBody.model_validate(stated))
        case "charge":
            return Facts(attempts=(_attempt(ChargeBody.model_validate(stated)),))
        case "refund":
            refund = RefundBody.model_validate(stated)
            return Facts(refunds=(_refund(refund),)) if refund.charge else Facts()
        case "dispute":
            dispute = DisputeBody.model_validate(stated)
            return Facts(disputes=(_dispute(dispute),)) if dispute.charge else Facts()
    return Facts()


def _order(session: SessionBody) -> Order:
    """A session says from the start when it ends; one that was expired by us ends now."""
    ends = datetime.fromtimestamp(session.expires_at, UTC) if session.expires_at else None
    if session.status == "expired":
        now = resources.current().clock.now()
        ends = min(ends, now) if ends else now
    intent = session.payment_intent
    return Order(
        order_id=session.id,
        reference=session.client_reference_id,
        gateway_order=intent.id if isinstance(intent, IntentBody) else intent,
        checkout_url=session.url,
        closed_at=ends,
    )


def _session_facts(session: SessionBody) -> Facts:
    intent = session.payment_intent
    paid = _intent_facts(intent) if isinstance(intent, IntentBody) else Facts()
    return Facts(orders=(_order(session),), attempts=paid.attempts)


def _intent_facts(intent: IntentBody) -> Facts:
    """The newest charge of an intent, by its own object or, where only its id is known, by the intent's status."""
    charge = intent.latest_charge
    if isinstance(charge, ChargeBody):
        return Facts(attempts=(_attempt(charge, intent.id),))
    problem = intent.last_payment_error
    failed = intent.status == "requires_payment_method" and problem is not None
    number = charge or (problem.charge if problem else None)
    if number is None:
        return Facts()
    status = {"succeeded": "captured", "requires_capture": "authorized"}.get(intent.status)
    attempt = Attempt(
        attempt_id=number,
        amount=money.from_paise((intent.amount_received if status == "captured" else None) or intent.amount),
        currency=intent.currency.upper(),
        status="captured" if status == "captured" else "authorized" if status else "failed" if failed else "created",
        happened_at=datetime.fromtimestamp(intent.created, UTC),
        gateway_order=intent.id,
        error=problem.message if failed and problem else None,
    )
    return Facts(attempts=(attempt,))


def _attempt(charge: ChargeBody, intent_id: str | None = None) -> Attempt:
    paid = charge.status == "succeeded"
    return Attempt(
        attempt_id=charge.id,
        amount=money.from_paise((charge.amount_captured if charge.captured else None) or charge.amount),
        currency=charge.currency.upper(),
        status="refunded" if charge.refunded
        else "captured" if paid and charge.captured
        else "authorized" if paid
        else "failed" if charge.status == "failed"
        else "created",
        happened_at=datetime.fromtimestamp(charge.created, UTC),
        gateway_order=charge.payment_intent or intent_id,
        method=charge.payment_method_details.type if charge.payment_method_details else None,
        error=charge.failure_message,
    )  # fmt: skip


def _refund(refund: RefundBody) -> Refund:
    status = REFUNDS.get(refund.status or "", "pending")
    return Refund(
        refund_id=refund.id,
        attempt_id=refund.charge or "",
        amount=money.from_paise(refund.amount),
        status=status,
        receipt=refund.metadata.get("receipt"),
        processed_at=datetime.fromtimestamp(refund.created, UTC) if status == "processed" else None,
    )


def _dispute(dispute: DisputeBody) -> Dispute:
    """A dispute; a status that we do not know leaves it open."""
    due_by = dispute.evidence_details.due_by
    return Dispute(
        dispute_id=dispute.id,
        attempt_id=dispute.charge or "",
        amount=money.from_paise(dispute.amount),
        status=DISPUTES.get(dispute.status, "open"),
        opened_at=datetime.fromtimestamp(dispute.created, UTC),
        reason=dispute.reason and dispute.reason.replace("_", " "),
        respond_by=datetime.fromtimestamp(due_by, UTC) if due_by else None,
    )
