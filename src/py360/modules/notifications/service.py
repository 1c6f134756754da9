"""Writing notifications and marking them read."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources
from py360.kit.caller import Caller
from py360.kit.errors import NotFound
from py360.kit.jobs import defer
from py360.modules.notifications import jobs

TYPES: Final = ("assignment", "update", "system", "document", "reminder", "report")
PRIORITIES: Final = ("low", "medium", "high", "urgent")


async def notify(
    session: AsyncSession,
    users: Sequence[int],
    type: str,
    title: str,
    message: str,
    data: Mapping[str, Any] | None = None,
    priority: str = "medium",
    expires_at: datetime | None = None,
) -> list[int]:
    """Write a notification for each user; it goes out live when, and only if, the session's transaction commits."""
    if type not in TYPES or priority not in PRIORITIES:
        raise ValueError(f"a notification is of one of {TYPES} and {PRIORITIES}, not {type!r} and {priority!r}")
    rows = await db.all(
        session,
        "insert into notifications (user_id, type, title, message, data, priority, expires_at, created_at)"
        " select u, %(type)s, %(title)s, %(message)s, %(data)s, %(priority)s, %(expires)s, %(now)s"
        " from unnest(%(users)s::bigint[]) u returning id",
        {
            "users": list(dict.fromkeys(users)),
            "type": type,
            "title": title[:255],
            "message": message,
            "data": Jsonb(dict(data)) if data is not None else None,
            "priority": priority,
            "expires": expires_at,
            "now": resources.current().clock.now(),
        },
    )
    made = [row["id"] for row in rows]
    if made:
        await defer(session, jobs.tell, notifications=made, priority=10)
    return made


async def mark_read(session: AsyncSession, caller: Caller, notification: str) -> str:
    """Mark one of the caller's notifications read; its code. Raises NotFound."""
    number = ids.number("notification", notification)
    found = await db.value(
        session,
        "update notifications set read_status = true, read_at = coalesce(read_at, %(now)s)"
        " where id = %(id)s and user_id = %(user)s returning id",
        {"id": number, "user": caller.user_id, "now": resources.current().clock.now()},
    )
    if found is None:
        raise NotFound(f"There is no notification {notification}.")
    return ids.code("notification", number)


async def mark_all_read(session: AsyncSession, caller: Caller) -> int:
    """Mark all of the caller's notifications read; how many were not."""
    return await db.execute(
        session,
        "update notifications set read_status = true, read_at = %(now)s where user_id = %(user)s and not read_status",
        {"user": caller.user_id, "now": resources.current().clock.now()},
    )
