"""Mails that report that a mail did not arrive (delivery status notifications, RFC 3464): what they say, and what follows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources
from py360.kit.caller import ID_DIGITS
from py360.modules.messaging import api as messaging
from py360.modules.notifications import api as notifications

MOST: Final = 100  # recipients of one notification
_WORDS: Final = 300


@dataclass(frozen=True, slots=True)
class Bounce:
    """A recipient that a mail did not reach for good: the addresses it is named by, status code, words, the mail's Message-ID."""

    addresses: tuple[str, ...]
    status: str
    words: str
    message_id: str


def bounces_in(message: Message) -> tuple[Bounce, ...]:
    """The recipients that a notification reports as failed; nothing in any other mail, nor for a mere delay."""
    if message.get_content_type() != "multipart/report":
        return ()
    parts = _parts(message)
    report = next((each for each in parts if each.get_content_type() == "message/delivery-status"), None)
    returned = next((found for each in parts if (found := _message_id(each))), "")
    if not returned or report is None:
        return ()
    blocks = _parts(report)[: MOST + 1]
    failed = [each for each in blocks if _text(each, "Action").strip().lower() == "failed"]
    return tuple(
        Bounce(
            tuple(filter(None, (_address(each, "Original-Recipient"), _address(each, "Final-Recipient")))),
            _status(each),
            " ".join(_text(each, "Diagnostic-Code").partition(";")[2].split())[:_WORDS] or "The mail was returned.",
            returned,
        )
        for each in failed
    )


def _parts(message: Message) -> list[Message]:
    inner = message.get_payload()
    return [each for each in inner if isinstance(each, Message)] if isinstance(inner, list) else []


def _text(block: Message, name: str) -> str:
    """A field as it can be stored: without NULs."""
    return str(block.get(name) or "").replace("\0", "")


def _address(block: Message, name: str) -> str:
    return _text(block, name).rpartition(";")[2].strip(" <>\r\n\t").lower()[:254]


def _status(block: Message) -> str:
    words = _text(block, "Status").split()
    found = words[0] if words else ""
    parts = found.split(".")
    return found if len(parts) == 3 and all(each.isdecimal() and len(each) < 4 for each in parts) else "5.0.0"


def _message_id(part: Message) -> str:
    """The Message-ID in the mail, or in the headers of the mail, that came back."""
    kind = part.get_content_type()
    head = next(iter(_parts(part)), None) if kind == "message/rfc822" else None
    if kind in ("text/rfc822-headers", "message/rfc822-headers"):
        content = part.get_payload(decode=True)
        head = BytesHeaderParser().parsebytes(content[:100_000]) if isinstance(content, bytes) else None
    words = _text(head, "Message-ID").split() if head is not None else []
    return f"<{words[0].strip('<>')}>" if words else ""


@dataclass(frozen=True, slots=True)
class _Own:
    """A mail of ours that was written here: the row, its author, and its line in the ledger for a recipient."""

    message_id: str
    email_id: int | None
    author_id: int | None
    subject: str
    contact: str
    message: int


# Answers and bulk mails have Message-IDs of their own; their lines in the ledger are found by them and the recipient.
_OWN: Final = """
select e.message_id, e.id as email_id, e.sent_by as author_id, e.subject, m.recipient_contact as contact, max(m.id) as message
from emails e
join messaging_public_message m on m.client_id = e.client_id and m.communication_type = 'email'
  and m.recipient_contact = any(%(contacts)s) and m.campaign_id is null and m.subject = e.subject
  and m.created_at between e.sent_at - interval '1 hour' and e.sent_at + interval '1 hour'
where e.client_id = %(client)s and e.message_id = any(%(ids)s) and e.direction = 'outbound'
group by e.id, m.recipient_contact
union all
select t.id, null, null, '', r.email, r.message_id
from unnest(%(ids)s::text[], %(bulk)s::bigint[]) as t (id, recipient)
join email_bulk_recipients r on r.id = t.recipient and r.message_id is not null
join email_bulk_campaigns b on b.id = r.campaign_id and b.client_id = %(client)s
"""


def _bulk_recipient(message_id: str) -> int | None:
    """The recipient of a bulk mail by its Message-ID (`bulk_mail._with_letter`)."""
    parts = message_id.strip("<>").partition("@")[0].split("-")
    is_ours = len(parts) == 3 and parts[0] == "bulk" and parts[2].isdecimal() and len(parts[2]) <= ID_DIGITS
    return int(parts[2]) if is_ours else None


async def apply_bounces(session: AsyncSession, client_id: int, bounces: Sequence[tuple[Bounce, datetime]]) -> None:
    """Report them to the ledger; the author of a mail that was written here is notified, and its history says so."""
    if not bounces:
        return
    given = [each.message_id for each, _ in bounces]
    params = {
        "client": client_id,
        "contacts": [address for each, _ in bounces for address in each.addresses],
        "ids": given,
        "bulk": [_bulk_recipient(each) for each in given],
    }
    own = {(each.message_id, each.contact.lower()): each for each in await db.fetch_all(session, _Own, _OWN, params)}
    reported = []
    for bounce, at in bounces:
        for address in dict.fromkeys(bounce.addresses):
            known = own.get((bounce.message_id, address))
            number = known.message if known else None
            reported.append(messaging.MailBounce(address, bounce.status, bounce.words, at, bounce.message_id, number))
            if known is not None and known.email_id is not None:
                await _notify_author(session, known, bounce)
    await messaging.apply_mail_bounces(session, client_id, reported)


async def _notify_author(session: AsyncSession, mail: _Own, bounce: Bounce) -> None:
    sentence = f"It did not arrive at {mail.contact}: {bounce.words} ({bounce.status})"
    noted = await db.execute(
        session,
        "update emails set delivery_note = %(note)s, version = version + 1 where id = %(id)s"
        " and delivery_note is distinct from %(note)s",
        {"id": mail.email_id, "note": sentence},
    )
    if not noted:
        return  # the same notification again
    await db.execute(
        session,
        "insert into email_events (email_id, event, details, created_at)"
        " values (%(id)s, 'bounced', jsonb_build_object('note', %(note)s::text), %(now)s)",
        {"id": mail.email_id, "note": sentence, "now": resources.current().clock.now()},
    )
    if mail.author_id is not None and mail.email_id is not None:
        await notifications.notify(
            session, mail.author_id, type="update", title=f"A mail came back: {mail.subject[:150]}", message=sentence[:400],
            data={"emailId": ids.code("mail", mail.email_id)}, priority="high",
        )  # fmt: skip
