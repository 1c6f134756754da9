"""What the API of the desks takes."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from py360.kit.free_json import FreeJson
from py360.kit.wire import AS_CODE, SHOWN, Schema

Text = Annotated[str, StringConstraints(max_length=5_000)]
Name = Annotated[str, StringConstraints(max_length=255)]
Priority = Annotated[Literal["low", "medium", "high", "urgent"], AS_CODE]
Money = Annotated[Decimal, Field(ge=0, max_digits=15, decimal_places=2)]


class RequestChange(Schema):
    """The fields of a request to change; what is left out stays."""

    passed_over = SHOWN | {
        "number", "kind", "type", "typeLabel", "status", "statusLabel", "statusReason", "customerId", "customerName",
        "policyNumber", "caseId", "assignedAgent", "closedAt", "allowedStatuses", "documents",
    }  # fmt: skip
    moves = frozenset({"documents", "allowedStatuses"})
    never_empty = frozenset({"priority"})

    title: Name | None = None
    description: Text | None = None
    priority: Priority = "medium"
    assigned_to: int | None = Field(None, description="The id of a user; null: nobody")
    due_on: date | None = Field(None, description="When it should be done, or the day of an examination")
    product_name: Name | None = None
    premium: Money | None = Field(None, description="INR a year; of an assessment, the loading")
    sum_insured: Money | None = None
    details: Annotated[FreeJson, Field(max_length=100)] = Field(
        default_factory=dict, description="What this type of request needs, such as the new address"
    )


class RequestIn(RequestChange):
    """A new request. An endorsement needs a policy; the others a customer, or a policy that names one."""

    passed_over = frozenset()

    type: Annotated[str, StringConstraints(min_length=1, max_length=50)]
    customer_id: str | int | None = None
    policy_number: Annotated[str, StringConstraints(max_length=100)] | None = None


class StatusIn(Schema):
    """The next status; some need a reason."""

    status: Annotated[str, StringConstraints(min_length=1, max_length=50)]
    reason: Text | None = None
    policy_number: Annotated[str, StringConstraints(max_length=100)] | None = Field(
        None, description="Of an application that is issued: the new policy"
    )


class NoteIn(Schema):
    """A note in the history of a request."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=5_000)]
