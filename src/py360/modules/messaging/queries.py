"""The message ledger as people list and read it; every list starts from the caller's reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from py360.kit import ids
from py360.kit.caller import Caller, Predicate, reach_filter
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, comma_list, containing, ordering
from py360.kit.reads import Reads
from py360.modules.messaging.delivery import ledger
from py360.modules.messaging.views import MessageView

_MESSAGE: Final = f"""
select l.id, l.client_id, l.communication_type, l.purpose, l.recipient_contact, l.status, l.attempts, l.sent_at, l.delivered_at,
  l.opened_at, l.clicked_at, l.replied_at, l.unsubscribed_at, l.error_code, l.error_message, l.vendor_name, l.provider_id,
  l.vendor_message_id, l.template_id, l.campaign_id,
  coalesce(c.case_number, l.case_id::text) as case_number, c.policy_number, l.subject, l.content, u.full_name as customer_name,
  case when {ledger.CHARGED} then l.cost end as cost, l.created_at, l.updated_at
from communication_delivery_status l
left join cases_public_case c on c.id = l.case_id
left join customers_public_contact u on u.id = coalesce(l.customer_id, c.customer_id)
"""
_MESSAGE_SORTS: Final = {
    "createdAt": "l.id",
    "status": "l.status",
    "sentAt": "l.sent_at nulls last",
    "deliveredAt": "l.delivered_at nulls last",
}


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message of the ledger with its case and customer; the cost in INR."""

    id: int
    client_id: int
    communication_type: str
    purpose: str
    recipient_contact: str
    status: str
    attempts: int
    sent_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None
    replied_at: datetime | None
    unsubscribed_at: datetime | None
    error_code: str | None
    error_message: str | None
    vendor_name: str | None
    provider_id: int | None
    vendor_message_id: str | None
    template_id: int | None
    campaign_id: int | None
    case_number: str | None
    policy_number: str | None
    subject: str | None
    content: str | None
    customer_name: str | None
    cost: Decimal | None
    created_at: datetime
    updated_at: datetime

    @property
    def code(self) -> str:
        """Its number on the wire."""
        return ids.code(self.communication_type, self.id)

    def to_public(self) -> MessageView:
        """A message of the wire. WhatsApp says `read` where e-mail says `opened`."""
        status = "read" if self.communication_type == "whatsapp" and self.status == "opened" else self.status
        return {
            "messageId": self.code,
            "clientId": self.client_id,
            "type": self.communication_type,
            "communicationType": self.communication_type,  # the screens have both names, of this and of the status
            "customerName": self.customer_name,
            "policyNumber": self.policy_number,
            "message": self.content or self.subject,
            "status": status,
            "deliveryStatus": status,
            "purpose": self.purpose,
            "recipient": self.recipient_contact,
            "attempts": self.attempts,
            "sentAt": self.sent_at,
            "deliveredAt": self.delivered_at,
            "readAt": self.opened_at,
            "openedAt": self.opened_at,
            "clickedAt": self.clicked_at,
            "repliedAt": self.replied_at,
            "unsubscribedAt": self.unsubscribed_at,
            "errorCode": self.error_code,
            "errorMessage": self.error_message,
            "vendor": self.vendor_name,
            "providerId": self.provider_id,
            "vendorMessageId": self.vendor_message_id,
            "templateId": ids.code("template", self.template_id) if self.template_id else None,
            "campaignId": ids.code("campaign", self.campaign_id) if self.campaign_id else None,
            "caseId": self.case_number,
            "cost": self.cost,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
        }


def _reach(caller: Caller) -> Predicate:
    """Messages of cases within reach; one without a case is seen by its sender and by those who see all."""
    cases, params = reach_filter(caller, "c")
    own = "true" if caller.reach == "all" else "l.sent_by = %(reach_user)s"
    return f"l.client_id = any(%(reach_clients)s) and ((l.case_id is not null and {cases}) or ({own}))", dict(params)


async def message(reads: Reads, caller: Caller, ref: str) -> MessageRow:
    """One message by its code. Raises NotFound, also for a code of another channel."""
    found = await messages_by_code(reads, caller, [ref])
    if not found:
        raise NotFound(f"There is no message “{ref[:60]}”.", code="message_not_found")
    return found[0]


async def messages_by_code(reads: Reads, caller: Caller, refs: Sequence[str]) -> list[MessageRow]:
    """The messages with these codes that are within reach; what is no code of a message is left out."""
    wanted = {number: ref.lower() for ref in refs if (number := ids.message_number(ref)) is not None}
    within, params = _reach(caller)
    sql = f"{_MESSAGE} where l.id = any(%(ids)s) and {within}"
    rows = await reads.fetch_all(MessageRow, sql, {**params, "ids": list(wanted)})
    return [row for row in rows if wanted[row.id].isdigit() or wanted[row.id] == row.code]


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages; types and statuses are comma lists, the days are India's and both included."""

    types: str | None = None
    statuses: str | None = None
    campaign: str | None = None
    case: str | None = None
    recipient: str | None = None
    since: date | None = None
    until: date | None = None
    search: str | None = None


_MESSAGE_FILTER: Final = """
  and (%(types)s::text[] is null or l.communication_type = any(%(types)s))
  and (%(statuses)s::text[] is null or l.status = any(%(statuses)s))
  and (%(campaign)s::bigint is null or l.campaign_id = %(campaign)s)
  and (%(case)s::text is null or c.case_number = %(case)s or l.case_id::text = %(case)s)
  and (%(recipient)s::text is null or l.recipient_contact = %(recipient)s)
  and (%(since)s::date is null or l.created_at >= %(since)s::date::timestamp at time zone 'Asia/Kolkata')
  and (%(until)s::date is null or l.created_at < (%(until)s::date + 1)::timestamp at time zone 'Asia/Kolkata')
  and (%(search)s::text is null or l.recipient_contact ilike %(search)s or c.case_number ilike %(search)s)
"""


def messages(caller: Caller, chosen: MessageFilter, sort: str | None) -> Listing[MessageRow]:
    """The ledger, newest first."""
    within, params = _reach(caller)
    params |= {
        "types": comma_list(chosen.types) or None,
        "statuses": [{"read": "opened"}.get(word, word) for word in comma_list(chosen.statuses)] or None,
        "campaign": ids.number("campaign", chosen.campaign) if chosen.campaign else None,
        "case": chosen.case,
        "recipient": chosen.recipient,
        "since": chosen.since,
        "until": chosen.until,
        "search": containing(chosen.search),
    }
    return Listing(
        "messages",
        _MESSAGE,
        within + _MESSAGE_FILTER,
        ordering(sort, _MESSAGE_SORTS, "-createdAt", "l.id"),
        params,
        MessageRow.to_public,
        (
            "messageId", "type", "purpose", "recipient", "status", "caseId", "campaignId", "templateId", "sentAt",
            "deliveredAt", "openedAt", "clickedAt", "repliedAt", "errorMessage", "vendor", "attempts", "cost",
        ),
        row=MessageRow,
    )  # fmt: skip
