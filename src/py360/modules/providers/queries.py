"""Vendor accounts as people list and read them; every list starts from the caller's clients."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from py360.kit.caller import Caller
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.kit.settings import settings
from py360.modules.providers.accounts import open_settings
from py360.modules.providers.catalog import MAILBOX, TYPES, masked, provider_type
from py360.modules.providers.service import Edition
from py360.modules.providers.views import ProviderCountsView, ProviderStatsView, ProviderView

_PROVIDER: Final = """
select p.id, p.client_id, p.name, p.channel, p.type, p.is_active, p.is_default, p.is_sandbox, p.status, p.config_encrypted,
  p.dlt_entity_id, p.daily_limit, p.monthly_limit, p.rate_limit, p.last_used, p.last_tested, p.created_at, p.updated_at
from providers p
"""


@dataclass(frozen=True, slots=True)
class Provider:
    """An account as it is listed; its settings are still sealed."""

    id: int
    client_id: int
    name: str
    channel: str
    type: str
    is_active: bool
    is_default: bool
    is_sandbox: bool
    status: str
    config_encrypted: str = field(repr=False)
    dlt_entity_id: str | None
    daily_limit: int | None
    monthly_limit: int | None
    rate_limit: int | None
    last_used: datetime | None
    last_tested: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def version(self) -> int:
        """The version of what people set of it."""
        return Edition(
            self.name, self.channel, self.type, self.is_active, self.is_default, self.config_encrypted,
            self.dlt_entity_id, self.daily_limit, self.monthly_limit, self.rate_limit,
        ).version  # fmt: skip

    def to_public(self) -> ProviderView:
        """An account of the wire, its secrets masked."""
        kind = provider_type(self.channel, self.type)
        return {
            "id": self.id,
            "clientId": self.client_id,
            "name": self.name,
            "channel": self.channel,
            "type": self.type,
            "isActive": self.is_active,
            "isDefault": self.is_default,
            "isSandbox": self.is_sandbox,
            "status": self.status,
            "config": masked(open_settings(kind, self.config_encrypted)),
            "dltEntityId": self.dlt_entity_id,
            "limits": {
                "dailyLimit": self.daily_limit,
                "monthlyLimit": self.monthly_limit,
                "rateLimit": self.rate_limit,
            },
            "webhookUrl": webhook_url(self.channel, self.type, self.id) if kind.has_webhooks else None,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "lastUsed": self.last_used,
            "lastTested": self.last_tested,
        }


def webhook_url(channel: str, type: str, number: int) -> str:
    """The address to register at the vendor for an account's events."""
    return f"{settings().public_url}/api/webhooks/{channel}/{type}/{number}"


def providers(
    caller: Caller, sort: str | None, channel: str | None, active: bool | None, search: str | None
) -> Listing[Provider]:
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
        "p.client_id = any(%(clients)s) and p.channel <> 'mailbox' and (%(channel)s::text is null or p.channel = %(channel)s)"
        " and (%(active)s::boolean is null or p.is_active = %(active)s)"
        " and (%(search)s::text is null or p.name ilike %(search)s or p.type ilike %(search)s)",
        ordering(sort, known, "channel", "p.id"),
        {"clients": list(caller.client_ids), "channel": channel, "active": active, "search": containing(search)},
        Provider.to_public,
        ("id", "name", "channel", "type", "isActive", "isDefault", "isSandbox", "status", "lastUsed", "lastTested"),
        row=Provider,
    )


async def provider(reads: Reads, caller: Caller, number: int) -> Provider:
    """One account, as read. Raises NotFound."""
    row = await reads.fetch_one(
        Provider,
        f"{_PROVIDER} where p.id = %(id)s and p.client_id = any(%(clients)s) and p.channel <> 'mailbox'",
        {"id": number, "clients": list(caller.client_ids)},
    )
    if row is None:
        raise NotFound(f"There is no sender account {number}.", code="provider_not_found")
    return row


@dataclass(frozen=True, slots=True)
class ProviderStats:
    """What an account sent."""

    sent: int
    delivered: int
    failed: int
    pending: int
    last_activity: datetime | None

    def to_public(self) -> ProviderStatsView:
        """The figures of the wire."""
        return {
            "sent": self.sent,
            "delivered": self.delivered,
            "failed": self.failed,
            "pending": self.pending,
            "lastActivity": self.last_activity,
        }


async def provider_stats(reads: Reads, caller: Caller, channel: str, number: int) -> ProviderStats:
    """What an account sent. Raises NotFound."""
    row = await reads.fetch_one(
        ProviderStats,
        "select p.last_used as last_activity, count(l.id) filter (where l.sent_at is not null) as sent,"
        " count(l.id) filter (where l.delivered_at is not null) as delivered,"
        " count(l.id) filter (where l.status in ('failed', 'bounced')) as failed,"
        " count(l.id) filter (where l.status in ('pending', 'sending', 'unknown')) as pending"
        " from providers p left join messaging_public_message l on l.provider_id = p.id"
        " where p.id = %(id)s and p.channel = %(channel)s and p.client_id = any(%(clients)s) group by p.id",
        {"id": number, "channel": channel, "clients": list(caller.client_ids)},
    )
    if row is None:
        raise NotFound(f"There is no {channel[:20]} account {number}.", code="provider_not_found")
    return row


@dataclass(frozen=True, slots=True)
class ChannelStats:
    """The accounts of a channel, by state."""

    channel: str
    total: int = 0
    active: int = 0
    connected: int = 0
    disconnected: int = 0
    error: int = 0

    def to_public(self) -> ProviderCountsView:
        """The figures of the wire."""
        return {
            "total": self.total,
            "active": self.active,
            "connected": self.connected,
            "disconnected": self.disconnected,
            "error": self.error,
        }


async def channel_stats(reads: Reads, caller: Caller) -> Sequence[ChannelStats]:
    """Accounts per channel, by state; every channel is there."""
    rows = await reads.fetch_all(
        ChannelStats,
        "select channel, count(*) as total, count(*) filter (where is_active) as active,"
        " count(*) filter (where status = 'connected') as connected,"
        " count(*) filter (where status = 'disconnected') as disconnected,"
        " count(*) filter (where status = 'error') as error"
        " from providers where client_id = any(%(clients)s) and channel <> 'mailbox' group by channel",
        {"clients": list(caller.client_ids)},
    )
    found = {kind.channel: ChannelStats(kind.channel) for kind in TYPES if kind.channel != MAILBOX} | {
        row.channel: row for row in rows
    }
    return list(found.values())
