"""What other modules may call: tell somebody something."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from py360.modules.notifications import service

Type = Literal["assignment", "update", "system", "document", "reminder", "report"]
Priority = Literal["low", "medium", "high", "urgent"]


async def notify(
    session: AsyncSession,
    to: int | Sequence[int],
    *,
    type: Type,
    title: str,
    message: str,
    data: Mapping[str, Any] | None = None,
    priority: Priority = "medium",
    expires_at: datetime | None = None,
) -> None:
    """Notify one or several users. Shown live within a second of the commit of the session's transaction, never on rollback.

    `data` is what a click needs, in the wire's words: `{"caseId": "CASE-12"}`.
    """
    users = [to] if isinstance(to, int) else to
    await service.notify(session, users, type, title, message, data, priority, expires_at)
