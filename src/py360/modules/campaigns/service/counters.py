"""The counters that the sender adds to while a campaign runs."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db

OUTCOMES: Final = ("sent", "failed", "bounced", "unknown", "skipped")  # a settled recipient has one of these
_ADD: Final = """
update campaigns set sent_count = sent_count + %(sent)s, failed_count = failed_count + %(failed)s,
  bounced_count = bounced_count + %(bounced)s, unknown_count = unknown_count + %(unknown)s,
  skipped_count = skipped_count + %(skipped)s, settled_count = settled_count + %(settled)s
where id = %(id)s
"""


async def add_counts(session: AsyncSession, campaign_id: int, counts: Mapping[str, int]) -> None:
    """Add newly settled recipients, by outcome; `pending` ones are not settled and do not count."""
    settled = {outcome: counts.get(outcome, 0) for outcome in OUTCOMES}
    if any(settled.values()):
        await db.execute(session, _ADD, {**settled, "settled": sum(settled.values()), "id": campaign_id})
