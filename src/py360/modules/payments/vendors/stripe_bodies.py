"""What Stripe sends: the parts of its objects that are read (docs.stripe.com/api, "The ... object").

Money is in the currency's smallest unit, time in Unix seconds. A reference to another object is its id, or the object where it
was expanded.
"""

from typing import Annotated

from pydantic import BeforeValidator, Field

from py360.kit.vendor import Body


def _id(value: object) -> object:
    return value.get("id") if isinstance(value, dict) else value


def _texts(value: object) -> object:
    return {name: text for name, text in value.items() if isinstance(text, str)} if isinstance(value, dict) else {}


Reference = Annotated[str | None, BeforeValidator(_id)]
Metadata = Annotated[dict[str, str], BeforeValidator(_texts)]


class MethodBody(Body):
    """How a charge was paid."""

    type: str | None = None


class ChargeBody(Body):
    """A charge, `ch_...`: one attempt to pay. `amount_captured` may be less than the `amount` that was authorised."""

    id: str
    amount: int
    amount_captured: int | None = None
    currency: str
    status: str
    created: int
    captured: bool = False
    refunded: bool = False
    payment_intent: Reference = None
    failure_message: str | None = None
    payment_method_details: MethodBody | None = None


class ErrorBody(Body):
    """Why something was refused, or why the last attempt to pay failed."""

    message: str | None = None
    code: str | None = None
    type: str | None = None
    charge: Reference = None


class IntentBody(Body):
    """A payment intent, `pi_...`: what is behind a paid session. `amount_received` may be less than the `amount` asked for."""

    id: str
    amount: int
    amount_received: int | None = None
    currency: str
    status: str
    created: int
    latest_charge: ChargeBody | str | None = None
    last_payment_error: ErrorBody | None = None
    metadata: Metadata = Field(default_factory=dict)


class IntentList(Body):
    """Payment intents, newest first."""

    data: list[IntentBody]
    has_more: bool = False


class MandateBody(Body):
    """A mandate, `mandate_...`."""

    id: str
    status: str | None = None
    payment_method: Reference = None


class PaymentMethodBody(Body):
    """A payment method, `pm_...`."""

    id: str


class SetupBody(Body):
    """A setup intent, `seti_...`: a customer authorises a mandate."""

    id: str
    status: str | None = None
    customer: Reference = None
    payment_method: Reference = None
    mandate: MandateBody | str | None = None
    metadata: Metadata = Field(default_factory=dict)


class SessionBody(Body):
    """A checkout session, `cs_...`: our order."""

    id: str
    status: str | None = None
    client_reference_id: str | None = None
    payment_intent: IntentBody | str | None = None
    mode: str | None = None
    customer: Reference = None
    setup_intent: SetupBody | str | None = None
    url: str | None = None
    expires_at: int | None = None


class RefundBody(Body):
    """A refund, `re_...`."""

    id: str
    amount: int
    status: str | None = None
    created: int
    charge: Reference = None
    metadata: Metadata = Field(default_factory=dict)


class EvidenceBody(Body):
    """Until when a dispute takes an answer."""

    due_by: int | None = None


class DisputeBody(Body):
    """A dispute, `du_...`: the customer's bank asks for a charge back."""

    id: str
    amount: int
    status: str
    created: int
    charge: Reference = None
    reason: str | None = None
    evidence_details: EvidenceBody = EvidenceBody()


class KindBody(Body):
    """What an object is."""

    object: str


class DataBody(Body):
    """The object of an event."""

    object: dict[str, object]


class EventBody(Body):
    """A webhook's body."""

    id: str
    type: str
    created: int | None = None
    data: DataBody


class SessionList(Body):
    """Checkout sessions, newest first."""

    data: list[SessionBody]
    has_more: bool = False


class RefundList(Body):
    """The refunds of a charge."""

    data: list[RefundBody]


class Balance(Body):
    """The account's balance: that it can be read shows that the key works."""

    livemode: bool = False


class Refusal(Body):
    """The answer to a request that was refused."""

    error: ErrorBody = ErrorBody()
