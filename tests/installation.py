"""A whole installation in a folder of its own, as real processes."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil

CHECKOUT = Path(__file__).parents[1]
PY360 = [sys.executable, "-m", "py360.entrypoints.cli"]
START_SECONDS = (
    240  # the promises are 60 and 5 on an idle machine, and `make bench` measures them; a busy one still passes
)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Installation:
    """An installation in a folder of its own, driven through its command line only."""

    def __init__(self, home: Path, **extra: str) -> None:
        ours = ("PY360_", "DATABASE_URL", "REDIS_URL", "READ_DATABASE_URL")
        self.home = home
        self.port = free_port()
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
            "PYTHONPATH": str(CHECKOUT / "src"),
            "PY360_HOME": str(home),
            "PY360_PORT": str(self.port),
            "PY360_SANDBOX_PORT": str(free_port()),
            "PY360_SANDBOX_SMTP_PORT": str(free_port()),
            "PY360_DEMO": "0",
            **extra,
        }
        self.prefix: list[str] = []
        self.process: subprocess.Popen[bytes] | None = None
        self.said = Path(tempfile.mkstemp(suffix=".log")[1])

    def start(self, within: float, command: list[str] | None = None, folder: Path = Path("/")) -> str:
        """Start it (by another command in another folder if given) and wait until it is ready; what it printed."""
        with self.said.open("wb") as output:
            self.process = subprocess.Popen(
                command or [*self.prefix, *PY360, "up"],
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
            )
        self.wait_for("Ctrl-C stops everything", within)
        return self.said.read_text()

    def wait_for(self, words: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while words not in self.said.read_text():
            assert self.process is not None
            assert self.process.poll() is None, self.said.read_text()
            assert time.monotonic() < deadline, self.said.read_text()
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(30)

    def run(self, *words: str, stdin: str | None = None, within: float = 60) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.prefix, *PY360, *words],
            env=self.environment,
            capture_output=True,
            text=True,
            cwd="/",
            timeout=within,
            input=stdin,
            check=False,
        )

    def processes(self) -> list[psutil.Process]:
        """Everything that belongs to it: the supervisor, its children, PostgreSQL and Valkey."""
        found = []
        for process in psutil.process_iter():
            try:
                line = " ".join(process.cmdline())
                ours = str(self.home) in line or (
                    "py360.entrypoints.cli" in line and process.environ().get("PY360_HOME") == str(self.home)
                )
            except psutil.Error:
                continue
            if ours:
                found.append(process)
        return found

    def sign_in(self, email: str, password: str) -> int:
        return httpx.post(
            f"http://127.0.0.1:{self.port}/api/auth/login", json={"email": email, "password": password}
        ).status_code


@contextmanager
def installed(**extra: str) -> Iterator[Installation]:
    """An installation that has not started, in a short folder that other accounts may enter; nothing of it is left afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="py360-test-"))
    folder.chmod(0o755)
    one = Installation(folder / "home", **extra)
    try:
        yield one
    finally:
        if one.process is not None:
            one.process.terminate()  # `make` passes it on to what it began
        for process in one.processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        if one.process is not None:
            one.process.wait(30)
        shutil.rmtree(folder)
