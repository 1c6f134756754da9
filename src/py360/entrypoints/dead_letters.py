"""`py360 webhooks`: vendors' events that could not be applied, kept as dead letters with their reason."""

from dataclasses import asdict
from typing import Any

from py360.kit.clock import INDIA
from py360.kit.reads import Reads
from py360.kit.resources import current
from py360.kit.webhooks import apply_again, dead_letters, newest_dead_letter
from py360.kit.wire import camel

__all__ = ["apply_again", "count", "in_words", "summary"]


async def count(reads: Reads) -> int:
    """How many there are, of the 30 days that they are kept."""
    return await dead_letters(reads)


async def summary() -> dict[str, Any]:
    """How many there are and the newest of them, in the wire's names."""
    reads = current().reads
    newest = await newest_dead_letter(reads)
    return {"deadLetters": await dead_letters(reads), "newest": camel(asdict(newest)) if newest else None}


def in_words(found: dict[str, Any]) -> str:
    """The same as a sentence."""
    newest = found["newest"]
    if newest is None:
        return "Every webhook was applied."
    at = newest["receivedAt"].astimezone(INDIA)
    return (
        f"{found['deadLetters']} webhooks could not be applied. The newest came from {newest['vendor']} on"
        f" {at:%d/%m/%Y at %H:%M} India time ({newest['eventId']}): {newest['reason']}"
    )
