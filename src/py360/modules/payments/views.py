"""What the API answers of payments."""

from datetime import date, datetime
from typing import NotRequired

from typing_extensions import TypedDict

from py360.kit.paging import Pagination
from py360.kit.wire import Amount


class InstallmentView(TypedDict):
    """A part of what is due on a case, and the payment that paid it last."""

    id: str
    period: str
    amount: Amount
    paidAmount: Amount
    remaining: Amount
    dueDate: date
    status: str
    daysOverdue: int
    isOverdue: bool
    description: str | None
    paidDate: datetime | None
    paymentMethod: str | None
    paymentReference: str | None
    version: int


class OutstandingView(TypedDict):
    """What is left to pay on a case."""

    caseId: str
    totalOutstanding: Amount
    pendingCount: int
    averageAmount: int
    oldestDueDate: date | None
    latestDueDate: date | None
    overdueCount: int
    installments: list[InstallmentView]
    paidInstallments: list[InstallmentView]


class AllocationView(TypedDict):
    """A share of a payment, and the instalment it was for."""

    installmentId: str
    amount: Amount


class PaymentView(TypedDict):
    """A payment; amounts in INR."""

    id: str
    caseId: str
    customerId: str
    policyId: int
    gateway: str
    orderId: str | None
    gatewayPaymentId: str | None
    amount: Amount
    capturedAmount: Amount
    refundedAmount: Amount
    excessAmount: Amount
    disputedAmount: Amount
    chargedBackAmount: Amount
    currency: str
    method: str | None
    status: str
    reference: str | None
    allocations: list[AllocationView]
    error: str | None
    createdBy: int | None
    createdByName: str | None
    createdAt: datetime
    capturedAt: datetime | None


class PaymentList(TypedDict):
    """A page of the payments."""

    payments: list[PaymentView]
    pagination: Pagination


class PaymentTaken(TypedDict):
    """A payment that was recorded, or an order to pay online."""

    paymentId: str
    orderId: str | None
    status: str
    amount: Amount
    appliedTo: list[AllocationView]
    message: str
    approvalId: NotRequired[int]
    remaining: NotRequired[Amount]
    checkoutUrl: NotRequired[str]
    paymentLink: NotRequired[str]


class PaymentAttemptView(TypedDict):
    """An attempt to pay. `suspicious`: why it is not counted."""

    attemptId: str
    status: str
    amount: Amount
    currency: str
    fee: Amount
    method: str | None
    error: str | None
    suspicious: str | None
    happenedAt: datetime


class RefundView(TypedDict):
    """Money given back."""

    id: int
    refundId: str | None
    amount: Amount
    status: str
    reason: str | None
    createdAt: datetime
    processedAt: datetime | None


class DisputeView(TypedDict):
    """The customer's bank asks for money back."""

    disputeId: str
    attemptId: str
    amount: Amount
    status: str
    reason: str | None
    respondBy: datetime | None
    openedAt: datetime


class PaymentDetailView(PaymentView):
    """A payment with its attempts, refunds and disputes."""

    attempts: list[PaymentAttemptView]
    refunds: list[RefundView]
    disputes: list[DisputeView]


class PaymentCaptured(TypedDict):
    """The payment that was captured."""

    payment: PaymentDetailView
    message: str


class RefundRequested(TypedDict):
    """The payment whose refund was requested. `approvalId`: it waits for a second person."""

    payment: PaymentDetailView
    approvalId: int | None
    message: str


class WebhookReceived(TypedDict):
    """The event was taken."""

    received: bool
    duplicate: bool
