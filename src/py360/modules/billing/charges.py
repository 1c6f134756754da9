"""What a period cost: by service, and day by day as a file."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from py360.kit.caller import Caller
from py360.kit.listing import Listing, ordering
from py360.kit.money import CENT
from py360.kit.reads import Reads
from py360.modules.billing.period import Period
from py360.modules.billing.views import ChargeDayView, SummaryView

SERVICES: Final = {
    "email": "Email Notifications",
    "sms": "SMS Notifications",
    "whatsapp": "WhatsApp Notifications",
    "call": "Calls",
}
_SERVICES: Final = """
select m.communication_type as channel, count(*) as messages, coalesce(sum(m.cost), 0) as cost
from messaging_public_message m
where m.client_id = any(%(clients)s) and m.created_at >= %(begins)s and m.created_at < %(ends)s
  and m.status not in ('blocked', 'pending')
group by 1
"""
_DAYS: Final = """
select day, channel, messages, delivered, failed, cost from (
  select (m.created_at at time zone 'Asia/Kolkata')::date as day, m.communication_type as channel, count(*) as messages,
    count(*) filter (where m.status in ('delivered', 'opened', 'clicked', 'replied')) as delivered,
    count(*) filter (where m.status in ('failed', 'bounced')) as failed, coalesce(sum(m.cost), 0) as cost
  from messaging_public_message m
  where m.client_id = any(%(clients)s) and m.created_at >= %(begins)s and m.created_at < %(ends)s
    and m.status not in ('blocked', 'pending')
  group by 1, 2) d
"""


@dataclass(frozen=True, slots=True)
class _Service:
    channel: str
    messages: int
    cost: Decimal


@dataclass(frozen=True, slots=True)
class ChargeDay:
    """What a channel cost on a day (INR)."""

    day: date
    channel: str
    messages: int
    delivered: int
    failed: int
    cost: Decimal

    def to_public(self) -> ChargeDayView:
        """The line of the file."""
        return {
            "date": self.day,
            "service": SERVICES[self.channel],
            "count": self.messages,
            "delivered": self.delivered,
            "failed": self.failed,
            "cost": self.cost.quantize(CENT),
        }


def _params(caller: Caller, period: Period) -> dict[str, object]:
    return {"clients": list(caller.client_ids), "begins": period.begins, "ends": period.ends}


async def summary(reads: Reads, caller: Caller, period: Period) -> SummaryView:
    """What the services cost in a period. The office runs this installation itself, so that the platform charges nothing."""
    found = {each.channel: each for each in await reads.fetch_all(_Service, _SERVICES, _params(caller, period))}
    none = _Service("", 0, Decimal(0))
    services = [(name, found.get(channel, none)) for channel, name in SERVICES.items()]
    return {
        "periodFrom": period.first,
        "periodTo": period.last,
        "utilization": [
            {"service": name, "count": each.messages, "cost": each.cost.quantize(CENT)} for name, each in services
        ],
        "platform": [],
        "totalMonthly": sum((each.cost for _, each in services), Decimal(0)).quantize(CENT),
    }


def days(caller: Caller, period: Period) -> Listing[ChargeDay]:
    """The charges per day and channel."""
    return Listing(
        "charges", _DAYS, "true", ordering(None, {"date": "d.day"}, "date", "d.channel"), _params(caller, period),
        ChargeDay.to_public, ("date", "service", "count", "delivered", "failed", "cost"), row=ChargeDay,
    )  # fmt: skip
