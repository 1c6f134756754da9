"""The message ledger as people list and read it; every list starts from the caller's reach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from py360.kit import ids
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, comma_list, containing, ordering
from py360.kit.reads import Reads
from py360.modules.messaging.delivery import ledger

_MESSAGE: Final = f"""
select l.id, l.client_id, l.communication_type, l.purpose, l.recipient_contact, l.status, l.attempts, l.sent_at, l.delivered_at,
  l.opened_at, l.clicked_at, l.replied_at, l.unsubscribed_at, l.error_code, l.error_message, l.vendor_name, l.provider_id,
  l.vendor_message_id, l.template_id, l.campaign_id, l.case_id, c.case_number, c.policy_number, l.subject, l.content, u.full_name as customer_name, case when {ledger.CHARGED} then l.cost end as cost, l.created_at, l.updated_at
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


def shown_message(row: Mapping[str, Any]) -> dict[str, Any]:
    """A message of the wire. WhatsApp says `read` where e-mail says `opened`."""
    channel, status = row["communication_type"], row["status"]
    return {
        "messageId": ids.code(channel, row["id"]),
        "clientId": row["client_id"],
        "type": channel,
        "communicationType": channel,  # the screens have both names, of this and of the status
        "customerName": row["customer_name"],
        "policyNumber": row["policy_number"],
        "message": row["content"] or row["subject"],
        "status": "read" if channel == "whatsapp" and status == "opened" else status,
        "deliveryStatus": "read" if channel == "whatsapp" and status == "opened" else status,
        "purpose": row["purpose"],
        "recipient": row["recipient_contact"],
        "attempts": row["attempts"],
        "sentAt": row["sent_at"],
        "deliveredAt": row["delivered_at"],
        "readAt": row["opened_at"],
        "openedAt": row["opened_at"],
        "clickedAt": row["clicked_at"],
        "repliedAt": row["replied_at"],
        "unsubscribedAt": row["unsubscribed_at"],
        "errorCode": row["error_code"],
        "errorMessage": row["error_message"],
        "vendor": row["vendor_name"],
        "providerId": row["provider_id"],
        "vendorMessageId": row["vendor_message_id"],
        "templateId": ids.code("template", row["template_id"]) if row["template_id"] else None,
        "campaignId": ids.code("campaign", row["campaign_id"]) if row["campaign_id"] else None,
        "caseId": row["case_number"] or row["case_id"],
        "cost": row["cost"],
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
    }


def _reach(caller: Caller) -> tuple[str, dict[str, Any]]:
    """Messages of cases within reach; one without a case is seen by its sender and by those who see all."""
    cases, params = reach_filter(caller, "c")
    own = "true" if caller.reach == "all" else "l.sent_by = %(reach_user)s"
    return f"l.client_id = any(%(reach_clients)s) and ((l.case_id is not null and {cases}) or ({own}))", dict(params)


async def message(reads: Reads, caller: Caller, ref: str) -> dict[str, Any]:
    """One message by its code. Raises NotFound, also for a code of another channel."""
    found = await messages_by_code(reads, caller, [ref])
    if not found:
        raise NotFound(f"There is no message “{ref[:60]}”.", code="message_not_found")
    return found[0]


async def messages_by_code(reads: Reads, caller: Caller, refs: Sequence[str]) -> list[dict[str, Any]]:
    """The messages with these codes that are within reach; what is no code of a message is left out."""
    wanted = {number: ref.lower() for ref in refs if (number := ids.message_number(ref)) is not None}
    within, params = _reach(caller)
    rows = await reads.all(f"{_MESSAGE} where l.id = any(%(ids)s) and {within}", {**params, "ids": list(wanted)})
    shown = [(row["id"], shown_message(row)) for row in rows]
    return [each for number, each in shown if wanted[number].isdigit() or wanted[number] == each["messageId"]]


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


def messages(caller: Caller, chosen: MessageFilter, sort: str | None) -> Listing:
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
        shown_message,
        (
            "messageId", "type", "purpose", "recipient", "status", "caseId", "campaignId", "templateId", "sentAt",
            "deliveredAt", "openedAt", "clickedAt", "repliedAt", "errorMessage", "vendor", "attempts", "cost",
        ),
    )  # fmt: skip
