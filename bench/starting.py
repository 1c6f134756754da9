"""How soon Py360 is there: `py360 up` on a new home with its demo, later starts, and the command line's first answer."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FIRST_SECONDS: Final = 60.0
LATER_SECONDS: Final = 5.0
HELP_SECONDS: Final = 0.5
READY: Final = "Ctrl-C stops everything"
RENEWED: Final = "Premium collected"
SOURCE: Final = Path(__file__).parents[1] / "src"
PY360: Final = (sys.executable, "-m", "py360.entrypoints.cli")


def run(out: Callable[[str], None], times: int = 5) -> bool:
    """Print the seconds of each, the best of so many times; whether all are within their bounds."""
    with tempfile.TemporaryDirectory(prefix="py360-bench-") as home:
        Path(home).chmod(0o755)
        environment = _environment(Path(home) / "home")
        first = _seconds(environment, until=RENEWED)
        later = min(_seconds(environment, until=READY) for _ in range(times))
        answer = min(_help(environment) for _ in range(times))
    out(f"first start, demo included: {first:.1f} s (bound {FIRST_SECONDS:.0f} s)")
    out(f"later start: {later:.1f} s, best of {times} (bound {LATER_SECONDS:.0f} s)")
    out(f"py360 --help: {answer:.2f} s, best of {times} (bound {HELP_SECONDS} s)")
    return first <= FIRST_SECONDS and later <= LATER_SECONDS and answer <= HELP_SECONDS


def _environment(home: Path) -> dict[str, str]:
    """An installation of its own on free ports, whatever this shell is set to."""
    ours = ("PY360_", "DATABASE_URL", "REDIS_URL", "READ_DATABASE_URL", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    ports = dict(zip(("PY360_PORT", "PY360_SANDBOX_PORT", "PY360_SANDBOX_SMTP_PORT"), _free_ports(3), strict=True))
    return kept | ports | {"PYTHONPATH": str(SOURCE), "PY360_HOME": str(home)}


def _free_ports(number: int) -> list[str]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [str(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _seconds(environment: dict[str, str], until: str) -> float:
    """From the command to these words; then it is stopped. RuntimeError when it ends before."""
    began = time.monotonic()
    with _up(environment) as lines:
        output = []
        for line in lines:
            output.append(line)
            if until in line:
                return time.monotonic() - began
    raise RuntimeError("".join(output))


@contextmanager
def _up(environment: dict[str, str]) -> Iterator[Iterator[str]]:
    """`py360 up`, and the lines it says."""
    with subprocess.Popen(
        [*PY360, "up"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/"
    ) as process:
        assert process.stdout is not None
        try:
            yield iter(process.stdout)
        finally:
            process.send_signal(signal.SIGTERM)
            process.stdout.read()  # its last output; a full pipe would hold it up


def _help(environment: dict[str, str]) -> float:
    began = time.monotonic()
    subprocess.run([*PY360, "--help"], env=environment, capture_output=True, check=True, cwd="/")
    return time.monotonic() - began
