"""What the routes of vendor accounts take and answer."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from py360.kit.wire import SHOWN, Schema

Value = str | int | float | bool | None  # of a setting; which there are depends on the vendor


class ProviderLimits(Schema):
    """How much an account may send; null means no limit."""

    daily_limit: Annotated[int, Field(gt=0, le=2_000_000_000)] | None = None
    monthly_limit: Annotated[int, Field(gt=0, le=2_000_000_000)] | None = None
    rate_limit: Annotated[int, Field(gt=0, le=1_000_000, description="Messages per minute")] | None = None


class ProviderIn(Schema):
    """A sender account. Secrets are write-only: a masked or missing one keeps its value."""

    passed_over = SHOWN | {"isSandbox", "status", "webhookUrl", "lastUsed", "lastTested"}
    moves = frozenset({"status", "lastUsed", "lastTested"})

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    channel: Literal["email", "sms", "whatsapp", "call", "payment"]
    type: Annotated[str, StringConstraints(min_length=1, max_length=50)]
    config: dict[str, Value] = Field(default_factory=dict, max_length=40)
    limits: ProviderLimits | None = Field(None, description="Missing: the vendor's usual limits")
    is_active: bool = True
    is_default: bool = False
    dlt_entity_id: Annotated[str, StringConstraints(max_length=50)] | None = Field(
        None,
        description="The sender's principal entity at the DLT register; texts must then match a registered template",
    )


class Active(Schema):
    """On or off; missing turns it round."""

    is_active: bool | None = None


class ProviderTest(Schema):
    """A saved account by its number, or settings not saved yet."""

    channel: Literal["email", "sms", "whatsapp", "call", "payment"]
    provider_id: Annotated[int, Field(gt=0, lt=2**63)] | None = None
    type: str | None = None
    config: dict[str, Value] = Field(default_factory=dict, max_length=40)
