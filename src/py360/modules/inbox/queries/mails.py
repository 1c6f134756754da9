"""Lists of mails, one mail, and what belongs to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from py360.kit import ids, resources
from py360.kit.caller import Caller
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.inbox.ingest.html import sanitized, with_inline_images, without_remote_images
from py360.modules.inbox.queries.filters import MailFilter, Value, where, within
from py360.modules.inbox.queries.rows import COLUMNS, JOINS, Mail
from py360.modules.inbox.queries.suggestions import suggestions
from py360.modules.inbox.views import MailDetailView, NoteView, RenewalContextView

_SORTS: Final = {
    "arrival": "coalesce(e.returned_at, e.received_at)",  # a mail that was snoozed or followed up arrived when it came back
    "dateReceived": "e.received_at",
    "date": "e.received_at",
    "from": "e.from_email",
    "subject": "lower(e.subject)",
    "dueDate": "e.due_date nulls last",
    "followUp": "e.follow_up_at nulls last",
    "priority": "array_position(array['low', 'medium', 'high', 'urgent', 'critical'], e.priority::text)",
    "status": "e.status",
    "category": "e.category",
    "slaDeadline": "e.sla_deadline nulls last",
    "size": "e.size_bytes",
}
EXPORTED: Final = ("id", "from", "subject", "category", "status", "priority", "dateReceived", "hasAttachments")


async def mails(reads: Reads, caller: Caller, chosen: MailFilter, sort: str | None, now: datetime) -> Listing[Mail]:
    """The mails within the caller's reach, the newest first, those that came back among them."""
    predicate = await where(caller, chosen, now).narrowed(reads, chosen)
    return replace(_listing(predicate.sql, predicate.params, sort), matches=predicate.matches)


def _listing(predicate: str, params: object, sort: str | None) -> Listing[Mail]:
    assert isinstance(params, dict)
    return Listing(
        "emails",
        f"select {COLUMNS} {JOINS}",
        predicate,
        ordering(sort, _SORTS, "-arrival", "e.id"),
        params,
        Mail.to_public,
        EXPORTED,
        counted="emails e",
        headings={"id": "Email ID"},
        row=Mail,
    )


def not_found(named: str | int) -> NotFound:
    """Of a mail that is not there, or not within reach."""
    return NotFound(f"There is no mail “{str(named)[:60]}” within your reach.", code="email_not_found")


async def mail(reads: Reads, caller: Caller, named: str | int) -> Mail:
    """One mail. Raises NotFound."""
    reach, params = within(caller)
    found = await reads.fetch_one(
        Mail, f"select {COLUMNS} {JOINS} where e.id = %(id)s and {reach}", {**params, "id": ids.number("mail", named)}
    )
    if found is None:
        raise not_found(named)
    return found


@dataclass(frozen=True, slots=True)
class _Content:
    body_text: str | None
    body_html: str | None
    reply_to: str | None
    message_id: str
    linked_by: str | None
    customer_name: str | None
    customer_email: str | None
    customer_phone: str | None
    policy_type: str | None
    agent_name: str | None
    branch: str | None
    premium_amount: Decimal | None
    renewal_date: date | None
    case_status: str | None
    case_is_open: bool


_CONTENT: Final = """
select e.body_text, e.body_html, e.reply_to, e.message_id, e.linked_by, k.full_name as customer_name,
  k.email as customer_email, k.phone as customer_phone, c.policy_type, c.agent_name, b.name as branch,
  coalesce(c.renewal_amount, c.premium_amount) as premium_amount, c.due_date as renewal_date, c.status as case_status,
  coalesce(c.is_open, false) as case_is_open
from emails e
left join customers_public_contact k on k.id = e.customer_id
left join cases_public_case c on c.id = e.case_id
left join organization_public_branch b on b.id = c.branch_id
where e.id = %(id)s
"""
# Domain reference, section 17: the stage of a mail's case, in the words of the renewal manager. While the case is open, a customer
# who asks for something else than the renewal is at another stage.
_STAGES: Final = {
    "uploaded": "quote_preparation", "validated": "quote_preparation", "assigned": "quote_preparation",
    "in_progress": "quote_sent", "follow_up": "quote_sent", "pending": "payment_pending", "on_hold": "coverage_review",
    "payment_processed": "documents_received", "renewed": "completed", "cancelled": "cancellation_requested",
    "failed": "retention_required", "lapsed": "retention_required",
}  # fmt: skip
_ASKED_STAGES: Final = {
    "cancellation_request": "cancellation_requested", "claim_impact_inquiry": "claim_review",
    "coverage_inquiry": "coverage_review",
}  # fmt: skip


async def detail(reads: Reads, caller: Caller, named: str | int, *, images: bool) -> MailDetailView:
    """One mail with its text and notes; remote `images` only when asked for. Raises NotFound."""
    found = await mail(reads, caller, named)
    clock = resources.current().clock
    content = await reads.fetch_only(_Content, _CONTENT, {"id": found.id})
    html, blocked = content.body_html, 0
    if html is not None:
        if images:
            html = sanitized(html)  # stored before our own pictures were left out
        else:
            html, blocked = without_remote_images(html)
        code = ids.code("mail", found.id)
        inline = {
            str(each["contentId"]): f"/api/emails/{code}/attachments/{each['fileId']}"
            for each in found.attachments or ()
            if each.get("contentId") and each.get("fileId")
        }
        html = with_inline_images(html, inline)
    return {
        **found.to_public(),
        "body": content.body_text or "",
        "html": html,
        "blockedImages": blocked,
        "replyTo": content.reply_to,
        "senderVerified": bool(content.customer_email) and content.customer_email == found.from_email,
        "linkedBy": content.linked_by,
        "notes": [note_view(each) for each in await notes(reads, found.id)],
        "renewalContext": _context(found, content),
        "aiSuggestions": suggestions(found, found.sla_status(clock.now()), clock.today()),
        "messageId": content.message_id,
    }


