"""The history of a case: one line for everything that happened to it, and whose doing it was."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db

Level = Literal["info", "success", "warning", "error"]

_WRITE: Final = """
insert into case_history (case_id, action, details, level, old_status, new_status, user_id, created_at)
select case_id, %(action)s, %(details)s, %(level)s, %(old)s, %(new)s, %(user)s, %(at)s
from unnest(%(cases)s::bigint[]) case_id
"""


async def write(
    session: AsyncSession,
    cases: int | Sequence[int],
    action: str,
    details: str,
    at: datetime,
    *,
    level: Level = "info",
    old: str | None = None,
    new: str | None = None,
    user_id: int | None = None,
) -> None:
    """Write one line for each case, in one statement."""
    await db.execute(
        session,
        _WRITE,
        {
            "cases": [cases] if isinstance(cases, int) else list(cases),
            "action": action,
            "details": details,
            "level": level,
            "old": old,
            "new": new,
            "user": user_id,
            "at": at,
        },
    )
