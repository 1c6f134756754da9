"""Reading templates, messages and accounts: every list starts from the caller's reach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from py360.kit import ids
from py360.kit.caller import Caller, reach_filter
from py360.kit.db import Row
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, comma_list, containing, ordering
from py360.kit.reads import Reads
from py360.modules.messaging import ledger
from py360.modules.messaging.accounts import open_config
from py360.modules.messaging.provider_types import TYPES, provider_type, shown

_TEMPLATE: Final = """
select t.id, t.client_id, t.name, t.template_type, t.category, t.subject, t.content, t.format, t.language, t.variables, t.tags,
  t.is_active, t.status, t.dlt_template_id, t.dlt_approved, t.version, t.usage_count, t.created_by, t.created_at, t.updated_at
from templates t
"""
_TEMPLATE_SORTS: Final = {
    "name": "lower(t.name)",
    "type": "t.template_type",
    "category": "t.category",
    "status": "t.status",
    "usage": "t.usage_count",
    "id": "t.id",
    "createdAt": "t.created_at",
    "updatedAt": "t.updated_at",
    "lastModified": "t.updated_at",
}


def shown_template(row: Mapping[str, Any]) -> dict[str, Any]:
    """A template of the wire."""
    return {
        "id": ids.code("template", row["id"]),
        "clientId": row["client_id"],
        "name": row["name"],
        "type": row["template_type"],
        "category": row["category"],
        "subject": row["subject"],
        "content": row["content"],
        "format": row["format"],
        "language": row["language"],
        "variables": row["variables"] or [],
        "tags": row["tags"],
        "isActive": row["is_active"],
        "status": row["status"],
        "dltTemplateId": row["dlt_template_id"],
        "dltApproved": row["dlt_approved"],
        "version": row["version"],
        "usageCount": row["usage_count"],
        "createdBy": row["created_by"],
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
    }


_TEMPLATE_FILTER: Final = """
t.client_id = any(%(clients)s)
  and (%(types)s::text[] is null or t.template_type = any(%(types)s))
  and (%(active)s::boolean is null or t.is_active = %(active)s)
  and (%(categories)s::text[] is null or t.category = any(%(categories)s))
  and (%(statuses)s::text[] is null or t.status = any(%(statuses)s))
  and (%(search)s::text is null or t.name ilike %(search)s or t.content ilike %(search)s or t.tags::text ilike %(search)s)
"""


def templates(
    caller: Caller,
    sort: str | None,
    *,
    types: str | None = None,
    active: bool | None = None,
    categories: str | None = None,
    statuses: str | None = None,
    search: str | None = None,
) -> Listing:
    """The templates of the caller's clients; types, categories and statuses are comma lists."""
    params = {
        "clients": list(caller.client_ids),
        "types": comma_list(types) or None,
        "active": active,
        "categories": comma_list(categories) or None,
        "statuses": comma_list(statuses) or None,
        "search": containing(search),
    }
    return Listing(
        "templates",
        _TEMPLATE,
        _TEMPLATE_FILTER,
        ordering(sort, _TEMPLATE_SORTS, "id", "t.id"),
        params,
        shown_template,
        (
            "id", "name", "type", "category", "subject", "content", "language", "variables", "tags", "status",
            "dltTemplateId", "dltApproved", "version", "usageCount", "createdAt", "updatedAt",
        ),
    )  # fmt: skip


async def template_figures(reads: Reads, listing: Listing) -> dict[str, Any]:
    """The figures of the template manager over the templates of a list."""
    figures = await reads.one(
        "select count(*) as total, count(*) filter (where is_active) as active,"
        ' count(*) filter (where dlt_approved) as "dltApproved", coalesce(sum(usage_count), 0)::bigint as "totalUsage"'
        f" from templates t where {listing.where}",
        listing.params,
    )
    assert figures is not None
    return figures


async def template(reads: Reads, caller: Caller, ref: str) -> dict[str, Any]:
    """One template with its versions. Raises NotFound."""
    number = ids.number("template", ref)
    params = {"id": number, "clients": list(caller.client_ids)}
    row = await reads.one(f"{_TEMPLATE} where t.id = %(id)s and t.client_id = any(%(clients)s)", params)
    if row is None:
        raise NotFound(f"There is no template “{ref[:60]}”.", code="template_not_found")
    versions = await reads.all(
        'select version, subject, format, created_by as "createdBy", created_at as "createdAt"'
        " from template_versions where template_id = %(id)s order by version desc limit 50",
        params,
    )
    return {**shown_template(row), "versions": versions}


# ---------------------------------------------------------------- messages

