"""What the API answers of messaging."""

from datetime import datetime
from typing import NotRequired

from typing_extensions import TypedDict

from py360.kit.http.answers import Pagination


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
    cost: float | None
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
    cost: float | None
    timestamp: datetime
    warnings: NotRequired[list[MessageWarningView]]


class MessageStatuses(TypedDict):
    """What became of the messages that were asked for."""

    statuses: list[MessageView]
