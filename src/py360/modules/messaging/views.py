"""What the API answers of messaging."""

from datetime import datetime
from typing import NotRequired

from typing_extensions import TypedDict

from py360.kit.paging import Pagination
from py360.kit.wire import Amount


class MessageView(TypedDict):
    """A message of the ledger."""

    communicationType: str
    customerName: str | None
    policyNumber: str | None
    message: str | None
    deliveryStatus: str
    messageId: str
    clientId: int
    type: str
    status: str
    purpose: str
    recipient: str
    attempts: int
    sentAt: datetime | None
    deliveredAt: datetime | None
    readAt: datetime | None
    openedAt: datetime | None
    clickedAt: datetime | None
    repliedAt: datetime | None
    unsubscribedAt: datetime | None
    errorCode: str | None
    errorMessage: str | None
    vendor: str | None
    providerId: int | None
    vendorMessageId: str | None
    templateId: str | None
    campaignId: str | None
    caseId: str | None
    cost: Amount | None
    createdAt: datetime
    updatedAt: datetime


class MessageList(TypedDict):
    """A page of the messages."""

    messages: list[MessageView]
    pagination: Pagination


class MessageWarningView(TypedDict):
    """Something about a message that was sent nevertheless."""

    field: str
    message: str


class MessageSent(TypedDict):
    """A message was taken for sending."""

    messageId: str
    status: str
    cost: Amount | None
    timestamp: datetime
    warnings: NotRequired[list[MessageWarningView]]


class MessageStatuses(TypedDict):
    """The messages with the codes of the request."""

    statuses: list[MessageView]
