"""Webhooks in (house law 4): stored once, answered fast, applied by a job.

Vendors send a webhook per event, thousands a second at times. Requests that arrive together are written together: the
first one writes for all that wait, so that a commit serves many. A request is answered only after its commit.
"""

from collections.abc import Sequence
from typing import Final

import orjson

from py360.kit import db
from py360.kit.gathering import Gathering
from py360.kit.jobs import Job, defer
from py360.modules.messaging.vendors.base import Hook

APPLY_LOCK: Final = "messaging.apply_webhooks"
_STORE: Final = """
insert into webhook_inbox (vendor, event_id, payload)
select * from unnest(%(vendors)s::text[], %(events)s::text[], %(payloads)s::jsonb[])
on conflict (vendor, event_id) do nothing
"""
_Row = tuple[str, str, str]  # vendor, event id, payload


class Inbox:
    """Writes events to `webhook_inbox`, many in one transaction when many arrive."""

    def __init__(self, apply: Job) -> None:
        self._apply = apply
        self._gathering: Gathering[_Row, None] = Gathering(self._write)

    async def put(self, vendor: str, hooks: Sequence[Hook], provider_id: int | None = None) -> None:
        """Store events; they are committed when this returns. An event seen before is ignored."""
        await self._gathering.put(
            [
                (vendor, hook.event_id[:255], orjson.dumps({"provider": provider_id, "event": hook.payload}).decode())
                for hook in hooks
            ]
        )

    async def _write(self, rows: Sequence[_Row]) -> Sequence[None]:
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
        return [None] * len(rows)
