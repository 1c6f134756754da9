"""Answers to what we sent: they count as replied in the ledger, and a request to stop is obeyed."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.modules.inbox.ingest.mime import ParsedMail, own_words
from py360.modules.messaging import api as messaging

BARE: Final = 3  # words at most of a mail that asks for nothing but to stop; a longer one is read by a person
# `resolved_automatically` in its history says that no person did it.
_RESOLVE: Final = """
with done as (
  update emails set status = 'resolved', resolved_at = %(now)s, version = version + 1
  where id = any(%(ids)s) and status = 'new' returning id
)
insert into email_events (email_id, event) select id, 'resolved_automatically' from done
"""


async def apply_replies(session: AsyncSession, client_id: int, mails: Sequence[tuple[int, ParsedMail]]) -> None:
    """Report these mails to the ledger; one that says STOP and nothing else is resolved by obeying it. What a program wrote (an absence
    note, a bounce) is no answer."""
    now = resources.current().clock.now()
    written = [(number, mail) for number, mail in mails if not mail.is_automatic and mail.from_email != "unknown"]
    replies = [
        messaging.MailReply(
            contact=mail.from_email,
            text=own_words(mail.text),
            subject=mail.subject,
            at=min(mail.sent_at or now, now),
            references=tuple(each for each in (mail.in_reply_to, *mail.references) if each),
        )
        for _, mail in written
    ]
    obeyed = await messaging.apply_mail_replies(session, client_id, replies)
    settled = [
        number
        for (number, _), reply, was_obeyed in zip(written, replies, obeyed, strict=True)
        if was_obeyed and len(reply.text.split()) <= BARE
    ]
    if settled:
        await db.execute(session, _RESOLVE, {"ids": settled, "now": now})