def _context(found: Mail, content: _Content) -> RenewalContextView | None:
    if found.case_id is None and found.customer_id is None:
        return None
    return {
        "policyNumber": found.policy_number,
        "customerName": content.customer_name,
        "renewalDate": content.renewal_date,
        "premiumAmount": content.premium_amount,
        "agentName": content.agent_name,
        "branch": content.branch,
        "customerEmail": content.customer_email,
        "customerPhone": content.customer_phone,
        "policyType": content.policy_type,
        "currentStage": _stage(found, content),
    }


def _stage(found: Mail, content: _Content) -> str | None:
    asked = _ASKED_STAGES.get(found.intent or "") if found.direction == "inbound" and content.case_is_open else None
    return asked or _STAGES.get(content.case_status or "")


@dataclass(frozen=True, slots=True)
class Note:
    """A note."""

    id: int
    author: str | None
    content: str
    is_system: bool
    created_at: datetime


def note_view(note: Note) -> NoteView:
    """The note as the API answers it."""
    return {
        "id": note.id,
        "author": "System" if note.is_system else note.author,
        "content": note.content,
        "isSystem": note.is_system,
        "timestamp": note.created_at,
    }


_NOTES: Final = """
select n.id, u.name as author, n.content, n.is_system, n.created_at
from email_notes n left join identity_public_users u on u.id = n.author_id
"""


async def notes(reads: Reads, email_id: int) -> Sequence[Note]:
    """The newest notes of a mail, the oldest of them first."""
    newest = await reads.fetch_all(
        Note, f"{_NOTES} where n.email_id = %(id)s order by n.id desc limit 100", {"id": email_id}
    )
    return newest[::-1]


def note_list(email_id: int, search: str | None, sort: str | None) -> Listing[Note]:
    """All notes of a mail that is within reach."""
    return Listing(
        "notes",
        _NOTES,
        "n.email_id = %(id)s and (%(search)s::text is null or n.content ilike %(search)s)",
        ordering(sort, {"timestamp": "n.id", "author": "u.name nulls last"}, "timestamp", "n.id"),
        {"id": email_id, "search": containing(search)},
        note_view,
        ("timestamp", "author", "content", "isSystem"),
        file_name="email_notes",
        row=Note,
    )


def thread(caller: Caller, found: Mail, search: str | None, sort: str | None) -> Listing[Mail]:
    """The conversation of a mail, within the caller's reach."""
    reach, params = within(caller)
    beside: dict[str, Value] = {
        "account": found.account_id, "thread": found.thread_id, "id": found.id, "search": containing(search),
    }  # fmt: skip
    return _listing(
        f"{reach} and ((e.account_id = %(account)s and e.thread_id = %(thread)s) or e.id = %(id)s)"
        " and (%(search)s::text is null or e.subject ilike %(search)s or e.body_text ilike %(search)s)",
        {**params, **beside},
        sort or "date",
    )


def related(caller: Caller, found: Mail, search: str | None, sort: str | None) -> Listing[Mail]:
    """Mails of the same sender, and those whose subject has a word (of five letters or more) in common."""
    reach, params = within(caller)
    words = sorted({word for word in found.subject.lower().split() if len(word) > 4 and word.isalnum()})[:8]
    return _listing(
        f"{reach} and e.id <> %(id)s and e.client_id = %(client)s and (e.from_email = %(sender)s or (%(words)s::text[] <> '{{}}'"
        " and string_to_array(lower(e.subject), ' ') && %(words)s::text[] and e.received_at > %(since)s))"
        " and (%(search)s::text is null or e.subject ilike %(search)s)",
        {
            **params,
            "id": found.id,
            "client": found.client_id,
            "sender": found.from_email,
            "words": words,
            "since": found.received_at.replace(year=found.received_at.year - 1, day=1),
            "search": containing(search),
        },
        sort,
    )


@dataclass(frozen=True, slots=True)
class Event:
    """A line of a mail's history."""

    id: int
    event: str
    actor: str | None
    details: dict[str, object] | None
    created_at: datetime

    def to_public(self) -> dict[str, object]:
        """The line as the API answers it."""
        return {
            "event": self.event,
            "actor": self.actor or "System",
            "details": self.details or {},
            "time": self.created_at,
        }


def audit(email_id: int, search: str | None, sort: str | None) -> Listing[Event]:
    """Who did what with a mail that is within reach, the oldest first."""
    return Listing(
        "events",
        "select v.id, v.event, u.name as actor, v.details, v.created_at from email_events v"
        " left join identity_public_users u on u.id = v.user_id",
        "v.email_id = %(id)s and (%(search)s::text is null or v.event ilike %(search)s or u.name ilike %(search)s)",
        ordering(sort, {"time": "v.id", "event": "v.event", "actor": "u.name nulls last"}, "time", "v.id"),
        {"id": email_id, "search": containing(search)},
        Event.to_public,
        ("time", "event", "actor", "details"),
        file_name="email_audit",
        row=Event,
    )
