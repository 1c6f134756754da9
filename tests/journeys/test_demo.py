"""`py360 demo` on a whole installation: from a file to paid policies, and again with the same file."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from py360.samples import portfolio
from tests.installation import FIRST_START_SECONDS, Installation

pytestmark = pytest.mark.slow
ROWS = 60


@pytest.fixture
def installation() -> Iterator[Installation]:
    folder = Path(tempfile.mkdtemp(prefix="py360-demo-"))
    folder.chmod(0o755)
    one = Installation(folder / "home")
    yield one
    for process in one.processes():
        with suppress(psutil.NoSuchProcess):
            process.kill()
    if one.process is not None:
        one.process.wait(10)
    shutil.rmtree(folder)


def funnel(installation: Installation, *words: str) -> dict[str, Any]:
    done = installation.run("demo", "--json", *words, within=240)
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["addsUp"] is True
    assert told["problems"] == []
    return told


def test_the_demo_adds_up_and_can_be_repeated(installation: Installation, tmp_path: Path) -> None:
    installation.start(FIRST_START_SECONDS)
    sample = portfolio.write(tmp_path / "due.xlsx", 11, ROWS, date.today())  # noqa: DTZ011 - the office's own day
    first = funnel(installation, "--file", str(sample.path))
    bad = sum(sample.bad.values())
    assert (first["rows"], first["failed"], first["accepted"]) == (ROWS, bad, ROWS - bad)
    assert first["new"] == ROWS - bad
    assert [one["channel"] for one in first["channels"]] == ["email", "sms", "whatsapp"]
    assert all(one["delivered"] for one in first["channels"])
    assert first["renewed"] == first["payments"] == first["rolled"]

    second = funnel(installation, "--file", str(sample.path))
    assert second["unchanged"] == ROWS - bad
    assert second["channels"][1]["planned"] <= ROWS - bad - first["renewed"]

    real = {
        "channel": "sms",
        "type": "twilio",
        "name": "Head office",
        "config": {"accountSid": "AC" + "0" * 32, "authToken": "secret", "fromNumber": "+15005550006"},
    }
    with httpx.Client(base_url=f"http://127.0.0.1:{installation.port}/api") as admin:
        login = {"email": "admin@py360.local", "password": (installation.home / "admin.password").read_text()}
        admin.headers["authorization"] = f"Bearer {admin.post('/auth/login', json=login).json()['data']['token']}"
        assert admin.post("/providers", json=real).status_code == 201
    refused = installation.run("demo")
    assert refused.returncode == 1
    assert "sandbox accounts only" in refused.stderr
    assert "Head office" in refused.stderr


def test_it_starts_what_does_not_run_and_stops_it_again(installation: Installation) -> None:
    told = funnel(installation, "--rows", str(ROWS))
    assert told["rows"] == ROWS
    assert not [process for process in installation.processes() if process.is_running()]
