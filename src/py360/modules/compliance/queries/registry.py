"""Reading the do-not-contact registry: its entries, their overrides, figures, and the messages it stopped."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from py360.kit import ids
from py360.kit.caller import Caller
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.compliance.views import BlockedMessageView, DncEntryView, DncEventView, DncStatistics, OverrideView

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


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry of the registry, with its client."""

    id: int
    client_id: int
    client_code: str
    client_name: str
    customer_name: str | None
    customer_phone: str | None
    customer_email: str | None
    dnc_type: str
    dnc_source: str
    reason: str | None
    effective_date: date
    expiry_date: date | None
    is_active: bool
    override_allowed: bool
    created_by: int | None
    created_at: datetime
    updated_at: datetime
    last_override: datetime | None

    def to_public(self) -> DncEntryView:
        """An entry as the API answers it."""
        return {
            "id": ids.code("dnc", self.id),
            "clientId": self.client_id,
            "clientCode": self.client_code,
            "clientName": self.client_name,
            "customerName": self.customer_name,
            "customerPhone": self.customer_phone,
            "customerEmail": self.customer_email,
            "dncType": self.dnc_type,
            "dncSource": self.dnc_source,
            "reason": self.reason,
            "effectiveDate": self.effective_date,
            "expiryDate": self.expiry_date,
            "isActive": self.is_active,
            "overrideAllowed": self.override_allowed,
            "createdBy": self.created_by,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "lastOverride": self.last_override,
        }


def entries(
    caller: Caller, sort: str | None, *, active: bool | None, type: str | None, source: str | None, search: str | None
) -> Listing[EntryRow]:
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
        EntryRow.to_public,
        (
            "id", "clientName", "customerName", "customerPhone", "customerEmail", "dncType", "dncSource", "reason",
            "effectiveDate", "expiryDate", "isActive", "overrideAllowed", "lastOverride", "createdAt",
        ),
        "do_not_contact",
        row=EntryRow,
    )  # fmt: skip


async def entry(reads: Reads, caller: Caller, ref: str) -> DncEntryView:
    """One entry. Raises NotFound."""
    row = await reads.fetch_one(
        EntryRow,
        f"{_ENTRY} where d.id = %(id)s and d.client_id = any(%(clients)s)",
        {"id": ids.number("dnc", ref), "clients": list(caller.client_ids)},
    )
    if row is None:
        raise NotFound(f"There is no do-not-contact entry “{ref[:40]}”.", code="dnc_not_found")
    return row.to_public()


_OVERRIDE: Final = """
select o.id, d.client_id, o.dnc_id, o.override_type, o.reason, o.start_date, o.end_date, o.status, o.requested_by, o.authorized_by,
  o.approval_reason, o.created_at, d.customer_name, d.customer_phone, d.customer_email
from dnc_override_logs o join dnc_registry d on d.id = o.dnc_id
"""


@dataclass(frozen=True, slots=True)
class OverrideRow:
    """An override, and who it is about."""

    id: int
    client_id: int
    dnc_id: int
    override_type: str
    reason: str
    start_date: datetime
    end_date: datetime | None
    status: str
    requested_by: int | None
    authorized_by: int | None
    approval_reason: str | None
    created_at: datetime
    customer_name: str | None
    customer_phone: str | None
    customer_email: str | None

    def to_public(self) -> OverrideView:
        """An override as the API answers it."""
        return {
            "id": ids.code("override", self.id),
            "clientId": self.client_id,
            "dncId": ids.code("dnc", self.dnc_id),
            "customerName": self.customer_name,
            "customerPhone": self.customer_phone,
            "customerEmail": self.customer_email,
            "overrideType": self.override_type,
            "reason": self.reason,
            "startDate": self.start_date,
            "endDate": self.end_date,
            "status": self.status,
            "requestedBy": self.requested_by,
            "authorizedBy": self.authorized_by,
            "approvalReason": self.approval_reason,
            "createdAt": self.created_at,
        }


