"""An installation after the demo, for the journeys that go through a whole one. It starts once per process of tests."""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from py360.samples import portfolio
from py360.samples.portfolio import Sample
from tests.installation import START_SECONDS, Installation, installed

ROWS = 60
EMAIL, PASSWORD = "boss@example.com", "given by the operator 7"


@dataclass(frozen=True, slots=True)
class Demonstrated:
    """The installation, the file its demo renewed, what the demo printed, and how many processes it left."""

    installation: Installation
    sample: Sample
    funnel: dict[str, Any]
    left_running: int


def funnel(installation: Installation, *words: str) -> dict[str, Any]:
    """Run the demo; what it prints for scripts."""
    done = installation.run("demo", "--json", *words, within=240)
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.fixture(scope="session")
def demonstrated() -> Iterator[Demonstrated]:
    """The demo on an installation that does not run, which the demo starts and stops again; then it is started."""
    with (
        installed(PY360_ADMIN_EMAIL=EMAIL, PY360_ADMIN_PASSWORD=PASSWORD) as one,
        tempfile.TemporaryDirectory() as folder,
    ):
        file = Path(folder) / "due.xlsx"
        sample = portfolio.write(file, 11, ROWS, date.today())  # noqa: DTZ011 - the office's own day
        told = funnel(one, "--file", str(sample.path))
        assert not (one.home / "admin.password").exists()
        left = sum(process.is_running() for process in one.processes())
        one.start(START_SECONDS)
        yield Demonstrated(one, sample, told, left)
