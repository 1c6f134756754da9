"""Every process checks the same before it works, in the same words; the secret key can be changed."""

import re
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.installation import FIRST_START_SECONDS, LATER_START_SECONDS, Installation
from tests.services import Services

pytestmark = pytest.mark.slow
KEY = "a key of the operator, long enough to be one"
PASSWORD = "given by the operator 7"


def test_migrate_alone_makes_an_installation(servers: Services, home: Path) -> None:
    """Several machines: `migrate` once, then `api` and `worker`; no REDIS_URL is needed for the first."""
    name = servers.empty()
    one = Installation(home, DATABASE_URL=servers.database_url(name), PY360_ADMIN_PASSWORD=PASSWORD)
    keyless = one.run("migrate")
    assert (keyless.returncode, "PY360_SECRET_KEY" in keyless.stderr) == (1, True), keyless.stderr
    assert not (home / "secret.key").exists()
    one.environment["PY360_SECRET_KEY"] = "too short"
    short = one.run("migrate")
    assert (short.returncode, "at least 32 characters" in short.stderr) == (1, True), short.stderr
    assert "too short" not in short.stderr
    one.environment["PY360_SECRET_KEY"] = KEY
    for words in (("api",), ("worker",), ("user", "list")):
        early = one.run(*words)
        assert (early.returncode, early.stderr.count("\n")) == (1, 1), early.stderr
    one.environment["REDIS_URL"] = servers.redis_url
    assert "py360 migrate" in one.run("api").stderr
    made = one.run("migrate")
    assert (made.returncode, "admin@py360.local" in made.stdout) == (0, True), made.stderr
    listed = one.run("user", "list")
    assert (listed.returncode, "admin@py360.local" in listed.stdout) == (0, True), listed.stderr
    one.environment["PY360_SECRET_KEY"] = KEY + " but another"
    other_key = one.run("worker")
    assert (other_key.returncode, "not the one" in other_key.stderr) == (1, True), other_key.stderr
    one.environment |= {"PY360_SECRET_KEY": KEY, "PY360_STORAGE_URL": "gopher://nowhere"}
    bad_store = one.run("api")
    assert (bad_store.returncode, bad_store.stderr.count("\n")) == (1, 1), bad_store.stderr
    assert "PY360_STORAGE_URL" in bad_store.stderr
    servers.drop(name)


def test_the_key_can_be_rotated_and_a_password_given_is_not_written_down(installation: Installation) -> None:
    boss = "boss@example.com"
    installation.environment |= {"PY360_ADMIN_EMAIL": boss, "PY360_ADMIN_PASSWORD": PASSWORD}
    said = installation.start(FIRST_START_SECONDS)
    assert PASSWORD not in said
    assert "password as set in PY360_ADMIN_PASSWORD" in said
    assert not (installation.home / "admin.password").exists()
    url = installation.run("dsn").stdout.strip()
    with psycopg.connect(url) as connection:
        before = dict(connection.execute("select id, config_encrypted from providers").fetchall())
    installation.stop()
    key = installation.home / "secret.key"
    old = key.read_text().split()
    assert installation.run("key", "rotate").returncode == 0
    assert (len(key.read_text().split()), key.read_text().split()[1:]) == (2, old)
    assert key.stat().st_mode & 0o777 == 0o600
    del installation.environment["PY360_ADMIN_EMAIL"]
    assert re.search(rf"Login +{boss}$", installation.start(LATER_START_SECONDS), re.MULTILINE)
    with psycopg.connect(installation.run("dsn").stdout.strip()) as connection:
        after = dict(connection.execute("select id, config_encrypted from providers").fetchall())
        assert connection.execute("select count(*) from secret_keys").fetchone() == (2,)
    assert before.keys() == after.keys()
    assert not set(before.values()) & set(after.values())
    assert installation.sign_in(boss, PASSWORD) == 200
    assert httpx.get(f"http://127.0.0.1:{installation.port}/api/health").status_code == 200
    installation.stop()

    key.write_text("")
    refused = installation.run("up")
    assert (refused.returncode, refused.stderr.count("\n"), key.read_text()) == (1, 1, ""), refused.stderr
    key.unlink()
    installation.environment["PY360_SECRET_KEY"] = KEY
    refused = installation.run("up")
    assert (refused.returncode, "not the one" in refused.stderr) == (1, True), refused.stderr


def test_the_version_is_told(installation: Installation) -> None:
    assert installation.run("--version").stdout.startswith("py360 ")
