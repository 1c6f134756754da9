"""`py360 webhooks`: vendors' events that could not be applied, kept as dead letters with their reason."""

from typing import Any, Final

from py360.kit import db
from py360.kit.clock import INDIA
from py360.kit.db import unit_of_work
from py360.kit.reads import Reads
from py360.kit.resources import current
from py360.kit.wire import camel

# They have an index of their own. One that is to be applied again keeps its reason until that succeeds.
_DEAD: Final = "from webhook_inbox where error is not null and applied_at is not null"
_NEWEST: Final = f"select id, vendor, event_id, received_at, error as reason {_DEAD} order by id desc limit 1"
_AGAIN: Final = "update webhook_inbox set applied_at = null where error is not null and applied_at is not null"


async def count(reads: Reads) -> int:
    """How many there are, of the 30 days that they are kept."""
    return int(await reads.value(f"select count(*) {_DEAD}"))


async def summary() -> dict[str, Any]:
    """How many there are and the newest of them, in the wire's names."""
    reads = current().reads
    newest = await reads.one(_NEWEST)
    return {"deadLetters": await count(reads), "newest": camel(newest) if newest else None}


async def apply_again() -> int:
    """Have all of them applied again, within a minute; how many."""
    async with unit_of_work() as session:
        return await db.execute(session, _AGAIN)


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
