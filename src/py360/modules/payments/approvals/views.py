"""What the API answers of approvals."""

from datetime import datetime

from typing_extensions import TypedDict

from py360.kit.http.answers import Pagination
from py360.kit.wire import Amount


class ApprovalView(TypedDict):
    """A receipt or a refund that a second person decides about (INR)."""

    id: int
    kind: str
    paymentId: str
    caseId: str
    amount: Amount
    reason: str | None
    status: str
    requestedBy: int | None
    requestedByName: str | None
    requestedAt: datetime
    decidedBy: int | None
    decidedByName: str | None
    decidedAt: datetime | None
    note: str | None


class ApprovalList(TypedDict):
    """A page of the approvals."""

    approvals: list[ApprovalView]
    pagination: Pagination


class ApprovalDecided(TypedDict):
    """What was decided."""

    approvalId: int
    paymentId: str
    decision: str
    message: str
