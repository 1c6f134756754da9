"""What other modules may call: notify users."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from py360.modules.notifications import service
from py360.modules.notifications.service import Notice

__all__ = ["Notice", "notify", "notify_each"]

Type = Literal["assignment", "update", "system", "document", "reminder", "report"]
Priority = Literal["low", "medium", "high", "urgent"]


async def notify(
    session: AsyncSession,
    to: int | Sequence[int],
    *,
    type: Type,
    title: str,
    message: str,
    data: Mapping[str, object] | None = None,
    priority: Priority = "medium",
    expires_at: datetime | None = None,
) -> None:
    """Notify one or several users. Shown live within a second of the commit of the session's transaction, never on rollback.

    `data` is what a click needs, in the API's names: `{"caseId": "CASE-12"}`.
    """
    notices = [Notice(user, title, message, data) for user in dict.fromkeys([to] if isinstance(to, int) else to)]
    await service.notify(session, notices, type, priority, expires_at)


async def notify_each(session: AsyncSession, notices: Sequence[Notice], *, type: Type) -> None:
    """Notify each user with their own text; two statements, however many."""
    await service.notify(session, notices, type)
