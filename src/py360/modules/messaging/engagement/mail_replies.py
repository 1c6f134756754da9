"""Answers by e-mail, which reach us in a mailbox and not by a webhook: STOP and START are obeyed, the rest counts as replied.

A mail belongs to the message whose Message-ID it names, if it was sent to the writer; else to the last one that its writer got
within seven days and that the mail answers by its subject.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, jsonb
from py360.modules.compliance import api as compliance
from py360.modules.messaging import opt_outs
from py360.modules.messaging.delivery import ledger
from py360.modules.messaging.engagement.apply_events import REPLY_WITHIN, publish_moves
from py360.modules.messaging.engagement.keywords import meaning
from py360.modules.messaging.vendors.mime import ledger_number


@dataclass(frozen=True, slots=True)
class MailReply:
    """A customer's mail: who wrote it, what they wrote above the quoted mail, and the Message-IDs that it names."""

    contact: str
    text: str
    subject: str
    at: datetime
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Answered:
    place: int
    message_id: int


_ANSWERED: Final = """
select distinct on (r.place) r.place, l.id as message_id
from jsonb_to_recordset(%(replies)s) as r (place integer, contact text, ids bigint[], subject text, since timestamptz)
join communication_delivery_status l on l.recipient_contact = r.contact and l.client_id = %(client)s
  and l.communication_type = 'email' and l.status <> 'blocked'
  and (l.id = any(r.ids) or (l.created_at > r.since and r.subject <> '' and r.subject = lower(l.subject)))
order by r.place, l.id = any(r.ids) desc, l.created_at desc
"""
_MARKS: Final = ("re:", "aw:", "sv:", "उत्तर:", "जवाब:")


async def apply_mail_replies(session: AsyncSession, client_id: int, replies: Sequence[MailReply]) -> list[bool]:
    """Apply a batch of one client's mails; may be repeated. Which of them, in their order, asked to stop or to start, and were obeyed."""
    if not replies:
        return []
    rows = [
        {
            "place": place,
            "contact": compliance.contact_key("email", reply.contact),
            "ids": [number for each in reply.references if (number := ledger_number(each)) is not None],
            "subject": _answered_subject(reply.subject),
            "since": reply.at - REPLY_WITHIN,
        }
        for place, reply in enumerate(replies)
    ]
    found = await db.fetch_all(session, _Answered, _ANSWERED, {"client": client_id, "replies": jsonb.dumps(rows)})
    messages = {each.place: each.message_id for each in found}
    news: list[ledger.News] = []
    obeyed = [False] * len(replies)
    for place, reply in enumerate(replies):
        message_id = messages.get(place)
        # the subject of an answer is our own text, so only a mail's own subject counts
        meant = meaning(reply.text) if _answered_subject(reply.subject) else meaning(reply.text, reply.subject)
        contact = rows[place]["contact"]
        obeyed[place] = meant is not None
        if meant == "stop":
            await opt_outs.stop(session, client_id, "email", str(contact), "stop", message_id, reply.at)
        elif meant == "start":
            await opt_outs.start(session, client_id, "email", str(contact), message_id, reply.at)
        if message_id is not None:
            status = None if meant else "replied"
            news.append(ledger.News(status, reply.at, message_id=message_id, unsubscribed=meant == "stop"))
    await publish_moves(session, await ledger.apply(session, news))
    return obeyed


def _answered_subject(subject: str) -> str:
    """The subject of the mail that one answers, in lower case; empty where it answers none."""
    text = " ".join(subject.lower().split())
    mark = next((each for each in _MARKS if text.startswith(each)), None)
    return text[len(mark) :].strip() if mark else ""
