"""Reading the registry, its overrides and figures, and the suppression list."""

from collections.abc import Mapping
from typing import Any, Final

from py360.kit import ids
from py360.kit.caller import Caller
from py360.kit.errors import BadRequest, NotFound
from py360.kit.paging import Page, pagination
from py360.kit.reads import Reads

_ENTRY: Final = """
select d.id, d.client_id, c.client_code, c.client_name, d.customer_name, d.customer_phone, d.customer_email, d.dnc_type,
  d.dnc_source, d.reason, d.effective_date, d.expiry_date, d.is_active, d.override_allowed, d.created_by, d.created_at,
  d.updated_at, (select max(o.created_at) from dnc_override_logs o where o.dnc_id = d.id) as last_override
from dnc_registry d join clients c on c.id = d.client_id
"""
_FILTER: Final = """
where d.client_id = any(%(clients)s)
  and (%(active)s::boolean is null or d.is_active = %(active)s)
  and (%(type)s::text is null or d.dnc_type = %(type)s)
  and (%(source)s::text is null or d.dnc_source = %(source)s)
  and (%(search)s::text is null or d.customer_name ilike %(search)s or d.customer_phone ilike %(search)s
    or d.customer_email ilike %(search)s or c.client_name ilike %(search)s)
"""
_SORTS: Final = {
    "customerName": "lower(d.customer_name)",
    "clientName": "lower(c.client_name)",
    "type": "d.dnc_type",
    "source": "d.dnc_source",
    "effectiveDate": "d.effective_date",
    "expiryDate": "d.expiry_date",
    "createdAt": "d.created_at",
}


def _order(page: Page) -> str:
    if page.sort is None:
        return "order by d.id desc"
    name = page.sort.removeprefix("-")
    if name not in _SORTS:
        raise BadRequest(f"One cannot sort by “{name}”; there are {', '.join(_SORTS)}.", code="unknown_sort")
    return f"order by {_SORTS[name]} {'desc' if page.sort.startswith('-') else 'asc'} nulls last, d.id"


def shown_entry(row: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of the wire."""
    return {
        "id": ids.code("dnc", row["id"]),
        "clientId": row["client_code"],
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


async def entries(
    reads: Reads,
    caller: Caller,
    page: Page,
    *,
    active: bool | None,
    type: str | None,
    source: str | None,
    search: str | None,
) -> dict[str, Any]:
    """A page of the registry, newest first."""
    escaped = (search or "").replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    params = {
        "clients": list(caller.client_ids),
        "active": active,
        "type": type,
        "source": source,
        "search": f"%{escaped}%" if search else None,
        "limit": page.limit,
        "offset": page.offset,
    }
    rows = await reads.all(f"{_ENTRY} {_FILTER} {_order(page)} limit %(limit)s offset %(offset)s", params)
    total = await reads.value(
        f"select count(*) from dnc_registry d join clients c on c.id = d.client_id {_FILTER}", params
    )
    return {"entries": [shown_entry(row) for row in rows], "pagination": pagination(page, total)}


async def entry(reads: Reads, caller: Caller, ref: str) -> dict[str, Any]:
    """One entry. Raises NotFound."""
    row = await reads.one(
        f"{_ENTRY} where d.id = %(id)s and d.client_id = any(%(clients)s)",
        {"id": ids.number("dnc", ref), "clients": list(caller.client_ids)},
    )
    if row is None:
        raise NotFound(f"There is no entry “{ref[:40]}”.", code="dnc_not_found")
    return shown_entry(row)


_OVERRIDE: Final = """
select o.id, o.dnc_id, o.override_type, o.reason, o.start_date, o.end_date, o.status, o.requested_by, o.authorized_by,
  o.approval_reason, o.created_at, d.customer_name, d.customer_phone, d.customer_email
from dnc_override_logs o join dnc_registry d on d.id = o.dnc_id
"""


def shown_override(row: Mapping[str, Any]) -> dict[str, Any]:
    """An override of the wire."""
    return {
        "id": ids.code("override", row["id"]),
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


async def overrides(
    reads: Reads, caller: Caller, page: Page, *, status: str | None = None, dnc: str | None = None
) -> dict[str, Any]:
    """A page of overrides, newest first; of one entry when named."""
    params = {
        "clients": list(caller.client_ids),
        "status": status,
        "dnc": ids.number("dnc", dnc) if dnc else None,
        "limit": page.limit,
        "offset": page.offset,
    }
    condition = (
        "where d.client_id = any(%(clients)s) and (%(status)s::text is null or o.status = %(status)s)"
        " and (%(dnc)s::bigint is null or o.dnc_id = %(dnc)s)"
    )
    rows = await reads.all(f"{_OVERRIDE} {condition} order by o.id desc limit %(limit)s offset %(offset)s", params)
    total = await reads.value(
        f"select count(*) from dnc_override_logs o join dnc_registry d on d.id = o.dnc_id {condition}", params
    )
    return {"overrides": [shown_override(row) for row in rows], "pagination": pagination(page, total)}


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


async def blocked_messages(reads: Reads, caller: Caller, page: Page) -> dict[str, Any]:
    """A page of the messages the registry stopped, newest first."""
    params = {"clients": list(caller.client_ids), "limit": page.limit, "offset": page.offset}
    rows = await reads.all(
        "select id, dnc_id, campaign_id, case_number, message_type, recipient_phone, recipient_email, reason, attempted_by,"
        " attempted_at from dnc_blocked_messages where client_id = any(%(clients)s)"
        " order by id desc limit %(limit)s offset %(offset)s",
        params,
    )
    total = await reads.value("select count(*) from dnc_blocked_messages where client_id = any(%(clients)s)", params)
    shown = [
        {
            "id": row["id"],
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
        for row in rows
    ]
    return {"messages": shown, "pagination": pagination(page, total)}


async def suppressions(
    reads: Reads, caller: Caller, page: Page, *, channel: str | None, reason: str | None, contact: str | None
) -> dict[str, Any]:
    """A page of the suppression list, newest first."""
    params = {
        "clients": list(caller.client_ids),
        "channel": channel,
        "reason": reason,
        "contact": contact,
        "limit": page.limit,
        "offset": page.offset,
    }
    condition = (
        "where client_id = any(%(clients)s) and (%(channel)s::text is null or channel = %(channel)s)"
        " and (%(reason)s::text is null or reason = %(reason)s) and (%(contact)s::text is null or contact = %(contact)s)"
    )
    rows = await reads.all(
        'select id, channel, contact, reason, details, expires_at as "expiresAt", created_at as "createdAt"'
        f" from suppressions {condition} order by id desc limit %(limit)s offset %(offset)s",
        params,
    )
    total = await reads.value(f"select count(*) from suppressions {condition}", params)
    return {"suppressions": rows, "pagination": pagination(page, total)}


async def consents(reads: Reads, caller: Caller, customer_id: int) -> list[dict[str, Any]]:
    """Everything a customer said about messages, newest first; the newest of a channel and purpose counts."""
    return await reads.all(
        'select id, channel, purpose, state, source, evidence, recorded_by as "recordedBy", recorded_at as "recordedAt"'
        " from consents where customer_id = %(customer)s and client_id = any(%(clients)s) order by id desc limit 200",
        {"customer": customer_id, "clients": list(caller.client_ids)},
    )
