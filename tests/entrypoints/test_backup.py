"""A backup of a running installation, restored into an empty one: the same rows, files, key and schema."""

import tarfile
from pathlib import Path

import psycopg
import pytest

from tests.factories.schema import parts
from tests.house.book import statements_of_the_book
from tests.installation import START_SECONDS, Installation
from tests.services import Services

pytestmark = pytest.mark.slow
BOSS = "boss@example.com"
PASSWORD = "given by the operator 7"
COUNTED = ("renewal_cases", "customers", "users", "secret_keys")


def counts(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        return {table: connection.execute(f"select count(*) from {table}").fetchone()[0] for table in COUNTED}


def filled(installation: Installation) -> tuple[str, dict[str, int]]:
    """Start it, under an administrator of the operator's own, and put some of everything into it."""
    said = installation.start(START_SECONDS)
    assert PASSWORD not in said
    assert f"{BOSS}  password as set in PY360_ADMIN_PASSWORD" in said
    assert not (installation.home / "admin.password").exists()
    url = installation.run("dsn").stdout.strip()
    with psycopg.connect(url) as connection:
        for statement in statements_of_the_book(3):
            connection.execute(statement)
    stored = installation.home / "files" / "uploads" / "list.csv"
    stored.parent.mkdir(parents=True)
    stored.write_text("Policy No\nP-1\n")
    return url, counts(url)


def test_a_backup_restores_into_an_empty_installation(installation: Installation, home: Path) -> None:
    installation.environment |= {"PY360_ADMIN_EMAIL": BOSS, "PY360_ADMIN_PASSWORD": PASSWORD}
    url, before = filled(installation)
    archive = home.parent / "py360.tar"
    made = installation.run("backup", str(archive))
    assert made.returncode == 0, made.stderr
    assert archive.stat().st_mode & 0o777 == 0o600
    again = installation.run("backup", str(archive))
    assert (again.returncode, again.stderr.count("\n")) == (1, 1)
    assert "exists already" in again.stderr
    running = installation.run("restore", str(archive))
    assert (running.returncode, running.stderr.count("\n")) == (1, 1)
    assert "already runs" in running.stderr
    with psycopg.connect(url) as connection:
        schema = parts(connection)
    installation.stop()
    full = installation.run("restore", str(archive))
    assert (full.returncode, "--replace" in full.stderr) == (1, True), full.stderr

    other = Installation(home.parent / "other", PY360_ADMIN_PASSWORD=PASSWORD)
    restored = other.run("restore", str(archive))
    assert restored.returncode == 0, restored.stderr
    assert (other.home / "secret.key").read_text() == (installation.home / "secret.key").read_text()
    assert (other.home / "files" / "uploads" / "list.csv").read_text() == "Policy No\nP-1\n"
    said = other.start(START_SECONDS)
    assert f"Login     {BOSS}" in said, said
    try:
        assert other.sign_in(BOSS, PASSWORD) == 200
        found = other.run("dsn").stdout.strip()
        assert counts(found) == before
        with psycopg.connect(found) as connection:
            assert parts(connection) == schema
    finally:
        other.stop()


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
