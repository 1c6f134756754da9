"""WhatsApp's customer service window: free text is delivered within 24 hours of the customer's last message to the same number;
outside of it only approved templates are (developers.facebook.com/docs/whatsapp/pricing, "Customer service windows")."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.modules.messaging.vendors.meta import WINDOW_SENTENCE

OPEN_FOR: Final = timedelta(hours=24)
CLOSED: Final = ("window_closed", WINDOW_SENTENCE)
_NOTE: Final = """
insert into whatsapp_windows (client_id, provider_id, contact, last_message_at)
values (%(client)s, %(provider)s, left(%(contact)s, 255), %(at)s)
on conflict (provider_id, contact) do update
set last_message_at = greatest(whatsapp_windows.last_message_at, excluded.last_message_at)
"""
_OPEN: Final = """
select contact from whatsapp_windows
where provider_id = %(provider)s and contact = any(%(contacts)s) and last_message_at > %(since)s
"""


async def note_message(session: AsyncSession, client_id: int, provider_id: int, contact: str, at: datetime) -> None:
    """A customer wrote to this account's number."""
    params = {"client": client_id, "provider": provider_id, "contact": contact, "at": at}
    await db.execute(session, _NOTE, params)


async def with_open_window(
    session: AsyncSession, provider_id: int, contacts: Sequence[str], now: datetime
) -> frozenset[str]:
    """The contacts among these to whom free text is delivered now."""
    params = {"provider": provider_id, "contacts": list(contacts), "since": now - OPEN_FOR}
    return frozenset(await db.fetch_all(session, str, _OPEN, params))


async def forget_closed(session: AsyncSession, now: datetime) -> None:
    """Drop windows that closed days ago."""
    await db.execute(
        session, "delete from whatsapp_windows where last_message_at < %(before)s", {"before": now - 3 * OPEN_FOR}
    )
