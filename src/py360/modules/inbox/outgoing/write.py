"""Writing mail: send now, keep as a draft, or send later; replies and forwards are mails that know what they answer.

A mail is a row before it leaves. It is sent outside of any transaction (`deliver`); what became of it is written down after.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import addresses, db, ids
from py360.kit.caller import Caller
from py360.kit.clock import INDIA
from py360.kit.errors import Conflict, Invalid
from py360.modules.inbox.ingest.html import sanitized
from py360.modules.inbox.mailboxes import Mailbox, mailbox_to_send_from
from py360.modules.inbox.outgoing.keep import Letter, keep
from py360.modules.inbox.queries.mails import not_found
from py360.modules.inbox.schemas import ComposeIn, ForwardIn, ReplyIn
from py360.modules.inbox.service.lock import LockedMail, lock, note
from py360.modules.inbox.service.work import case_within_reach
from py360.modules.templates import api as templates

QUOTED: Final = 20_000  # characters of the answered mail that are quoted
_REFERENCES: Final = 20


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
        track_opens=body.track_opens,
        track_clicks=body.track_clicks,
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
    first = answered.to_email.split(", ") if is_own else [answered.reply_to or answered.from_email]
    to = list(body.to) or _written_to(first, "to")
    cc = list(body.cc)
    if body.reply_all:
        others = {*answered.to_email.split(", "), *(answered.cc_emails or ())} - {box.email, "", *to}
        cc = [*dict.fromkeys((*cc, *_written_to(sorted(others), "replyAll")))]
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
            track_opens=body.track_opens,
            track_clicks=body.track_clicks,
            scheduled_at=body.scheduled_at,
        ),
        box if body.signature else replace(box, signature=""),
    )
    if body.include_thread:
        letter = replace(letter, text=letter.text + _quoted(answered))
    return await keep(session, caller, box, letter)


def _written_to(people: Sequence[str], field: str) -> list[str]:
    """Addresses as a stranger's mail has them; raises Invalid for one that nothing can be sent to."""
    found = []
    for each in people:
        address = addresses.mailbox(each)
        if address is None:
            message = f"“{each[:60]}” is no address that can be written to. Enter the recipients yourself."
            raise Invalid(message, code="no_recipient", details=[{"field": field, "message": message}])
        found.append(address)
    return found


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
        track_opens=body.track_opens,
        track_clicks=body.track_clicks,
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
