"""The customer's React client: everything it reads and sends, on an installation after the demo."""

import subprocess
import sys

import pytest

from tests.installation import CHECKOUT
from tests.journeys.conftest import EMAIL, PASSWORD, Demonstrated

TOOL = CHECKOUT.parent / "shared" / "tools" / "client_contract.py"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not TOOL.exists(), reason="the client's contract lies beside the checkout (../shared) and is not here"
    ),
]


def test_every_call_of_the_client_is_answered_as_it_reads_it(demonstrated: Demonstrated) -> None:
    base = f"http://127.0.0.1:{demonstrated.installation.port}"
    command = [sys.executable, str(TOOL), base, EMAIL, PASSWORD]
    told = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    calls = [line for line in told.stdout.splitlines() if " /" in line]
    assert len(calls) > 30, told.stdout + told.stderr
    short = [line for line in calls if not line.startswith(("ok", "none"))]
    assert short == []
