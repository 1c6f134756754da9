"""Two transactions that meet in the middle, so that a ring of locks shows on every run."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from structlog.testing import capture_logs

from py360.kit import db
from py360.kit.db import unit_of_work


async def linger(table: str, seconds: float = 0.3) -> None:
    """From now on, whoever changes a row of this table waits a moment while they hold it."""
    async with unit_of_work() as session:
        for statement in (
            "create function linger() returns trigger language plpgsql"
            f" as $$ begin perform pg_sleep({seconds}); return new; end $$",
            f"create trigger linger before update on {table} for each row execute function linger()",
        ):
            await db.execute(session, statement)


async def cross(first: Coroutine[Any, Any, Any], second: Coroutine[Any, Any, Any]) -> None:
    """Run both, the second while the first lingers. A deadlock is an error, one that was tried again as well."""
    with capture_logs() as logs:
        begun = asyncio.create_task(first)
        await asyncio.sleep(0.15)
        await asyncio.gather(begun, second)
    assert [entry for entry in logs if "deadlock" in str(entry.get("error", ""))] == []
