"""What the API answers of reports of new mails."""

from datetime import datetime

from typing_extensions import TypedDict

from py360.kit.http.answers import Pagination


class WebhookView(TypedDict):
    """Where new mails are reported, and how that goes. The secret itself is shown once, when it is made."""

    enabled: bool
    url: str
    secretMadeAt: datetime | None
    previousSecretUntil: datetime | None
    pending: int
    failed: int
    lastDeliveredAt: datetime | None
    lastError: str | None


class SecretMade(TypedDict):
    """A new secret, in clear this once."""

    secret: str
    previousSecretUntil: datetime
    message: str


class ReportTested(TypedDict):
    """What became of a test report."""

    success: bool
    httpStatus: int | None
    message: str


class ReportsRetried(TypedDict):
    """Reports that were given up are sent again."""

    count: int
    message: str


class DeliveryView(TypedDict):
    """The report of a mail: pending, delivered, or failed for good."""

    id: int
    emailId: str
    status: str
    attempts: int
    nextAttemptAt: datetime | None
    httpStatus: int | None
    error: str | None
    createdAt: datetime
    finishedAt: datetime | None


class DeliveryList(TypedDict):
    """A page of reports."""

    deliveries: list[DeliveryView]
    pagination: Pagination
