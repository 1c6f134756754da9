"""Writing mail: send now, keep as a draft, or send later; replies and forwards are mails that know what they answer.

A mail is a row before it leaves. It is sent outside of any transaction (`deliver`); what became of it is written down after.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, jsonb, resources, sql
from py360.kit.caller import Caller
from py360.kit.clock import INDIA
from py360.kit.errors import Conflict, Invalid
from py360.modules.inbox.ingest.html import sanitized, text_of
from py360.modules.inbox.ingest.threads import subject_key
from py360.modules.inbox.mailboxes import Mailbox, mailbox_to_send_from
from py360.modules.inbox.queries.mails import not_found
from py360.modules.inbox.schemas import MAX_TO, ComposeIn, ForwardIn, ReplyIn
from py360.modules.inbox.service.lock import LockedMail, lock, note
from py360.modules.inbox.service.work import case_within_reach
from py360.modules.templates import api as templates

_THREADS: Final = sql.read(__file__, "keep_threads")
QUOTED: Final = 20_000  # characters of the answered mail that are quoted
_REFERENCES: Final = 20


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to write."""

    to: Sequence[str]
    cc: Sequence[str]
    bcc: Sequence[str]
    subject: str
    text: str
    html: str | None = None
    priority: str = "medium"
    case_id: int | None = None
    customer_id: int | None = None
    policy_number: str | None = None
    node_id: int | None = None
    thread_id: str | None = None
    in_reply_to: str | None = None
    references: Sequence[str] = ()
    answers: int | None = None  # the mail that is answered
    files_of: int | None = None  # the mail whose files go along
    read_receipt: bool = False
    scheduled_at: datetime | None = None
    is_draft: bool = False


async def compose(session: AsyncSession, caller: Caller, body: ComposeIn) -> tuple[int, str]:
    """Keep a mail as a row; its number and its state: `draft`, `scheduled` or `sending`, when `deliver` must follow.

    Raises Invalid (no recipient, too many, a time that is over), NotFound (template, case, draft), Conflict (`no_mailbox`).
    """
    box = await _mailbox(session, caller, body.account_id)
    letter = Letter(
        to=body.to,
        cc=body.cc,
        bcc=body.bcc,
        subject=body.subject,
        text=body.body,
        html=sanitized(body.html) if body.html else None,
        priority="medium" if body.priority == "normal" else body.priority,
        read_receipt=body.read_receipt,
        scheduled_at=body.scheduled_at,
        is_draft=body.draft,
        node_id=box.node_id,
    )
    if body.case_id is not None:
        case = await case_within_reach(session, caller, body.case_id)
        letter = replace(
            letter, case_id=case.id, customer_id=case.customer_id, policy_number=case.policy_number,
            node_id=case.node_id or box.node_id,
        )  # fmt: skip
    if body.template_id is not None:
        letter = await _from_template(session, caller, letter, body.template_id)
    if body.signature and not body.draft:
        letter = _signed(letter, box)
    return await keep(session, caller, box, letter, body.draft_id)


async def _mailbox(session: AsyncSession, caller: Caller, number: int | None) -> Mailbox:
    box = await mailbox_to_send_from(session, caller.client_id, number)
    if box is None or box.client_id not in caller.client_ids:
        raise Conflict(
            "There is no mailbox to send from. Connect one under Settings, Email."
            if number is None
            else f"There is no mailbox {number} to send from.",
            code="no_mailbox",
        )
    return box


async def _from_template(session: AsyncSession, caller: Caller, letter: Letter, named: str | int) -> Letter:
    template = await templates.find(session, caller.client_id, named, "email")
    values = await templates.client_values(session, caller.client_id)
    if letter.case_id is not None:
        values |= (await templates.case_values(session, [letter.case_id])).get(letter.case_id, {})
    rendered = templates.compile(template).render(values)
    await templates.count_use(session, template.id, 1)
    return replace(
        letter,
        subject=letter.subject or rendered.subject,
        text=letter.text or rendered.text,
        html=letter.html or (sanitized(rendered.html) if rendered.html and not letter.text else None),
    )


