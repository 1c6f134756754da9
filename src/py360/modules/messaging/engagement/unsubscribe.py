"""Unsubscribing: a page that asks, and the act itself."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, events, resources
from py360.kit.crypto import BadToken
from py360.kit.pages import Language, Page, Pages
from py360.modules.compliance import api as compliance
from py360.modules.messaging import opt_outs
from py360.modules.messaging.delivery import ledger
from py360.modules.messaging.events import MessagesMoved
from py360.modules.templates.api import Channel


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who got the message, from whom, and whether their address is stopped at the moment."""

    message_id: int
    client_id: int
    company: str
    channel: Channel
    contact: str
    campaign_id: int | None
    stopped: bool


@dataclass(frozen=True, slots=True)
class _Message:
    id: int
    client_id: int
    client_name: str
    communication_type: Channel
    recipient_contact: str
    campaign_id: int | None


_MESSAGE: Final = """
select l.id, l.client_id, c.client_name, l.communication_type, l.recipient_contact, l.campaign_id
from communication_delivery_status l join identity_public_client c on c.id = l.client_id where l.id = %(id)s
"""


async def who(session: AsyncSession, message_id: int) -> Recipient:
    """The recipient of a message. Raises BadToken when the message is gone."""
    found = await db.fetch_one(session, _Message, _MESSAGE, {"id": message_id})
    if found is None:
        raise BadToken
    contact, channel = found.recipient_contact, found.communication_type
    stopped = await compliance.has_opted_out(session, found.client_id, channel, contact)
    return Recipient(found.id, found.client_id, found.client_name, channel, contact, found.campaign_id, stopped)


async def unsubscribe(session: AsyncSession, message_id: int) -> Recipient:
    """Stop all messages to the recipient of this one, on its channel.

    The link works each time: the person may have opted in again since this message, or since it was used before.
    """
    recipient = await who(session, message_id)
    now = resources.current().clock.now()
    await opt_outs.stop(
        session, recipient.client_id, recipient.channel, recipient.contact, "unsubscribe", message_id, now
    )
    await ledger.apply(session, [ledger.News(None, now, message_id=message_id, unsubscribed=True)])
    if recipient.campaign_id is not None:
        await events.publish(session, MessagesMoved(recipient.client_id, [recipient.campaign_id]))
    return recipient


_PAGES: Final = Pages(Path(__file__).parent / "pages", "unsubscribe")


def page(recipient: Recipient, here: str, language: Language, done: bool = False) -> Page:
    """The page at `here`: it asks, or says that it is done."""
    return _PAGES.render(
        "unsubscribe.html",
        language,
        here=here,
        brand=recipient.company,
        company=recipient.company,
        contact=recipient.contact,
        done=done or recipient.stopped,
    )
