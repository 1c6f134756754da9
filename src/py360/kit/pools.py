"""The connections to PostgreSQL that a process keeps: how they are made, and whether one that waits in a pool is still good."""

import select
from collections.abc import Mapping
from typing import Any

import sqlalchemy.event
import sqlalchemy.exc
from psycopg import AsyncConnection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

Params = Mapping[str, object] | None


def sqlalchemy_url(url: str) -> str:
    """`postgresql://` as SQLAlchemy wants it for psycopg 3."""
    return "postgresql+psycopg://" + url.split("://", 1)[1]


def make_engine(url: str, pool_size: int = 10) -> AsyncEngine:
    """An engine for the write side."""
    engine = create_async_engine(sqlalchemy_url(url), pool_size=pool_size, max_overflow=10, pool_pre_ping=False)
    sqlalchemy.event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def make_sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Sessions whose objects stay readable after the commit."""
    return async_sessionmaker(engine, expire_on_commit=False)


def server_closed(connection: AsyncConnection[Any]) -> bool:
    """Whether the server has closed a connection that waits in a pool: then there is something to read, the server's last message.

    Without this the first requests after a restart of PostgreSQL would fail, one for each connection of the pool. A look at
    the socket takes microseconds, a trip to the server as long as the rest of a list.
    """
    if connection.closed:
        return True
    look = select.poll()
    look.register(connection.fileno(), select.POLLIN)
    return bool(look.poll(0))


def _refuse_closed(adapted: Any, record: object, proxy: object) -> None:
    """SQLAlchemy's hook: the pool replaces what is refused here."""
    if server_closed(adapted.driver_connection):
        raise sqlalchemy.exc.DisconnectionError
