"""What the database holds, as tests look at it: rows as dictionaries, on a session or beside it."""

from collections.abc import Mapping
from typing import Any

from psycopg.rows import dict_row
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.reads import Reads

Row = dict[str, Any]


async def read_rows(source: AsyncSession | Reads, sql: str, params: Mapping[str, object] | None = None) -> list[Row]:
    """Every row of a statement: in the session's transaction, or (for the read pool) in one of its own."""
    if isinstance(source, Reads):
        async with db.unit_of_work() as session:
            return await read_rows(session, sql, params)
    async with (await db.connection(source)).cursor(row_factory=dict_row) as cursor:
        await cursor.execute(sql, params)
        return await cursor.fetchall() if cursor.description else []


async def read_row(source: AsyncSession | Reads, sql: str, params: Mapping[str, object] | None = None) -> Row | None:
    """The first row of a statement, or None."""
    return next(iter(await read_rows(source, sql, params)), None)


async def read_value(source: AsyncSession | Reads, sql: str, params: Mapping[str, object] | None = None) -> Any:
    """The first column of the first row, or None."""
    row = await read_row(source, sql, params)
    return next(iter(row.values())) if row else None
