"""The migrations make what the models say, from nothing, and only once."""

import gzip
from typing import Final

import psycopg
from alembic import command
from alembic.script import ScriptDirectory

from py360.entrypoints import wiring
from py360.kit.migrate import alembic_config, check, migrate, revisions
from tests.factories.schema import parts
from tests.house.book import statements_of_the_book
from tests.house.source import CHECKOUT
from tests.house.specification import INDEXES, TABLES
from tests.services import Services

INSTALLATION: Final = CHECKOUT / "tests" / "payloads" / "installation-0.1.0.sql.gz"

_SHAPE = """
select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns
where table_schema = 'public' order by 1, 2
"""
_UNSAID = """
select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint
where contype = 'f' and confdeltype = 'a' and conrelid::regclass::text not like 'procrastinate%'
"""
_UNTIMED = """
select table_name || '.' || column_name from information_schema.columns
where table_schema = 'public' and data_type = 'timestamp without time zone' and table_name not like 'procrastinate%'
"""
_FLOATS = """
select table_name || '.' || column_name from information_schema.columns
where table_schema = 'public' and data_type in ('real', 'double precision')
  and column_name ~ '(amount|premium|price|cost|budget|balance|discount)'
"""


def test_migrations_run_on_an_empty_database_and_run_again(servers: Services) -> None:
    name = servers.empty()
    url = servers.database_url(name)
    migrate(url)
    with psycopg.connect(url) as connection:
        first = connection.execute(_SHAPE).fetchall()
    migrate(url)
    with psycopg.connect(url) as connection:
        assert connection.execute(_SHAPE).fetchall() == first
        assert connection.execute("select count(*) from alembic_version").fetchone() == (1,)
    servers.drop(name)


def test_migrations_go_down_and_up_again_under_a_filled_database(servers: Services) -> None:
    """Down to the first one, which has nothing before it: what downgrades promise is run, on rows that they have to fix."""
    name = servers.clone()
    url = servers.database_url(name)
    with psycopg.connect(url) as connection:
        for statement in statements_of_the_book(20):
            connection.execute(statement)
        connection.execute(
            "insert into payment_links (client_id, case_id, amount, expires_at) select 1, 1001, null, now()"
        )
        before = parts(connection)
    command.downgrade(alembic_config(url), revisions()[0])
    migrate(url)
    with psycopg.connect(url) as connection:
        after = parts(connection)
        assert before ^ after == set()
        assert connection.execute("select count(*) from renewal_cases").fetchone() == (40,)
        assert connection.execute("select converted_count from campaigns where id = 1001").fetchone() == (0,)
    servers.drop(name)


def test_an_installation_of_the_last_version_upgrades_in_place(servers: Services) -> None:
    """Version 0.1.0 with some of everything (pg_dump): after the upgrade it has the schema of a new one and all its rows."""
    fresh, name = servers.empty(), servers.empty()
    migrate(servers.database_url(fresh))
    url = servers.database_url(name)
    with psycopg.connect(url) as connection:
        connection.execute(gzip.decompress(INSTALLATION.read_bytes()))
    migrate(url)
    with psycopg.connect(url) as connection, psycopg.connect(servers.database_url(fresh)) as new:
        assert parts(connection) ^ parts(new) == set()
        assert connection.execute("select count(*), count(distinct client_id) from renewal_cases").fetchone() == (6, 1)
        assert connection.execute("select count(*) from organizational_hierarchy where client_id = 1").fetchone() == (
            3,
        )
    servers.drop(name)
    servers.drop(fresh)


def test_a_changed_view_is_created_anew_without_a_migration(servers: Services) -> None:
    name = servers.clone()
    url = servers.database_url(name)
    with psycopg.connect(url) as connection:
        connection.execute("drop view identity_public_client")
        connection.execute("create view identity_public_client as select 1 as id")
    migrate(url)
    with psycopg.connect(url) as connection:
        assert connection.execute("select id, client_name from identity_public_client").fetchone() is not None
    servers.drop(name)


def test_history_is_one_line() -> None:
    scripts = ScriptDirectory.from_config(alembic_config("postgresql://nowhere"))
    assert scripts.get_heads() == [revisions()[-1]]
    assert len(scripts.get_bases()) == 1


def test_models_and_migrations_agree(servers: Services) -> None:
    wiring.import_models()
    name = servers.clone()
    check(servers.database_url(name))
    servers.drop(name)


def test_the_specifications_tables_stand_under_its_names(servers: Services) -> None:
    name = servers.clone()
    with psycopg.connect(servers.database_url(name)) as connection:
        there = {(row[0], row[1]) for row in connection.execute(_SHAPE).fetchall()}
        made = dict(
            connection.execute("select indexname, indexdef from pg_indexes where schemaname = 'public'").fetchall()
        )
    servers.drop(name)
    assert {(table, column) for table, columns in TABLES.items() for column in columns.split()} - there == set()
    for index, on in INDEXES.items():
        columns = made[index].partition(" ON public.")[2].replace(" USING btree", "")
        assert columns.startswith((on, on[:-1] + ",")), index  # more columns may be behind


def test_what_is_deleted_is_said_for_every_reference(servers: Services) -> None:
    """`no action` is what nobody thought about."""
    name = servers.clone()
    with psycopg.connect(servers.database_url(name)) as connection:
        silent = connection.execute(_UNSAID).fetchall()
    servers.drop(name)
    assert silent == []


def test_time_is_aware_and_money_is_exact(servers: Services) -> None:
    """Law 11."""
    name = servers.clone()
    with psycopg.connect(servers.database_url(name)) as connection:
        assert connection.execute(_UNTIMED).fetchall() == []
        assert connection.execute(_FLOATS).fetchall() == []
    servers.drop(name)
