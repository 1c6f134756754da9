"""The real PostgreSQL and Valkey of the tests: one pair per checkout, in `.py360-test`, shared by every worker.

Each test gets a clone of a template that the real migrations built, or one that was emptied (ADR 4 and 143): tests commit,
use several connections and run jobs as the product does, and still see nothing of each other.
"""

import asyncio
import fcntl
import hashlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import psycopg
from argon2 import PasswordHasher
from psycopg import sql

from py360.entrypoints.bootstrap import prepare
from py360.entrypoints.servers import start_postgres, start_valkey, stop_postgres, stop_valkey, tuning
from py360.kit.settings import settings
from py360.modules.identity import passwords
from tests.databases import KeptDatabase

ADMIN = "admin@py360.local"
PASSWORD = "correct horse battery staple"
SECRET_KEY = "the key of the tests, long enough to be one"

CHECKOUT = Path(__file__).parents[1]
HOME = CHECKOUT / ".py360-test"
MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 2 << 30
FAST = {
    **tuning(),
    "shared_buffers": "64MB",  # looked through whenever a database is made or dropped
    "shared_preload_libraries": "",
    "autovacuum": "off",  # no database lives long enough
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "temp_buffers": "8MB",
    "max_wal_size": "512MB",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}
_numbers = itertools.count(1)
_run: TextIO | None = None  # open and locked, shared, while this process runs tests
passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # people sign in in nearly every test


class Services:
    """Addresses of the servers, and databases on demand."""

    def __init__(self, url: str, valkey: str, template: str) -> None:
        self.url = url
        self.valkey = valkey
        self.template = template
        self.worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        self._admin = psycopg.connect(url, autocommit=True)
        self._kept: KeptDatabase | None = None
        for (name,) in self._admin.execute(
            "select datname from pg_database where datname like %s", (f"t_{self.worker}_%",)
        ):
            self.drop(name)

    def lend(self) -> KeptDatabase:
        """A migrated, empty database for one test, to be given back."""
        kept, self._kept = self._kept, None
        if kept is None:
            name = self.clone()
            kept = KeptDatabase(name, self.database_url(name))
        return kept

    def take_back(self, lent: KeptDatabase) -> None:
        """Empty it for the next test, or remove it."""
        if lent.reset():
            self._kept = lent
        else:
            lent.close()
            self.drop(lent.name)

    def clone(self) -> str:
        """The name of a new, migrated, empty database."""
        name = f"t_{self.worker}_{next(_numbers)}"
        self._admin.execute(
            sql.SQL("create database {} template {} strategy file_copy").format(
                sql.Identifier(name), sql.Identifier(self.template)
            )
        )
        return name

    def empty(self) -> str:
        """The name of a new database with nothing in it."""
        name = f"t_{self.worker}_{next(_numbers)}"
        self._admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
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


def _data() -> Path:
    """The folder of PostgreSQL's data: in memory where there is room, for a clone is a thousand small files (8 ms, not 60)."""
    folder = MEMORY / f"py360-test-{hashlib.sha256(bytes(CHECKOUT)).hexdigest()[:12]}"
    if not folder.exists() and (not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ENOUGH_BYTES):
        return HOME / "postgres"
    for other in MEMORY.glob("py360-test-*"):
        note = other / "checkout"
        if note.exists() and not Path(note.read_text()).exists():  # nobody tests there any more
            stop_postgres(other / "postgres")
            shutil.rmtree(other)
    folder.mkdir(exist_ok=True)
    (folder / "checkout").write_text(str(CHECKOUT))
    return folder / "postgres"


def _product_hash() -> str:
    digest = hashlib.sha256()
    for folder in ("migrations", "src/py360"):
        for path in sorted((CHECKOUT / folder).rglob("*.*")):
            if path.suffix in {".py", ".sql", ".mjml"}:
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _build(url: str) -> None:
    """Migrate and seed a database as the first start of an installation would."""
    with tempfile.TemporaryDirectory() as home:
        ours = {"PY360_HOME": home, "DATABASE_URL": url, "PY360_SECRET_KEY": SECRET_KEY}
        os.environ |= ours | {"PY360_ADMIN_EMAIL": ADMIN, "PY360_ADMIN_PASSWORD": PASSWORD}
        settings.cache_clear()
        with ThreadPoolExecutor(1) as thread:  # the tests' own event loop may be running
            thread.submit(asyncio.run, prepare(settings())).result()
        del os.environ["PY360_ADMIN_EMAIL"], os.environ["PY360_ADMIN_PASSWORD"]


def stop() -> None:
    """Stop the servers unless another run uses them; their data stay for the next run."""
    HOME.mkdir(exist_ok=True)
    with _alone(), (HOME / "runs").open("w") as runs:
        try:
            fcntl.flock(runs, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        stop_postgres(_data())
        stop_valkey(HOME / "valkey")


def start() -> Services:
    """Start or find the servers, and build the template when the product changed."""
    global _run
    with _alone():
        _run = (HOME / "runs").open("w")
        fcntl.flock(_run, fcntl.LOCK_SH)
        url = start_postgres(_data(), FAST)
        valkey = start_valkey(HOME / "valkey")
        template = f"template_{_product_hash()}"
        with psycopg.connect(url, autocommit=True) as admin:
            if not admin.execute("select 1 from pg_database where datname = %s", (template,)).fetchone():
                for (old,) in admin.execute(
                    "select datname from pg_database where datname like 'template\\_%'"
                ).fetchall():
                    admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(old)))
                admin.execute(sql.SQL("create database {}").format(sql.Identifier(f"{template}_new")))
                _build(url.replace("/py360?", f"/{template}_new?"))
                admin.execute(
                    sql.SQL("alter database {} rename to {}").format(
                        sql.Identifier(f"{template}_new"), sql.Identifier(template)
                    )
                )
    return Services(url, valkey.rstrip("/").removesuffix("/0"), template)
