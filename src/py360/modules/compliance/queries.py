"""Reading the registry, its overrides and figures, and the suppression list."""

from collections.abc import Mapping
from typing import Any, Final

from py360.kit import ids
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads

_ENTRY: Final = """
select d.id, d.client_id, c.client_code, c.client_name, d.customer_name, d.customer_phone, d.customer_email, d.dnc_type,
  d.dnc_source, d.reason, d.effective_date, d.expiry_date, d.is_active, d.override_allowed, d.created_by, d.created_at,
  d.updated_at, (select max(o.created_at) from dnc_override_logs o where o.dnc_id = d.id) as last_override
from dnc_registry d join identity_public_client c on c.id = d.client_id
"""
_FILTER: Final = """
d.client_id = any(%(clients)s)
  and (%(active)s::boolean is null or d.is_active = %(active)s)
  and (%(type)s::text is null or d.dnc_type = %(type)s)
  and (%(source)s::text is null or d.dnc_source = %(source)s)
  and (%(search)s::text is null or d.customer_name ilike %(search)s or d.customer_phone ilike %(search)s
    or d.customer_email ilike %(search)s or c.client_name ilike %(search)s)
"""
_SORTS: Final = {
    "id": "d.id",
    "customerName": "lower(d.customer_name) nulls last",
    "clientName": "lower(c.client_name)",
    "type": "d.dnc_type",
    "source": "d.dnc_source",
    "effectiveDate": "d.effective_date",
    "expiryDate": "d.expiry_date nulls last",
    "createdAt": "d.created_at",
}


