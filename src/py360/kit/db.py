"""The write side: SQLAlchemy on psycopg 3, and plain SQL inside the same transaction.

Rows have types. What a statement returns is named where it is run:

    @dataclass(frozen=True, slots=True)
    class OpenCase:
        id: int
        due_date: date

    cases = await db.fetch_all(session, OpenCase, "select id, due_date from renewal_cases ...", params)  # list[OpenCase]
    case = await db.fetch_one(session, OpenCase, "...", params)  # OpenCase | None
    total = await db.fetch_only(session, int, "select count(*) ...", params)  # int; LookupError unless there is one row
    ids = await db.fetch_all(session, int, "update ... returning id", params)  # list[int]: a plain type is the first column

`fetch_all`, `fetch_one` and `fetch_only` also take the read pool (`kit.reads`), for a read that is made in both places.

The edge commits (docs/architecture.md, rule 1): a request through `kit.http.Session`, a job through `unit_of_work()`. Modules never do.
"""

import asyncio
import errno
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias, TypeVar

import psycopg
import psycopg.errors
import sqlalchemy.exc
import structlog
from psycopg import AsyncConnection
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

from py360.kit import pools, resources, rows
from py360.kit.reads import Reads

log = structlog.get_logger()
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
AWAY: Final = (psycopg.OperationalError, sqlalchemy.exc.OperationalError)  # the pools' timeouts are such, too
CLASH: Final = (psycopg.IntegrityError, sqlalchemy.exc.IntegrityError)
# The first from PostgreSQL 18 on.
IN_USE: Final = (psycopg.errors.RestrictViolation, psycopg.errors.ForeignKeyViolation)
INSIST_SECONDS: Final = 45.0  # a restart takes some; less than a lease of what is being worked on has left
AGAIN_SECONDS: Final = 0.2
# What the libraries say when a connection broke before it was used; of other mistakes with connections, too.
LOST: Final = (sqlalchemy.exc.InvalidRequestError, psycopg.InterfaceError)
_LOST_WORDS: Final = ("connection is closed", "Can't reconnect")
_GONE: Final = ("08", "57P")  # connection failures, shutdowns

Answer = TypeVar("Answer")
Kind = TypeVar("Kind")
Params: TypeAlias = pools.Params
Source: TypeAlias = AsyncSession | Reads  # where a read may run: inside a transaction, or on the read pool


class Base(DeclarativeBase):
    """Base of every module's tables."""


@asynccontextmanager
async def unit_of_work() -> AsyncIterator[AsyncSession]:
    """One job's transaction: commits at the end, rolls back on any exception."""
    async with resources.current().sessions() as session, session.begin():
        yield session


async def fetch_alone(kind: type[Kind], sql: str, params: Params = None) -> list[Kind]:
    """Every row of one statement that is a transaction by itself: a single round trip, committed when this returns."""
    async with resources.current().engine.connect() as borrowed:
        await borrowed.execution_options(isolation_level="AUTOCOMMIT")
        driver = (await borrowed.get_raw_connection()).driver_connection
        assert isinstance(driver, AsyncConnection)
        async with driver.cursor(row_factory=rows.row_factory(kind)) as cursor:
            await cursor.execute(sql, params)  # SQL is ours, written in the modules
            return await cursor.fetchall() if cursor.description else []


def is_away(error: BaseException | None) -> bool:
    """Whether the server was not reached, or closed the connection. Its answers (a deadlock, a full disk) may be `AWAY` errors, too."""
    if isinstance(error, BaseExceptionGroup):
        return any(is_away(each) for each in error.exceptions)
    if isinstance(error, sqlalchemy.exc.DBAPIError):
        error = error.orig
    if isinstance(error, LOST):
        return any(words in str(error) for words in _LOST_WORDS)
    return isinstance(error, psycopg.OperationalError) and (error.sqlstate or "08").startswith(_GONE)


def is_full(error: BaseException | None) -> bool:
    """Whether something failed because there is no room: on our disk, within its quota, or on the database's."""
    if isinstance(error, sqlalchemy.exc.DBAPIError):
        error = error.orig
    return isinstance(error, psycopg.errors.DiskFull) or (isinstance(error, OSError) and error.errno in _FULL)


async def insist(work: Callable[[], Awaitable[Answer]]) -> Answer:
    """Do work that may be done twice; while the database is away, again and again for `INSIST_SECONDS`."""
    deadline = time.monotonic() + INSIST_SECONDS
    while True:
        try:
            return await work()
        except AWAY as error:
            if time.monotonic() > deadline:
                raise
            log.warning("the database could not do this now; trying again", error=str(error).partition("\n")[0])
            await asyncio.sleep(AGAIN_SECONDS)


async def connection(session: AsyncSession) -> AsyncConnection[Any]:
    """The psycopg connection of this session's transaction: for COPY, set-based SQL and deferring jobs."""
    raw = await (await session.connection()).get_raw_connection()
    driver = raw.driver_connection
    assert isinstance(driver, AsyncConnection)
    return driver


async def fetch_all(source: Source, kind: type[Kind], sql: str, params: Params = None) -> list[Kind]:
    """Every row of a statement, as `kind`: a dataclass of its columns, or a plain type for the first column."""
    if isinstance(source, Reads):
        return await source.fetch_all(kind, sql, params)
    async with (await connection(source)).cursor(row_factory=rows.row_factory(kind)) as cursor:
        await cursor.execute(sql, params)  # SQL is ours, written in the modules
        return await cursor.fetchall() if cursor.description else []


async def fetch_one(source: Source, kind: type[Kind], sql: str, params: Params = None) -> Kind | None:
    """The first row of a statement, as `kind`; None when there is none."""
    found = await fetch_all(source, kind, sql, params)
    return found[0] if found else None


async def fetch_only(source: Source, kind: type[Kind], sql: str, params: Params = None) -> Kind:
    """The row of a statement that always gives one, as `kind`; raises LookupError otherwise."""
    return rows.only(await fetch_all(source, kind, sql, params))


async def execute(session: AsyncSession, sql: str, params: Params = None) -> int:
    """Run a statement inside the session's transaction; the number of rows it touched."""
    async with (await connection(session)).cursor() as cursor:
        await cursor.execute(sql, params)  # SQL is ours, written in the modules
        return cursor.rowcount


@asynccontextmanager
async def trusted(session: AsyncSession) -> AsyncIterator[None]:
    """For bulk inserts whose references this very transaction has made or holds: no foreign-key check row by row.

    The checks cost a third of a bulk import (measured). They are left out only where the database grants us the right
    to say so (our own server does; elsewhere `grant set on parameter session_replication_role`); else they run.
    """
    granted = await fetch_one(
        session,
        str,
        "select set_config('session_replication_role', 'replica', true)"
        " where has_parameter_privilege('session_replication_role', 'set')",
    )
    yield
    if granted:
        await execute(session, "set local session_replication_role = origin")
