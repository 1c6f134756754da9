"""Every process checks the same before it works, in the same words."""

from pathlib import Path

import pytest

from tests.installation import Installation
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


def test_the_version_is_told(installation: Installation) -> None:
    assert installation.run("--version").stdout.startswith("py360 ")
