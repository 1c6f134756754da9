"""Webhooks out: a queue per vendor, retried with growing pauses while our API is away, as vendors do."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from typing import Final

import aiohttp

from py360.sandbox.timeline import Timeline

TIMEOUT: Final = aiohttp.ClientTimeout(total=30)
FIRST_PAUSE: Final = 1.0  # seconds; doubles with every failure
LONGEST_PAUSE: Final = 60.0
ATTEMPTS: Final = 200  # more than three hours of an API that does not answer
NEVER_AGAIN: Final = 406  # Mailgun's convention: not acceptable, do not send this again
SHUFFLED_OVER: Final = 2.0  # seconds over which `shuffle` scatters the deliveries


@dataclass(slots=True)
class Letter:
    """One webhook call, signed and ready."""

    url: str
    body: bytes
    headers: dict[str, str]
    attempt: int = 0


@dataclass(slots=True)
class Mischief:
    """What tests do to webhooks: hold them back, scatter their order, deliver some twice (a share, 0 to 1)."""

    paused: bool = False
    shuffle: bool = False
    duplicate: float = 0.0


class Courier:
    """Delivers one vendor's webhooks over a few kept-alive connections."""

    def __init__(self, name: str, http: aiohttp.ClientSession, mischief: Mischief, connections: int) -> None:
        self.name = name
        self.counts: Counter[str] = Counter()
        self._http = http
        self._mischief = mischief
        self._queue: asyncio.Queue[Letter] = asyncio.Queue()
        self._later = Timeline()
        self._carrying = 0
        self._workers = [asyncio.create_task(self._work(), name=f"courier {name}") for _ in range(connections)]

    @property
    def waiting(self) -> int:
        """Webhooks not delivered yet."""
        return self._queue.qsize() + self._later.waiting + self._carrying

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> None:
        """Deliver this as soon as possible."""
        self.counts["made"] += 1
        copies = 2 if random.random() < self._mischief.duplicate else 1
        for _ in range(copies):
            pause = random.uniform(0, SHUFFLED_OVER) if self._mischief.shuffle else 0
            self._schedule(Letter(url, body, headers), pause)

    def _schedule(self, letter: Letter, pause: float) -> None:
        if pause:
            self._later.after(pause, lambda: self._queue.put_nowait(letter))
        else:
            self._queue.put_nowait(letter)

    async def _work(self) -> None:
        while True:
            letter = await self._queue.get()
            self._carrying += 1
            try:
                while self._mischief.paused:
                    await asyncio.sleep(0.05)
                await self._deliver(letter)
            finally:
                self._carrying -= 1

    async def _deliver(self, letter: Letter) -> None:
        try:
            async with self._http.post(letter.url, data=letter.body, headers=letter.headers, timeout=TIMEOUT) as answer:
                await answer.read()
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            status = 0
        if 200 <= status < 300:
            self.counts["delivered"] += 1
            return
        letter.attempt += 1
        self.counts["retried"] += 1
        self.counts[f"answered {status}" if status else "no answer"] += 1
        if status == NEVER_AGAIN or letter.attempt >= ATTEMPTS:
            self.counts["given up"] += 1
            return
        pause = min(FIRST_PAUSE * 2 ** (letter.attempt - 1), LONGEST_PAUSE)
        self._schedule(letter, pause * random.uniform(0.8, 1.2))

    def clear(self) -> None:
        """Drop what has not been delivered."""
        self._later.clear()
        while not self._queue.empty():
            self._queue.get_nowait()
        self.counts.clear()

    async def close(self) -> None:
        """Stop delivering."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
