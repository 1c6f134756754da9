"""A case is paid: reminders that still wait for it are skipped."""

from collections import Counter
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, sql
from py360.modules.campaigns.service.counters import add_counts
from py360.modules.campaigns.service.plan import REMINDERS

_SKIP: Final = sql.read(__file__, "skip_paid")


async def stop_reminders(session: AsyncSession, case_id: int) -> None:
    """Skip what is planned for this case in campaigns that remind of the payment. Messages that a run has claimed are withheld by
    its guard."""
    params = {"case": case_id, "reminders": sorted(REMINDERS)}
    skipped = Counter(await db.fetch_all(session, int, _SKIP, params))
    for campaign_id, count in sorted(skipped.items()):
        await add_counts(session, campaign_id, {"skipped": count})