def _signed(letter: Letter, box: Mailbox) -> Letter:
    if not box.signature.strip():
        return letter
    return replace(letter, text=f"{letter.text.rstrip()}\n\n-- \n{box.signature.strip()}")


def _check(letter: Letter) -> None:
    if letter.is_draft:
        return
    everybody = {*letter.to, *letter.cc, *letter.bcc}
    if not everybody:
        raise Invalid("Enter a recipient.", code="no_recipient", details=[{"field": "to", "message": "is empty"}])
    if len(everybody) > MAX_TO:
        raise Invalid(
            f"A mail may go to {MAX_TO} recipients. Send it as bulk e-mail to reach more.",
            code="too_many_recipients",
            details=[{"field": "to", "message": f"{len(everybody)} recipients, {MAX_TO} at most"}],
        )
    if letter.scheduled_at is not None and letter.scheduled_at <= resources.current().clock.now():
        raise Invalid(
            "Choose a time in the future.",
            code="time_is_over",
            details=[{"field": "scheduledAt", "message": "is in the past"}],
        )


_KEEP: Final = """
insert into emails (client_id, account_id, message_id, thread_id, direction, from_email, from_name, to_email, cc_emails,
  bcc_emails, subject, body_text, body_html, snippet, in_reply_to, reference_ids, received_at, folder, read_status, priority,
  status, customer_id, case_id, policy_number, node_id, assigned_to, sent_by, delivery_status, scheduled_at, compose, size_bytes)
values (%(client)s, %(account)s, %(message_id)s, %(thread)s, 'outbound', %(from)s, %(from_name)s, %(to)s, %(cc)s, %(bcc)s,
  %(subject)s, %(text)s, %(html)s, %(snippet)s, %(in_reply_to)s, %(references)s, %(now)s, %(folder)s, true, %(priority)s,
  'closed', %(customer)s, %(case)s, %(policy)s, %(node)s, %(user)s, %(user)s, %(state)s, %(scheduled)s, %(compose)s, %(size)s)
returning id
"""
_KEEP_AGAIN: Final = """
update emails set account_id = %(account)s, thread_id = %(thread)s, from_email = %(from)s, from_name = %(from_name)s,
  to_email = %(to)s, cc_emails = %(cc)s, bcc_emails = %(bcc)s, subject = %(subject)s, body_text = %(text)s,
  body_html = %(html)s, snippet = %(snippet)s, received_at = %(now)s, folder = %(folder)s, priority = %(priority)s,
  customer_id = %(customer)s, case_id = %(case)s, policy_number = %(policy)s, delivery_status = %(state)s,
  scheduled_at = %(scheduled)s, compose = %(compose)s, size_bytes = %(size)s, delivery_note = null, version = version + 1
where id = %(id)s returning id
"""


