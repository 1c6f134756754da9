"""The history of a case: one line for everything that happened to it, and who did it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.modules.cases.live_updates import push_live_update

Level = Literal["info", "success", "warning", "error"]

_WRITE: Final = """
insert into case_history (case_id, action, details, level, old_status, new_status, user_id, created_at)
select case_id, %(action)s, details, %(level)s, %(old)s, %(new)s, %(user)s, %(at)s
from unnest(%(cases)s::bigint[], %(details)s::text[]) line (case_id, details)
"""


async def write(
    session: AsyncSession,
    cases: int | Sequence[int],
    action: str,
    details: str | Mapping[int, str],
    at: datetime,
    *,
    level: Level = "info",
    old: str | None = None,
    new: str | None = None,
    user_id: int | None = None,
) -> None:
    """Write one line for each case, in one statement; `details` are the same for all, or each case's own."""
    case_ids = [cases] if isinstance(cases, int) else list(cases)
    await db.execute(
        session,
        _WRITE,
        {
            "cases": case_ids,
            "action": action,
            "details": [details if isinstance(details, str) else details[case_id] for case_id in case_ids],
            "level": level,
            "old": old,
            "new": new,
            "user": user_id,
            "at": at,
        },
    )


async def note(
    session: AsyncSession, case_ids: Sequence[int], action: str, details: str, *, level: Level = "info"
) -> None:
    """For other modules: one line in the history of each case, and a live update; nothing else of the cases changes."""
    if case_ids:
        await write(session, case_ids, action, details, resources.current().clock.now(), level=level)
        await push_live_update(session, case_ids)
