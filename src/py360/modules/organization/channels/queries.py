"""Reading channels and their figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from py360.kit import ids, sql
from py360.kit.caller import Caller
from py360.kit.clock import INDIA
from py360.kit.errors import NotFound
from py360.kit.free_json import FreeJson
from py360.kit.listing import Listing, containing, ordering
from py360.kit.money import CENT
from py360.kit.reads import Reads
from py360.modules.organization.channels.schemas import ChannelSettings
from py360.modules.organization.channels.views import (
    ChannelMarksView,
    ChannelPerformanceView,
    ChannelResultView,
    ChannelView,
)
from py360.modules.organization.performance.period import Period

_CHANNEL: Final = """
select ch.id, ch.client_id, ch.name, ch.type, ch.status, ch.description, ch.target_audience, ch.cost_per_lead, ch.manager_id,
  m.name as manager_name, ch.budget, ch.settings, ch.version, ch.created_at, ch.updated_at,
  (select count(*) from cases_public_outcome k where k.client_id = ch.client_id and k.channel = ch.name and k.is_open)
    as open_cases
from channels ch left join identity_public_users m on m.id = ch.manager_id
"""
_SORTS: Final = {
    "name": "lower(ch.name)",
    "type": "ch.type",
    "status": "ch.status",
    "budget": "ch.budget nulls last",
    "costPerLead": "ch.cost_per_lead nulls last",
    "createdAt": "ch.id",
}
_COLUMNS: Final = (
    "id", "name", "type", "status", "description", "targetAudience", "costPerLead", "conversionRate", "manager", "budget",
    "currentCases", "renewedCases", "openCases", "revenue", "settings.workingHours", "settings.maxCapacity", "createdAt",
)  # fmt: skip
_FIGURES: Final = sql.read(__file__, "sum_channels")
_RATES: Final = sql.read(__file__, "rate_channels")
ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class ChannelFigures:
    """The sums of a channel in a period; amounts in INR."""

    channel_id: int
    current_cases: int = 0
    renewed_cases: int = 0
    revenue: Decimal = ZERO
    spent: Decimal = ZERO
    satisfaction: float | None = None
    response_hours: float | None = None


@dataclass(frozen=True, slots=True)
class ChannelRates:
    """How customers rated a channel (out of 5), and how long their mails waited for an answer."""

    channel_id: int
    satisfaction: float | None = None
    response_hours: float | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel with the cases that are open in it now."""

    id: int
    client_id: int
    name: str
    type: str
    status: str
    description: str | None
    target_audience: str | None
    cost_per_lead: Decimal | None
    manager_id: int | None
    manager_name: str | None
    budget: Decimal | None
    settings: FreeJson | None
    version: int
    created_at: datetime
    updated_at: datetime
    open_cases: int

    @property
    def code(self) -> str:
        """The display code."""
        return ids.code("channel", self.id)

    def rules(self) -> ChannelSettings:
        """Its settings, with defaults for what was never set."""
        return ChannelSettings.model_validate(self.settings or {})

    def is_open(self, now: datetime) -> bool:
        """Whether cases may be given to it: active, within its hours in India, below its capacity."""
        rules = self.rules()
        if self.status != "active" or self.open_cases >= rules.max_capacity:
            return False
        if rules.working_hours == "24/7":
            return True
        start, _, end = rules.working_hours.partition("-")
        return int(start) <= now.astimezone(INDIA).hour < int(end)

    def to_public(self, figures: ChannelFigures, now: datetime) -> ChannelView:
        """The channel as the API answers it."""
        rules = self.rules()
        return {
            "id": self.code,
            "channelId": self.id,
            "clientId": self.client_id,
            "name": self.name,
            "type": self.type,
            "status": self.status,
            "description": self.description,
            "targetAudience": self.target_audience,
            "costPerLead": self.cost_per_lead,
            "conversionRate": rate(figures.renewed_cases, figures.current_cases),
            "managerId": self.manager_id,
            "manager": self.manager_name,
            "budget": self.budget,
            "currentCases": figures.current_cases,
            "renewedCases": figures.renewed_cases,
            "openCases": self.open_cases,
            "revenue": figures.revenue,
            "settings": {
                "autoAssignment": rules.auto_assignment,
                "priority": rules.priority,
                "workingHours": rules.working_hours,
                "maxCapacity": rules.max_capacity,
            },
            "performance": marks(figures),
            "isOpenNow": self.is_open(now),
            "version": self.version,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
        }

    def result(self, figures: ChannelFigures) -> ChannelResultView:
        """The figures of a period as the API answers them."""
        leads = (self.cost_per_lead or ZERO) * figures.current_cases
        spent = leads + figures.spent
        return {
            "currentCases": figures.current_cases,
            "renewedCases": figures.renewed_cases,
            "conversionRate": rate(figures.renewed_cases, figures.current_cases),
            "revenue": figures.revenue,
            "leadCost": leads,
            "messageCost": figures.spent,
            "costPerRenewal": (spent / figures.renewed_cases).quantize(CENT) if figures.renewed_cases else None,
            "budgetUtilization": round(float(100 * spent / self.budget), 1) if self.budget else None,
        }


