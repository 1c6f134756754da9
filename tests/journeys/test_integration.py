"""The clients of docs/integration.md do the main job on a real installation."""

import csv
import os
import re
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.installation import CHECKOUT
from tests.journeys.conftest import EMAIL, PASSWORD, Demonstrated

pytestmark = pytest.mark.slow
CLIENTS = CHECKOUT / "clients"
ROWS = 12


def policies(folder: Path, prefix: str) -> Path:
    """A list of policies that fall due soon."""
    path = folder / f"{prefix}.csv"
    due = date.today() + timedelta(days=20)  # noqa: DTZ011 - the calendar of the machine will do
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["policy_number", "customer_name", "email", "policy_type", "premium_amount", "start_date", "expiry_date"]
        )
        for number in range(ROWS):
            name, address = f"Asha Rao {number}", f"asha{number}@{prefix}.example.com"
            writer.writerow([f"{prefix}-{number}", name, address, "motor", 12_000, due - timedelta(days=364), due])
    return path


def finished(output: str) -> bool:
    """All rows were accepted, and a campaign was sent; the sandbox's relay refuses some addresses, as relays do."""
    return (
        f"completed {ROWS} accepted, 0 failed" in output and re.search(r"completed [1-9]\d* sent", output) is not None
    )


def test_the_python_client_renews_a_file(demonstrated: Demonstrated, tmp_path: Path) -> None:
    words = [
        sys.executable,
        str(CLIENTS / "renew.py"),
        f"http://127.0.0.1:{demonstrated.installation.port}",
        EMAIL,
        PASSWORD,
    ]
    done = subprocess.run(
        [*words, str(policies(tmp_path, "PY"))], capture_output=True, text=True, timeout=120, check=False
    )
    assert finished(done.stdout), done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_the_typescript_client_renews_a_file(demonstrated: Demonstrated, tmp_path: Path) -> None:
    """Its types are generated from the API's description, and `tsc --strict` checks them and the client."""
    shutil.copytree(CLIENTS, tmp_path / "clients", ignore=shutil.ignore_patterns("node_modules", "dist", "api.d.ts"))
    environment = os.environ | {"OPENAPI": str(CHECKOUT / "docs" / "openapi.json")}
    for words in (["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], ["npm", "run", "build"]):
        built = subprocess.run(
            words, cwd=tmp_path / "clients", env=environment, capture_output=True, text=True, check=False
        )
        assert built.returncode == 0, built.stdout + built.stderr
    words = ["node", "dist/renew.js", f"http://127.0.0.1:{demonstrated.installation.port}", EMAIL, PASSWORD]
    done = subprocess.run(
        [*words, str(policies(tmp_path, "TS"))],
        cwd=tmp_path / "clients",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished(done.stdout), done.stdout + done.stderr
