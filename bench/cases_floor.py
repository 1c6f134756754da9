"""The floor of the case list: the same rows by a bare Starlette handler on psycopg and orjson; no sign-in, no totals."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import orjson
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from py360.modules.cases.queries.rows import COLUMNS, JOINS, MORE

_SQL = "select {columns} from (select c.* from renewal_cases c where c.client_id = %(client)s and {where} order by {order} limit 20) c {joins} order by {order}"


def app() -> Starlette:
    """Serves `/floor?where=...&order=...` of the database at DATABASE_URL."""

    async def configure(connection: object) -> None:
        connection.prepare_threshold = 2

    pool = AsyncConnectionPool(
        os.environ["DATABASE_URL"],
        min_size=1,
        max_size=10,
        open=False,
        configure=configure,
        kwargs={"autocommit": True, "row_factory": dict_row},
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await pool.open(wait=True)
        yield
        await pool.close()

    async def floor(request: Request) -> Response:
        sql = _SQL.format(
            columns=COLUMNS + MORE,
            joins=JOINS,
            where=request.query_params["where"],
            order=request.query_params["order"],
        )
        async with pool.connection() as connection:
            rows = await (await connection.execute(sql, {"client": 1, "today": date.today()})).fetchall()  # noqa: DTZ011
        return Response(orjson.dumps({"cases": rows}), media_type="application/json")

    return Starlette(routes=[Route("/floor", floor)], lifespan=lifespan)
