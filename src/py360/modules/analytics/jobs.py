"""What the worker does for analytics beside jobs: it keeps the roll-ups right within two seconds (ADR 91)."""

import asyncio
from typing import Final

import structlog

from py360.kit import db
from py360.modules.analytics.service.fold import fold

log = structlog.get_logger()
IDLE_SECONDS: Final = 0.5
AWAY_SECONDS: Final = 2.0


async def keep_figures() -> None:
    """Fold changes for as long as the worker runs. A database that is away is waited for; another worker's folding, too."""
    while True:
        try:
            busy = await fold()
        except db.AWAY as error:
            log.warning("the figures wait for the database", error=str(error).partition("\n")[0])
            await asyncio.sleep(AWAY_SECONDS)
        else:
            if not busy:
                await asyncio.sleep(IDLE_SECONDS)
