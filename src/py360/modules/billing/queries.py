"""Read SQL of billing; always of the caller's clients and of a period. What was blocked never left and is not counted."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from py360.kit.caller import Caller
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, containing, ordering
from py360.kit.money import CENT
from py360.kit.reads import Reads
from py360.modules.billing.period import Period
from py360.modules.billing.views import (
    CommunicationStatsView,
    DayView,
    VendorMonthView,
    VendorPerformanceView,
    VendorView,
)

TYPES: Final = {
    "sms": "SMS Provider",
    "email": "Email Provider",
    "whatsapp": "WhatsApp Provider",
    "call": "Call Provider",
}
_LEFT: Final = "m.status not in ('blocked', 'pending')"
_COUNTS: Final = """
count(m.id) as total,
count(m.id) filter (where m.status in ('delivered', 'opened', 'clicked', 'replied')) as delivered,
count(m.id) filter (where m.status in ('failed', 'bounced')) as failed,
coalesce(sum(m.cost), 0) as cost, max(m.sent_at) as last_activity
"""
_DAYS: Final = f"""
select (m.created_at at time zone 'Asia/Kolkata')::date as day, m.communication_type as channel, count(*) as messages,
  coalesce(sum(m.cost), 0) as cost
from messaging_public_message m
where m.client_id = any(%(clients)s) and m.created_at >= %(begins)s and m.created_at < %(ends)s and {_LEFT}
group by 1, 2 order by 1
"""
_VENDORS: Final = f"""
select a.id, a.name, a.channel, a.type, a.is_active, n.* from providers_public_account a
cross join lateral (
  select {_COUNTS} from messaging_public_message m
  where m.provider_id = a.id and m.created_at >= %(begins)s and m.created_at < %(ends)s and {_LEFT}
) n
"""
_MONTHS: Final = f"""
select to_char(m.created_at at time zone 'Asia/Kolkata', 'YYYY-MM') as month, {_COUNTS}
from messaging_public_message m
where m.provider_id = %(id)s and m.created_at >= %(begins)s and m.created_at < %(ends)s and {_LEFT}
group by 1 order by 1 desc
"""


@dataclass(frozen=True, slots=True)
class _Day:
    day: date
    channel: str
    messages: int
    cost: Decimal


@dataclass(frozen=True, slots=True)
class VendorRow:
    """An account and what went through it."""

    id: int
    name: str
    channel: str
    type: str
    is_active: bool
    total: int
    delivered: int
    failed: int
    cost: Decimal
    last_activity: datetime | None

    def to_public(self) -> VendorView:
        """The vendor of the wire."""
        rate = success_rate(self.delivered, self.total)
        return {
            "vendorId": self.id,
            "vendorName": self.name,
            "vendorType": TYPES[self.channel],
            "vendor": self.type,
            "active": self.is_active,
            "totalCommunications": self.total,
            "deliveryStats": {
                "delivered": self.delivered,
                "failed": self.failed,
                "pending": self.total - self.delivered - self.failed,
            },
            "successRate": rate,
            "rating": rating(rate, self.total),
            "costPerMessage": (self.cost / self.total).quantize(Decimal("0.0001")) if self.total else Decimal(0),
            "totalCost": self.cost.quantize(CENT),
            "lastActivity": self.last_activity,
        }


@dataclass(frozen=True, slots=True)
class _Month:
    month: str
    total: int
    delivered: int
    failed: int
    cost: Decimal
    last_activity: datetime | None


def success_rate(delivered: int, total: int) -> float:
    """Delivered of all, in percent with one decimal; 0 when there are none."""
    return round(100 * delivered / total, 1) if total else 0.0


def rating(rate: float, total: int) -> str:
    """The label of section 25; none without messages."""
    if not total:
        return "No messages"
    return "Excellent" if rate > 95 else "Good" if rate > 90 else "Needs Attention"


def _params(caller: Caller, period: Period) -> dict[str, object]:
    return {"clients": list(caller.client_ids), "begins": period.begins, "ends": period.ends, "channels": list(TYPES)}


async def communication_stats(reads: Reads, caller: Caller, period: Period) -> CommunicationStatsView:
    """Messages that left, per day and channel, and what they cost."""
    rows = await reads.fetch_all(_Day, _DAYS, _params(caller, period))
    days: dict[date, DayView] = {}
    for row in rows:
        day = days.setdefault(row.day, _empty(row.day))
        match row.channel:
            case "sms":
                day["sms"] += row.messages
            case "email":
                day["email"] += row.messages
            case "whatsapp":
                day["whatsapp"] += row.messages
            case "call":
                day["call"] += row.messages
        day["total"] += row.messages
        day["cost"] += row.cost
    found = list(days.values())
    return {
        "periodFrom": period.first,
        "periodTo": period.last,
        "totals": {
            "sms": sum(day["sms"] for day in found),
            "email": sum(day["email"] for day in found),
            "whatsapp": sum(day["whatsapp"] for day in found),
            "call": sum(day["call"] for day in found),
            "total": sum(day["total"] for day in found),
            "cost": sum((day["cost"] for day in found), Decimal(0)),
        },
        "days": found,
    }


def _empty(day: date) -> DayView:
    return {"date": day, "sms": 0, "email": 0, "whatsapp": 0, "call": 0, "total": 0, "cost": Decimal(0)}


def vendors(
    caller: Caller, period: Period, channel: str | None, search: str | None, sort: str | None
) -> Listing[VendorRow]:
    """The accounts for messages and calls, with what went through them in the period."""
    where = ["a.client_id = any(%(clients)s)", "a.channel = any(%(channels)s)"]
    params = _params(caller, period)
    if channel is not None:
        where.append("a.channel = %(channel)s")
        params["channel"] = channel
    if (pattern := containing(search)) is not None:
        where.append("a.name ilike %(pattern)s")
        params["pattern"] = pattern
    sorts = {"vendorName": "a.name", "totalCommunications": "n.total", "totalCost": "n.cost"}
    return Listing(
        "vendors", _VENDORS, " and ".join(where), ordering(sort, sorts, "vendorName", "a.id"), params, VendorRow.to_public,
        ("vendorId", "vendorName", "vendorType", "vendor", "active", "totalCommunications", "deliveryStats.delivered",
         "deliveryStats.failed", "deliveryStats.pending", "successRate", "rating", "costPerMessage", "totalCost", "lastActivity"),
        row=VendorRow,
    )  # fmt: skip


async def performance(
    reads: Reads, caller: Caller, vendor_id: int, period: Period, year: Period
) -> VendorPerformanceView:
    """One account in a period, and month by month within a year. Raises NotFound."""
    sql = f"{_VENDORS} where a.id = %(id)s and a.client_id = any(%(clients)s) and a.channel = any(%(channels)s)"
    found = await reads.fetch_one(VendorRow, sql, {**_params(caller, period), "id": vendor_id})
    if found is None:
        raise NotFound(f"There is no vendor {vendor_id}.")
    months = await reads.fetch_all(_Month, _MONTHS, {**_params(caller, year), "id": vendor_id})
    return {"vendor": found.to_public(), "months": [_month(each) for each in months]}


def _month(row: _Month) -> VendorMonthView:
    return {
        "month": row.month,
        "totalCommunications": row.total,
        "deliveryStats": {
            "delivered": row.delivered,
            "failed": row.failed,
            "pending": row.total - row.delivered - row.failed,
        },
        "successRate": success_rate(row.delivered, row.total),
        "totalCost": row.cost.quantize(CENT),
    }
