"""What the API of compliance takes."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from py360.kit.wire import SHOWN, Schema
from py360.modules.compliance.models import Channel, Purpose

# Forms send an empty text for what is left out.
_Blank = BeforeValidator(lambda given: None if isinstance(given, str) and not given.strip() else given)
Phone = Annotated[Annotated[str, StringConstraints(min_length=5, max_length=30)] | None, _Blank]
Email = Annotated[Annotated[str, StringConstraints(min_length=3, max_length=254)] | None, _Blank]
Reason = Annotated[str, StringConstraints(max_length=500)]
ClientRef = str | int


class DncIn(Schema):
    """An entry of the registry. Type phone needs a phone number, email an address, both needs both."""

    passed_over = SHOWN | {"clientCode", "lastOverride"}
    moves = frozenset({"lastOverride"})

    client_id: ClientRef | None = Field(None, description="Empty: your own client")
    customer_name: Annotated[str, StringConstraints(max_length=200)] | None = None
    customer_phone: Phone = None
    customer_email: Email = None
    dnc_type: Literal["phone", "email", "both"]
    dnc_source: Literal["government", "customer", "manual", "system", "complaint"] = "manual"
    reason: Reason | None = None
    effective_date: date | None = Field(None, description="Empty: today")
    expiry_date: date | None = None
    is_active: bool = True
    override_allowed: bool = False


class DncActive(Schema):
    """On or off; missing turns it round."""

    is_active: bool | None = None


class ContactIn(Schema):
    """A person, by what is known of them."""

    phone: Phone = None
    email: Email = None
    name: Annotated[str, StringConstraints(max_length=200)] | None = None


class CheckIn(Schema):
    """May this person be written to?"""

    contact: ContactIn
    client_id: ClientRef | None = None
    channel: Channel


class DeduplicateIn(Schema):
    """A list of people to clean. Without a channel, each is checked on every channel they have an address for."""

    contacts: list[ContactIn] = Field(max_length=10_000)
    client_id: ClientRef | None = None
    channel: Channel | None = None


class OverrideIn(Schema):
    """A request to write in spite of an entry."""

    override_type: Literal["temporary", "permanent"] = "temporary"
    reason: Annotated[str, StringConstraints(min_length=3, max_length=500)]
    end_date: datetime | None = Field(None, description="Of a temporary one; empty: the setting overrideExpiryHours")


class DecisionIn(Schema):
    """The decision on an override."""

    decision: Literal["approved", "rejected", "revoked", "approve", "reject", "revoke"]
    reason: Reason | None = None


class ConsentIn(Schema):
    """Consent as a person gave or withdrew it."""

    customer_id: str | int
    channel: Channel
    purpose: Purpose = "promotional"
    state: Literal["opted_in", "opted_out"]
    source: Annotated[str, StringConstraints(min_length=2, max_length=50)]
    evidence: dict[str, str] | None = None


class SuppressionIn(Schema):
    """An address to leave alone."""

    channel: Channel
    contact: Annotated[str, StringConstraints(min_length=3, max_length=254)]
    details: Reason | None = None
    expires_at: datetime | None = None

    @model_validator(mode="after")
    def _aware(self) -> "SuppressionIn":
        if self.expires_at is not None and self.expires_at.tzinfo is None:
            raise ValueError("expiresAt needs a time zone")
        return self


class ReportIn(Schema):
    """The period of a compliance report. Only `custom` needs both days; the others are the period that `periodStart` is in."""

    report_type: Literal["monthly", "quarterly", "annual", "custom"] = "monthly"
    period_start: date | None = None
    period_end: date | None = Field(None, description="With `custom`")
    client_id: ClientRef | None = Field(None, description="Empty: your own client")
