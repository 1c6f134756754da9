"""Servers of a benchmark's own: a fresh, migrated and seeded installation in a temporary folder."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from py360.entrypoints import servers, wiring
from py360.kit import db
from py360.kit.migrate import migrate
from py360.kit.settings import settings


@contextmanager
def installation() -> Iterator[str]:
    """The URL of the database; the environment then names this installation for this process and its children."""
    with tempfile.TemporaryDirectory(prefix="py360-bench-") as home:
        url = servers.start_postgres(Path(home) / "postgres", servers.tuning())
        cache = servers.start_valkey(Path(home) / "valkey")
        os.environ |= {
            "PY360_HOME": home,
            "DATABASE_URL": url,
            "REDIS_URL": cache,
            "PY360_SECRET_KEY": "the key of the benchmarks, long enough",
        }
        settings.cache_clear()
        try:
            migrate(url)
            wiring.import_models()
            asyncio.run(_seed(url))
            yield url
        finally:
            servers.stop_valkey(Path(home) / "valkey")
            servers.stop_postgres(Path(home) / "postgres")


async def _seed(url: str) -> None:
    engine = db.make_engine(url)
    async with db.make_sessions(engine)() as session, session.begin():
        await wiring.seed(session)
    await engine.dispose()
