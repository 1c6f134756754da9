"""Vendor accounts as people list and read them; every list starts from the caller's clients."""

from collections.abc import Mapping
from typing import Any, Final

from py360.kit.caller import Caller
from py360.kit.db import Row
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.providers.accounts import open_config
from py360.modules.providers.catalog import TYPES, provider_type, shown

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
        " from providers p left join messaging_public_message l on l.provider_id = p.id"
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
