"""A customer's first mail is answered at once, where the office wants it: it has arrived, and by when it is answered.

Programs never get one (RFC 3834, section 2): no answer to an automatic mail, to a mailbox of the office's own or to an address that
nobody reads, and one a day for a writer at most, so that two answering programs do not write to each other for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import addresses, db, ids, resources
from py360.kit.clock import INDIA
from py360.modules.inbox.mailboxes import mailbox
from py360.modules.inbox.outgoing.keep import Letter, keep
from py360.modules.inbox.service.lock import note
from py360.modules.settings import api as settings

FRESH: Final = timedelta(hours=1)  # older mails are those of a mailbox that was just connected, or was away for long
ONCE_IN: Final = timedelta(days=1)
_UNREAD: Final = ("noreply", "no-reply", "donotreply", "do-not-reply", "mailer-daemon", "postmaster", "bounce")


@dataclass(frozen=True, slots=True)
class _First:
    """The first mail of a conversation."""

    id: int
    account_id: int
    message_id: str
    thread_id: str | None
    from_email: str
    reply_to: str | None
    subject: str
    language: str | None
    sla_deadline: datetime
    customer_id: int | None
    case_id: int | None
    policy_number: str | None
    node_id: int | None


# `for update`: the job may run twice, and each writer gets one of it.
_FIRST: Final = """
select e.id, e.account_id, e.message_id, e.thread_id, e.from_email, e.reply_to, e.subject, e.language, e.sla_deadline, e.customer_id,
  e.case_id, e.policy_number, e.node_id
from emails e
where e.id = any(%(ids)s) and e.client_id = %(client)s and e.direction = 'inbound' and not e.is_automatic
  and e.sla_deadline is not null and e.status in ('new', 'escalated') and e.in_reply_to is null and e.received_at > %(since)s
  and not exists (select from email_accounts a where lower(a.email) = e.from_email)
  and not exists (select from email_events v where v.email_id = e.id and v.event = 'acknowledged')
  and not exists (select from emails o where o.client_id = e.client_id and o.to_email = coalesce(e.reply_to, e.from_email)
    and o.direction = 'outbound' and o.received_at > %(once)s and (o.compose -> 'automatic')::boolean)
order by e.id for update of e
"""
_TEXTS: Final = {
    "en": (
        "We have received your mail; its number is {code}. We answer it by {when}.\n\n{name}"
        "\n\nThis answer was sent automatically."
    ),
    "hi": ("हमें आपका मेल मिल गया है; इसका नंबर {code} है। हम {when} तक उत्तर देंगे।\n\n{name}\n\nयह उत्तर अपने आप भेजा गया है।"),
}


async def write(session: AsyncSession, client_id: int, email_ids: Sequence[int]) -> list[int]:
    """Write the answers that are due to these mails; their numbers, to be sent. None where the office wants none."""
    if not (await settings.get(session, client_id, settings.Email)).auto_acknowledge:
        return []
    now = resources.current().clock.now()
    params = {"ids": list(email_ids), "client": client_id, "since": now - FRESH, "once": now - ONCE_IN}
    written: dict[str, int] = {}
    for mail in await db.fetch_all(session, _First, _FIRST, params):
        to = mail.reply_to or mail.from_email
        box = await mailbox(session, mail.account_id)
        if box is None or to in written or addresses.mailbox(to) is None or to.partition("@")[0].startswith(_UNREAD):
            continue
        text = _TEXTS["hi" if mail.language == "hi" else "en"].format(
            code=ids.code("mail", mail.id), when=f"{mail.sla_deadline.astimezone(INDIA):%d/%m/%Y %H:%M}", name=box.name
        )
        letter = Letter(
            to=[to], cc=(), bcc=(), subject=f"Re: {mail.subject}"[:998], text=text, case_id=mail.case_id,
            customer_id=mail.customer_id, policy_number=mail.policy_number, node_id=mail.node_id, thread_id=mail.thread_id,
            in_reply_to=mail.message_id, references=[mail.message_id], automatic=True,
        )  # fmt: skip
        written[to], _ = await keep(session, None, box, letter)
        await note(session, None, [mail.id], "acknowledged", {"with": ids.code("mail", written[to])})
    return list(written.values())
