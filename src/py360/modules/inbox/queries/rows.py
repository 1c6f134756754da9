"""A mail as it is read from the database and as the API shows it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, Literal

from typing_extensions import TypedDict

from py360.kit import ids, resources
from py360.modules.inbox.ingest.service_level import warns_at
from py360.modules.inbox.stored_json import ListedFile, StoredIntent, StoredSentiment
from py360.modules.inbox.views import (
    AttachmentView,
    ClickTrackingView,
    FollowUpView,
    MailView,
    OpenTrackingView,
    SentimentView,
    SlaStatus,
)

OPEN: Final = frozenset({"new", "in_progress", "escalated"})
DUE_SOON: Final = timedelta(days=7)

COLUMNS: Final = """
e.id, e.client_id, e.account_id, e.thread_id, e.direction, e.from_email, e.from_name, e.to_email, e.cc_emails, e.bcc_emails,
e.subject, e.snippet, e.category, e.customer_category, e.priority, e.status, e.folder, e.read_status, e.starred, e.flagged,
e.attachments, e.due_date, e.sla_deadline, e.ai_intent, e.intent, e.intent_confidence, e.sentiment_label, e.sentiment_score,
e.sentiment, e.urgency, e.language, e.policy_number, e.case_id, c.case_number, e.customer_id, c.end_date as policy_expiry_date,
e.assigned_to, u.name as assignee, e.escalated_to, e.escalation_reason, e.escalated_at, e.tags, e.size_bytes, e.received_at,
e.snoozed_until, e.follow_up_at, e.follow_up_note, e.follow_up_by,
(select f.name from identity_public_users f where f.id = e.follow_up_by) as follow_up_by_name, e.scheduled_at, e.delivery_status, e.delivery_note, e.problem, e.is_automatic, e.version,
coalesce((e.compose -> 'trackOpens')::boolean, false) as track_opens,
coalesce((e.compose -> 'trackClicks')::boolean, false) as track_clicks,
case when e.direction = 'outbound' then (
  select jsonb_build_object('copies', count(*) filter (where o.tracked), 'opens', coalesce(sum(g.opens), 0),
    'lastOpened', max(g.last_opened_at), 'clicks', coalesce(sum(g.clicks), 0), 'lastClicked', max(g.last_clicked_at))
  from email_copies o left join messaging_public_engagement g on g.message_id = o.message_id where o.email_id = e.id) end as engagement
