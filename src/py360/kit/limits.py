"""Rate limits on Valkey, shared by every process. When Valkey is away, a limit lets nothing pass that it cannot count."""

from dataclasses import dataclass

from limits import parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter

from py360.kit.errors import TooMany


@dataclass(frozen=True, slots=True)
class Allowance:
    """The state of a limit after a hit: how many are left, and the seconds until the window renews."""

    limit: int
    remaining: int
    reset_seconds: int


class Limits:
    """Named limits such as `5/15minutes`, counted per key."""

    def __init__(self, url: str) -> None:
        self._windows = MovingWindowRateLimiter(RedisStorage("async+" + url, implementation="redispy"))

    async def hit(self, rate: str, *key: str, cost: int = 1) -> bool:
        """Count; whether it was within the limit."""
        return await self._windows.hit(parse(rate), *key, cost=cost)

    async def require(self, message: str, rate: str, *key: str) -> None:
        """Count; raises TooMany with a Retry-After when it was not within the limit."""
        item = parse(rate)
        if not await self._windows.hit(item, *key):
            raise TooMany(message, headers={"Retry-After": str(item.get_expiry())})
