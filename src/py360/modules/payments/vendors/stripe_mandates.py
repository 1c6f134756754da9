"""E-mandates at Stripe: UPI AutoPay (docs.stripe.com/payments/upi/upi-autopay, docs.stripe.com/india-recurring-payments).

The customer authorises in a Checkout Session of mode `setup`; its setup intent names the customer, the payment method and the
mandate. A debit is a payment intent that is confirmed off session. Cards are left out: their mandates need Stripe's script on
our own page, and this program only redirects (PCI DSS SAQ-A).
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from py360.kit import money, resources
from py360.kit.vendor import VendorError
from py360.modules.payments.vendors.mandates import Debit, KnownMandate, MandateFact, MandateStatus, Method, NewMandate
from py360.modules.payments.vendors.stripe_bodies import (
    EventBody,
    IntentBody,
    KindBody,
    MandateBody,
    PaymentMethodBody,
    SessionBody,
    SetupBody,
)
from py360.modules.payments.vendors.stripe_http import call
from py360.modules.providers.api import ProviderAccount

STATUSES: Final[Mapping[str, MandateStatus]] = {"active": "active", "pending": "pending", "inactive": "cancelled"}
SESSIONS: Final[Mapping[str, MandateStatus]] = {"expired": "expired", "complete": "pending"}
LONGEST: Final = timedelta(hours=23, minutes=59)  # a session lives up to 24 hours
EXPAND: Final = {"expand[]": "setup_intent.mandate"}


class StripeMandates:
    """The translator of mandates; holds no state and no connection."""

    methods: frozenset[Method] = frozenset({"upi"})
    asks_for_first_amount: frozenset[Method] = frozenset()

    async def register(self, account: ProviderAccount, mandate: NewMandate) -> MandateFact:
        """Create a session of mode `setup`; the same reference as Idempotency-Key opens it once."""
        options = "payment_method_options[upi][mandate_options]"
        now = resources.current().clock.now()
        form = {
            "mode": "setup",
            "currency": "inr",
            "payment_method_types[0]": "upi",
            f"{options}[amount]": str(money.paise(mandate.max_amount)),
            f"{options}[amount_type]": "maximum",
            f"{options}[description]": mandate.description[:20],
            f"{options}[end_date]": str(int(mandate.valid_until.timestamp())),
            "customer_creation": "always",
            "client_reference_id": mandate.reference,
            "metadata[reference]": mandate.reference,
            "setup_intent_data[description]": mandate.description[:1000],
            "setup_intent_data[metadata][reference]": mandate.reference,
            "success_url": mandate.callback_url,
            "cancel_url": mandate.callback_url,
            "expires_at": str(int(min(mandate.link_expires_at, now + LONGEST).timestamp())),
        }
        if mandate.email:
            form["customer_email"] = mandate.email
        path, key = "/v1/checkout/sessions", mandate.reference
        return _session_facts(await call(SessionBody, account, "register_mandate", "POST", path, form, key=key))[0]

    async def ask(self, account: ProviderAccount, known: KnownMandate) -> list[MandateFact]:
        """The mandate where it is known, else its session. One that was never answered has no session to ask about."""
        if known.token:
            body = await call(MandateBody, account, "ask_mandate", "GET", f"/v1/mandates/{known.token}")
            return [_mandate_fact(body, resources.current().clock.now())]
        if not known.registration_id:
            return []
        path = f"/v1/checkout/sessions/{known.registration_id}"
        return _session_facts(await call(SessionBody, account, "ask_mandate", "GET", path, EXPAND))

    async def cancel(self, account: ProviderAccount, known: KnownMandate) -> list[MandateFact]:
        """Detach the payment method, which ends its mandate, or expire the session; a refusal may mean that it had ended."""
        try:
            if known.payment_method:
                path = f"/v1/payment_methods/{known.payment_method}/detach"
                await call(PaymentMethodBody, account, "cancel_mandate", "POST", path, {})
            elif known.registration_id:
                path = f"/v1/checkout/sessions/{known.registration_id}/expire"
                await call(SessionBody, account, "cancel_mandate", "POST", path, {})
        except VendorError as refused:
            if not refused.permanent:
                raise
        return await self.ask(account, known)

    async def debit(self, account: ProviderAccount, known: KnownMandate, debit: Debit) -> str:
        """A payment intent, confirmed off session; the same reference as Idempotency-Key presents it once."""
        form = {
            "amount": str(money.paise(debit.amount)),
            "currency": "inr",
            "customer": known.customer or "",
            "payment_method": known.payment_method or "",
            "payment_method_types[0]": "upi",
            "mandate": known.token or "",
            "off_session": "true",
            "confirm": "true",
            "description": debit.description[:1000],
            "metadata[reference]": debit.reference,
        }
        path, key = "/v1/payment_intents", debit.reference
        return (await call(IntentBody, account, "debit_mandate", "POST", path, form, key=key)).id


def mandate_facts(event: EventBody) -> tuple[MandateFact, ...]:
    """What an event's object says of mandates."""
    stated = event.data.object
    at = datetime.fromtimestamp(event.created, UTC) if event.created else None
    match KindBody.model_validate(stated).object:
        case "mandate":
            return (_mandate_fact(MandateBody.model_validate(stated), at),)
        case "setup_intent":
            return (_setup_fact(SetupBody.model_validate(stated)),)
        case "checkout.session":
            session = SessionBody.model_validate(stated)
            return tuple(_session_facts(session)) if session.mode == "setup" else ()
    return ()


def _session_facts(session: SessionBody) -> list[MandateFact]:
    """The session and, where it was expanded, its setup intent with the mandate."""
    setup = session.setup_intent if isinstance(session.setup_intent, SetupBody) else None
    first = MandateFact(
        registration_id=session.id,
        reference=session.client_reference_id,
        url=session.url,
        customer=session.customer,
        status=SESSIONS.get(session.status or "", "created"),
    )
    if setup is None:
        return [first]
    found = [first, _setup_fact(setup)]
    if isinstance(setup.mandate, MandateBody):
        found.append(_mandate_fact(setup.mandate, resources.current().clock.now()))
    return found


def _setup_fact(setup: SetupBody) -> MandateFact:
    """A setup intent names the mandate; whether that is in force, the mandate says (since 2026-09-30 it may be inactive)."""
    mandate = setup.mandate
    return MandateFact(
        reference=setup.metadata.get("reference"),
        token=mandate.id if isinstance(mandate, MandateBody) else mandate,
        customer=setup.customer,
        payment_method=setup.payment_method,
        status="pending" if setup.status == "succeeded" else None,
    )


def _mandate_fact(mandate: MandateBody, at: datetime | None) -> MandateFact:
    status = STATUSES.get(mandate.status or "", "pending")  # unknown is not in force
    return MandateFact(token=mandate.id, payment_method=mandate.payment_method, status=status, at=at)
