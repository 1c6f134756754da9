"""How often mails that people wrote were opened and their links followed. Of campaigns' messages the ledger notes the first of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, jsonb, sql

_ADD: Final = sql.read(__file__, "count_engagement")


@dataclass(frozen=True, slots=True)
class Counted:
    """An open or a click."""

    message_id: int
    status: str
    at: datetime


async def add(session: AsyncSession, events: Sequence[Counted]) -> None:
    """Count a batch of opens and clicks, each of which was stored once."""
    if events:
        await db.execute(session, _ADD, {"events": jsonb.dumps(events)})
