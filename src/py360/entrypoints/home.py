"""The home folder of an installation: who holds it, its servers, and the environment its processes share."""

import errno
import fcntl
import gc
import os
import secrets
import shutil
import socket
import subprocess
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
from py360.kit import durable
from py360.kit.settings import Settings, settings

FREE_MB: Final = 500
ORPHAN_SECONDS: Final = 2.0
ANSWER_SECONDS: Final = 5
PASSWORD_FILE: Final = "admin.password"
PRIVATE: Final = 0o077  # umask: customers' files, secrets and logs are readable by this account only


class Refusal(Exception):
    """Why an installation cannot start, in one line that an operator can act on."""


@contextmanager
def locked(config: Settings) -> Iterator[Path]:
    """The home folder, locked by this process; raises Refusal when it cannot be used or another process has it."""
    home = config.home.absolute()
    os.umask(PRIVATE)
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
            raise Refusal(f"Py360 already runs on {home} (process {lock.read().strip() or 'unknown'}).") from error
        free_mb = shutil.disk_usage(home).free >> 20
        if free_mb < FREE_MB:
            raise Refusal(f"The disk of {home} is full: {free_mb} MB free, at least {FREE_MB} MB are needed.")
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield home


@contextmanager
def servers(config: Settings, *, cache: bool = True) -> Iterator[Settings]:
    """PostgreSQL, and Valkey unless it is not needed, are running; the settings then say where. Our own are stopped at the end."""
    home = config.home.absolute()
    _require_servers(config)
    try:
        database = config.database_url or _started(
            "database", home / "postgres" / "log", lambda: start_postgres(home / "postgres", tuning())
        )
        os.environ |= {"PY360_HOME": str(home), "DATABASE_URL": database}
        if cache:
            os.environ["REDIS_URL"] = config.redis_url or _started(
                "cache", home / "valkey" / "valkey.log", lambda: start_valkey(home / "valkey")
            )
        settings.cache_clear()
        yield settings()
    finally:
        if cache and not config.redis_url:
            stop_valkey(home / "valkey")
        if not config.database_url:
            stop_postgres(home / "postgres")


def restart_servers(config: Settings) -> str | None:
    """Start one of our own servers again when it died, at the same address; which. Raises Refusal when it cannot start."""
    home = config.home.absolute()
    if not config.database_url and find_postgres(home / "postgres") is None:
        _started("database", home / "postgres" / "log", lambda: start_postgres(home / "postgres", tuning()))
        return "database"
    if not config.redis_url and valkey_died(home / "valkey"):
        _started("cache", home / "valkey" / "valkey.log", lambda: restart_valkey(home / "valkey"))
        return "cache"
    return None


def _require_servers(config: Settings) -> None:
    """Raise Refusal when a server named in the settings does not answer."""
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


def running(config: Settings, *, cache: bool = True) -> Settings:
    """The settings of the installation that runs on this home, for commands beside `py360 up`. Raises Refusal when its
    database, or its cache where one is needed, is neither set nor running."""
    home = config.home.absolute()
    _require_servers(config)
    database = config.database_url or find_postgres(home / "postgres")
    redis_url = config.redis_url or find_valkey(home / "valkey")
    if not database:
        raise Refusal(f"DATABASE_URL is not set and no database runs on {home}. Start it with: py360 up")
    if cache and not redis_url:
        raise Refusal(f"REDIS_URL is not set and no cache runs on {home}. Set it, or start everything with: py360 up")
    os.environ |= {"PY360_HOME": str(home), "DATABASE_URL": database, "REDIS_URL": redis_url or ""}
    settings.cache_clear()
    return settings()


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
                fix = f"Choose another port with {name}" if error.errno == errno.EACCES else "Check PY360_HOST"
                raise Refusal(f"Cannot listen on {host}:{port}: {str(error.strerror).lower()}. {fix}.")
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
        durable.write(path, secrets.token_urlsafe(12))
    return path.read_text().strip()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".") + "."


@contextmanager
def loading() -> Iterator[None]:
    """While every module is loaded: it all stays, so the collector need not look through it, neither now (a quarter of the time)
    nor later."""
    gc.disable()
    yield
    gc.collect()
    gc.freeze()
    gc.enable()
