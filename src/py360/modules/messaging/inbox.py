"""Webhooks in (house law 4): stored once, answered fast, applied by a job.

Vendors send a webhook per event, thousands a second at times. Requests that arrive together are written together: the
first one writes for all that wait, so that a commit serves many. A request is answered only after its commit.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson

from py360.kit import db
from py360.kit.jobs import Job, defer
from py360.modules.messaging.vendors.base import Hook

APPLY_LOCK: Final = "messaging.apply_webhooks"
_STORE: Final = """
insert into webhook_inbox (vendor, event_id, payload)
select * from unnest(%(vendors)s::text[], %(events)s::text[], %(payloads)s::jsonb[])
on conflict (vendor, event_id) do nothing
"""


@dataclass(slots=True)
class _Waiting:
    rows: list[tuple[str, str, str]] = field(default_factory=list)
    stored: asyncio.Future[None] | None = None


class Inbox:
    """Writes events to `webhook_inbox`, many in one transaction when many arrive."""

    def __init__(self, apply: Job) -> None:
        self._apply = apply
        self._loop: asyncio.AbstractEventLoop | None = None
        self._next = _Waiting()
        self._writing = asyncio.Lock()

    def _enter(self) -> asyncio.AbstractEventLoop:
        """Futures and locks belong to one event loop; another one (the next test's) starts afresh."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._next, self._writing = loop, _Waiting(), asyncio.Lock()
        return loop

    async def put(self, vendor: str, hooks: Sequence[Hook], provider_id: int | None = None) -> None:
        """Store events; they are committed when this returns. An event seen before is ignored."""
        if not hooks:
            return
        loop = self._enter()
        mine = self._next
        mine.rows += [
            (vendor, hook.event_id[:255], orjson.dumps({"provider": provider_id, "event": hook.payload}).decode())
            for hook in hooks
        ]
        if mine.stored is not None:
            await asyncio.shield(mine.stored)
            return
        mine.stored = loop.create_future()
        try:
            async with self._writing:
                self._next = _Waiting()  # from here on, the others gather for the next write
                await self._write(mine.rows)
        except BaseException as error:
            if self._next is mine:
                self._next = _Waiting()
            mine.stored.set_exception(ConnectionError(f"not stored: {error!r}"))
            mine.stored.exception()  # seen: whoever waits raises it
            raise
        mine.stored.set_result(None)

    async def _write(self, rows: Sequence[tuple[str, str, str]]) -> None:
        async with db.unit_of_work() as session:
            new = await db.execute(
                session,
                _STORE,
                {
                    "vendors": [row[0] for row in rows],
                    "events": [row[1] for row in rows],
                    "payloads": [row[2].replace("\\u0000", "") for row in rows],  # jsonb knows no NUL
                },
            )
            if new:
                await defer(session, self._apply, queueing_lock=APPLY_LOCK, lock=APPLY_LOCK)
