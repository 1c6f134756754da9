"""A statement's rows come as what they are named."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from py360.kit import db, sql
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources

NUMBERS = "select n, 'row ' || n as name from generate_series(1, %(most)s) n order by n"


@dataclass(frozen=True, slots=True)
class Numbered:
    """A row of NUMBERS."""

    n: int
    name: str


@dataclass(frozen=True, slots=True)
class Nameless:
    """A row of NUMBERS without one of its columns."""

    n: int


async def test_rows_come_as_the_dataclass_asked_for(resources: Resources) -> None:
    both = [Numbered(1, "row 1"), Numbered(2, "row 2")]
    assert await resources.reads.fetch_all(Numbered, NUMBERS, {"most": 2}) == both
    assert [row async for row in resources.reads.fetch_stream(Numbered, NUMBERS, {"most": 2})] == both
    async with unit_of_work() as session:
        assert await db.fetch_all(session, Numbered, NUMBERS, {"most": 2}) == both
        assert await db.fetch_one(session, Numbered, NUMBERS, {"most": 0}) is None


async def test_plain_type_is_the_first_column(resources: Resources) -> None:
    assert await resources.reads.fetch_all(int, NUMBERS, {"most": 3}) == [1, 2, 3]
    assert await resources.reads.fetch_only(int, "select count(*) from clients") == 1
    async with unit_of_work() as session:
        assert await db.fetch_one(session, str, "select 'a' where false") is None
        assert await db.fetch_all(session, int, "set local work_mem = '8MB'") == []


async def test_missing_row_or_unknown_column_is_an_error(resources: Resources) -> None:
    with pytest.raises(LookupError, match="2 were returned"):
        await resources.reads.fetch_only(Numbered, NUMBERS, {"most": 2})
    with pytest.raises(TypeError, match="name"):
        await resources.reads.fetch_all(Nameless, NUMBERS, {"most": 1})


def test_statement_file_is_found_in_its_package(tmp_path: Path) -> None:
    module = tmp_path / "module"
    (module / "sql").mkdir(parents=True)
    (module / "service").mkdir()
    for folder in (module, module / "service"):
        (folder / "__init__.py").touch()
    (module / "sql" / "merge.sql").write_text("-- merges\nselect 1")
    assert sql.read(str(module / "service" / "merge.py"), "merge").endswith("select 1")
    with pytest.raises(FileNotFoundError, match="close"):
        sql.read(str(module / "service" / "merge.py"), "close")
