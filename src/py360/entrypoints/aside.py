"""`py360 webhooks`: vendors' events that could not be applied and were put aside with their reason."""

from typing import Any, Final

from py360.kit import db
from py360.kit.clock import INDIA
from py360.kit.db import unit_of_work
from py360.kit.reads import Reads
from py360.kit.resources import current
from py360.kit.wire import camel

# Its index holds these alone (migration 0021). One that is to be applied again keeps its reason until that succeeds.
_ASIDE: Final = "from webhook_inbox where error is not null and applied_at is not null"
_NEWEST: Final = f"select id, vendor, event_id, received_at, error as reason {_ASIDE} order by id desc limit 1"
_AGAIN: Final = "update webhook_inbox set applied_at = null where error is not null and applied_at is not null"


async def number(reads: Reads) -> int:
    """How many are put aside, of the 30 days that they are kept."""
    return int(await reads.value(f"select count(*) {_ASIDE}"))


async def told() -> dict[str, Any]:
    """How many are put aside and the newest of them, in the wire's names."""
    reads = current().reads
    newest = await reads.one(_NEWEST)
    return {"putAside": await number(reads), "newest": camel(newest) if newest else None}


async def again() -> int:
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
        f"Put aside, because they could not be applied: {found['putAside']}. The newest came from {newest['vendor']} on"
        f" {at:%d/%m/%Y at %H:%M} India time ({newest['eventId']}): {newest['reason']}"
    )
