"""What Razorpay sends: the parts of its entities that are read (razorpay.com/docs/api, "Entity" of each product).

Money is in paise, time in Unix seconds; a moment that has not come is 0 or null, and an empty text stands for none.
"""

from typing import Annotated, Generic, TypeVar

from pydantic import BeforeValidator, Field

from py360.kit.vendor import Body

Entity = TypeVar("Entity")


def _none_if_empty(value: object) -> object:
    return value or None


def _as_list(value: object) -> object:
    return [value] if isinstance(value, dict) else value or []


def _named_notes(value: object) -> object:
    return value if isinstance(value, dict) else {}  # Razorpay writes no notes as an empty list


OptionalText = Annotated[str | None, BeforeValidator(_none_if_empty)]
Seconds = Annotated[int | None, BeforeValidator(_none_if_empty)]
Notes = Annotated[dict[str, object], BeforeValidator(_named_notes)]


class LinkBody(Body):
    """A payment link, `plink_...`."""

    id: str
    status: OptionalText = None
    reference_id: OptionalText = None
    order_id: OptionalText = None
    short_url: OptionalText = None
    created_at: Seconds = None
    updated_at: Seconds = None
    cancelled_at: Seconds = None
    expired_at: Seconds = None


class LinkPaymentBody(Body):
    """A payment in short form, as a fetched link lists it."""

    payment_id: str
    amount: int
    status: str
    method: OptionalText = None
    created_at: int


class FetchedLinkBody(LinkBody):
    """A payment link that was fetched by itself, with its payments."""

    currency: str = "INR"
    payments: Annotated[list[LinkPaymentBody], BeforeValidator(_as_list)] = Field(default_factory=list)


class PaymentBody(Body):
    """A payment, `pay_...`; `fee` is Razorpay's."""

    id: str
    amount: int
    currency: str
    status: str
    created_at: int
    order_id: OptionalText = None
    description: OptionalText = None
    method: OptionalText = None
    error_description: OptionalText = None
    fee: int | None = None
    invoice_id: OptionalText = None
    customer_id: OptionalText = None
    token_id: OptionalText = None


class PaymentList(Body):
    """The payments of an order."""

    items: Annotated[list[PaymentBody], BeforeValidator(_as_list)] = Field(default_factory=list)


class OrderBody(Body):
    """An order, `order_...`; `receipt` is our reference."""

    id: str
    receipt: OptionalText = None


class OrderList(Body):
    """The answer to a search for orders."""

    items: Annotated[list[OrderBody], BeforeValidator(_as_list)] = Field(default_factory=list)


class InvoiceBody(Body):
    """A registration link, `inv_...`: where a customer authorises a mandate; `receipt` is our reference."""

    id: str
    status: OptionalText = None
    receipt: OptionalText = None
    order_id: OptionalText = None
    customer_id: OptionalText = None
    short_url: OptionalText = None
    cancelled_at: Seconds = None
    expired_at: Seconds = None
    paid_at: Seconds = None


class InvoiceList(Body):
    """The answer to a search for registration links."""

    items: Annotated[list[InvoiceBody], BeforeValidator(_as_list)] = Field(default_factory=list)


class RecurringBody(Body):
    """How far a token may be debited."""

    status: OptionalText = None
    failure_reason: OptionalText = None


class TokenBody(Body):
    """A token, `token_...`: the mandate itself."""

    id: str
    customer_id: OptionalText = None
    recurring_details: RecurringBody = RecurringBody()


class TokenCancelled(Body):
    """The answer to a token's cancellation, which the customer's bank has yet to confirm."""

    status: OptionalText = None


class RecurringPaymentBody(Body):
    """The answer to a debit: it was taken on."""

    razorpay_payment_id: str


class RefundBody(Body):
    """A refund, `rfnd_...`."""

    id: str
    payment_id: str
    amount: int
    status: str
    created_at: int
    receipt: OptionalText = None
    notes: Notes = Field(default_factory=dict)


class DisputeBody(Body):
    """A dispute, `disp_...`."""

    id: str
    payment_id: str
    amount: int
    status: str
    created_at: int
    reason_code: OptionalText = None
    respond_by: Seconds = None


class Part(Body, Generic[Entity]):
    """An entity in an event's payload."""

    entity: Entity


class Payload(Body):
    """The entities of an event."""

    payment_link: Part[LinkBody] | None = None
    payment: Part[PaymentBody] | None = None
    refund: Part[RefundBody] | None = None
    dispute: Part[DisputeBody] | None = None
    token: Part[TokenBody] | None = None
    invoice: Part[InvoiceBody] | None = None


class Event(Body):
    """A webhook's body."""

    payload: Payload
    created_at: Seconds = None


class LinkList(Body):
    """The answer to a search for payment links."""

    payment_links: Annotated[list[FetchedLinkBody], BeforeValidator(_as_list)] = Field(default_factory=list)


class RefundList(Body):
    """The refunds of a payment."""

    items: Annotated[list[RefundBody], BeforeValidator(_as_list)] = Field(default_factory=list)


class Problem(Body):
    """Why a request was refused."""

    description: OptionalText = None
    code: OptionalText = None


class Refusal(Body):
    """The answer to a request that was refused."""

    error: Problem = Problem()
