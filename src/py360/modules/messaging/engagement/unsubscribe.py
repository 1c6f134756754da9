"""Unsubscribing: a page that asks, and the act itself."""

import html
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, events, resources
from py360.kit.crypto import BadToken
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


_PAGE: Final = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">
<title>{title}</title><style>
body{{margin:0;background:#eef2f5;font:17px/26px system-ui,sans-serif;color:#1f2937}}
main{{max-width:26rem;margin:12vh auto;background:#fff;padding:2rem;border-radius:10px}}
h1{{font-size:1.35rem;margin:0 0 .8rem}}p{{margin:.5rem 0}}
button{{margin-top:1rem;width:100%;padding:.9rem;border:0;border-radius:8px;background:#0f766e;color:#fff;font:inherit}}
</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"""
_ASK: Final = (
    "<p>With this button {company} stops writing to <b>{contact}</b>.</p>"
    "<p>{company} अब <b>{contact}</b> पर संदेश नहीं भेजेगा।</p>"
    '<form method="post"><button>Stop the messages · संदेश बंद करें</button></form>'
)
_DONE: Final = (
    "<p>{company} will not write to <b>{contact}</b> any more.</p><p>{company} अब <b>{contact}</b> पर संदेश नहीं भेजेगा।</p>"
)


def page(recipient: Recipient, done: bool = False) -> str:
    """The page, in English and Hindi."""
    done = done or recipient.stopped
    body = (_DONE if done else _ASK).format(
        company=html.escape(recipient.company), contact=html.escape(recipient.contact)
    )
    return _PAGE.format(title="You are unsubscribed" if done else "Stop these messages?", body=body)
