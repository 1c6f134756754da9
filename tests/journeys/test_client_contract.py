"""The customer's React client: everything it reads and sends, on an installation after the demo."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.installation import CHECKOUT, FIRST_START_SECONDS, Installation

TOOL = CHECKOUT.parent / "shared" / "tools" / "client_contract.py"
PASSWORD = "Contract-2026-kept"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not TOOL.exists(), reason="the client's contract lies beside the checkout (../shared) and is not here"
    ),
]


@pytest.fixture
def installation() -> Iterator[Installation]:
    folder = Path(tempfile.mkdtemp(prefix="py360-contract-"))
    folder.chmod(0o755)
    one = Installation(folder / "home", PY360_ADMIN_PASSWORD=PASSWORD)
    yield one
    for process in one.processes():
        with suppress(psutil.NoSuchProcess):
            process.kill()
    if one.process is not None:
        one.process.wait(10)
    shutil.rmtree(folder)


def test_every_call_of_the_client_is_answered_as_it_reads_it(installation: Installation) -> None:
    installation.start(FIRST_START_SECONDS)
    demo = installation.run("demo", "--json", "--rows", "60", within=240)
    assert demo.returncode == 0, demo.stdout + demo.stderr
    base = f"http://127.0.0.1:{installation.port}"
    command = [sys.executable, str(TOOL), base, "admin@py360.local", PASSWORD]
    told = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    calls = [line for line in told.stdout.splitlines() if " /" in line]
    assert len(calls) > 30, told.stdout + told.stderr
    short = [line for line in calls if not line.startswith(("ok", "none"))]
    assert short == []
