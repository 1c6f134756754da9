"""What a running process holds: database, cache, clock and files. Opened once, at the edge."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import redis.asyncio
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from py360.kit import pools
from py360.kit.clock import Clock, SystemClock
from py360.kit.limits import Limits, Quota
from py360.kit.reads import Reads
from py360.kit.settings import Settings
from py360.kit.storage import Storage, open_storage

Cache = Any  # redis.asyncio.Redis; its stubs are generic in ways that add nothing here


@dataclass(slots=True)
class Resources:
    """The parts that outlive a request or a job."""

    settings: Settings
    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    reads: Reads
    cache: Cache
    limits: Limits
    quota: Quota
    storage: Storage
    clock: Clock
    closing: list[Callable[[], Awaitable[None]]] = field(default_factory=list)  # what modules opened; closed first

    @classmethod
    async def open(cls, settings: Settings, clock: Clock | None = None, pool_size: int = 10) -> "Resources":
        """Connect everything this process needs and make it `current()`."""
        engine = pools.make_engine(settings.database_url, pool_size)
        reads = Reads(settings.read_database_url or settings.database_url, pool_size)
        await reads.open()
        cache = redis.asyncio.from_url(settings.redis_url, decode_responses=True)
        opened = cls(
            settings=settings,
            engine=engine,
            sessions=pools.make_sessions(engine),
            reads=reads,
            cache=cache,
            limits=Limits(settings.redis_url),
            quota=Quota(cache, settings.requests_per_minute),
            storage=open_storage(settings),
            clock=clock or SystemClock(),
        )
        use(opened)
        return opened

    async def close(self) -> None:
        """Disconnect."""
        while self.closing:
            await self.closing.pop()()
        await self.reads.close()
        await self.engine.dispose()
        await self.cache.aclose()


_current: Resources | None = None


def use(resources: Resources) -> None:
    """Make these the process's resources."""
    global _current
    _current = resources


def current() -> Resources:
    """The process's resources; a RuntimeError before the edge has opened them."""
    if _current is None:
        raise RuntimeError("no resources are open: Resources.open() belongs to the entry point")
    return _current
