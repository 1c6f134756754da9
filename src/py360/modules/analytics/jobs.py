"""What the worker does for analytics beside jobs: it keeps the roll-ups right within two seconds (ADR 91)."""

import asyncio
from typing import Final

import structlog

from py360.kit import db
from py360.modules.analytics.service.fold import CASES_AT_ONCE, fold

log = structlog.get_logger()
PAUSE_SECONDS: Final = 0.5  # a campaign's changes are counted together: one by one they cost a tenth of its machine
AWAY_SECONDS: Final = 2.0


async def keep_figures() -> None:
    """Fold changes for as long as the worker runs. A database that is away is waited for; another worker's folding, too."""
    while True:
        try:
            folded = await fold()
        except db.AWAY as error:
            log.warning("the figures wait for the database", error=str(error).partition("\n")[0])
            await asyncio.sleep(AWAY_SECONDS)
        else:
            if folded < CASES_AT_ONCE // 2:  # no backlog
                await asyncio.sleep(PAUSE_SECONDS)
