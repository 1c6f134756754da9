"""What the API answers of notifications."""

from collections.abc import Mapping
from datetime import datetime

from typing_extensions import TypedDict

from py360.kit.http import Pagination


class NotificationView(TypedDict):
    """A notification. `data` is what a click needs, such as `caseId`."""

    id: str
    type: str
    title: str
    message: str
    data: Mapping[str, object] | None
    priority: str
    read: bool
    readAt: datetime | None
    expiresAt: datetime | None
    timestamp: datetime


class NotificationList(TypedDict):
    """A page of the caller's notifications, and how many are unread."""

    notifications: list[NotificationView]
    pagination: Pagination
    unreadCount: int


class UnreadCount(TypedDict):
    """The number on the bell."""

    unreadCount: int


class AllRead(TypedDict):
    """How many notifications were marked read."""

    updatedCount: int
    message: str


class OneRead(TypedDict):
    """A notification was marked read."""

    notificationId: str
    message: str


class NotificationPreferencesView(TypedDict):
    """How a user is notified outside the application."""

    emailNotifications: bool
    smsNotifications: bool


class NotificationPreferencesAnswer(TypedDict):
    """A user's choices."""

    preferences: NotificationPreferencesView


class NotificationPreferencesSaved(NotificationPreferencesAnswer):
    """A user's choices were saved."""

    message: str


class TicketView(TypedDict):
    """A ticket for the WebSocket: good once, for `expiresIn` seconds."""

    ticket: str
    expiresIn: int
    url: str
