"""The read side: SQL on a pool of autocommitting, preparing connections. May point at a replica.

Rows have types, as in `kit.db`: `await reads.fetch_all(CaseRow, SQL, params)`, `fetch_one`, `fetch_only`, `fetch_stream`.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Final, TypeVar

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from py360.kit import rows
from py360.kit.errors import Unavailable
from py360.kit.pools import Params, server_closed

Kind = TypeVar("Kind")
STATEMENT_TIMEOUT_MS = 30_000
# More of them at once only make each other late (ADR 48).
SEARCHES_AT_ONCE: Final = (os.cpu_count() or 1) + 1
STREAM_WAIT_SECONDS: Final = 10.0


class TooManyStreams(Unavailable):
    """Several long files are being written at the moment. Please try again in a minute."""

    default_code = "exports_busy"


async def _configure(connection: AsyncConnection[TupleRow]) -> None:
    connection.prepare_threshold = 2


async def _still_there(connection: AsyncConnection[TupleRow]) -> None:
    """Raise OperationalError when the server has closed the connection since; it is asked only when there is reason (see `pools.server_closed`)."""
    if server_closed(connection):
        await AsyncConnectionPool.check_connection(connection)


class Reads:
    """Lists, aggregates and exports. Knows no transaction: never write through it.

    `searches`: what looks at thousands of rows takes its turn there, so that lists find a free connection. Streams hold one
    for as long as their reader takes, so they get half of them.
    """

    def __init__(self, url: str, size: int = 10) -> None:
        self.searches = asyncio.Semaphore(SEARCHES_AT_ONCE)
        self._streams = asyncio.Semaphore(max(1, size // 2))
        self._pool: AsyncConnectionPool[AsyncConnection[TupleRow]] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=size,
            open=False,
            configure=_configure,
            check=_still_there,
            kwargs={"autocommit": True, "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC"},
        )

    async def open(self) -> None:
        """Connect; raises psycopg_pool.PoolTimeout when the database does not answer in 10 s."""
        await self._pool.open(wait=True, timeout=10)

    async def close(self) -> None:
        """Give every connection back."""
        await self._pool.close()

    async def fetch_all(self, kind: type[Kind], sql: str, params: Params = None) -> list[Kind]:
        """Every row, as `kind`: a dataclass of its columns, or a plain type for the first column."""
        connection = await self._pool.getconn()
        try:
            cursor = connection.cursor(row_factory=rows.row_factory(kind))
            await cursor.execute(sql, params)  # SQL is ours
            return await cursor.fetchall()
        finally:
            await self._pool.putconn(connection)

    async def fetch_one(self, kind: type[Kind], sql: str, params: Params = None) -> Kind | None:
        """The first row, as `kind`; None when there is none."""
        found = await self.fetch_all(kind, sql, params)
        return found[0] if found else None

    async def fetch_only(self, kind: type[Kind], sql: str, params: Params = None) -> Kind:
        """The row of a statement that always gives one, as `kind`; raises LookupError otherwise."""
        return rows.only(await self.fetch_all(kind, sql, params))

    async def fetch_stream(
        self, kind: type[Kind], sql: str, params: Params = None, batch: int = 2_000
    ) -> AsyncIterator[Kind]:
        """Rows one by one, as `kind`, from a server-side cursor: a million rows in flat memory. Raises TooManyStreams."""
        try:
            async with asyncio.timeout(STREAM_WAIT_SECONDS):
                await self._streams.acquire()
        except TimeoutError as error:
            raise TooManyStreams(headers={"Retry-After": "60"}) from error
        try:
            async with (
                self._pool.connection() as connection,
                connection.transaction(),
                connection.cursor(name="stream", row_factory=rows.row_factory(kind)) as cursor,
            ):
                cursor.itersize = batch
                await cursor.execute(sql, params)  # SQL is ours
                async for row in cursor:
                    yield row
        finally:
            self._streams.release()
