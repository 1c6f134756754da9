"""The home folder of an installation: who holds it, its servers, and the environment its processes share."""

import fcntl
import os
import secrets
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from py360.entrypoints.servers import start_postgres, start_valkey, stop_postgres, stop_valkey, tuning
from py360.kit.settings import Settings, settings

FREE_MB: Final = 500
PASSWORD_FILE: Final = "admin.password"


class Refusal(Exception):
    """Why an installation cannot start, in one line that an operator can act on."""


@contextmanager
def held(config: Settings) -> Iterator[Path]:
    """The home folder, held by this process alone; raises Refusal when it cannot be used."""
    home = config.home.absolute()
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / "lock").open("a+")
    except OSError as error:
        raise Refusal(f"Cannot write to {home}: {error.strerror}. Choose another folder with PY360_HOME.") from error
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
    try:
        database = config.database_url or start_postgres(home / "postgres", tuning())
        cache = config.redis_url or start_valkey(home / "valkey")
    except Exception as error:
        log = home / "postgres" / "log"
        raise Refusal(f"The database could not start: {_first_line(error)} Its log is {log}.") from error
    os.environ |= {"PY360_HOME": str(home), "DATABASE_URL": database, "REDIS_URL": cache}
    settings.cache_clear()
    try:
        yield settings()
    finally:
        if not config.redis_url:
            stop_valkey(home / "valkey")
        if not config.database_url:
            stop_postgres(home / "postgres")


def running(config: Settings) -> Settings:
    """The settings of the installation that runs on this home, for commands beside `py360 up`; raises Refusal when none does."""
    home = config.home.absolute()
    if not config.database_url:
        options = home / "postgres" / "postmaster.pid"
        if not options.exists():
            raise Refusal(f"Nothing runs on {home}. Start it with: py360 up")
        os.environ["DATABASE_URL"] = start_postgres(home / "postgres", tuning())
    if not config.redis_url:
        os.environ["REDIS_URL"] = start_valkey(home / "valkey")
    os.environ["PY360_HOME"] = str(home)
    settings.cache_clear()
    return settings()


def check_ports(config: Settings) -> None:
    """Raise Refusal when a port we are to listen on is taken."""
    names = {"PY360_PORT": config.port, "PY360_SANDBOX_PORT": config.sandbox_port}
    names["PY360_SANDBOX_SMTP_PORT"] = config.sandbox_smtp_port
    for name, port in names.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((config.host, port))
            except OSError as error:
                raise Refusal(f"Port {port} is taken by another program. Choose another one with {name}.") from error


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
