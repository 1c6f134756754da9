"""After PostgreSQL has restarted, the connections that lie in the pools are dead: nobody may be answered 503 for that."""

import asyncio

import httpx
import psycopg

from py360.kit import db, pools
from py360.kit.settings import Settings

_HANG_UP = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"


async def test_no_request_meets_a_connection_that_the_server_has_closed(
    as_admin: httpx.AsyncClient, configured: Settings
) -> None:
    async def ask() -> set[int]:
        reading = (as_admin.get("/api/cases") for _ in range(20))
        writing = (as_admin.put("/api/user/settings", json={"theme": "dark"}) for _ in range(5))
        return {answer.status_code for answer in await asyncio.gather(*reading, *writing)}

    assert await ask() == {200}  # the pools are warm
    with psycopg.connect(configured.database_url, autocommit=True) as restart:
        assert len(restart.execute(_HANG_UP).fetchall()) > 2
    await asyncio.sleep(0.2)
    assert await ask() == {200}


async def test_a_connection_in_use_is_not_taken_for_dead(as_admin: httpx.AsyncClient) -> None:
    async with db.unit_of_work() as session:
        assert not pools.server_closed(await db.connection(session))
