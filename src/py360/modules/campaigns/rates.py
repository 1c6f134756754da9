"""The rates of a campaign, one definition for all pages (domain reference, section 12.6)."""

from collections.abc import Mapping
from typing import Any

COUNTERS = (
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
SUMMED = (*(name for name in COUNTERS if name != "converted"), "settled")


def percent(part: int, whole: int) -> float:
    """Percent with one decimal; 0 when there is nothing to divide by."""
    return round(100 * part / whole, 1) if whole else 0.0


def progress(row: Mapping[str, Any]) -> float:
    """Percent of the plan that needs nothing any more. The other counters do not add up to it: what was sent may fail later."""
    return 100.0 if row["status"] == "completed" else percent(row["settled_count"] or 0, row["target_count"] or 0)


def metrics(row: Mapping[str, Any]) -> dict[str, Any]:
    """Counters of unique recipients and the rates made of them. `row` has `<counter>_count` columns."""
    count = {name: row[f"{name}_count"] or 0 for name in COUNTERS}
    return count | {
        "read": count["opened"],  # WhatsApp's blue ticks, a mail that was opened
        "deliveryRate": percent(count["delivered"], count["sent"]),
        "openRate": percent(count["opened"], count["delivered"]),
        "clickRate": percent(count["clicked"], count["delivered"]),
        "clickToOpenRate": percent(count["clicked"], count["opened"]),
        "readRate": percent(count["opened"], count["delivered"]),
        "replyRate": percent(count["replied"], count["opened"]),
        "conversionRate": percent(count["converted"], count["delivered"]),
        "conversionOfSent": percent(count["converted"], count["sent"]),
        "bounceRate": percent(count["bounced"], count["sent"]),
        "unsubscribeRate": percent(count["unsubscribed"], count["delivered"]),
    }
