"""Only the names we document are read from the environment."""

from pathlib import Path

import pytest

from py360.kit.settings import Settings


def test_the_accounts_own_home_and_host_are_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PY360_HOME", "PY360_HOST", "PY360_DEMO", "PY360_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "HOST", "DEMO", "SECRET", "home"):
        monkeypatch.setenv(name, "/somewhere/else")
    settings = Settings(_env_file=None)
    assert (settings.home, settings.host, settings.demo, settings.secret) == (Path(".py360"), "127.0.0.1", True, "")
