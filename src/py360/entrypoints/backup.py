"""`py360 backup` and `py360 restore`: the database, the stored files and the key in one archive.

PostgreSQL's own pg_dump and pg_restore do the work; they come with the embedded server and work with any version from 16 on.
"""

import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import psycopg

from py360.entrypoints import home
from py360.entrypoints.home import Refusal
from py360.entrypoints.servers import binaries
from py360.kit import durable
from py360.kit.migrate import migrate
from py360.kit.settings import SECRET_FILE, Settings

DUMP: Final = "database.dump"
NOTE: Final = "backup.json"
FILES: Final = "files"
_TABLES: Final = "select count(*) from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"


def backup(config: Settings, target: Path) -> int:
    """Write a backup of the running installation; its size in bytes. It is complete or not there.

    Files in a bucket (PY360_STORAGE_URL) are not part of it. Raises Refusal.
    """
    settings = home.running(config, cache=False)
    if target.exists():
        raise Refusal(f"{target} exists already. Choose another name, or remove it first.")
    unfinished = target.with_name(f".{target.name}.unfinished")
    os.umask(home.PRIVATE)
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".py360-") as folder:
            dump = Path(folder) / DUMP
            _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={dump}", settings.database_url)
            with tarfile.open(unfinished, "w") as archive:
                _add_note(archive, settings)
                archive.add(dump, DUMP)
                _add_home(archive, settings)
        durable.sync(unfinished)
        unfinished.replace(target)
        durable.sync_folder(target.parent)
    except OSError as error:
        raise Refusal(
            f"The backup could not be written to {target}: {str(error.strerror or error).lower()}."
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return target.stat().st_size


def _add_note(archive: tarfile.TarFile, settings: Settings) -> None:
    note = {
        "version": version("py360"),
        "made": datetime.now(UTC).isoformat(),
        "files": "bucket" if settings.storage_url else "archive",
        "key": "environment" if settings.secret else "archive",
    }
    content = json.dumps(note).encode()
    member = tarfile.TarInfo(NOTE)
    member.size, member.mode = len(content), 0o600
    archive.addfile(member, io.BytesIO(content))


def _add_home(archive: tarfile.TarFile, settings: Settings) -> None:
    if not settings.secret:
        archive.add(settings.home / SECRET_FILE, SECRET_FILE)
    if not settings.storage_url and (settings.home / FILES).exists():
        archive.add(settings.home / FILES, FILES)


def restore(config: Settings, source: Path, *, replace: bool = False) -> None:
    """Put a backup back into an installation that is stopped, and bring it to this version's schema.

    Into one that holds data only with `replace`: the database, the files and the key are then replaced. Raises Refusal.
    """
    if not source.is_file():
        raise Refusal(f"There is no backup {source}.")
    with home.locked(config) as folder, tempfile.TemporaryDirectory(dir=folder, prefix="restore-") as made:
        unpacked = Path(made)
        _unpack(source, unpacked)
        key = unpacked / SECRET_FILE
        if key.exists() and config.secret:
            raise Refusal("The backup brings its own key: unset PY360_SECRET_KEY, and restore again.")
        if not replace and (folder / SECRET_FILE).exists() and key.exists() and _differ(key, folder / SECRET_FILE):
            raise Refusal(f"{folder} has another key than the backup. Restore into a new PY360_HOME, or use --replace.")
        with home.servers(config, cache=False) as settings:
            _restore_database(settings.database_url, unpacked / DUMP, replace)
            if key.exists():
                durable.write(folder / SECRET_FILE, key.read_text())
            if (unpacked / FILES).exists():
                if (folder / FILES).exists():
                    shutil.rmtree(folder / FILES)
                (unpacked / FILES).rename(folder / FILES)
            migrate(settings.database_url)


def _differ(one: Path, other: Path) -> bool:
    return one.read_text().split() != other.read_text().split()


def _unpack(source: Path, folder: Path) -> None:
    try:
        with tarfile.open(source) as archive:
            archive.extractall(folder, filter="data")
        json.loads((folder / NOTE).read_text())
    except (tarfile.TarError, OSError, ValueError) as error:
        raise Refusal(f"{source} is not a whole backup of Py360: {str(error).splitlines()[0]}.") from error


def _restore_database(url: str, dump: Path, replace: bool) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(_TABLES).fetchone()
        if row and row[0] and not replace:
            raise Refusal("The database holds data already. Restore into an empty one, or use --replace.")
        connection.execute("drop schema public cascade")
        connection.execute("create schema public")
    _run("pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={url}", str(dump))


def _run(program: str, *words: str) -> None:
    """Run one of PostgreSQL's programs; Refusal with its first line when it fails."""
    done = subprocess.run([str(binaries() / program), *words], capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or [f"{program} failed."]
        raise Refusal(lines[0])
