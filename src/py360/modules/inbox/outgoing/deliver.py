"""A written mail leaves: claimed in one transaction, handed to its mailbox's server in none, recorded in another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, jsonb, resources
from py360.kit.jobs import defer
from py360.kit.vendor import VendorError
from py360.modules.files import api as files
from py360.modules.inbox.ingest.attachments import ENTITY
from py360.modules.inbox.mailboxes import Mailbox, mailbox
from py360.modules.inbox.service.lock import note
from py360.modules.inbox.stored_json import ListedFile
from py360.modules.messaging import api as messaging
from py360.modules.providers import api as providers
from py360.modules.providers.api import ProviderAccount

MAX_FILES: Final = 20 << 20  # bytes of a mail's files together
GAVE_UP: Final = timedelta(minutes=10)  # a mail that is `sending` so long was left by a process that died


@dataclass(frozen=True, slots=True)
class NotSent:
    """A recipient that a mail did not go to, and why."""

    email: str
    reason: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a mail: `sent` (to some at least), `failed` or `unknown`."""

    status: str
    not_sent: tuple[NotSent, ...] = ()


@dataclass(frozen=True, slots=True)
class _Compose:
    """What a mail needs beside its columns."""

    to: list[str]
    answers: int | None
    files_of: int | None
    read_receipt: bool
    track_opens: bool
    track_clicks: bool
    automatic: bool


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A mail that is on its way."""

    id: int
    client_id: int
    account_id: int | None
    message_id: str
    cc_emails: list[str] | None
    bcc_emails: list[str] | None
    subject: str
    body_text: str | None
    body_html: str | None
    in_reply_to: str | None
    reference_ids: list[str]
    customer_id: int | None
    case_id: int | None
    sent_by: int | None
    sent_at: datetime | None
    compose: dict[str, object] | None

    @property
    def written(self) -> _Compose:
        """As it was composed."""
        held = self.compose or {}
        to, answers, files_of = held.get("to"), held.get("answers"), held.get("filesOf")
        return _Compose(
            [str(each) for each in to] if isinstance(to, list) else [],
            answers if isinstance(answers, int) else None,
            files_of if isinstance(files_of, int) else None,
            bool(held.get("readReceipt")),
            bool(held.get("trackOpens")),
            bool(held.get("trackClicks")),
            bool(held.get("automatic")),
        )


_WRITTEN: Final = """
select id, client_id, account_id, message_id, cc_emails, bcc_emails, subject, body_text, body_html, in_reply_to, reference_ids,
  customer_id, case_id, sent_by, sent_at, compose