async def keep(
    session: AsyncSession, caller: Caller, box: Mailbox, letter: Letter, draft_id: int | None = None
) -> tuple[int, str]:
    """Write a mail down; its number and its state. Raises Invalid, NotFound (the draft), Conflict (`not_a_draft`)."""
    _check(letter)
    now = resources.current().clock.now()
    state = "draft" if letter.is_draft else "scheduled" if letter.scheduled_at else "sending"
    draft = await lock(session, caller, draft_id) if draft_id is not None else None
    if draft is not None and draft.delivery_status not in ("draft", "scheduled", "failed"):
        raise Conflict(f"{draft.code} was sent already.", code="not_a_draft")
    domain = box.email.rpartition("@")[2]
    message_id = f"<{secrets.token_hex(16)}@{domain}>"
    thread = letter.thread_id
    if thread is None and state != "draft":
        thread = message_id
        await _begin_thread(session, box, letter, thread, now)
    params = {
        "client": box.client_id,
        "account": box.id,
        "message_id": message_id,
        "thread": thread,
        "from": box.email,
        "from_name": box.name,
        "to": ", ".join(letter.to)[:255],
        "cc": list(letter.cc) or None,
        "bcc": list(letter.bcc) or None,
        "subject": letter.subject,
        "text": letter.text or (text_of(letter.html) if letter.html else ""),
        "html": letter.html,
        "snippet": " ".join(letter.text[:400].split())[:160],
        "in_reply_to": letter.in_reply_to,
        "references": list(letter.references),
        "now": now,
        "folder": {"draft": "drafts", "scheduled": "scheduled"}.get(state, "sent"),
        "priority": letter.priority,
        "customer": letter.customer_id,
        "case": letter.case_id,
        "policy": letter.policy_number,
        "node": letter.node_id,
        "user": caller.user_id,
        "state": state,
        "scheduled": letter.scheduled_at,
        "size": len(letter.text.encode()) + len((letter.html or "").encode()),
        "compose": orjson.dumps(
            {
                "to": list(letter.to),
                "answers": letter.answers,
                "filesOf": letter.files_of,
                "readReceipt": letter.read_receipt,
            }
        ).decode(),
        "id": draft.id if draft else None,
    }
    number = await db.fetch_only(session, int, _KEEP_AGAIN if draft else _KEEP, params)
    await note(session, caller, [number], {"draft": "draft_saved", "scheduled": "scheduled"}.get(state, "written"))
    return number, state


async def _begin_thread(session: AsyncSession, box: Mailbox, letter: Letter, thread_id: str, now: datetime) -> None:
    row = {
        "thread_id": thread_id,
        "subject": letter.subject,
        "subject_key": subject_key(letter.subject),
        "participants": sorted({box.email, *letter.to, *letter.cc})[:100],
        "added": 1,
        "last_message_at": now,
        "customer_id": letter.customer_id,
        "case_id": letter.case_id,
    }
    params = {"client": box.client_id, "account": box.id, "threads": jsonb.dumps([row])}
    await db.execute(session, _THREADS, params)


@dataclass(frozen=True, slots=True)
class _Answered:
    """The mail that is answered or passed on."""

    message_id: str
    reference_ids: list[str]
    from_email: str
    from_name: str
    reply_to: str | None
    to_email: str
    cc_emails: list[str] | None
    subject: str
    body_text: str | None
    received_at: datetime
    policy_number: str | None


async def _answered(session: AsyncSession, caller: Caller, named: str | int) -> tuple[LockedMail, _Answered, Mailbox]:
    mail = await lock(session, caller, named)
    if mail.delivery_status in ("draft", "scheduled"):
        raise not_found(named)
    content = await db.fetch_only(
        session,
        _Answered,
        "select message_id, reference_ids, from_email, from_name, reply_to, to_email, cc_emails, subject, body_text,"
        " received_at, policy_number from emails where id = %(id)s",
        {"id": mail.id},
    )
    box = await mailbox_to_send_from(session, mail.client_id, mail.account_id)
    if box is None:
        raise Conflict("The mailbox that this mail came to is no longer connected.", code="no_mailbox")
    return mail, content, box


