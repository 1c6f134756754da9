"""Rate limits on Valkey, shared by every process. When Valkey is away, a limit lets nothing pass that it cannot count."""

import math
import time

from limits import parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter

from py360.kit.errors import TooMany


class Limits:
    """Named limits such as `5/15minutes`, counted per key."""

    def __init__(self, url: str) -> None:
        self._windows = MovingWindowRateLimiter(RedisStorage("async+" + url, implementation="redispy"))

    async def hit(self, rate: str, *key: str, cost: int = 1) -> bool:
        """Count; whether it was within the limit."""
        return await self._windows.hit(parse(rate), *key, cost=cost)

    async def require(self, message: str, rate: str, *key: str) -> None:
        """Count; raises TooMany when it was not within the limit, saying when to try again (`Retry-After`, `RateLimit-*`)."""
        item = parse(rate)
        if await self._windows.hit(item, *key):
            return
        window = await self._windows.get_window_stats(item, *key)
        seconds = str(max(1, math.ceil(window.reset_time - time.time())))
        headers = {"RateLimit-Limit": str(item.amount), "RateLimit-Remaining": "0", "RateLimit-Reset": seconds}
        raise TooMany(message, headers={**headers, "Retry-After": seconds})
