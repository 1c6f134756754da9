"""What was sent to a case's customer (domain reference, 10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from py360.kit import ids, sql
from py360.kit.caller import Caller
from py360.kit.errors import Invalid
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.cases.queries.history import SYSTEM
from py360.modules.cases.queries.reach import check_reach
from py360.modules.cases.views import CommunicationSummaryView, CommunicationView
from py360.modules.messaging import api as messaging
from py360.modules.templates import api as templates

CHANNELS: Final = ("email", "sms", "whatsapp", "call")

_MESSAGES: Final = """
select m.id, m.communication_type, m.subject, m.content, m.recipient_contact, m.status, m.created_at, m.sent_at,
  m.delivered_at, m.opened_at, m.clicked_at, m.replied_at, m.campaign_id, m.error_message, a.name as agent, m.template_id, m.template_version,
  w.subject as template_subject, w.content as template_content, w.format as template_format
from messaging_public_message m left join identity_public_users a on a.id = m.sent_by
left join templates_public_version w on w.template_id = m.template_id and w.version = m.template_version
"""

Values = Mapping[str, templates.Value]  # of a case, by the names that templates use


@dataclass(frozen=True, slots=True)
class Communication:
    """A message to the case's customer, and the template's version it was made from."""

    id: int
    communication_type: templates.Channel
    subject: str | None
    content: str | None
    recipient_contact: str
    status: str
    created_at: datetime
    sent_at: datetime | None
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


def _to_public(values: Values, message: Communication) -> CommunicationView:
    rendered = messaging.render_history(message, values) if message.content is None else None
    return {
        "id": ids.code(message.communication_type, message.id),
        "type": message.communication_type,
        "direction": "outbound",
        "subject": rendered.subject or None if rendered else message.subject,
        "content": rendered.text if rendered else message.content,
        "contentRerendered": rendered is not None,
        "contact": message.recipient_contact,
        "timestamp": message.sent_at or message.created_at,
        "agent": message.agent or SYSTEM,
        "status": message.status,
        "deliveredAt": message.delivered_at,
        "openedAt": message.opened_at,
        "clickedAt": message.clicked_at,
        "repliedAt": message.replied_at,
        "campaignId": ids.code("campaign", message.campaign_id) if message.campaign_id else None,
        "error": message.error_message,
        "priority": "normal",
        "attachments": [],
        "starred": False,
        "responseTime": _hours(message.sent_at, message.replied_at),
        "customerSatisfaction": None,  # nobody asks for it yet
        "tags": [],
        "duration": None,  # of calls, which another system makes
    }


def _hours(sent: datetime | None, replied: datetime | None) -> float | None:
    """From a message to the answer."""
    return round((replied - sent).total_seconds() / 3600, 1) if sent and replied else None


async def communications(
    reads: Reads, caller: Caller, case_id: int, channel: str | None, search: str | None = None, sort: str | None = None
) -> Listing[Communication]:
    """What was sent to the case's customer, newest first; raises NotFound, Invalid.

    A search finds words of the messages and of the templates, not the values that fill a template.
    """
    await check_reach(reads, caller, case_id)
    if channel and channel not in CHANNELS:
        raise Invalid("A channel is email, sms, whatsapp or call.", code="unknown_channel")
    values = (await templates.case_values(reads, [case_id])).get(case_id, {})
    return Listing(
        "communications",
        _MESSAGES,
        "m.case_id = %(id)s and (%(channel)s::text is null or m.communication_type = %(channel)s)"
        " and (%(search)s::text is null or coalesce(m.subject, w.subject) ilike %(search)s"
        " or coalesce(m.content, w.content) ilike %(search)s)",
        ordering(sort, {"timestamp": "m.id", "createdAt": "m.id", "status": "m.status"}, "-timestamp", "m.id"),
        {"id": case_id, "channel": channel, "search": containing(search)},
        partial(_to_public, values),
        ("id", "type", "direction", "timestamp", "contact", "subject", "content", "agent", "status", "error"),
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
    response_rate: float
    average_response_hours: float | None

    def to_public(self) -> CommunicationSummaryView:
        """The summary of the wire. What is not measured yet is null; no message is resolved or escalated by itself."""
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
            "resolved": 0,
            "escalated": 0,
            "responseRate": self.response_rate,
            "averageResponseTime": self.average_response_hours,
            "satisfactionRating": None,
            "averageCallDuration": None,
            "firstCallResolution": None,
        }


async def communication_summary(reads: Reads, case_id: int) -> CommunicationSummary:
    """The summary above a case's communications (domain reference, 10).

    `response_rate` is a percentage, 0 when no message was replied to; the average response time is in hours.
    """
    return await reads.fetch_only(CommunicationSummary, sql.read(__file__, "summarize_communications"), {"id": case_id})
