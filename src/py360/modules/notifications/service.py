"""Writing notifications and marking them read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources
from py360.kit.caller import Caller
from py360.kit.errors import NotFound
from py360.kit.jobs import defer
from py360.modules.notifications import jobs

TYPES: Final = ("assignment", "update", "system", "document", "reminder", "report")
PRIORITIES: Final = ("low", "medium", "high", "urgent")


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification for one user."""

    user_id: int
    title: str
    message: str
    data: Mapping[str, object] | None = None


async def notify(
    session: AsyncSession,
    notices: Sequence[Notice],
    type: str,
    priority: str = "medium",
    expires_at: datetime | None = None,
) -> list[int]:
    """Write notifications; they go out live when, and only if, the session's transaction commits."""
    if type not in TYPES or priority not in PRIORITIES:
        raise ValueError(f"a notification is of one of {TYPES} and {PRIORITIES}, not {type!r} and {priority!r}")
    made = await db.fetch_all(
        session,
        int,
        "insert into notifications (user_id, type, title, message, data, priority, expires_at, created_at)"
        " select user_id, %(type)s, title, message, data, %(priority)s, %(expires)s, %(now)s"
        " from unnest(%(users)s::bigint[], %(titles)s::text[], %(messages)s::text[], %(data)s::jsonb[])"
        " as n (user_id, title, message, data) returning id",
        {
            "users": [notice.user_id for notice in notices],
            "type": type,
            "titles": [notice.title[:255] for notice in notices],
            "messages": [notice.message for notice in notices],
            "data": [None if notice.data is None else Jsonb(dict(notice.data)) for notice in notices],
            "priority": priority,
            "expires": expires_at,
            "now": resources.current().clock.now(),
        },
    )
    if made:
        await defer(session, jobs.push_live_update, notifications=made, priority=10)
    return made


async def mark_read(session: AsyncSession, caller: Caller, notification: str) -> str:
    """Mark one of the caller's notifications read; its code. Raises NotFound."""
    number = ids.number("notification", notification)
    found = await db.fetch_one(
        session,
        int,
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
