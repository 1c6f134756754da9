"""Reading notifications."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids
from py360.kit.caller import Caller
from py360.kit.listing import Listing, comma_list, ordering
from py360.kit.reads import Reads
from py360.modules.notifications.views import NotificationView

_MINE: Final = "n.user_id = %(user)s and (n.expires_at is null or n.expires_at > now())"
_COLUMNS: Final = (
    "n.id, n.type, n.title, n.message, n.data, n.read_status, n.read_at, n.priority, n.expires_at, n.created_at"
)


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification of a user."""

    id: int
    type: str
    title: str
    message: str
    data: Mapping[str, object] | None
    read_status: bool
    read_at: datetime | None
    priority: str
    expires_at: datetime | None
    created_at: datetime

    def to_public(self) -> NotificationView:
        """What the API answers (domain reference, 22)."""
        return {
            "id": ids.code("notification", self.id),
            "type": self.type,
            "title": self.title,
            "message": self.message,
            "data": self.data,
            "priority": self.priority,
            "read": self.read_status,
            "readAt": self.read_at,
            "expiresAt": self.expires_at,
            "timestamp": self.created_at,
        }


@dataclass(frozen=True, slots=True)
class Addressed(Notification):
    """A notification with its user and their client."""

    user_id: int
    client_id: int


def mine(caller: Caller, tab: str, type: str | None, search: str | None, sort: str | None) -> Listing[Notification]:
    """The caller's notifications, newest first."""
    where = _MINE
    params: dict[str, object] = {"user": caller.user_id}
    if tab != "all":
        where += " and n.read_status = %(read)s"
        params["read"] = tab == "read"
    if type and type != "all":
        where += " and n.type = any(%(types)s)"
        params["types"] = comma_list(type)
    if search:
        where += " and position(lower(%(search)s) in lower(n.title || ' ' || n.message)) > 0"
        params["search"] = search.strip()
    return Listing(
        "notifications",
        f"select {_COLUMNS} from notifications n",
        where,
        ordering(sort, {"timestamp": "n.id"}, "-timestamp", "n.id"),
        params,
        Notification.to_public,
        ("id", "timestamp", "type", "title", "message", "priority", "read", "readAt"),
        walked="n.id",
        row=Notification,
    )


async def unread(reads: Reads, user_id: int) -> int:
    """How many notifications a user has not read."""
    return await reads.fetch_only(
        int, f"select count(*) from notifications n where {_MINE} and not n.read_status", {"user": user_id}
    )


async def with_users(session: AsyncSession, numbers: Sequence[int]) -> list[Addressed]:
    """Notifications by number, with the client of their user."""
    return await db.fetch_all(
        session,
        Addressed,
        f"select {_COLUMNS}, n.user_id, u.client_id from notifications n join identity_public_users u on u.id = n.user_id"
        " where n.id = any(%(numbers)s) order by n.id",
        {"numbers": list(numbers)},
    )