def rate(part: int, whole: int) -> float | None:
    """A share in per cent; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def marks(figures: ChannelFigures) -> ChannelMarksView:
    """How a channel does."""
    return {
        "efficiency": rate(figures.renewed_cases, figures.current_cases),
        "customerSatisfaction": figures.satisfaction,
        "avgResponseTime": figures.response_hours,
    }


async def figures(reads: Reads, channels: Sequence[int], period: Period) -> Mapping[int, ChannelFigures]:
    """The figures of these channels in a period; one that was deleted meanwhile has none."""
    params = {**period.months(), "channels": list(channels)}
    found = {each.channel_id: each for each in await reads.fetch_all(ChannelFigures, _FIGURES, params)}
    rates = {each.channel_id: each for each in await reads.fetch_all(ChannelRates, _RATES, params)}

    def of(channel: int) -> ChannelFigures:
        rated = rates.get(channel, ChannelRates(channel))
        sums = found.get(channel, ChannelFigures(channel))
        return replace(sums, satisfaction=rated.satisfaction, response_hours=rated.response_hours)

    return {channel: of(channel) for channel in channels}


async def find(reads: Reads, caller: Caller, text: str) -> Channel:
    """One channel of the caller's clients, by code or number; raises NotFound."""
    params = {"id": ids.number("channel", text), "clients": list(caller.client_ids)}
    found = await reads.fetch_one(
        Channel, f"{_CHANNEL} where ch.id = %(id)s and ch.client_id = any(%(clients)s)", params
    )
    if found is None:
        raise NotFound(f"There is no channel {text[:60]} within your reach.", code="channel_not_found")
    return found


@dataclass(frozen=True, slots=True)
class ChannelFilter:
    """Which channels; `search` is a piece of the name or the description."""

    search: str | None = None
    type: str | None = None
    status: str | None = None
    figures: Mapping[int, ChannelFigures] = field(default_factory=dict)


def channels(caller: Caller, chosen: ChannelFilter, sort: str | None, now: datetime) -> Listing[Channel]:
    """The channels of the caller's clients."""
    where = (
        "ch.client_id = any(%(clients)s) and (%(type)s::text is null or ch.type = %(type)s)"
        " and (%(status)s::text is null or ch.status = %(status)s)"
        " and (%(search)s::text is null or ch.name ilike %(search)s or ch.description ilike %(search)s)"
    )
    return Listing(
        "channels",
        _CHANNEL,
        where,
        ordering(sort, _SORTS, "name", "ch.id"),
        {
            "clients": list(caller.client_ids),
            "type": chosen.type,
            "status": chosen.status,
            "search": containing(chosen.search),
        },
        lambda channel: channel.to_public(chosen.figures.get(channel.id, ChannelFigures(channel.id)), now),
        _COLUMNS,
        row=Channel,
    )


async def all_figures(reads: Reads, caller: Caller, period: Period) -> Mapping[int, ChannelFigures]:
    """The figures of every channel of the caller's clients; there are few."""
    numbers = await reads.fetch_all(
        int, "select id from channels where client_id = any(%(clients)s)", {"clients": list(caller.client_ids)}
    )
    return await figures(reads, numbers, period)


async def performance(reads: Reads, channel: Channel, period: Period) -> ChannelPerformanceView:
    """A channel in a period, beside the period before."""
    now = (await figures(reads, [channel.id], period))[channel.id]
    before = (await figures(reads, [channel.id], period.before()))[channel.id]
    capacity = channel.rules().max_capacity
    return {
        "id": channel.code,
        "name": channel.name,
        "period": {"from": period.first, "to": period.last},
        **channel.result(now),
        "previous": channel.result(before),
        "openCases": channel.open_cases,
        "maxCapacity": capacity,
        "capacityUtilization": rate(channel.open_cases, capacity),
        "performance": marks(now),
    }
