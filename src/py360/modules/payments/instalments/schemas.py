"""What the routes of instalments take."""

from decimal import Decimal
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from py360.kit.wire import AS_CODE, Day, Schema
from py360.modules.payments.instalments.schedule import Frequency
from py360.modules.payments.schemas import ByHand, Reference

MOST_INSTALMENTS: Final = 60
Amount = Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=2, description="In rupees")]
Period = Annotated[str, Field(min_length=1, max_length=50, description="Such as March 2026 or Q1 2026 (Jan-Mar)")]
Description = Annotated[str, Field(max_length=500)]


class NewInstalment(Schema):
    """An amount that falls due on a case, beside what is due already."""

    amount: Amount
    due_date: Day
    period: Period | None = Field(None, description="Left out: the month of the due date")
    description: Description | None = None


class InstalmentChange(Schema):
    """A change of an instalment. What was paid on it is changed by recording a payment: a higher `paidAmount`, or the status
    paid, records the difference as a receipt by hand."""

    passed_over: ClassVar[frozenset[str]] = frozenset(
        {
            "id",
            "remaining",
            "daysOverdue",
            "isOverdue",
            "version",
            "paidDate",
            "paymentMethod",
            "paymentReference",
            "caseId",
        }
    )

    amount: Amount | None = None
    due_date: Day | None = None
    period: Period | None = None
    description: Description | None = None
    status: Annotated[Literal["pending", "partial", "overdue", "paid"], AS_CODE] | None = None
    paid_amount: Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)] | None = None
    method: ByHand | None = Field(None, description="How the money came, when this records a payment")
    reference: Reference | None = None


class NewPlan(Schema):
    """A plan: what is left to pay in instalments, one per month, quarter, half year or year."""

    frequency: Annotated[Frequency, AS_CODE]
    count: Annotated[int, Field(ge=1, le=MOST_INSTALMENTS, description="How many instalments")]
    start_date: Day = Field(description="When the first one is due")
    amounts: Annotated[list[Amount], Field(max_length=MOST_INSTALMENTS)] | None = Field(
        None, description="Left out: equal parts. Else one per instalment; together what is left to pay"
    )

    @model_validator(mode="after")
    def _one_each(self) -> Self:
        if self.amounts is not None and len(self.amounts) != self.count:
            raise ValueError(
                f"amounts has {len(self.amounts)} values for {self.count} instalments: enter one for each."
            )
        return self


class NewReminder(Schema):
    """A reminder of an instalment."""

    channel: Annotated[Literal["email", "sms", "whatsapp"], AS_CODE]
