"""What a run may still send: looked up four times a second, so that pausing, stopping and a payment hold within two seconds.

The claim of a batch asks the same, but a batch may take minutes at a slow vendor. Whoever must not leave any more comes back
from the transport as `held`. The lease of the batches is renewed here as well: as long as somebody holds them, nobody
else takes them for lost.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Final

from py360.kit import db, resources
from py360.modules.messaging.api import Admitted

LOOK_SECONDS: Final = 0.25
STALE_SECONDS: Final = 1.5  # a look that could not be taken permits nothing
LEASE: Final = timedelta(seconds=90)
RENEW_SECONDS: Final = LEASE.total_seconds() / 3

_LOOK: Final = """
select status, array(select case_id from cases_public_term
  where case_id = any(%(cases)s) and (not is_open or (is_paid and %(reminds)s))) as closed
from campaigns where id = %(id)s
"""
# Whoever is being written down needs no lease any more.
_RENEW: Final = """
update campaign_recipients r set claimed_until = %(until)s
from (select id from campaign_recipients where id = any(%(ids)s) and status = 'claimed' for no key update skip locked) held
where r.id = held.id
"""


class Watch:
    """The eyes of one run."""

    def __init__(self, campaign_id: int, reminds: bool) -> None:
        self.campaign_id = campaign_id
        self.reminds = reminds  # who has paid needs it no more
        self.paused = False  # or stopped: the campaign is not active
        self.ending = False  # the worker ends, or something broke
        self._closed: frozenset[int] = frozenset()
        self._batches: list[tuple[float, Sequence[Admitted]]] = []
        self._looked_at = self._renewed_at = time.monotonic()
        self._over = asyncio.Event()

    def may_leave(self, admitted: Admitted) -> bool:
        """Whether this message may still leave."""
        return (
            not self.paused
            and not self.ending
            and admitted.outgoing.case_id not in self._closed
            and time.monotonic() - self._looked_at < STALE_SECONDS
        )

    async def goes_on(self) -> bool:
        """Whether to claim the next batch. While others of a paused run are at the vendor, this waits for a resume."""
        while self.paused and self._batches and not self.ending:
            await asyncio.sleep(LOOK_SECONDS)
        return not self.paused and not self.ending

    @contextmanager
    def holding(self, batch: Sequence[Admitted]) -> Iterator[None]:
        """A batch that is on its way to the vendor."""
        held = (time.monotonic(), batch)
        self._batches.append(held)
        try:
            yield
        finally:
            self._batches.remove(held)

    async def keep(self) -> None:
        """Look until `close`. A watch that breaks ends the run; while the database is away nothing more leaves."""
        try:
            while not self._over.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._over.wait()
                        return
                with suppress(*db.AWAY):  # nobody's permit is renewed; the lanes wait for the database, or end
                    await self.look()
        finally:
            self.ending = True

    def close(self) -> None:
        """Nobody sends any more."""
        self._over.set()

    async def look(self) -> None:
        """Ask once, and renew the leases when it is time."""
        now = time.monotonic()
        # The claim of a younger batch has just asked for its cases.
        older = [batch for since, batch in self._batches if now - since > LOOK_SECONDS / 2]
        cases = [each.outgoing.case_id for batch in older for each in batch]
        async with db.unit_of_work() as session:
            row = await db.one(session, _LOOK, {"id": self.campaign_id, "cases": cases, "reminds": self.reminds})
            if now - self._renewed_at > RENEW_SECONDS:
                held = [each.outgoing.ref for _, batch in self._batches for each in batch]
                until = resources.current().clock.now() + LEASE
                await db.execute(session, _RENEW, {"ids": held, "until": until})
                self._renewed_at = now
        self.paused = row is None or row["status"] != "active"
        self._closed = frozenset(row["closed"]) if row else frozenset()
        self._looked_at = now