from emails where id = %(id)s and delivery_status = %(status)s
"""


async def _written(email_id: int, status: str) -> tuple["_Waiting | None", Mailbox | None, ProviderAccount | None]:
    """A mail in a state, its mailbox, and the account that signs in there."""
    async with db.unit_of_work() as session:
        mail = await db.fetch_one(session, _Waiting, _WRITTEN, {"id": email_id, "status": status})
        if mail is None or mail.account_id is None:
            return mail, None, None
        box = await mailbox(session, mail.account_id)
        account = await providers.get(session, box.provider_id) if box and box.provider_id is not None else None
    return mail, box, account


@dataclass(frozen=True, slots=True)
class SentMail:
    """A mail that was sent, as bytes."""

    message_id: str
    content: bytes
    at: datetime


async def copy_of_sent(email_id: int) -> tuple[Mailbox, SentMail] | None:
    """A mail that was sent, as its recipients got it, and its mailbox; None when it is gone, or its files or its mailbox are."""
    mail, box, account = await _written(email_id, "sent")
    if mail is None or box is None or account is None or mail.sent_at is None:
        return None
    try:
        copies = _copies(mail, account, (await _files(mail)).parts)
    except FileNotFoundError:
        return None
    return box, SentMail(mail.message_id, messaging.copy_of(account, copies[0], mail.sent_at), mail.sent_at)


async def deliver(email_id: int) -> Delivered:
    """Send a mail whose row is `sending`. Call it outside any transaction."""
    mail, _, account = await _written(email_id, "sending")
    if mail is None:
        return Delivered("unknown")
    if account is None:
        reason = "The mailbox is no longer connected, or its settings have to be entered again."
        return await _finish(mail, Delivered("failed", tuple(NotSent(each, reason) for each in mail.written.to)))
    try:
        account = await providers.with_token(account)
        attached = await _files(mail)
    except VendorError as error:
        return await _finish(mail, Delivered("failed", tuple(NotSent(each, str(error)) for each in mail.written.to)))
    except FileNotFoundError:
        reason = "A file of the mail is no longer there. Remove it and send again."
        return await _finish(mail, Delivered("failed", tuple(NotSent(each, reason) for each in mail.written.to)))
    outcome = await messaging.send_from_mailbox(account, _copies(mail, account, attached.parts))
    copies = [decision for decision, _ in outcome if isinstance(decision, messaging.Admitted)]
    return await _finish(mail, _delivered(outcome), copies, attached.listed)


def _copies(
    mail: _Waiting, account: ProviderAccount, attached: tuple[messaging.MailFile, ...]
) -> list[messaging.Outgoing]:
    written = mail.written
    personal = messaging.PersonalMail(
        message_id=mail.message_id,
        to=tuple(written.to),
        cc=tuple(mail.cc_emails or ()),
        in_reply_to=mail.in_reply_to,
        references=tuple(mail.reference_ids),
        html=mail.body_html,
        files=attached,
        read_receipt=written.read_receipt,
        track_opens=written.track_opens,
        track_clicks=written.track_clicks,
        auto_replied=written.automatic,
    )
    return [
        messaging.Outgoing(
            client_id=account.client_id,
            channel="email",
            contact=contact,
            subject=mail.subject,
            body=mail.body_text or "",
            customer_id=mail.customer_id,
            case_id=mail.case_id,
            sent_by=mail.sent_by,
            mail=personal,
        )
        for contact in dict.fromkeys((*written.to, *(mail.cc_emails or ()), *(mail.bcc_emails or ())))
    ]


@dataclass(frozen=True, slots=True)
class _Attached:
    """The files of a mail: as they leave, and as they are listed with it."""

    parts: tuple[messaging.MailFile, ...]
    listed: list[ListedFile]


async def _files(mail: _Waiting) -> _Attached:
    """The files of a mail, its own and those it passes on. Raises FileNotFoundError."""
    here = resources.current()
    found: list[messaging.MailFile] = []
    shown: list[ListedFile] = []
    size = 0
    for owner in filter(None, (mail.id, mail.written.files_of)):
        listed = files.files_of(ENTITY, owner)
        for each in await here.reads.fetch_all(
            files.StoredFile, f"{listed.select} where {listed.where} order by f.id limit 50", listed.params
        ):
            size += each.file_size
            if each.virus_scan_status == "infected" or size > MAX_FILES:
                raise FileNotFoundError(each.file_name)
            found.append(messaging.MailFile(each.file_name, each.mime_type, await here.storage.get(each.file_path)))
            entry: ListedFile = {
                "name": each.file_name,
                "size": each.file_size,
                "type": each.mime_type,
                "fileId": each.id,
            }
            if owner != mail.id:
                entry["mailId"] = owner
            shown.append(entry)
    return _Attached(tuple(found), shown)


def _delivered(outcome: Sequence[tuple[messaging.Decision, messaging.Delivery | None]]) -> Delivered:
    missed: list[NotSent] = []
    statuses: set[str] = set()
    for decision, delivery in outcome:
        contact = decision.outgoing.contact
        if isinstance(decision, messaging.Refused | messaging.Deferred):
            missed.append(NotSent(contact, decision.message))
        elif delivery is None or delivery.status in ("failed", "bounced", "withheld"):
            missed.append(NotSent(contact, (delivery.error_message if delivery else None) or "It was not taken."))
        else:
            statuses.add(delivery.status)
            if delivery.status == "unknown":
                missed.append(NotSent(contact, f"{delivery.error_message} It may have been sent."))
    status = "sent" if "sent" in statuses else "unknown" if statuses else "failed"
    return Delivered(status, tuple(missed))


async def _finish(
    mail: _Waiting, delivered: Delivered, copies: Sequence[messaging.Admitted] = (), attached: Sequence[ListedFile] = ()
) -> Delivered:
    now = resources.current().clock.now()
    reasons = " ".join(f"{each.email}: {each.reason}" for each in delivered.not_sent)[:2_000] or None
    async with db.unit_of_work() as session:
        await db.execute(
            session,
            "update emails set delivery_status = %(status)s::varchar, delivery_note = %(note)s, sent_at = %(sent)s,"
            " received_at = %(now)s, attachments = %(files)s::jsonb, folder = case when %(status)s::varchar = 'failed' and not %(automatic)s then 'drafts' else 'sent' end,"
            " version = version + 1 where id = %(id)s",
            {
                "id": mail.id,
                "status": delivered.status,
                "note": reasons,
                "now": now,
                "sent": None if delivered.status == "failed" else now,
                "automatic": mail.written.automatic,
                "files": jsonb.dumps(attached) if attached and delivered.status != "failed" else None,
            },
        )
        await _note_copies(session, mail, copies)
        await note(session, None, [mail.id], f"delivery_{delivered.status}", {"note": reasons} if reasons else None)
        if delivered.status != "failed":
            await _note_answer(session, mail, now)
        if delivered.status == "sent":
            await defer(session, "inbox.keep_sent", email_id=mail.id)
    return delivered


async def _note_copies(session: AsyncSession, mail: _Waiting, copies: Sequence[messaging.Admitted]) -> None:
    """Which messages of the ledger are this mail's copies, and whether they can be tracked."""
    wanted = mail.written.track_opens or mail.written.track_clicks
    await db.execute(
        session,
        "insert into email_copies (message_id, email_id, tracked)"
        " select c.message, %(id)s, c.tracked from unnest(%(messages)s::bigint[], %(tracked)s::boolean[]) as c (message, tracked)"
        " on conflict (message_id) do nothing",
        {
            "id": mail.id,
            "messages": [each.message_id for each in copies],
            "tracked": [each.tracked and wanted for each in copies],
        },
    )


