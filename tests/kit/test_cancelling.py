"""A task that is cancelled ends, whatever it was doing with the cache or the database."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import product
from secrets import token_hex

import pytest

from py360.kit import db, live
from py360.kit.resources import Resources

MOMENTS = 40  # turns of the event loop after which the task is cancelled


async def _live(resources: Resources) -> None:
    await live.send(1, "dashboard.refresh", {})


async def _quota(resources: Resources) -> None:
    await resources.quota.spend(token_hex(8), time.time())  # the first of a key is shared at once


async def _limit(resources: Resources) -> None:
    await resources.limits.hit("1000/minute", "somebody")


async def _read(resources: Resources) -> None:
    await resources.reads.fetch_only(int, "select 1")


async def _write(resources: Resources) -> None:
    async with db.unit_of_work() as session:
        await db.fetch_only(session, int, "select 1")


@pytest.mark.parametrize("doing", [_live, _quota, _limit, _read, _write])
async def test_no_cancellation_is_lost(resources: Resources, doing: Callable[[Resources], Awaitable[None]]) -> None:
    async def forever() -> None:
        while True:
            await doing(resources)
            await asyncio.sleep(0.1)

    lost = []
    for moment, connected in product(range(MOMENTS), (True, False)):
        await doing(resources)
        if not connected:
            await resources.cache.connection_pool.disconnect()
        task = asyncio.create_task(forever())
        for _ in range(moment):
            await asyncio.sleep(0)
        task.cancel()
        if not (await asyncio.wait([task], timeout=0.08))[0]:
            lost.append((moment, connected))
            while not task.done():
                task.cancel()
                await asyncio.wait([task], timeout=0.15)
    assert lost == []
