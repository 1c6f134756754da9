"""Rate limits on Valkey, shared by every process. When Valkey is away, a limit lets nothing pass that it cannot count.

The quota of a user's requests is the exception: the application does not stand still because its counter is away.
"""

import math
import time
from dataclasses import dataclass
from typing import Any, Final

import structlog
from limits import parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.exceptions import ConnectionError as CacheConnectionError
from redis.exceptions import TimeoutError as CacheTimeoutError

from py360.kit.errors import TooMany

log = structlog.get_logger()
WINDOW_SECONDS: Final = 60
SHARED_EVERY_SECONDS: Final = 1.0
MOST_COUNTED: Final = 10_000


def refusal(message: str, limit: int, seconds: int) -> TooMany:
    """The refusal of what is above a limit, and when to come back (draft-ietf-httpapi-ratelimit-headers-06)."""
    headers = {"RateLimit-Limit": limit, "RateLimit-Remaining": 0, "RateLimit-Reset": seconds, "Retry-After": seconds}
    return TooMany(message, headers={name: str(value) for name, value in headers.items()})


class Limits:
    """Named limits such as `5/15minutes`, counted per key."""

    def __init__(self, url: str) -> None:
        self._windows = MovingWindowRateLimiter(RedisStorage("async+" + url, implementation="redispy"))

    async def hit(self, rate: str, *key: str, cost: int = 1) -> bool:
        """Count; whether it was within the limit."""
        return await self._windows.hit(parse(rate), *key, cost=cost)

    async def room(self, rate: str, *key: str) -> tuple[int, float]:
        """How many more are within the limit now, and the seconds until there is room again. Counts nothing."""
        window = await self._windows.get_window_stats(parse(rate), *key)
        return max(0, window.remaining), max(0.0, window.reset_time - time.time())

    async def take(self, rate: str, *key: str, wanted: int) -> tuple[int, float]:
        """Count as many of the wanted as are within the limit; how many, and the seconds until there is room again."""
        item = parse(rate)
        while True:
            window = await self._windows.get_window_stats(item, *key)
            taken = min(wanted, window.remaining)
            if taken <= 0 or await self._windows.hit(item, *key, cost=taken):
                return max(0, taken), max(0.0, window.reset_time - time.time())

    async def require(self, message: str, rate: str, *key: str) -> None:
        """Count; raises TooMany when it was not within the limit, saying when to try again (`Retry-After`, `RateLimit-*`)."""
        item = parse(rate)
        if await self._windows.hit(item, *key):
            return
        window = await self._windows.get_window_stats(item, *key)
        raise refusal(message, item.amount, max(1, math.ceil(window.reset_time - time.time())))


@dataclass(frozen=True, slots=True)
class Allowance:
    """The state of a quota after a request: how many are left, and the seconds until the window renews."""

    limit: int
    remaining: int
    reset_seconds: int


@dataclass(slots=True)
class _Count:
    """One key's requests in one window."""

    window: int
    used: int = 0  # by every process, as far as this one knows
    unshared: int = 0  # how many of them the others do not know yet
    shared_at: float = 0.0


class Quota:
    """So many requests a minute for each key. Counted in the process, which informs the others once a second: a request
    costs microseconds, not a question to Valkey."""

    def __init__(self, cache: Any, limit: int) -> None:
        self.limit = limit
        self._cache = cache
        self._counts: dict[str, _Count] = {}

    async def spend(self, key: str, now: float) -> Allowance:
        """Count a request at this moment (epoch seconds), above the limit, too; what is left is then below zero."""
        window = int(now // WINDOW_SECONDS)
        count = self._counts.get(key)
        if count is None or count.window != window:
            if len(self._counts) >= MOST_COUNTED:
                self._counts.clear()
            count = self._counts[key] = _Count(window)
        count.used += 1
        count.unshared += 1
        if now - count.shared_at >= SHARED_EVERY_SECONDS:
            count.shared_at = now
            await self._share(key, count)
        return Allowance(self.limit, self.limit - count.used, WINDOW_SECONDS - int(now % WINDOW_SECONDS))

    async def _share(self, key: str, count: _Count) -> None:
        """Add what the others do not know yet to what they have."""
        share, count.unshared = count.unshared, 0
        name = f"quota:{key}:{count.window}"
        try:
            async with self._cache.pipeline(transaction=False) as pipeline:
                used, _ = await pipeline.incrby(name, share).expire(name, 2 * WINDOW_SECONDS).execute()
        except (CacheConnectionError, CacheTimeoutError):
            count.unshared += share
            log.warning("requests are counted in this process only: the cache does not answer")
        else:
            count.used = used + count.unshared
