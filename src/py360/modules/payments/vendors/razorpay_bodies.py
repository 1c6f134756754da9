"""What Razorpay sends: the parts of its entities that are read (razorpay.com/docs/api, "Entity" of each product).

Money is in paise, time in Unix seconds; a moment that has not come is 0 or null, and an empty text stands for none.
"""

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Entity = TypeVar("Entity")


def _none_if_empty(value: object) -> object:
    return value or None


def _as_list(value: object) -> object:
    return [value] if isinstance(value, dict) else value or []


def _named_notes(value: object) -> object:
    return value if isinstance(value, dict) else {}  # Razorpay writes no notes as an empty list


Text = Annotated[str | None, BeforeValidator(_none_if_empty)]
Seconds = Annotated[int | None, BeforeValidator(_none_if_empty)]
Notes = Annotated[dict[str, object], BeforeValidator(_named_notes)]


class Body(BaseModel):
    """Base of the bodies: what is not read is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class LinkBody(Body):
    """A payment link, `plink_...`."""

    id: str
    status: Text = None
    reference_id: Text = None
    order_id: Text = None
    short_url: Text = None
    created_at: Seconds = None
    updated_at: Seconds = None
    cancelled_at: Seconds = None
    expired_at: Seconds = None


class LinkPaymentBody(Body):
    """A payment in short form, as a fetched link lists it."""

    payment_id: str
    amount: int
    status: str
    method: Text = None
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
    order_id: Text = None
    description: Text = None
    method: Text = None
    error_description: Text = None
    fee: int | None = None


class RefundBody(Body):
    """A refund, `rfnd_...`."""

    id: str
    payment_id: str
    amount: int
    status: str
    created_at: int
    receipt: Text = None
    notes: Notes = Field(default_factory=dict)


class DisputeBody(Body):
    """A dispute, `disp_...`."""

    id: str
    payment_id: str
    amount: int
    status: str
    created_at: int
    reason_code: Text = None
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


class Event(Body):
    """A webhook's body."""

    payload: Payload


class LinkList(Body):
    """The answer to a search for payment links."""

    payment_links: Annotated[list[FetchedLinkBody], BeforeValidator(_as_list)] = Field(default_factory=list)


class RefundList(Body):
    """The refunds of a payment."""

    items: Annotated[list[RefundBody], BeforeValidator(_as_list)] = Field(default_factory=list)


class Problem(Body):
    """Why a request was refused."""

    description: Text = None
    code: Text = None


class Refusal(Body):
    """The answer to a request that was refused."""

    error: Problem = Problem()
