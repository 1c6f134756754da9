"""Whose table is whose: one module writes it, and the others read views of it."""

import re
from collections import defaultdict
from collections.abc import Collection
from typing import Final

import psycopg

from py360.entrypoints.wiring import MODULES
from tests.house.source import CHECKOUT, SOURCE
from tests.services import Services

# Tables that two modules write, and why. There is none.
SHARED: Final[dict[str, str]] = {}
# What a module reads of another's table itself, and why (ADR 40).
READ_DIRECTLY: Final = {
    ("cases", "customers"): "the case list shows, sorts and searches nearly every column, by their indexes",
    ("cases", "policies"): "the same",
    ("cases", "upload_batches"): "the same list names the batch",
    ("cases", "user_home_nodes"): "an import places thousands of rows by the day it runs on",
    ("customers", "consents"): "an import that is taken back asks per customer whether they ever said anything",
}
_MADE: Final = re.compile(r"create (?:unlogged )?table (?:if not exists )?(\w+)")
_WRITTEN: Final = re.compile(r"(?:insert into|update|delete from) (\w+)|__tablename__ = \"(\w+)\"")
# `from a x, b y` reads two tables, the second behind a comma.
_READ: Final = re.compile(
    r"(?:from|join|using) (\w+)|,\s+(\w+) (?:as )?[a-z]\w{0,9}(?=\s+(?:where|join|left|cross|order|group)\b|\s*[,\")]|\s*$)",
    re.MULTILINE,
)
_VIEWS: Final = "select viewname from pg_views where schemaname = 'public' and viewname like '%\\_public\\_%'"


def _migrations() -> str:
    return "\n".join(
        path.read_text() for path in (CHECKOUT / "migrations").rglob("*.*") if path.suffix in {".py", ".sql"}
    )


def _found(pattern: re.Pattern[str], among: Collection[str]) -> dict[str, set[str]]:
    """The modules in whose source the pattern names one of these tables or views, by its name."""
    found: dict[str, set[str]] = defaultdict(set)
    for module in MODULES:
        folder = SOURCE / "modules" / module
        for path in (*folder.rglob("*.py"), *folder.rglob("*.sql")):
            for match in pattern.finditer(path.read_text()):
                if (name := next(filter(None, match.groups()))) in among:
                    found[name].add(module)
    return found


def test_a_table_is_written_by_one_module() -> None:
    owners = _found(_WRITTEN, _MADE.findall(_migrations()))
    several = {table: sorted(modules) for table, modules in owners.items() if len(modules) > 1}
    assert several.keys() == SHARED.keys(), several


def test_a_module_reads_views_of_the_others() -> None:
    tables = _MADE.findall(_migrations())
    owners = _found(_WRITTEN, tables)
    direct = {
        (reader, table)
        for table, readers in _found(_READ, tables).items()
        for reader in readers
        if table in owners and reader not in owners[table]
    }
    assert direct == READ_DIRECTLY.keys(), direct


def test_a_public_view_is_of_a_module_and_read(servers: Services) -> None:
    name = servers.clone()
    with psycopg.connect(servers.database_url(name)) as connection:
        views = [row[0] for row in connection.execute(_VIEWS).fetchall()]
    servers.drop(name)
    assert len(views) > 10
    readers = _found(_READ, views)
    for view in views:
        assert view.partition("_public_")[0] in MODULES, view
        assert readers[view], f"nobody reads {view}"


def test_a_table_behind_a_comma_is_seen() -> None:
    sql = "select u.name, i.client_name from customers_public_contact u, clients i where i.id = u.client_id"
    assert {next(filter(None, match.groups())) for match in _READ.finditer(sql)} >= {
        "customers_public_contact",
        "clients",
    }
