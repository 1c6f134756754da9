"""A backup of an office at work, restored on another machine: the same rows, files, key and schema."""

from pathlib import Path

import psycopg
import pytest

from tests.factories.schema import parts
from tests.installation import START_SECONDS, Installation
from tests.journeys.conftest import EMAIL, PASSWORD, Demonstrated

pytestmark = pytest.mark.slow
COUNTED = ("renewal_cases", "customers", "campaign_recipients", "payments", "users", "secret_keys")


def counts(url: str) -> dict[str, int]:
    """How many rows some tables have."""
    with psycopg.connect(url) as connection:
        return {table: connection.execute(f"select count(*) from {table}").fetchone()[0] for table in COUNTED}


def files(installation: Installation) -> dict[str, bytes]:
    """What it stores beside its database, by path."""
    folder = installation.home / "files"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_backup_restores_into_an_empty_installation(demonstrated: Demonstrated, tmp_path: Path) -> None:
    installation = demonstrated.installation
    archive = installation.home.parent / "py360.tar"
    made = installation.run("backup", str(archive))
    assert made.returncode == 0, made.stderr
    assert archive.stat().st_mode & 0o777 == 0o600
    again = installation.run("backup", str(archive))
    assert (again.returncode, again.stderr.count("\n")) == (1, 1)
    assert "exists already" in again.stderr
    running = installation.run("restore", str(archive))
    assert (running.returncode, running.stderr.count("\n")) == (1, 1)
    assert "already runs" in running.stderr
    url = installation.run("dsn").stdout.strip()
    before = counts(url)
    assert all(before.values())
    with psycopg.connect(url) as connection:
        schema = parts(connection)

    other = Installation(installation.home.parent / "other", PY360_ADMIN_PASSWORD=PASSWORD)
    restored = other.run("restore", str(archive))
    assert restored.returncode == 0, restored.stderr
    full = other.run("restore", str(archive))
    assert (full.returncode, "--replace" in full.stderr) == (1, True), full.stderr
    assert (other.home / "secret.key").read_text() == (installation.home / "secret.key").read_text()
    assert files(other) == files(installation) != {}
    said = other.start(START_SECONDS)
    assert f"Login     {EMAIL}" in said, said
    try:
        assert other.sign_in(EMAIL, PASSWORD) == 200
        found = other.run("dsn").stdout.strip()
        assert counts(found) == before
        with psycopg.connect(found) as connection:
            assert parts(connection) == schema
    finally:
        other.stop()
