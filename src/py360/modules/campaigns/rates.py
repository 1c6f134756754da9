"""The rates of a campaign, one definition for all pages (domain reference, section 12.6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from py360.modules.campaigns.views import CampaignMetrics

COUNTERS: Final = (
    "sent",
    "delivered",
    "opened",
    "clicked",
    "replied",
    "converted",
    "failed",
    "bounced",
    "skipped",
    "unknown",
    "unsubscribed",
)
# Of a campaign on several channels: what happened to its messages. Conversions are counted by case instead.
SUMMED: Final = (*(name for name in COUNTERS if name != "converted"), "settled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """Counters of unique recipients; null where a campaign has no channels yet."""

    sent_count: int | None
    delivered_count: int | None
    opened_count: int | None
    clicked_count: int | None
    replied_count: int | None
    converted_count: int | None
    failed_count: int | None
    bounced_count: int | None
    skipped_count: int | None
    unknown_count: int | None
    unsubscribed_count: int | None
    settled_count: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(Counters):
    """The counters with what progress is measured against."""

    status: str
    target_count: int | None


def percent(part: int, whole: int) -> float:
    """Percent with one decimal; 0 when there is nothing to divide by."""
    return round(100 * part / whole, 1) if whole else 0.0


def progress(campaign: Progress) -> float:
    """Percent of the plan that is settled. The other counters do not add up to it: what was sent may fail later."""
    if campaign.status == "completed":
        return 100.0
    return percent(campaign.settled_count or 0, campaign.target_count or 0)


def metrics(counters: Counters) -> CampaignMetrics:
    """Counters of unique recipients and the rates made of them."""
    sent, delivered = counters.sent_count or 0, counters.delivered_count or 0
    opened, clicked, replied = counters.opened_count or 0, counters.clicked_count or 0, counters.replied_count or 0
    converted, bounced = counters.converted_count or 0, counters.bounced_count or 0
    unsubscribed = counters.unsubscribed_count or 0
    return {
        "sent": sent,
        "delivered": delivered,
        "opened": opened,
        "clicked": clicked,
        "replied": replied,
        "converted": converted,
        "failed": counters.failed_count or 0,
        "bounced": bounced,
        "skipped": counters.skipped_count or 0,
        "unknown": counters.unknown_count or 0,
        "unsubscribed": unsubscribed,
        "read": opened,  # WhatsApp's blue ticks, an e-mail that was opened
        "deliveryRate": percent(delivered, sent),
        "openRate": percent(opened, delivered),
        "clickRate": percent(clicked, delivered),
        "clickToOpenRate": percent(clicked, opened),
        "readRate": percent(opened, delivered),
        "replyRate": percent(replied, opened),
        "conversionRate": percent(converted, delivered),
        "conversionOfSent": percent(converted, sent),
        "bounceRate": percent(bounced, sent),
        "unsubscribeRate": percent(unsubscribed, delivered),
    }


def by_channel(counted: Sequence[tuple[str, Counters]]) -> dict[str, CampaignMetrics]:
    """The figures of each channel, its follow-ups included. A case that both wrote to counts in both."""
    sums: dict[str, Counters] = {}
    for channel, counters in counted:
        sums[channel] = _add(sums[channel], counters) if channel in sums else counters
    return {channel: metrics(counters) for channel, counters in sums.items()}


def _add(one: Counters, other: Counters) -> Counters:
    names = [f"{name}_count" for name in (*COUNTERS, "settled")]
    return Counters(**{name: (getattr(one, name) or 0) + (getattr(other, name) or 0) for name in names})