def shown_entry(row: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of the wire."""
    return {
        "id": ids.code("dnc", row["id"]),
        "clientId": row["client_id"],
        "clientCode": row["client_code"],
        "clientName": row["client_name"],
        "customerName": row["customer_name"],
        "customerPhone": row["customer_phone"],
        "customerEmail": row["customer_email"],
        "dncType": row["dnc_type"],
        "dncSource": row["dnc_source"],
        "reason": row["reason"],
        "effectiveDate": row["effective_date"],
        "expiryDate": row["expiry_date"],
        "isActive": row["is_active"],
        "overrideAllowed": row["override_allowed"],
        "createdBy": row["created_by"],
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
        "lastOverride": row["last_override"],
    }


def entries(
    caller: Caller, sort: str | None, *, active: bool | None, type: str | None, source: str | None, search: str | None
) -> Listing:
    """The registry, newest first."""
    return Listing(
        "entries",
        _ENTRY,
        _FILTER,
        ordering(sort, _SORTS, "-id", "d.id"),
        {
            "clients": list(caller.client_ids),
            "active": active,
            "type": type,
            "source": source,
            "search": containing(search),
        },
        shown_entry,
        (
            "id", "clientName", "customerName", "customerPhone", "customerEmail", "dncType", "dncSource", "reason",
            "effectiveDate", "expiryDate", "isActive", "overrideAllowed", "lastOverride", "createdAt",
        ),
        "do_not_contact",
    )  # fmt: skip


async def entry(reads: Reads, caller: Caller, ref: str) -> dict[str, Any]:
    """One entry. Raises NotFound."""
    row = await reads.one(
        f"{_ENTRY} where d.id = %(id)s and d.client_id = any(%(clients)s)",
        {"id": ids.number("dnc", ref), "clients": list(caller.client_ids)},
    )
    if row is None:
        raise NotFound(f"There is no do-not-contact entry “{ref[:40]}”.", code="dnc_not_found")
    return shown_entry(row)


_OVERRIDE: Final = """
select o.id, d.client_id, o.dnc_id, o.override_type, o.reason, o.start_date, o.end_date, o.status, o.requested_by, o.authorized_by,
  o.approval_reason, o.created_at, d.customer_name, d.customer_phone, d.customer_email
from dnc_override_logs o join dnc_registry d on d.id = o.dnc_id
"""


def shown_override(row: Mapping[str, Any]) -> dict[str, Any]:
    """An override of the wire."""
    return {
        "id": ids.code("override", row["id"]),
        "clientId": row["client_id"],
        "dncId": ids.code("dnc", row["dnc_id"]),
        "customerName": row["customer_name"],
        "customerPhone": row["customer_phone"],
        "customerEmail": row["customer_email"],
        "overrideType": row["override_type"],
        "reason": row["reason"],
        "startDate": row["start_date"],
        "endDate": row["end_date"],
        "status": row["status"],
        "requestedBy": row["requested_by"],
        "authorizedBy": row["authorized_by"],
        "approvalReason": row["approval_reason"],
        "createdAt": row["created_at"],
    }


def overrides(caller: Caller, sort: str | None, *, status: str | None, search: str | None) -> Listing:
    """Overrides, newest first."""
    known = {"id": "o.id", "createdAt": "o.id", "status": "o.status", "endDate": "o.end_date nulls last"}
    return Listing(
        "overrides",
        _OVERRIDE,
        "d.client_id = any(%(clients)s) and (%(status)s::text is null or o.status = %(status)s)"
        " and (%(search)s::text is null or d.customer_name ilike %(search)s or d.customer_phone ilike %(search)s"
        " or d.customer_email ilike %(search)s or o.reason ilike %(search)s)",
        ordering(sort, known, "-id", "o.id"),
        {"clients": list(caller.client_ids), "status": status, "search": containing(search)},
        shown_override,
        (
            "id", "dncId", "customerName", "customerPhone", "customerEmail", "overrideType", "reason", "startDate",
            "endDate", "status", "approvalReason", "createdAt",
        ),
    )  # fmt: skip


async def history(reads: Reads, caller: Caller, ref: str) -> list[dict[str, Any]]:
    """What happened to an entry: added, overridden, messages stopped; newest first. Raises NotFound."""
    found = await entry(reads, caller, ref)
    return await reads.all(
        "select 'added' as event, created_at as at, created_by as \"userId\", reason as details from dnc_registry"
        " where id = %(id)s union all"
        " select 'override_' || status, created_at, requested_by, reason from dnc_override_logs where dnc_id = %(id)s"
        " union all select 'message_blocked', attempted_at, attempted_by, reason from dnc_blocked_messages"
        " where dnc_id = %(id)s order by at desc limit 200",
        {"id": ids.number("dnc", found["id"])},
    )


async def statistics(reads: Reads, caller: Caller) -> dict[str, Any]:
    """The figures above the registry: what is in force today."""
    row = await reads.one(
        "select count(*) as active, count(*) filter (where dnc_type in ('phone', 'both')) as phone,"
        " count(*) filter (where dnc_type in ('email', 'both')) as email,"
        " count(*) filter (where dnc_source = 'government') as government"
        " from dnc_active_entries where client_id = any(%(clients)s)",
        {"clients": list(caller.client_ids)},
    )
    assert row is not None
    return {
        "activeEntries": row["active"],
        "phoneEntries": row["phone"],
        "emailEntries": row["email"],
        "governmentEntries": row["government"],
    }


_BLOCKED: Final = """
select id, client_id, dnc_id, campaign_id, case_number, message_type, recipient_phone, recipient_email, reason, attempted_by, attempted_at
from dnc_blocked_messages
"""


def _shown_blocked(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "clientId": row["client_id"],
        "dncId": ids.code("dnc", row["dnc_id"]) if row["dnc_id"] else None,
        "campaignId": ids.code("campaign", row["campaign_id"]) if row["campaign_id"] else None,
        "caseId": row["case_number"],
        "messageType": row["message_type"],
        "recipientPhone": row["recipient_phone"],
        "recipientEmail": row["recipient_email"],
        "reason": row["reason"],
        "attemptedBy": row["attempted_by"],
        "attemptedAt": row["attempted_at"],
    }


def blocked_messages(caller: Caller, sort: str | None, *, channel: str | None, search: str | None) -> Listing:
    """The messages the registry stopped, newest first."""
    known = {"id": "id", "attemptedAt": "id", "messageType": "message_type"}
    return Listing(
        "messages",
        _BLOCKED,
        "client_id = any(%(clients)s) and (%(channel)s::text is null or message_type = %(channel)s)"
        " and (%(search)s::text is null or recipient_phone ilike %(search)s or recipient_email ilike %(search)s"
        " or case_number ilike %(search)s)",
        ordering(sort, known, "-id", "id"),
        {"clients": list(caller.client_ids), "channel": channel, "search": containing(search)},
        _shown_blocked,
        (
            "attemptedAt", "messageType", "recipientPhone", "recipientEmail", "caseId", "campaignId", "reason", "dncId",
        ),
        "blocked_messages",
    )  # fmt: skip


def suppressions(
    caller: Caller,
    sort: str | None,
    *,
    channel: str | None,
    reason: str | None,
    contact: str | None,
    search: str | None,
) -> Listing:
    """The suppression list, newest first."""
    return Listing(
        "suppressions",
        'select id, client_id as "clientId", channel, contact, reason, details, expires_at as "expiresAt",'
        ' created_at as "createdAt" from suppressions',
        "client_id = any(%(clients)s) and (%(channel)s::text is null or channel = %(channel)s)"
        " and (%(reason)s::text is null or reason = %(reason)s) and (%(contact)s::text is null or contact = %(contact)s)"
        " and (%(search)s::text is null or contact ilike %(search)s or details ilike %(search)s)",
        ordering(
            sort,
            {"id": "id", "createdAt": "id", "channel": "channel", "reason": "reason", "contact": "contact"},
            "-id",
            "id",
        ),
        {
            "clients": list(caller.client_ids),
            "channel": channel,
            "reason": reason,
            "contact": contact,
            "search": containing(search),
        },
        dict,
        ("channel", "contact", "reason", "details", "expiresAt", "createdAt"),
    )


def person(caller: Caller, ref: str | int) -> tuple[str, dict[str, Any]]:
    """The predicate on `customers_public_contact p` for a customer by code or number, within the caller's reach."""
    text = str(ref).strip()
    within, params = reach_filter(caller, "k")
    said = {**params, "text": text, "number": ids.bare_number(text)}
    # A code that several of the caller's clients use names nobody: only its number, or `clientId`, does.
    named = (
        "(p.id = %(number)s or p.customer_code = %(text)s and not exists ("
        "select from customers_public_contact o where o.customer_code = p.customer_code"
        " and o.client_id <> p.client_id and o.client_id = any(%(reach_clients)s)))"
        " and p.client_id = any(%(reach_clients)s)"
    )
    if caller.reach == "all":
        return named, said
    return f"{named} and p.id in (select k.customer_id from cases_public_case k where {within})", said


def no_customer(ref: str | int) -> NotFound:
    """Unknown, or not within reach: the same answer."""
    return NotFound(f"There is no customer {str(ref)[:60]} within your reach.", code="customer_not_found")


async def consents(reads: Reads, caller: Caller, customer: str) -> list[dict[str, Any]]:
    """Everything a customer said about messages, newest first; the newest of a channel and purpose counts. Raises NotFound."""
    where, said = person(caller, customer)
    number = await reads.value(f"select p.id from customers_public_contact p where {where}", said)
    if number is None:
        raise no_customer(customer)
    return await reads.all(
        'select id, channel, purpose, state, source, evidence, recorded_by as "recordedBy", recorded_at as "recordedAt"'
        " from consents where customer_id = %(customer)s order by id desc limit 200",
        {"customer": number},
    )
