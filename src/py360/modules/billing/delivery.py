"""What became of messages: each by itself, or all of a campaign together (domain reference, section 25)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Final

from py360.kit.caller import Caller, reach_filter
from py360.kit.ids import code
from py360.kit.listing import Listing, containing, ordering
from py360.kit.money import CENT
from py360.modules.billing.period import Period
from py360.modules.billing.queries import rating, success_rate
from py360.modules.billing.views import BulkDeliveryView, DeliveryView

_MESSAGES: Final = """
select m.id, c.case_number, k.full_name, c.policy_number, m.communication_type, m.subject, m.content, m.status, m.sent_at,
  m.delivered_at, coalesce(a.name, m.vendor_name) as vendor, m.cost, m.error_message, m.created_at
from messaging_public_message m
left join cases_public_case c on c.id = m.case_id
left join customers_public_contact k on k.id = m.customer_id
left join providers_public_account a on a.id = m.provider_id
"""
_CAMPAIGNS: Final = """
select b.id, b.name, s.* from campaigns_public_campaign b cross join lateral (
  select min(m.communication_type) as channel, count(*) as recipients,
    count(*) filter (where m.status not in ('pending', 'blocked')) as sent,
    count(*) filter (where m.status in ('delivered', 'opened', 'clicked', 'replied')) as delivered,
    count(*) filter (where m.status in ('failed', 'bounced')) as failed, min(m.sent_at) as started_at,
    max(coalesce(m.delivered_at, m.sent_at)) as last_at, coalesce(sum(m.cost), 0) as cost, min(m.vendor_name) as vendor
  from messaging_public_message m
  where m.campaign_id = b.id and m.created_at >= %(begins)s and m.created_at < %(ends)s) s
"""
_STATES: Final = {
    "delivered": "delivered", "opened": "delivered", "clicked": "delivered", "replied": "delivered", "failed": "failed",
    "bounced": "failed", "blocked": "failed",
}  # fmt: skip
_WANTED: Final = {
    "delivered": "m.status in ('delivered', 'opened', 'clicked', 'replied')",
    "failed": "m.status in ('failed', 'bounced', 'blocked')",
    "pending": "m.status in ('pending', 'sending', 'sent', 'unknown')",
}
LONGEST: Final = 500  # letters of a text that a list shows


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the ledger."""

    id: int
    case_number: str | None
    full_name: str | None
    policy_number: str | None
    communication_type: str
    subject: str | None
    content: str | None
    status: str
    sent_at: datetime | None
    delivered_at: datetime | None
    vendor: str | None
    cost: Decimal | None
    error_message: str | None
    created_at: datetime

    def to_public(self) -> DeliveryView:
        """The message of the wire; sent is not delivered."""
        return {
            "id": code(self.communication_type, self.id),
            "caseId": self.case_number,
            "customerName": self.full_name,
            "policyNumber": self.policy_number,
            "communicationType": self.communication_type,
            "message": (self.content or self.subject or "")[:LONGEST],
            "sentAt": self.sent_at,
            "deliveryStatus": _STATES.get(self.status, "pending"),
            "deliveredAt": self.delivered_at,
            "vendor": self.vendor,
            "cost": self.cost or Decimal(0),
            "errorMessage": self.error_message,
        }


@dataclass(frozen=True, slots=True)
class Bulk:
    """A campaign's messages in a period."""

    id: int
    name: str
    channel: str
    recipients: int
    sent: int
    delivered: int
    failed: int
    started_at: datetime | None
    last_at: datetime | None
    cost: Decimal
    vendor: str | None

    def to_public(self) -> BulkDeliveryView:
        """The campaign of the wire."""
        rate = success_rate(self.delivered, self.recipients)
        pending = self.recipients - self.delivered - self.failed
        lasted = (self.last_at - self.started_at) if self.last_at and self.started_at else None
        return {
            "campaignId": code("campaign", self.id),
            "campaignName": self.name,
            "type": self.channel,
            "totalRecipients": self.recipients,
            "sentCount": self.sent,
            "deliveredCount": self.delivered,
            "failedCount": self.failed,
            "pendingCount": pending,
            "startedAt": self.started_at,
            "completedAt": self.last_at if pending == 0 else None,
            "vendor": self.vendor,
            "totalCost": self.cost.quantize(CENT),
            "deliveryRate": rate,
            "rating": rating(rate, self.recipients),
            "duration": None if lasted is None else ceil(lasted / timedelta(minutes=1)),
        }


def messages(
    caller: Caller, period: Period, channel: str | None, status: str | None, search: str | None, sort: str | None
) -> Listing[Message]:
    """The messages of a period, newest first; those of cases out of reach are left out, and what is of no case is seen by reach `all`."""
    within, reach = reach_filter(caller, "h")
    where = ["m.client_id = any(%(reach_clients)s)", "m.created_at >= %(begins)s and m.created_at < %(ends)s"]
    params: dict[str, object] = {**reach, "begins": period.begins, "ends": period.ends}
    if caller.reach != "all":
        where.append(f"exists (select from cases_public_case h where h.id = m.case_id and {within})")
    if channel is not None:
        where.append("m.communication_type = %(channel)s")
        params["channel"] = channel
    if status is not None:
        where.append(_WANTED[status])
    if (pattern := containing(search)) is not None:
        where.append("(k.full_name ilike %(pattern)s or c.policy_number ilike %(pattern)s)")
        params["pattern"] = pattern
    return Listing(
        "deliveries", _MESSAGES, " and ".join(where),
        ordering(sort, {"createdAt": "m.id", "cost": "m.cost nulls last", "status": "m.status"}, "-createdAt", "m.id"),
        params, Message.to_public,
        ("id", "caseId", "customerName", "policyNumber", "communicationType", "message", "sentAt", "deliveryStatus",
         "deliveredAt", "vendor", "cost", "errorMessage"),
        row=Message,
    )  # fmt: skip


def campaigns(caller: Caller, period: Period, search: str | None, sort: str | None) -> Listing[Bulk]:
    """The campaigns that sent in a period, newest first."""
    params: dict[str, object] = {
        "clients": list(caller.client_ids), "begins": period.begins, "ends": period.ends, "pattern": containing(search),
    }  # fmt: skip
    return Listing(
        "campaigns", _CAMPAIGNS,
        "b.client_id = any(%(clients)s) and s.recipients > 0 and (%(pattern)s::text is null or b.name ilike %(pattern)s)",
        ordering(sort, {"createdAt": "b.id", "campaignName": "b.name", "totalCost": "s.cost"}, "-createdAt", "b.id"),
        params, Bulk.to_public,
        ("campaignId", "campaignName", "type", "totalRecipients", "sentCount", "deliveredCount", "failedCount", "pendingCount",
         "startedAt", "completedAt", "vendor", "totalCost", "deliveryRate", "rating", "duration"),
        row=Bulk,
    )  # fmt: skip
