"""What other modules write into the history of cases."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import resources
from py360.modules.cases.live_updates import push_live_update
from py360.modules.cases.service import history


async def note(
    session: AsyncSession, case_ids: Sequence[int], action: str, details: str, *, level: history.Level = "info"
) -> None:
    """One line in the history of each case, and a live update; nothing else of the cases changes."""
    if case_ids:
        await history.write(session, case_ids, action, details, resources.current().clock.now(), level=level)
        await push_live_update(session, case_ids)
