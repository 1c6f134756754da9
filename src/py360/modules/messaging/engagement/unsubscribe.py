"""Unsubscribing: a page that asks, and the act itself."""

import html
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, events, resources
from py360.kit.crypto import BadToken
from py360.modules.messaging.delivery import ledger
from py360.modules.messaging.engagement.apply_events import stop
from py360.modules.messaging.events import MessagesMoved
from py360.modules.templates.api import Channel


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who got the message, from whom, and whether they had stopped before."""

    message_id: int
    client_id: int
    company: str
    channel: Channel
    contact: str
    campaign_id: int | None
    stopped: bool


async def who(session: AsyncSession, message_id: int) -> Recipient:
    """The recipient of a message. Raises BadToken when the message is gone."""
    row = await db.one(
        session,
        "select l.id, l.client_id, c.client_name, l.communication_type, l.recipient_contact, l.campaign_id,"
        " l.unsubscribed_at is not null as stopped"
        " from communication_delivery_status l join identity_public_client c on c.id = l.client_id where l.id = %(id)s",
        {"id": message_id},
    )
    if row is None:
        raise BadToken
    return Recipient(
        row["id"],
        row["client_id"],
        row["client_name"],
        row["communication_type"],
        row["recipient_contact"],
        row["campaign_id"],
        row["stopped"],
    )


async def unsubscribe(session: AsyncSession, message_id: int) -> Recipient:
    """Stop all messages to the recipient of this one, on its channel. Twice is as good as once."""
    recipient = await who(session, message_id)
    if recipient.stopped:
        return recipient
    now = resources.current().clock.now()
    await stop(session, recipient.client_id, recipient.channel, recipient.contact, "unsubscribe", message_id)
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