_MESSAGE: Final = f"""
select l.id, l.client_id, l.communication_type, l.purpose, l.recipient_contact, l.status, l.attempts, l.sent_at, l.delivered_at,
  l.opened_at, l.clicked_at, l.replied_at, l.unsubscribed_at, l.error_code, l.error_message, l.vendor_name, l.provider_id,
  l.vendor_message_id, l.template_id, l.campaign_id, l.case_id, c.case_number, case when {ledger.CHARGED} then l.cost end as cost, l.created_at, l.updated_at
from communication_delivery_status l
left join cases_public_case c on c.id = l.case_id
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
        "status": "read" if channel == "whatsapp" and status == "opened" else status,
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


# ---------------------------------------------------------------- accounts

_PROVIDER: Final = """
select p.id, p.client_id, p.name, p.channel, p.type, p.is_active, p.is_default, p.is_sandbox, p.status, p.config_encrypted,
  p.dlt_entity_id, p.daily_limit, p.monthly_limit, p.rate_limit, p.last_used, p.last_tested, p.created_at, p.updated_at
from providers p
"""


def shown_provider(row: Mapping[str, Any]) -> dict[str, Any]:
    """An account of the wire, its secrets masked."""
    kind = provider_type(row["channel"], row["type"])
    return {
        "id": row["id"],
        "clientId": row["client_id"],
        "name": row["name"],
        "channel": row["channel"],
        "type": row["type"],
        "isActive": row["is_active"],
        "isDefault": row["is_default"],
        "isSandbox": row["is_sandbox"],
        "status": row["status"],
        "config": shown(kind, open_config(row["config_encrypted"])),
        "dltEntityId": row["dlt_entity_id"],
        "limits": {
            "dailyLimit": row["daily_limit"],
            "monthlyLimit": row["monthly_limit"],
            "rateLimit": row["rate_limit"],
        },
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
        "lastUsed": row["last_used"],
        "lastTested": row["last_tested"],
    }


def providers(
    caller: Caller, sort: str | None, channel: str | None, active: bool | None, search: str | None
) -> Listing:
    """The accounts of the caller's clients, by channel, the default first."""
    known = {
        "channel": "p.channel, p.is_default desc, p.id",
        "name": "lower(p.name)",
        "lastUsed": "p.last_used nulls last",
        "createdAt": "p.created_at",
    }
    return Listing(
        "providers",
        _PROVIDER,
        "p.client_id = any(%(clients)s) and (%(channel)s::text is null or p.channel = %(channel)s)"
        " and (%(active)s::boolean is null or p.is_active = %(active)s)"
        " and (%(search)s::text is null or p.name ilike %(search)s or p.type ilike %(search)s)",
        ordering(sort, known, "channel", "p.id"),
        {"clients": list(caller.client_ids), "channel": channel, "active": active, "search": containing(search)},
        shown_provider,
        ("id", "name", "channel", "type", "isActive", "isDefault", "isSandbox", "status", "lastUsed", "lastTested"),
    )


async def provider(reads: Reads, caller: Caller, number: int) -> Row:
    """One account, as read. Raises NotFound."""
    row = await reads.one(
        f"{_PROVIDER} where p.id = %(id)s and p.client_id = any(%(clients)s)",
        {"id": number, "clients": list(caller.client_ids)},
    )
    if row is None:
        raise NotFound(f"There is no sender account {number}.", code="provider_not_found")
    return row


async def provider_stats(reads: Reads, caller: Caller, channel: str, number: int) -> dict[str, Any]:
    """What an account sent. Raises NotFound."""
    row = await reads.one(
        "select p.last_used, count(l.id) filter (where l.sent_at is not null) as sent,"
        " count(l.id) filter (where l.delivered_at is not null) as delivered,"
        " count(l.id) filter (where l.status in ('failed', 'bounced')) as failed,"
        " count(l.id) filter (where l.status in ('pending', 'sending', 'unknown')) as pending"
        " from providers p left join communication_delivery_status l on l.provider_id = p.id"
        " where p.id = %(id)s and p.channel = %(channel)s and p.client_id = any(%(clients)s) group by p.id",
        {"id": number, "channel": channel, "clients": list(caller.client_ids)},
    )
    if row is None:
        raise NotFound(f"There is no {channel[:20]} account {number}.", code="provider_not_found")
    return {
        "sent": row["sent"],
        "delivered": row["delivered"],
        "failed": row["failed"],
        "pending": row["pending"],
        "lastActivity": row["last_used"],
    }


async def channel_stats(reads: Reads, caller: Caller) -> dict[str, Any]:
    """Accounts per channel, by state."""
    rows = await reads.all(
        "select channel, count(*) as total, count(*) filter (where is_active) as active,"
        " count(*) filter (where status = 'connected') as connected,"
        " count(*) filter (where status = 'disconnected') as disconnected,"
        " count(*) filter (where status = 'error') as error"
        " from providers where client_id = any(%(clients)s) group by channel",
        {"clients": list(caller.client_ids)},
    )
    empty = {"total": 0, "active": 0, "connected": 0, "disconnected": 0, "error": 0}
    return dict.fromkeys({kind.channel for kind in TYPES}, empty) | {row.pop("channel"): row for row in rows}