"""
JOINS: Final = """
from emails e
left join cases_public_case c on c.id = e.case_id
left join identity_public_users u on u.id = e.assigned_to
"""


class _Engagement(TypedDict):
    """What recipients did with the tracked copies of a sent mail, counted."""

    copies: int
    opens: int
    lastOpened: str | None
    clicks: int
    lastClicked: str | None


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as lists show it."""

    id: int
    client_id: int
    account_id: int | None
    thread_id: str | None
    direction: Literal["inbound", "outbound"]
    from_email: str
    from_name: str
    to_email: str
    cc_emails: list[str] | None
    bcc_emails: list[str] | None
    subject: str
    snippet: str
    category: str
    customer_category: str
    priority: str
    status: str
    folder: str
    read_status: bool
    starred: bool
    flagged: bool
    attachments: list[ListedFile] | None
    due_date: date | None
    sla_deadline: datetime | None
    ai_intent: StoredIntent | None
    intent: str | None
    intent_confidence: Decimal | None
    sentiment_label: str | None
    sentiment_score: Decimal | None
    sentiment: StoredSentiment | None
    urgency: str | None
    language: str | None
    policy_number: str | None
    case_id: int | None
    case_number: str | None
    customer_id: int | None
    policy_expiry_date: date | None
    assigned_to: int | None
    assignee: str | None
    escalated_to: int | None
    escalation_reason: str | None
    escalated_at: datetime | None
    tags: list[str]
    size_bytes: int
    received_at: datetime
    snoozed_until: datetime | None
    follow_up_at: datetime | None
    follow_up_note: str | None
    follow_up_by: int | None
    follow_up_by_name: str | None
    scheduled_at: datetime | None
    delivery_status: str | None
    delivery_note: str | None
    problem: str | None
    is_automatic: bool
    version: int
    track_opens: bool
    track_clicks: bool
    engagement: _Engagement | None

    def sla_status(self, now: datetime) -> SlaStatus:
        """ok, warning or breach; ok where nothing is owed any more."""
        if self.sla_deadline is None or self.status not in OPEN:
            return "ok"
        if now > self.sla_deadline:
            return "breach"
        return "warning" if now >= warns_at(self.received_at, self.sla_deadline) else "ok"

    def to_public(self) -> MailView:
        """The mail as the API answers it, without its text."""
        clock = resources.current().clock
        now, today = clock.now(), clock.today()
        code = ids.code("mail", self.id)
        owes = self.sla_deadline is not None and self.status in OPEN
        return {
            "id": code,
            "emailId": self.id,
            "accountId": self.account_id,
            "threadId": self.thread_id,
            "type": "inbox" if self.direction == "inbound" else "outbox",
            "direction": self.direction,
            "from": self.from_email,
            "fromName": self.from_name or None,
            "to": [each for each in self.to_email.split(", ") if each],
            "cc": self.cc_emails or [],
            "bcc": self.bcc_emails or [],
            "subject": self.subject,
            "preview": self.snippet,
            "category": self.category,
            "customerCategory": self.customer_category,
            "priority": self.priority,
            "status": self.status,
            "folder": self.folder,
            "isRead": self.read_status,
            "read": self.read_status,
            "starred": self.starred,
            "flagged": self.flagged,
            "hasAttachments": bool(self.attachments),
            "attachments": attachments_view(code, self.attachments),
            "dateReceived": self.received_at,
            "date": self.received_at,
            "dueDate": self.due_date,
            "dueStatus": _due_status(self.due_date, today),
            "policyExpiryDate": self.policy_expiry_date,
            "slaStatus": self.sla_status(now),
            "slaDeadline": self.sla_deadline,
            "slaTimeRemaining": (
                int((self.sla_deadline - now).total_seconds() * 1000) if owes and self.sla_deadline else None
            ),
            "aiIntent": self.ai_intent,
            "intent": self.intent,
            "confidence": self.intent_confidence,
            "sentiment": self._sentiment(),
            "urgency": self.urgency,
            "language": self.language,
            "policyNumber": self.policy_number,
            "caseId": self.case_number,
            "customerId": ids.code("customer", self.customer_id) if self.customer_id is not None else None,
            "assignedTo": self.assigned_to,
            "assignedToName": self.assignee,
            "escalatedTo": self.escalated_to,
            "escalationReason": self.escalation_reason,
            "escalatedAt": self.escalated_at,
            "tags": self.tags,
            "size": self.size_bytes,
            "snoozedUntil": self.snoozed_until,
            "scheduledFollowUp": self._follow_up(),
            "scheduledAt": self.scheduled_at,
            "deliveryStatus": self.delivery_status,
            "deliveryNote": self.delivery_note,
            "problem": self.problem,
            "isAutomatic": self.is_automatic,
            "version": self.version,
            "trackOpens": self.track_opens,
            "trackClicks": self.track_clicks,
            "openTracking": self._opens(),
            "clickTracking": self._clicks(),
        }

    def _follow_up(self) -> FollowUpView | None:
        if self.follow_up_at is None:
            return None
        return {
            "at": self.follow_up_at,
            "note": self.follow_up_note,
            "setBy": self.follow_up_by,
            "setByName": self.follow_up_by_name,
        }

    def _opens(self) -> OpenTrackingView | None:
        """Who follows a link has opened the mail, also when their mail program loads no pictures."""
        counted = self.engagement
        if not self.track_opens or counted is None or not counted["copies"]:
            return None
        return {
            "opened": bool(counted["opens"] or counted["clicks"]),
            "openCount": counted["opens"],
            "lastOpened": _moment(counted["lastOpened"]),
        }

    def _clicks(self) -> ClickTrackingView | None:
        counted = self.engagement
        if not self.track_clicks or counted is None or not counted["copies"]:
            return None
        return {
            "clicked": bool(counted["clicks"]),
            "clickCount": counted["clicks"],
            "lastClicked": _moment(counted["lastClicked"]),
        }

    def _sentiment(self) -> SentimentView | None:
        if self.sentiment_label is None:
            return None
        return {
            "overall": self.sentiment_label,
            "score": self.sentiment_score,
            "confidence": self.sentiment["confidence"] if self.sentiment else None,
            "emotions": self.sentiment["emotions"] if self.sentiment else [],
        }


def attachments_view(code: str, stored: list[ListedFile] | None) -> list[AttachmentView]:
    """The files of a mail, each with the address to load it from; none where it was not kept."""
    return [
        {
            "id": each["fileId"],
            "name": each["name"],
            "size": each["size"],
            "type": each["type"],
            "url": _address(code, each),
            "note": each.get("note"),
        }
        for each in stored or ()
    ]


def _address(code: str, file: ListedFile) -> str | None:
    """Where a file is loaded from; one that was passed on is with the mail it came with."""
    if file["fileId"] is None:
        return None
    owner = ids.code("mail", file["mailId"]) if "mailId" in file else code
    return f"/api/emails/{owner}/attachments/{file['fileId']}"


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _due_status(due: date | None, today: date) -> str | None:
    if due is None:
        return None
    return "OVERDUE" if due < today else "DUE SOON" if due <= today + DUE_SOON else None
