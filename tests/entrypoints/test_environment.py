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


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8360"),
        ("0.0.0.0", "http://127.0.0.1:8360"),
        ("::", "http://[::1]:8360"),
        ("::1", "http://[::1]:8360"),
        ("[fe80::1]", "http://[fe80::1]:8360"),
        ("10.0.0.5", "http://10.0.0.5:8360"),
        ("renewals.example.com", "http://renewals.example.com:8360"),
    ],
)
def test_links_lead_to_where_it_listens(monkeypatch: pytest.MonkeyPatch, host: str, address: str) -> None:
    for name in ("PY360_PORT", "PORT", "PY360_PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PY360_HOST", host)
    assert Settings(_env_file=None).public_url == address
