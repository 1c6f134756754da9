"""What the routes of mandates take."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from py360.kit.wire import AS_CODE, Schema

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class MandateIn(Schema):
    """A mandate to ask a customer for."""

    case_id: str = Field(max_length=100)
    method: Annotated[Literal["upi", "emandate", "card"], AS_CODE] = Field(
        "upi", description="UPI Autopay, a bank account (eNACH), or a card"
    )
    max_amount: Decimal = Field(gt=0, max_digits=12, decimal_places=2, description="Of one debit, in rupees")
    valid_until: date | None = Field(None, description="In India; ten years from now when it is missing")
    channel: Literal["email", "sms"] | None = Field(
        None, description="Send the customer the link; when it is missing, the office gives it to them"
    )


class ReasonIn(Schema):
    """Why something is stopped."""

    reason: Reason


class DebitIn(Schema):
    """A debit to plan. Without an amount: what is left of the oldest instalment."""

    amount: Decimal | None = Field(None, gt=0, max_digits=12, decimal_places=2, description="In rupees")
    debit_on: date | None = Field(None, description="In India, tomorrow at the earliest")
