"""Backups that are not whole, and those of an operator's own database; `test_restored_elsewhere.py` restores a whole office."""

import tarfile
from pathlib import Path

import psycopg
import pytest

from tests.installation import Installation
from tests.services import Services

pytestmark = pytest.mark.slow
PASSWORD = "given by the operator 7"
COUNTED = ("renewal_cases", "customers", "users", "secret_keys")


def counts(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        return {table: connection.execute(f"select count(*) from {table}").fetchone()[0] for table in COUNTED}


def test_a_broken_archive_changes_nothing(installation: Installation, home: Path) -> None:
    broken = home.parent / "broken.tar"
    broken.write_bytes(b"not an archive")
    refused = installation.run("restore", str(broken))
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    empty = home.parent / "empty.tar"
    with tarfile.open(empty, "w"):
        pass
    refused = installation.run("restore", str(empty))
    assert (refused.returncode, "not a whole backup" in refused.stderr) == (1, True)
    assert not (installation.home / "postgres").exists()
    assert installation.run("restore", str(home / "missing.tar")).returncode == 1
    assert installation.run("backup", str(home.parent / "x.tar")).returncode == 1  # nothing runs


def test_the_same_with_a_database_of_the_operators_own(servers: Services, home: Path) -> None:
    key = "a key of the operator, long enough to be one"
    names = servers.empty(), servers.empty()
    one, other = (
        Installation(
            home.parent / name,
            DATABASE_URL=servers.database_url(name),
            REDIS_URL=servers.redis_url,
            PY360_SECRET_KEY=key,
            PY360_ADMIN_PASSWORD=PASSWORD,
        )
        for name in names
    )
    made = one.run("migrate")
    assert made.returncode == 0, made.stderr
    archive = home.parent / "own.tar"
    assert one.run("backup", str(archive)).returncode == 0
    restored = other.run("restore", str(archive))
    assert restored.returncode == 0, restored.stderr
    assert counts(servers.database_url(names[1])) == counts(servers.database_url(names[0]))
    assert other.run("restore", str(archive)).returncode == 1
    assert other.run("restore", str(archive), "--replace").returncode == 0
    for name in names:
        servers.drop(name)
