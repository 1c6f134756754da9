"""`py360 webhooks`: vendors' events that could not be applied, kept as dead letters with their reason."""

from datetime import datetime

from typing_extensions import TypedDict

from py360.kit.clock import INDIA
from py360.kit.reads import Reads
from py360.kit.resources import current
from py360.kit.webhooks import DeadLetter, apply_again, dead_letters, newest_dead_letter

__all__ = ["apply_again", "count", "in_words", "summary"]


class NewestView(TypedDict):
    """The newest dead letter."""

    id: int
    vendor: str
    eventId: str
    receivedAt: datetime
    reason: str


class SummaryView(TypedDict):
    """How many dead letters there are, and the newest of them."""

    deadLetters: int
    newest: NewestView | None


async def count(reads: Reads) -> int:
    """How many there are, of the 30 days that they are kept."""
    return await dead_letters(reads)


async def summary() -> SummaryView:
    """How many there are, and the newest of them."""
    reads = current().reads
    found = await newest_dead_letter(reads)
    return {"deadLetters": await dead_letters(reads), "newest": _to_public(found) if found else None}


def _to_public(found: DeadLetter) -> NewestView:
    return {
        "id": found.id,
        "vendor": found.vendor,
        "eventId": found.event_id,
        "receivedAt": found.received_at,
        "reason": found.reason,
    }


def in_words(found: SummaryView) -> str:
    """The same as a sentence."""
    newest = found["newest"]
    if newest is None:
        return "Every webhook was applied."
    at = newest["receivedAt"].astimezone(INDIA)
    return (
        f"{found['deadLetters']} webhooks could not be applied. The newest came from {newest['vendor']} on"
        f" {at:%d/%m/%Y at %H:%M} India time ({newest['eventId']}): {newest['reason']}"
    )
