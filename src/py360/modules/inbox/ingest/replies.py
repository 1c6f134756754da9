"""Answers to what we sent: they count as replied in the ledger, and a request to stop is obeyed."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import resources
from py360.modules.inbox.ingest.mime import ParsedMail, own_words
from py360.modules.messaging import api as messaging


async def apply_replies(session: AsyncSession, client_id: int, mails: Sequence[tuple[int, ParsedMail]]) -> None:
    """Tell the ledger of these mails. What a program wrote (an absence note, a bounce) is no answer."""
    now = resources.current().clock.now()
    replies = [
        messaging.MailReply(
            contact=mail.from_email,
            text=own_words(mail.text),
            subject=mail.subject,
            at=min(mail.sent_at or now, now),
            references=tuple(each for each in (mail.in_reply_to, *mail.references) if each),
        )
        for _, mail in mails
        if not mail.is_automatic and mail.from_email != "unknown"
    ]
    await messaging.apply_mail_replies(session, client_id, replies)
