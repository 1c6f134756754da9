"""Snoozed mails whose time has come are back at the top of the inbox, unread."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.modules.inbox.service.lock import note


async def wake(session: AsyncSession, now: datetime) -> int:
    """How many came back."""
    back = await db.fetch_all(
        session,
        int,
        "update emails set snoozed_until = null, returned_at = %(now)s, read_status = false, version = version + 1"
        " where snoozed_until <= %(now)s returning id",
        {"now": now},
    )
    await note(session, None, back, "snooze_ended")
    return len(back)
