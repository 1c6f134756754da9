"""What the API answers of mandates."""

from datetime import date, datetime

from typing_extensions import TypedDict

from py360.kit.paging import Pagination
from py360.kit.wire import Amount


class MandateView(TypedDict):
    """A mandate (INR). `authorisationUrl`: the gateway's page, while it waits for the customer."""

    id: str
    caseId: str
    customerId: str
    customerName: str
    policyNumber: str
    gateway: str
    method: str
    maxAmount: Amount
    validUntil: date
    status: str
    pausedBy: str | None
    cancelledBy: str | None
    reason: str | None
    authorisationUrl: str | None
    linkExpiresAt: datetime
    authorisedAt: datetime | None
    endedAt: datetime | None
    createdBy: int | None
    createdByName: str | None
    createdAt: datetime


class DebitView(TypedDict):
    """A debit under a mandate, with its notice: text, channel, moment, and how far it came."""

    id: int
    mandateId: str
    caseId: str
    amount: Amount
    dueDate: date
    debitOn: date
    attempt: int
    status: str
    reason: str | None
    noticeId: str | None
    noticeChannel: str | None
    noticeRecipient: str | None
    noticeStatus: str | None
    noticeText: str | None
    noticeSentAt: datetime | None
    noticeDeliveredAt: datetime | None
    paymentId: str | None
    presentedAt: datetime | None
    finishedAt: datetime | None
    createdAt: datetime


class MandateList(TypedDict):
    """A page of the mandates."""

    mandates: list[MandateView]
    pagination: Pagination


class DebitList(TypedDict):
    """A page of the debits."""

    debits: list[DebitView]
    pagination: Pagination


class MandateRead(TypedDict):
    """One mandate."""

    mandate: MandateView


class MandateChanged(TypedDict):
    """A mandate as it is now."""

    mandate: MandateView
    message: str


class DebitPlanned(TypedDict):
    """A debit that was planned."""

    debitId: int
    amount: Amount
    debitOn: date
    message: str
