"""The real PostgreSQL and Valkey of the tests: one pair per checkout, in `.py360-test`, shared by every worker.

Each test gets a database of its own, cloned from a template that the real migrations built (ADR 0004): tests commit,
use several connections and run jobs as the product does, and still see nothing of each other.
"""

import fcntl
import hashlib
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from py360.entrypoints.servers import start_postgres, start_valkey, tuning
from py360.kit.migrate import migrate

CHECKOUT = Path(__file__).parents[1]
HOME = CHECKOUT / ".py360-test"
FAST = {**tuning(), "shared_buffers": "256MB", "fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
_numbers = itertools.count(1)


class Services:
    """Addresses of the servers, and databases on demand."""

    def __init__(self, url: str, valkey: str, template: str) -> None:
        self.url = url
        self.valkey = valkey
        self.template = template
        self.worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        self._admin = psycopg.connect(url, autocommit=True)
        for (name,) in self._admin.execute("select datname from pg_database where datname like %s", (f"t_{self.worker}_%",)):
            self.drop(name)

    def clone(self) -> str:
        """The name of a new, migrated, empty database."""
        name = f"t_{self.worker}_{next(_numbers)}"
        self._admin.execute(
            sql.SQL("create database {} template {} strategy wal_log").format(
                sql.Identifier(name), sql.Identifier(self.template)
            )
        )
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        self._admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def database_url(self, name: str) -> str:
        """The URL of one database."""
        return self.url.replace("/py360?", f"/{name}?")

    @property
    def redis_url(self) -> str:
        """A Valkey database of this worker's own."""
        number = 1 + int(self.worker.removeprefix("gw")) if self.worker.startswith("gw") else 0
        return f"{self.valkey}/{number}"


@contextmanager
def _alone() -> Iterator[None]:
    HOME.mkdir(exist_ok=True)
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _migrations_hash() -> str:
    digest = hashlib.sha256()
    for path in sorted((CHECKOUT / "migrations" / "versions").glob("0*")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def start() -> Services:
    """Start or find the servers, and build the template when the migrations changed."""
    with _alone():
        url = start_postgres(HOME / "postgres", FAST)
        valkey = start_valkey(HOME / "valkey")
        template = f"template_{_migrations_hash()}"
        with psycopg.connect(url, autocommit=True) as admin:
            if not admin.execute("select 1 from pg_database where datname = %s", (template,)).fetchone():
                admin.execute(sql.SQL("create database {}").format(sql.Identifier(f"{template}_new")))
                migrate(url.replace("/py360?", f"/{template}_new?"))
                admin.execute(
                    sql.SQL("alter database {} rename to {}").format(
                        sql.Identifier(f"{template}_new"), sql.Identifier(template)
                    )
                )
    return Services(url, valkey.rstrip("/").removesuffix("/0"), template)