def overrides(caller: Caller, sort: str | None, *, status: str | None, search: str | None) -> Listing[OverrideRow]:
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
        OverrideRow.to_public,
        (
            "id", "dncId", "customerName", "customerPhone", "customerEmail", "overrideType", "reason", "startDate",
            "endDate", "status", "approvalReason", "createdAt",
        ),
        row=OverrideRow,
    )  # fmt: skip


_HISTORY: Final = """
select 'added' as event, created_at as at, created_by as user_id, reason as details from dnc_registry where id = %(id)s
union all
select 'override_' || status, created_at, requested_by, reason from dnc_override_logs where dnc_id = %(id)s
union all
select 'message_blocked', attempted_at, attempted_by, reason from dnc_blocked_messages where dnc_id = %(id)s
order by at desc limit 200
"""


@dataclass(frozen=True, slots=True)
class _Event:
    event: str
    at: datetime
    user_id: int | None
    details: str | None

    def to_public(self) -> DncEventView:
        return {"event": self.event, "at": self.at, "userId": self.user_id, "details": self.details}


async def history(reads: Reads, caller: Caller, ref: str) -> list[DncEventView]:
    """What happened to an entry: added, overridden, messages stopped; newest first. Raises NotFound."""
    found = await entry(reads, caller, ref)
    events = await reads.fetch_all(_Event, _HISTORY, {"id": ids.number("dnc", found["id"])})
    return [each.to_public() for each in events]


_STATISTICS: Final = """
select count(*) as active, count(*) filter (where dnc_type in ('phone', 'both')) as phone,
  count(*) filter (where dnc_type in ('email', 'both')) as email,
  count(*) filter (where dnc_source = 'government') as government
from dnc_active_entries where client_id = any(%(clients)s)
"""


@dataclass(frozen=True, slots=True)
class _Statistics:
    active: int
    phone: int
    email: int
    government: int


async def statistics(reads: Reads, caller: Caller) -> DncStatistics:
    """The figures above the registry: what is in force today."""
    found = await reads.fetch_only(_Statistics, _STATISTICS, {"clients": list(caller.client_ids)})
    return {
        "activeEntries": found.active,
        "phoneEntries": found.phone,
        "emailEntries": found.email,
        "governmentEntries": found.government,
    }


_BLOCKED: Final = """
select id, client_id, dnc_id, campaign_id, case_number, message_type, recipient_phone, recipient_email, reason, attempted_by, attempted_at
from dnc_blocked_messages
"""


@dataclass(frozen=True, slots=True)
class BlockedRow:
    """A message that the registry stopped."""

    id: int
    client_id: int
    dnc_id: int | None
    campaign_id: int | None
    case_number: str | None
    message_type: str
    recipient_phone: str | None
    recipient_email: str | None
    reason: str | None
    attempted_by: int | None
    attempted_at: datetime

    def to_public(self) -> BlockedMessageView:
        """A stopped message as the API answers it."""
        return {
            "id": self.id,
            "clientId": self.client_id,
            "dncId": ids.code("dnc", self.dnc_id) if self.dnc_id else None,
            "campaignId": ids.code("campaign", self.campaign_id) if self.campaign_id else None,
            "caseId": self.case_number,
            "messageType": self.message_type,
            "recipientPhone": self.recipient_phone,
            "recipientEmail": self.recipient_email,
            "reason": self.reason,
            "attemptedBy": self.attempted_by,
            "attemptedAt": self.attempted_at,
        }


def blocked_messages(
    caller: Caller, sort: str | None, *, channel: str | None, search: str | None
) -> Listing[BlockedRow]:
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
        BlockedRow.to_public,
        (
            "attemptedAt", "messageType", "recipientPhone", "recipientEmail", "caseId", "campaignId", "reason", "dncId",
        ),
        "blocked_messages",
        row=BlockedRow,
    )  # fmt: skip
