"""A database for many tests: what one has written goes before the next begins, and connections to it stay (ADR 143)."""

from contextlib import suppress
from typing import LiteralString, cast

import psycopg
import sqlalchemy.event
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import scalar_row

from py360.kit import pools
from py360.kit.reads import Reads
from py360.kit.settings import settings

# Tests that change tables themselves, as no statement of the product does, leave a database that no other test may use.
PREPARE: LiteralString = """
create schema tests;
create table tests.changes (command text);
create table tests.sequences as
select oid::regclass as name, pg_sequence_last_value(oid) as reached from pg_class
where relkind = 'S' and relnamespace = 'public'::regnamespace;
create function tests.note_command() returns event_trigger language plpgsql as $$ begin
  insert into tests.changes
  select command_tag from pg_event_trigger_ddl_commands() where schema_name is distinct from 'pg_temp';
end $$;
create function tests.note_drop() returns event_trigger language plpgsql as $$ begin
  insert into tests.changes select tg_tag from pg_event_trigger_dropped_objects() where not is_temporary;
end $$;
create event trigger note_command on ddl_command_end execute function tests.note_command();
create event trigger note_drop on sql_drop execute function tests.note_drop();
"""
STAYS = "stays"  # the application name of connections that the next test uses as well
END_OTHERS: LiteralString = """
select pg_terminate_backend(pid, 10000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
  and not (application_name = %(stays)s and state = 'idle')
"""
TABLES: LiteralString = """
select oid::regclass::text from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
"""
RESET_SEQUENCES: LiteralString = """
select setval(name, coalesce(reached, 1), reached is not null) from tests.sequences
where pg_sequence_last_value(name) is distinct from reached
"""
MANY_ROWS = 2_000  # of one table: what is deleted stays in its file, and queries are planned by the size of files
MANY_TESTS = 50


class KeptDatabase:
    """A database that was just made, and what it held then."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._connection = psycopg.connect(url, autocommit=True, row_factory=scalar_row)
        self._run = self._connection.execute
        self._run(PREPARE)
        self._run("set session_replication_role = replica; set plan_cache_mode = force_generic_plan")
        self._seeds: dict[str, bytes] = {}
        self._written = cast("LiteralString", " union all ".join(map(self._if_written, self._run(TABLES).fetchall())))
        self._seeded = self._now()
        self._tests = 0

    def reset(self) -> bool:
        """Leave in it what it held at first, with nobody connected but who stays. False: it cannot be used again."""
        self._tests += 1
        if self._cut_off():
            return False
        self._run(END_OTHERS, {"stays": STAYS})
        if self._tests == MANY_TESTS or self._run("select 1 from tests.changes").rowcount:
            return False
        while written := self._run(self._written, {"seeded": self._seeded}, prepare=True).fetchall():
            for table in written:  # again, until no trigger has written anything
                if self._run(cast("LiteralString", f"delete from {table}")).rowcount > MANY_ROWS:
                    return False
                if seeds := self._seeds.get(table):
                    with self._connection.cursor().copy(f"copy {table} from stdin (format binary)") as copy:
                        copy.write(seeds)
            self._seeded = self._now()
        self._run(RESET_SEQUENCES)
        return True

    def close(self) -> None:
        """Leave it alone, so that it can be dropped."""
        self._connection.close()

    def _cut_off(self) -> bool:
        """Whether a test has ended all connections."""
        with suppress(psycopg.OperationalError):
            self._run("")
        return self._connection.broken

    def _now(self) -> int:
        return int(self._run("select txid_current()").fetchone() or 0)

    def _if_written(self, table: str) -> str:
        rows = self._run(cast("LiteralString", f"select count(*) from {table}")).fetchone()
        if not rows:
            return f"select '{table}' where exists (select from {table})"
        with self._connection.cursor().copy(f"copy {table} to stdout (format binary)") as copy:
            self._seeds[table] = b"".join(copy)
        return (
            f"select '{table}' where (select count(*) from {table}) <> {rows}"
            f" or exists (select from {table} where xmin::text::bigint > %(seeded)s)"
        )


class Connections:
    """Those of the application, kept for the next test on the same database: new ones cost as much as half a test."""

    def __init__(self, server: str) -> None:
        self.engine = pools.make_engine(server, 5)  # compiles each statement once
        self._reads: Reads | None = None
        self._url = ""

        @sqlalchemy.event.listens_for(self.engine.sync_engine, "do_connect")
        def connect_to_the_tests_own(
            dialect: object, record: object, words: object, options: dict[str, object]
        ) -> None:
            options |= conninfo_to_dict(settings().database_url) | {"application_name": STAYS}

    async def to(self, url: str) -> Reads:
        """The read side of a database; that of another is closed."""
        if self._reads is None or self._url != url:
            await self.close()
            self._url, self._reads = url, Reads(make_conninfo(url, application_name=STAYS), 5)
            await self._reads.open()
        return self._reads

    async def close(self) -> None:
        """Close both sides."""
        await self.engine.dispose()
        if self._reads:
            await self._reads.close()