async def _note_answer(session: AsyncSession, mail: _Waiting, now: datetime) -> None:
    """The mail that was answered is in progress, and its first answer has a time."""
    answers = mail.written.answers
    if answers is None:
        return
    await db.execute(
        session,
        "update emails set first_reply_at = coalesce(first_reply_at, %(now)s), read_status = true, version = version + 1,"
        " status = case when status = 'new' then 'in_progress' else status end where id = %(id)s",
        {"id": answers, "now": now},
    )
    await note(session, mail.sent_by, [answers], "replied", {"with": ids.code("mail", mail.id)})
    await db.execute(
        session,
        "update email_threads t set message_count = message_count + 1, last_message_at = greatest(last_message_at, %(now)s),"
        " participants = (select array(select distinct p from unnest(t.participants || %(people)s::text[]) p order by p limit 100))"
        " from emails e where e.id = %(id)s and t.account_id = e.account_id and t.thread_id = e.thread_id",
        {"id": mail.id, "now": now, "people": [*mail.written.to, *(mail.cc_emails or ())]},
    )


async def claim_scheduled(session: AsyncSession, now: datetime) -> list[int]:
    """Mails whose time has come, taken to be sent now."""
    return await db.fetch_all(
        session,
        int,
        "update emails set delivery_status = 'sending', version = version + 1 where id in ("
        " select id from emails where delivery_status = 'scheduled' and scheduled_at <= %(now)s order by scheduled_at"
        " limit 100 for update skip locked) returning id",
        {"now": now},
    )


async def settle_lost(session: AsyncSession, now: datetime) -> int:
    """Mails that a dead process left on their way may have been sent: they are `unknown`, and not sent again."""
    lost = await db.fetch_all(
        session,
        int,
        "update emails set delivery_status = 'unknown', delivery_note = 'The server stopped while this mail was on its way."
        " It may have been sent.' where delivery_status = 'sending' and updated_at < %(before)s returning id",
        {"before": now - GAVE_UP},
    )
    await note(session, None, lost, "delivery_unknown")
    return len(lost)
