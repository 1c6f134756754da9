"""Bounces that reach us as mails (RFC 3464): the message failed, and an address that does not exist is written to no more.

Anyone can write such a mail. It counts only where it names the Message-ID of a message that went to that very address.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, jsonb
from py360.modules.compliance import api as compliance
from py360.modules.messaging.delivery import ledger
from py360.modules.messaging.engagement.apply_events import publish_moves
from py360.modules.messaging.vendors.mime import ledger_number
from py360.modules.messaging.vendors.smtp_replies import About, Refusal, Reply, Stage, about


@dataclass(frozen=True, slots=True)
class MailBounce:
    """A mail that did not arrive: whom it was to, the enhanced status code, the server's words, and the Message-ID of the mail.

    `message` is our row where the Message-ID is not the ledger's own and the caller knows what was sent under it.
    """

    contact: str
    status: str
    words: str
    at: datetime
    message_id: str
    message: int | None = None

    @property
    def is_gone(self) -> bool:
        """Whether nothing will ever arrive at the address (RFC 3463: 5.1.x, 5.2.1) and the words say nothing else."""
        if not self.status.startswith("5.1.") and self.status != "5.2.1":
            return False
        return about(Refusal(Stage.RCPT, Reply(550, f"{self.status} {self.words}"))) is About.RECIPIENT


@dataclass(frozen=True, slots=True)
class _Sent:
    place: int
    message_id: int


_SENT: Final = """
select b.place, l.id as message_id
from jsonb_to_recordset(%(bounces)s) as b (place integer, contact text, number bigint)
join communication_delivery_status l on l.id = b.number and l.recipient_contact = b.contact and l.client_id = %(client)s
  and l.communication_type = 'email' and l.status <> 'blocked'
"""


async def apply_mail_bounces(session: AsyncSession, client_id: int, bounces: Sequence[MailBounce]) -> None:
    """Apply a batch of one client's bounces; may be repeated."""
    if not bounces:
        return
    rows = [
        {
            "place": place,
            "contact": compliance.contact_key("email", each.contact),
            "number": each.message or ledger_number(each.message_id),
        }
        for place, each in enumerate(bounces)
    ]
    params = {"client": client_id, "bounces": jsonb.dumps(rows)}
    found = [(bounces[each.place], each.message_id) for each in await db.fetch_all(session, _Sent, _SENT, params)]
    news = [
        ledger.News(
            "bounced" if each.is_gone else "failed", each.at, message_id=number, error_code=each.status, error_message=each.words
        )
        for each, number in found
    ]  # fmt: skip
    changes = await ledger.apply(session, news)
    gone = [
        compliance.Suppression(
            "email", compliance.contact_key("email", each.contact), "hard_bounce", number, each.words
        )
        for each, number in found
        if each.is_gone
    ]
    await compliance.suppress(session, client_id, gone)
    await publish_moves(session, changes)
