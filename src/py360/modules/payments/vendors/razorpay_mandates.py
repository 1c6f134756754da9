"""E-mandates at Razorpay: registration links and tokens (razorpay.com/docs/api/payments/recurring-payments).

A registration link (`inv_...`) is the page where the customer authorises; the payment made there names the token (`token_...`)
that later debits use. A debit is an order and a payment created on it with that token. Razorpay sends no messages for us.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from py360.kit import money, resources
from py360.kit.vendor import VendorError
from py360.modules.payments.vendors.mandates import Debit, KnownMandate, MandateFact, MandateStatus, Method, NewMandate
from py360.modules.payments.vendors.razorpay_bodies import (
    Event,
    InvoiceBody,
    InvoiceList,
    OrderBody,
    OrderList,
    PaymentBody,
    PaymentList,
    RecurringPaymentBody,
    TokenBody,
    TokenCancelled,
)
from py360.modules.payments.vendors.razorpay_http import call
from py360.modules.providers.api import ProviderAccount

# razorpay.com/docs/payments/recurring-payments/subscribe-to-webhooks, "Token states"
TOKENS: Final[Mapping[str, MandateStatus]] = {
    "initiated": "pending",
    "confirmed": "active",
    "paused": "paused",
    "rejected": "rejected",
    "cancelled": "cancelled",
}
LINKS: Final[Mapping[str, MandateStatus]] = {
    "issued": "created",
    "paid": "pending",
    "cancelled": "cancelled",
    "expired": "expired",
}
NAME_MAX, DESCRIPTION_MAX = 50, 2048


class RazorpayMandates:
    """The translator of mandates; holds no state and no connection."""

    methods: frozenset[Method] = frozenset({"upi", "emandate", "card"})
    # UPI and cards are authorised by paying at least a rupee; a bank account without any payment.
    asks_for_first_amount: frozenset[Method] = frozenset({"upi", "card"})

    async def register(self, account: ProviderAccount, mandate: NewMandate) -> MandateFact:
        """Create a registration link; one with our receipt already means that an earlier try got through."""
        known = await _find(account, mandate.reference)
        if known is not None:
            return _link_fact(known)
        body = {
            "type": "link",
            "customer": {
                "name": mandate.customer_name[:NAME_MAX],
                "email": mandate.email or "",
                "contact": mandate.phone or "",
            },
            "amount": money.paise(mandate.first_amount),
            "currency": "INR",
            "description": mandate.description[:DESCRIPTION_MAX],
            "subscription_registration": {
                "method": mandate.method,
                "max_amount": money.paise(mandate.max_amount),
                "expire_at": int(mandate.valid_until.timestamp()),
            },
            "receipt": mandate.reference,
            "expire_by": int(mandate.link_expires_at.timestamp()),
            "sms_notify": False,  # we write to customers ourselves, through the send gate
            "email_notify": False,
        }
        path = "/v1/subscription_registration/auth_links"
        return _link_fact(await call(InvoiceBody, account, "register_mandate", "POST", path, body))

    async def ask(self, account: ProviderAccount, known: KnownMandate) -> list[MandateFact]:
        """The token where it is known; else the link and, once it was paid, the payment that names the token."""
        if known.token and known.customer:
            return [await _ask_token(account, known.customer, known.token)]
        link = (
            await call(InvoiceBody, account, "ask_mandate", "GET", f"/v1/invoices/{known.registration_id}")
            if known.registration_id
            else await _find(account, known.reference)
        )
        if link is None:
            return []
        found = [_link_fact(link)]
        if link.order_id and link.status == "paid":
            path = f"/v1/orders/{link.order_id}/payments"
            for payment in (await call(PaymentList, account, "ask_mandate", "GET", path)).items:
                found += _payment_facts(payment, None)
                if payment.token_id and payment.customer_id:
                    found.append(await _ask_token(account, payment.customer_id, payment.token_id))
        return found

    async def cancel(self, account: ProviderAccount, known: KnownMandate) -> list[MandateFact]:
        """Cancel the token, or the link that nobody has used yet; a refusal may mean that it had ended."""
        try:
            if known.token and known.customer:
                path = f"/v1/customers/{known.customer}/tokens/{known.token}/cancel"
                await call(TokenCancelled, account, "cancel_mandate", "PUT", path, {})
            elif known.registration_id:
                path = f"/v1/invoices/{known.registration_id}/cancel"
                return [_link_fact(await call(InvoiceBody, account, "cancel_mandate", "POST", path, {}))]
        except VendorError as refused:
            if not refused.permanent:
                raise
        return await self.ask(account, known)

    async def debit(self, account: ProviderAccount, known: KnownMandate, debit: Debit) -> str:
        """An order with our receipt, and a payment on it with the token; what an earlier try made is taken up."""
        query = {"receipt": debit.reference}
        orders = (await call(OrderList, account, "find_order", "GET", "/v1/orders", query=query)).items
        order = next((each for each in orders if each.receipt == debit.reference), None)
        if order is None:
            body: dict[str, object] = {
                "amount": money.paise(debit.amount),
                "currency": "INR",
                "receipt": debit.reference,
                "payment_capture": True,
            }
            order = await call(OrderBody, account, "open_order", "POST", "/v1/orders", body)
        elif (await call(PaymentList, account, "ask_order", "GET", f"/v1/orders/{order.id}/payments")).items:
            return order.id
        body = {
            "email": debit.email or "",
            "contact": debit.phone or "",
            "amount": money.paise(debit.amount),
            "currency": "INR",
            "order_id": order.id,
            "customer_id": known.customer,
            "token": known.token,
            "recurring": True,
            "description": debit.description[:DESCRIPTION_MAX],
        }
        await call(RecurringPaymentBody, account, "debit_mandate", "POST", "/v1/payments/create/recurring", body)
        return order.id


def mandate_facts(event: Event) -> tuple[MandateFact, ...]:
    """What an event says of mandates: of the token, of the link, or that a payment names a token."""
    payload = event.payload
    at = _moment(event.created_at) if event.created_at else None
    found: list[MandateFact] = []
    if payload.token:
        found.append(_token_fact(payload.token.entity, None, at))
    if payload.invoice:
        found.append(_link_fact(payload.invoice.entity))
    if payload.payment:
        found += _payment_facts(payload.payment.entity, at)
    return tuple(found)


async def _find(account: ProviderAccount, reference: str) -> InvoiceBody | None:
    query = {"receipt": reference}
    answer = await call(InvoiceList, account, "find_mandate", "GET", "/v1/invoices", query=query)
    return next((each for each in answer.items if each.receipt == reference), None)


async def _ask_token(account: ProviderAccount, customer: str, token: str) -> MandateFact:
    path = f"/v1/customers/{customer}/tokens/{token}"
    body = await call(TokenBody, account, "ask_mandate", "GET", path)
    return _token_fact(body, customer, resources.current().clock.now())


def _link_fact(link: InvoiceBody) -> MandateFact:
    moment = link.cancelled_at or link.expired_at or link.paid_at
    return MandateFact(
        registration_id=link.id,
        reference=link.receipt,
        gateway_order=link.order_id,
        url=link.short_url,
        customer=link.customer_id,
        status=LINKS.get(link.status or "", "created"),
        at=_moment(moment) if moment else None,
    )


def _payment_facts(payment: PaymentBody, at: datetime | None) -> list[MandateFact]:
    """A payment that was made to authorise a mandate names its token; whether it is in force, the token says."""
    if not payment.token_id or payment.status == "failed":
        return []
    return [
        MandateFact(
            registration_id=payment.invoice_id,
            gateway_order=payment.order_id,
            token=payment.token_id,
            customer=payment.customer_id,
            at=at,
        )
    ]


def _token_fact(token: TokenBody, customer: str | None, at: datetime | None) -> MandateFact:
    details = token.recurring_details
    return MandateFact(
        token=token.id,
        customer=token.customer_id or customer,
        status=TOKENS.get(details.status or "", "pending"),  # unknown is not in force
        at=at,
        reason=details.failure_reason,
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
