"""Communication between the office and the customer of a case (domain reference, 10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from py360.kit import ids, sql
from py360.kit.caller import Caller
from py360.kit.errors import Invalid
from py360.kit.free_json import FreeJson
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.cases.queries.history import SYSTEM
from py360.modules.cases.queries.reach import check_reach
from py360.modules.cases.views import CommunicationSummaryView, CommunicationView
from py360.modules.messaging import api as messaging
from py360.modules.templates import api as templates

KINDS: Final = ("email", "phone", "sms", "whatsapp", "chat", "video")

_SENT_AND_LOGGED: Final = sql.read(__file__, "case_communications")
_COMMUNICATIONS: Final = f"""
select m.id, m.communication_type, m.code_kind, m.kind, m.direction, m.subject, m.content, m.contact, m.status, m.at, m.sent_at,
  m.created_at, m.delivered_at, m.opened_at, m.clicked_at, m.replied_at, m.campaign_id, m.error_message, a.name as agent,
  m.template_id, m.template_version, w.subject as template_subject, w.content as template_content,
  w.format as template_format, m.priority, m.starred, m.satisfaction, m.tags, m.duration_seconds, m.call_type, m.outcome,
  m.claim_number, m.follow_up_required, m.escalation_reason, m.reply_text, m.attachments, m.is_automatic, m.answered_at
from ({_SENT_AND_LOGGED}) m
left join identity_public_users a on a.id = m.agent_id
left join templates_public_version w on w.template_id = m.template_id and w.version = m.template_version
"""
_SUMMARY: Final = sql.read(__file__, "summarize_communications").replace("{communications}", _SENT_AND_LOGGED)

Values = Mapping[str, templates.Value]  # of a case, by the names that templates use


@dataclass(frozen=True, slots=True)
class Communication:
    """A message, call, chat or visit, and the template's version that a message was made from."""

    id: int
    communication_type: templates.Channel  # of what stands for itself, its kind: only messages are rendered
    code_kind: str  # what its display code begins with
    kind: str
    direction: str
    subject: str | None
    content: str | None
    contact: str
    status: str
    at: datetime
    sent_at: datetime | None
    created_at: datetime
    delivered_at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None
    replied_at: datetime | None
    campaign_id: int | None
    error_message: str | None
    agent: str | None
    template_id: int | None
    template_version: int | None
    template_subject: str | None
    template_content: str | None
    template_format: templates.Format | None
    priority: str
    starred: bool
    satisfaction: int | None
    tags: list[str]
    duration_seconds: int | None
    call_type: str | None
    outcome: str | None
    claim_number: str | None
    follow_up_required: bool
    escalation_reason: str | None
    reply_text: str | None
    attachments: list[FreeJson] | None  # of a mail
    is_automatic: bool
    answered_at: datetime | None  # when the office answered a mail


def _to_public(values: Values, message: Communication) -> CommunicationView:
    rendered = messaging.render_history(message, values) if message.content is None else None
    return {
        "id": ids.code(message.code_kind, message.id),
        "type": message.kind,
        "direction": message.direction,
        "subject": rendered.subject or None if rendered else message.subject,
        "content": rendered.text if rendered else message.content,
        "contentRerendered": rendered is not None,
        "contact": message.contact,
        "timestamp": message.at,
        "agent": message.agent or SYSTEM,
        "status": message.status,
        "deliveredAt": message.delivered_at,
        "openedAt": message.opened_at,
        "clickedAt": message.clicked_at,
        "repliedAt": message.replied_at,
        "replyText": message.reply_text,
        "campaignId": ids.code("campaign", message.campaign_id) if message.campaign_id else None,
        "error": message.error_message,
        "priority": message.priority,
        "attachments": [str(each["name"]) for each in message.attachments or []],
        "starred": message.starred,
        "responseTime": _hours(message.sent_at, message.answered_at or message.replied_at),
        "customerSatisfaction": message.satisfaction,
        "tags": message.tags,
        "duration": message.duration_seconds,
        "callType": message.call_type,
        "outcome": message.outcome,
        "autoReply": message.is_automatic,
        "claimNumber": message.claim_number,
        "followUpRequired": message.follow_up_required,
        "escalated": message.status == "escalated",
        "escalationReason": message.escalation_reason,
    }


def _hours(sent: datetime | None, replied: datetime | None) -> float | None:
    """From a message to the answer."""
    return round((replied - sent).total_seconds() / 3600, 1) if sent and replied else None


def kind_of(channel: str) -> str:
    """A channel of the page as it is stored: a call is by phone. Raises Invalid."""
    kind = "phone" if channel == "call" else channel
    if kind not in KINDS:
        raise Invalid(f"A channel is one of {', '.join(KINDS)}.", code="unknown_channel")
    return kind


async def communications(
    reads: Reads,
    caller: Caller,
    case_id: int,
    channel: str | None,
    search: str | None = None,
    sort: str | None = None,
    starred: bool | None = None,
) -> Listing[Communication]:
    """The communication with the case's customer, newest first; raises NotFound, Invalid.

    A search finds words of the messages and of the templates, not the values that fill a template.
    """
    await check_reach(reads, caller, case_id)
    kind = kind_of(channel) if channel else None
    values = (await templates.case_values(reads, [case_id])).get(case_id, {})
    return Listing(
        "communications",
        _COMMUNICATIONS,
        "(%(kind)s::text is null or m.kind = %(kind)s) and (%(starred)s::boolean is null or m.starred = %(starred)s)"
        " and (%(search)s::text is null or coalesce(m.subject, w.subject) ilike %(search)s"
        " or coalesce(m.content, w.content) ilike %(search)s)",
        ordering(sort, {"timestamp": "m.at", "createdAt": "m.created_at", "status": "m.status"}, "-timestamp", "m.key"),
        {"id": case_id, "kind": kind, "starred": starred, "search": containing(search)},
        partial(_to_public, values),
        (
            "id",
            "type",
            "direction",
            "timestamp",
            "contact",
            "subject",
            "content",
            "agent",
            "status",
            "starred",
            "error",
        ),
        row=Communication,
    )


@dataclass(frozen=True, slots=True)
class CommunicationSummary:
    """The figures above a case's communications."""

    total: int
    last_contact: datetime | None
    emails: int
    calls: int
    sms: int
    whatsapp: int
    outbound: int
    inbound: int
    pending: int
    resolved: int
    escalated: int
    response_rate: float
    average_response_hours: float | None
    satisfaction: float | None
    average_call_seconds: float | None
    first_call_resolution: float | None

    def to_public(self) -> CommunicationSummaryView:
        """The summary as the API answers it. What was never noted is null."""
        return {
            "totalCommunications": self.total,
            "lastContact": self.last_contact,
            "totalEmails": self.emails,
            "totalCalls": self.calls,
            "totalSMS": self.sms,
            "totalWhatsApp": self.whatsapp,
            "totalOutbound": self.outbound,
            "totalInbound": self.inbound,
            "pending": self.pending,
            "resolved": self.resolved,
            "escalated": self.escalated,
            "responseRate": self.response_rate,
            "averageResponseTime": self.average_response_hours,
            "satisfactionRating": self.satisfaction,
            "averageCallDuration": self.average_call_seconds,
            "firstCallResolution": self.first_call_resolution,
        }


async def communication_summary(reads: Reads, case_id: int) -> CommunicationSummary:
    """The summary above a case's communications (domain reference, 10).

    `response_rate` and `first_call_resolution` are percentages, the rate 0 when nothing came in; the average response time
    is in hours, the length of a call in seconds.
    """
    return await reads.fetch_only(CommunicationSummary, _SUMMARY, {"id": case_id})
