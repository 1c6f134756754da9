"""A recipient asks us to stop or to start again: recorded in compliance, and published for the modules that plan messages."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import events
from py360.modules.compliance import api as compliance
from py360.modules.messaging.events import ContactStopped


async def stop(
    session: AsyncSession,
    client_id: int,
    channel: compliance.Channel,
    contact: str,
    source: str,
    message_id: int | None,
    at: datetime,
) -> None:
    """Opt a contact out as of `at`. `source` is how we know: stop, unsubscribe, complaint, or vendor (its refusal).

    Recorded each time, also when the message's link was used before: the person may have opted in since.
    """
    await compliance.opt_out(session, client_id, channel, contact, source=source, message_id=message_id, at=at)
    await events.publish(session, ContactStopped(client_id, channel, compliance.contact_key(channel, contact)))


async def start(
    session: AsyncSession,
    client_id: int,
    channel: compliance.Channel,
    contact: str,
    message_id: int | None,
    at: datetime,
) -> None:
    """Opt a contact in again. A START that is older than the last STOP, delivered late, changes nothing."""
    await compliance.opt_in(session, client_id, channel, contact, source="start", message_id=message_id, at=at)
