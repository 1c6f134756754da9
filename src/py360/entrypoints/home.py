"""The home folder of an installation: who holds it, its servers, and the environment its processes share."""

import errno
import fcntl
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
import redis

from py360.entrypoints.servers import (
    find_postgres,
    find_valkey,
    restart_valkey,
    start_postgres,
    start_valkey,
    stop_postgres,
    stop_valkey,
    tuning,
    valkey_died,
)
from py360.kit import scratch
from py360.kit.migrate import require_newest
from py360.kit.settings import Settings, settings

FREE_MB: Final = 500
ORPHAN_SECONDS: Final = 2.0
ANSWER_SECONDS: Final = 5
PASSWORD_FILE: Final = "admin.password"


class Refusal(Exception):
    """Why an installation cannot start, in one line that an operator can act on."""


@contextmanager
def held(config: Settings) -> Iterator[Path]:
    """The home folder, held by this process alone; raises Refusal when it cannot be used."""
    home = config.home.absolute()
    os.umask(0o077)  # customers' files, secrets and logs are nobody else's, in this process and all it starts
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / "lock").open("a+")
    except OSError as error:
        raise Refusal(
            f"Cannot write to {home}: {str(error.strerror).lower()}. Choose another folder with PY360_HOME."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise Refusal(f"Py360 runs already on {home} (process {lock.read().strip() or 'unknown'}).") from error
        free_mb = shutil.disk_usage(home).free >> 20
        if free_mb < FREE_MB:
            raise Refusal(f"The disk of {home} is full: {free_mb} MB free, at least {FREE_MB} MB are needed.")
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield home


@contextmanager
def servers(config: Settings) -> Iterator[Settings]:
    """PostgreSQL and Valkey are running; the settings then say where. Our own are stopped at the end."""
    home = config.home.absolute()
    _answering(config)
    try:
        database = config.database_url or _started(
            "database", home / "postgres" / "log", lambda: start_postgres(home / "postgres", tuning())
        )
        cache = config.redis_url or _started(
            "cache", home / "valkey" / "valkey.log", lambda: start_valkey(home / "valkey")
        )
        os.environ |= {"PY360_HOME": str(home), "DATABASE_URL": database, "REDIS_URL": cache}
        settings.cache_clear()
        yield settings()
    finally:
        if not config.redis_url:
            stop_valkey(home / "valkey")
        if not config.database_url:
            stop_postgres(home / "postgres")


def tend_servers(config: Settings) -> str | None:
    """Start one of our own servers again when it died, at the same address; which. Raises Refusal when it cannot start."""
    home = config.home.absolute()
    if not config.database_url and find_postgres(home / "postgres") is None:
        _started("database", home / "postgres" / "log", lambda: start_postgres(home / "postgres", tuning()))
        return "database"
    if not config.redis_url and valkey_died(home / "valkey"):
        _started("cache", home / "valkey" / "valkey.log", lambda: restart_valkey(home / "valkey"))
        return "cache"
    return None


def _answering(config: Settings) -> None:
    """Raise Refusal when a server that others run for us does not answer."""
    if config.database_url and not config.database_url.startswith(("postgresql://", "postgres://")):
        raise Refusal("DATABASE_URL must look like postgresql://user:password@host/database.")  # it may hold a password
    try:
        if config.database_url:
            psycopg.connect(config.database_url, connect_timeout=ANSWER_SECONDS).close()
    except psycopg.Error as error:
        raise Refusal(f"The database of DATABASE_URL does not answer: {_first_line(error)}") from error
    try:
        if config.redis_url:
            with redis.from_url(config.redis_url, socket_connect_timeout=ANSWER_SECONDS) as cache:
                cache.ping()
    except (redis.RedisError, ValueError) as error:
        raise Refusal(f"The cache of REDIS_URL does not answer: {_first_line(error)}") from error


def _started(what: str, log: Path, start: Callable[[], str]) -> str:
    try:
        return start()
    except (OSError, RuntimeError, subprocess.SubprocessError, psycopg.Error) as error:
        reason = "the disk is full" if "No space left" in str(error) else _first_line(error)
        raise Refusal(f"The {what} could not start: {reason.rstrip('.')}. Its log is {log}.") from error


def running(config: Settings) -> Settings:
    """The settings of the installation that runs on this home, for commands beside `py360 up`; raises Refusal when none does."""
    home = config.home.absolute()
    _answering(config)
    database = config.database_url or find_postgres(home / "postgres")
    cache = config.redis_url or find_valkey(home / "valkey")
    if not database or not cache:
        raise Refusal(f"Nothing runs on {home}. Start it with: py360 up")
    os.environ |= {"PY360_HOME": str(home), "DATABASE_URL": database, "REDIS_URL": cache}
    settings.cache_clear()
    return settings()


def up_to_date(config: Settings) -> Settings:
    """The same, for what works on the database: raises ValueError when its schema is not this program's."""
    found = running(config)
    require_newest(found.database_url)
    # Bodies of requests, too, take the home's room.
    tempfile.tempdir = os.environ["TMPDIR"] = str(scratch.root(found.home))
    return found


def check_ports(config: Settings) -> None:
    """Raise Refusal when a port we are to listen on is taken. The processes of a killed start get a moment to end."""
    wanted = (
        ("PY360_PORT", config.host, config.port),
        ("PY360_SANDBOX_PORT", "127.0.0.1", config.sandbox_port),
        ("PY360_SANDBOX_SMTP_PORT", "127.0.0.1", config.sandbox_smtp_port),
    )
    for name, host, port in wanted:
        deadline = time.monotonic() + ORPHAN_SECONDS
        while (error := _refused(host.strip("[]"), port)) is not None:
            if error.errno != errno.EADDRINUSE:
                mend = f"Choose another port with {name}" if error.errno == errno.EACCES else "Mend PY360_HOST"
                raise Refusal(f"Cannot listen on {host}:{port}: {str(error.strerror).lower()}. {mend}.")
            if time.monotonic() > deadline:
                raise Refusal(
                    f"Cannot listen on {host}:{port}: another program uses it. Choose another port with {name}."
                )
            time.sleep(0.1)


def _refused(host: str, port: int) -> OSError | None:
    """Why a server could not listen there."""
    try:
        for family, kind, _, _, address in socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            with socket.socket(family, kind) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind(address)
    except OSError as error:
        return error
    return None


def first_password(config: Settings) -> str:
    """The first administrator's password: as set, else a random one that is kept in a 0600 file."""
    if config.admin_password:
        return config.admin_password
    path = config.home / PASSWORD_FILE
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(12))
    return path.read_text().strip()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".") + "."