async def reply(session: AsyncSession, caller: Caller, named: str | int, body: ReplyIn) -> tuple[int, str]:
    """Answer a mail in its conversation; the number and the state of the answer. The mail is in progress then.

    Raises NotFound, Invalid, Conflict (`no_mailbox`).
    """
    mail, answered, box = await _answered(session, caller, named)
    if not body.reply_text.strip():
        raise Invalid("Write an answer.", code="empty_reply", details=[{"field": "replyText", "message": "is empty"}])
    is_own = mail.direction == "outbound"
    first = (
        [each for each in answered.to_email.split(", ") if each]
        if is_own
        else [answered.reply_to or answered.from_email]
    )
    to = list(body.to) or first
    cc = list(body.cc)
    if body.reply_all:
        others = {*answered.to_email.split(", "), *(answered.cc_emails or ())} - {box.email, "", *to}
        cc = [*dict.fromkeys((*cc, *sorted(others)))][:MAX_TO]
    subject = answered.subject if answered.subject.lower().startswith("re:") else f"Re: {answered.subject}"
    letter = _signed(
        Letter(
            to=to,
            cc=cc,
            bcc=(),
            subject=subject,
            text=body.reply_text,
            html=sanitized(body.html) if body.html else None,
            case_id=mail.case_id,
            customer_id=mail.customer_id,
            policy_number=answered.policy_number,
            node_id=mail.node_id,
            thread_id=mail.thread_id,
            in_reply_to=answered.message_id,
            references=[*answered.reference_ids[-_REFERENCES:], answered.message_id],
            answers=mail.id,
            scheduled_at=body.scheduled_at,
        ),
        box if body.signature else replace(box, signature=""),
    )
    if body.include_thread:
        letter = replace(letter, text=letter.text + _quoted(answered))
    return await keep(session, caller, box, letter)


async def forward(session: AsyncSession, caller: Caller, named: str | int, body: ForwardIn) -> tuple[int, str]:
    """Pass a mail on; the number and the state of the new one. Raises NotFound, Invalid, Conflict (`no_mailbox`)."""
    mail, answered, box = await _answered(session, caller, named)
    local = answered.received_at.astimezone(INDIA)
    head = (
        f"---------- Forwarded message ----------\nFrom: {answered.from_name} <{answered.from_email}>\n"
        f"Date: {local:%d/%m/%Y %H:%M}\nSubject: {answered.subject}\nTo: {answered.to_email}\n\n"
    )
    text = f"{body.message.rstrip()}\n\n{head}{(answered.body_text or '')[:QUOTED]}"
    if body.include_thread:
        text += await _earlier(session, mail)
    letter = Letter(
        to=body.to,
        cc=(),
        bcc=(),
        subject=answered.subject if answered.subject.lower().startswith("fwd:") else f"Fwd: {answered.subject}",
        text=text,
        node_id=mail.node_id,
        files_of=mail.id if body.attachments else None,
    )
    number, state = await keep(session, caller, box, letter)
    await note(session, caller, [mail.id], "forwarded", {"to": list(body.to), "as": ids.code("mail", number)})
    return number, state


def _quoted(answered: _Answered) -> str:
    local = answered.received_at.astimezone(INDIA)
    lines = (answered.body_text or "")[:QUOTED].splitlines()
    who = f"{answered.from_name} <{answered.from_email}>" if answered.from_name else answered.from_email
    return f"\n\nOn {local:%d/%m/%Y %H:%M}, {who} wrote:\n" + "\n".join(f"> {line}" for line in lines)


async def _earlier(session: AsyncSession, mail: LockedMail) -> str:
    texts = await db.fetch_all(
        session,
        str,
        "select from_email || ': ' || left(coalesce(body_text, ''), 4000) from emails where account_id = %(account)s"
        " and thread_id = %(thread)s and id <> %(id)s and (delivery_status is null or delivery_status = 'sent')"
        " order by received_at desc limit 10",
        {"account": mail.account_id, "thread": mail.thread_id, "id": mail.id},
    )
    return "".join(f"\n\n----------\n{text}" for text in texts)


async def cancel_scheduled(session: AsyncSession, caller: Caller, named: str | int) -> None:
    """Take a scheduled mail back; it is a draft again. Raises NotFound, Conflict (`not_scheduled`)."""
    mail = await lock(session, caller, named)
    if mail.delivery_status != "scheduled":
        raise Conflict(f"{mail.code} does not wait to be sent.", code="not_scheduled")
    await db.execute(
        session,
        "update emails set delivery_status = 'draft', folder = 'drafts', scheduled_at = null, version = version + 1"
        " where id = %(id)s",
        {"id": mail.id},
    )
    await note(session, caller, [mail.id], "schedule_cancelled")
