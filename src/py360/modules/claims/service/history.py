"""The history of a claim: one line for everything that happened to it, which is its timeline."""

from datetime import datetime
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db

Level = Literal["info", "success", "warning", "error"]

_WRITE: Final = """
insert into claim_history (claim_id, event, details, level, status, user_id, at)
values (%(claim)s, %(event)s, %(details)s, %(level)s, %(status)s, %(user)s, %(at)s)
"""


async def write(
    session: AsyncSession,
    claim_id: int,
    event: str,
    details: str | None,
    at: datetime,
    *,
    level: Level = "info",
    status: str | None = None,
    user_id: int | None = None,
) -> None:
    """Write one line; `status` is the one the claim has from now on, where it moved."""
    values = {
        "claim": claim_id,
        "event": event,
        "details": details,
        "level": level,
        "status": status,
        "user": user_id,
        "at": at,
    }
    await db.execute(session, _WRITE, values)
