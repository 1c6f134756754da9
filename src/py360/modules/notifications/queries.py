"""Reading notifications."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids
from py360.kit.caller import Caller
from py360.kit.listing import Listing, comma_list, ordering
from py360.kit.reads import Reads

_MINE: Final = "n.user_id = %(user)s and (n.expires_at is null or n.expires_at > now())"
_COLUMNS: Final = (
    "n.id, n.type, n.title, n.message, n.data, n.read_status, n.read_at, n.priority, n.expires_at, n.created_at"
)


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A notification of the wire (domain reference, 22)."""
    return {
        "id": ids.code("notification", row["id"]),
        "type": row["type"],
        "title": row["title"],
        "message": row["message"],
        "data": row["data"],
        "priority": row["priority"],
        "read": row["read_status"],
        "readAt": row["read_at"],
        "expiresAt": row["expires_at"],
        "timestamp": row["created_at"],
    }


def mine(caller: Caller, tab: str, type: str | None, search: str | None, sort: str | None) -> Listing:
    """The caller's notifications, newest first."""
    where = _MINE
    params: dict[str, Any] = {"user": caller.user_id}
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
        shown,
        ("id", "timestamp", "type", "title", "message", "priority", "read", "readAt"),
        walked="n.id",
    )


async def unread(reads: Reads, user_id: int) -> int:
    """How many notifications a user has not read."""
    count: int = await reads.value(
        f"select count(*) from notifications n where {_MINE} and not n.read_status", {"user": user_id}
    )
    return count


async def to_tell(session: AsyncSession, numbers: Sequence[int]) -> list[db.Row]:
    """Notifications by number, with the client of their user."""
    return await db.all(
        session,
        f"select {_COLUMNS}, n.user_id, u.client_id from notifications n join identity_public_users u on u.id = n.user_id"
        " where n.id = any(%(numbers)s) order by n.id",
        {"numbers": list(numbers)},
    )
