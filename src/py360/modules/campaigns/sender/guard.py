"""Whether a run may still send: looked up four times a second, so that pausing, stopping and a payment hold within two seconds.

The claim of a batch checks the same, but a batch may take minutes at a slow vendor. A message that may not be sent any more
comes back from the transport as `withheld`. The leases of the batches are renewed here as well: while a run has them, no other
takes them for lost. ADR 0075 says why this is a poll beside the subscription to paid cases.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from py360.kit import db, resources
from py360.modules.messaging.api import Admitted

LOOK_SECONDS: Final = 0.25
STALE_SECONDS: Final = 1.5  # after so long without a look nothing may be sent
LEASE: Final = timedelta(seconds=90)
RENEW_SECONDS: Final = LEASE.total_seconds() / 3

_LOOK: Final = """
select status, array(select case_id from cases_public_term
  where case_id = any(%(cases)s) and (not is_open or (is_paid and %(reminder)s))) as closed_cases
from campaigns where id = %(id)s
"""
# A recipient that is being recorded needs no lease any more.
_RENEW: Final = """
update campaign_recipients r set claimed_until = %(until)s
from (select id from campaign_recipients where id = any(%(ids)s) and status = 'claimed' for no key update skip locked) locked
where r.id = locked.id
"""


@dataclass(frozen=True, slots=True)
class Look:
    """The campaign as it was looked up, and the cases under way that need no message any more."""

    status: str
    closed_cases: list[int]


class CampaignGuard:
    """The guard of one run."""

    def __init__(self, campaign_id: int, is_reminder: bool) -> None:
        self.campaign_id = campaign_id
        self.is_reminder = is_reminder  # a customer who paid needs it no more
        self.paused = False  # or stopped: the campaign is not active
        self.ending = False  # the worker ends, or something failed
        self._closed_cases: frozenset[int] = frozenset()
        self._batches: list[tuple[float, Sequence[Admitted]]] = []
        self._looked_at = self._renewed_at = time.monotonic()
        self._closed = asyncio.Event()

    def may_send(self, admitted: Admitted) -> bool:
        """Whether this message may still be sent."""
        return (
            not self.paused
            and not self.ending
            and admitted.outgoing.case_id not in self._closed_cases
            and time.monotonic() - self._looked_at < STALE_SECONDS
        )

    async def may_claim(self) -> bool:
        """Whether to claim the next batch. While a paused run has batches at the vendor, this waits for a resume."""
        while self.paused and self._batches and not self.ending:
            await asyncio.sleep(LOOK_SECONDS)
        return not self.paused and not self.ending

    @contextmanager
    def watching(self, batch: Sequence[Admitted]) -> Iterator[None]:
        """A batch that is at the vendor."""
        watched = (time.monotonic(), batch)
        self._batches.append(watched)
        try:
            yield
        finally:
            self._batches.remove(watched)

    async def keep_looking(self) -> None:
        """Look until `close`. A guard that fails ends the run; while the database is away nothing may be sent."""
        try:
            while not self._closed.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._closed.wait()
                        return
                with suppress(*db.AWAY):  # the last look gets stale; the loops wait for the database, or end
                    await self.look()
        finally:
            self.ending = True

    def close(self) -> None:
        """No loop sends any more."""
        self._closed.set()

    async def look(self) -> None:
        """Look once, and renew the leases when it is time."""
        now = time.monotonic()
        # The claim of a younger batch has just checked its cases.
        older = [batch for since, batch in self._batches if now - since > LOOK_SECONDS / 2]
        cases = [each.outgoing.case_id for batch in older for each in batch]
        async with db.unit_of_work() as session:
            params = {"id": self.campaign_id, "cases": cases, "reminder": self.is_reminder}
            look = await db.fetch_one(session, Look, _LOOK, params)
            if now - self._renewed_at > RENEW_SECONDS:
                leased = [each.outgoing.ref for _, batch in self._batches for each in batch]
                until = resources.current().clock.now() + LEASE
                await db.execute(session, _RENEW, {"ids": leased, "until": until})
                self._renewed_at = now
        self.paused = look is None or look.status != "active"
        self._closed_cases = frozenset(look.closed_cases) if look else frozenset()
        self._looked_at = now
