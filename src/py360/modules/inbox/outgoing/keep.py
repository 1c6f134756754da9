"""A mail as a row, before it leaves: a draft, one that waits for its time, or one that is sent now."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, jsonb, resources, sql
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid
from py360.modules.inbox.ingest.html import text_of
from py360.modules.inbox.ingest.threads import subject_key
from py360.modules.inbox.mailboxes import Mailbox
from py360.modules.inbox.schemas import MAX_TO
from py360.modules.inbox.service.lock import lock, note
from py360.modules.settings import api as settings

_THREADS: Final = sql.read(__file__, "keep_threads")


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
    track_opens: bool = False
    track_clicks: bool = False
    scheduled_at: datetime | None = None
    is_draft: bool = False
    automatic: bool = False  # the system's own answer


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
    check_time(letter.scheduled_at)


def check_time(scheduled_at: datetime | None) -> None:
    """Raise Invalid (`time_is_over`) for a time to send that is not in the future."""
    if scheduled_at is not None and scheduled_at <= resources.current().clock.now():
        raise Invalid(
            "Choose a time in the future.",
            code="time_is_over",
            details=[{"field": "scheduledAt", "message": "is in the past"}],
        )


async def _require_tracking(session: AsyncSession, client_id: int) -> None:
    if not (await settings.get(session, client_id, settings.Campaigns)).tracking_enabled:
        raise Conflict(
            "Opens and clicks are not tracked: tracking is switched off under Settings, Campaigns.", code="tracking_off"
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
    session: AsyncSession, author: Caller | None, box: Mailbox, letter: Letter, draft_id: int | None = None
) -> tuple[int, str]:
    """Write a mail down; its number and its state. Without an author the system wrote it.

    Raises Invalid, NotFound (the draft), Conflict (`not_a_draft`; `tracking_off`: the office tracks no messages).
    """
    _check(letter)
    if letter.track_opens or letter.track_clicks:
        await _require_tracking(session, box.client_id)
    now = resources.current().clock.now()
    state = "draft" if letter.is_draft else "scheduled" if letter.scheduled_at else "sending"
    draft = await lock(session, author, draft_id) if author is not None and draft_id is not None else None
    if draft is not None and draft.delivery_status not in ("draft", "scheduled", "failed"):
        raise Conflict(f"{draft.code} was sent already.", code="not_a_draft")
    message_id = f"<{secrets.token_hex(16)}@{box.email.rpartition('@')[2]}>"
    thread = letter.thread_id
    if thread is None and state != "draft":
        thread = message_id
        await _begin_thread(session, box, letter, thread, now)
    params = _content(box, letter) | {
        "id": draft.id if draft else None,
        "message_id": message_id,
        "thread": thread,
        "now": now,
        "folder": {"draft": "drafts", "scheduled": "scheduled"}.get(state, "sent"),
        "user": author.user_id if author is not None else None,
        "state": state,
    }
    number = await db.fetch_only(session, int, _KEEP_AGAIN if draft else _KEEP, params)
    await note(session, author, [number], {"draft": "draft_saved", "scheduled": "scheduled"}.get(state, "written"))
    return number, state


def _content(box: Mailbox, letter: Letter) -> dict[str, object]:
    """The columns of a mail that its writer sets."""
    return {
        "client": box.client_id,
        "account": box.id,
        "from": box.email,
        "from_name": box.name,
        "to": ", ".join(letter.to),
        "cc": list(letter.cc) or None,
        "bcc": list(letter.bcc) or None,
        "subject": letter.subject,
        "text": letter.text or (text_of(letter.html) if letter.html else ""),
        "html": letter.html,
        "snippet": " ".join(letter.text[:400].split())[:160],
        "in_reply_to": letter.in_reply_to,
        "references": list(letter.references),
        "priority": letter.priority,
        "customer": letter.customer_id,
        "case": letter.case_id,
        "policy": letter.policy_number,
        "node": letter.node_id,
        "scheduled": letter.scheduled_at,
        "size": len(letter.text.encode()) + len((letter.html or "").encode()),
        "compose": orjson.dumps(
            {
                "to": list(letter.to),
                "answers": letter.answers,
                "filesOf": letter.files_of,
                "readReceipt": letter.read_receipt,
                "trackOpens": letter.track_opens,
                "trackClicks": letter.track_clicks,
                "automatic": letter.automatic,
            }
        ).decode(),
    }


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
