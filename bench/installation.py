"""Servers of a benchmark's own: a fresh, migrated and seeded installation, and what it serves."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import aiohttp

from py360.entrypoints import servers
from py360.entrypoints.bootstrap import prepare
from py360.kit.settings import settings

EMAIL: Final = "bench@py360.local"
PASSWORD: Final = "a long enough password"


@contextmanager
def installation(kept: Path | None = None) -> Iterator[str]:
    """The URL of the database; the environment then names this installation for this process and its children.

    It lives in a temporary folder, or in one that is kept, data and all, for the next run.
    """
    with tempfile.TemporaryDirectory(prefix="py360-bench-") as temporary:
        home = kept or Path(temporary)
        home.mkdir(exist_ok=True)
        url = servers.start_postgres(home / "postgres", servers.tuning())
        cache = servers.start_valkey(home / "valkey")
        os.environ |= {
            "PY360_HOME": str(home),
            "DATABASE_URL": url,
            "READ_DATABASE_URL": "",
            "REDIS_URL": cache,
            "PY360_REQUESTS_PER_MINUTE": "10000000",
            "PY360_SECRET_KEY": "the key of the benchmarks, long enough",
            "PY360_ADMIN_EMAIL": EMAIL,
            "PY360_ADMIN_PASSWORD": PASSWORD,
        }
        settings.cache_clear()
        try:
            asyncio.run(prepare(settings()))
            yield url
        finally:
            servers.stop_valkey(home / "valkey")
            servers.stop_postgres(home / "postgres")
            settings.cache_clear()


@contextmanager
def serving(*command: str, port_variable: str = "") -> Iterator[int]:
    """Run a server until it is not needed any more; its port is given by a variable, or as the command's last word."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    number = {port_variable: str(port)} if port_variable else {}
    with _running(*command, *([] if port_variable else [str(port)]), **number) as process:
        for _ in range(1_200):  # two minutes: a loaded machine takes its time
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None:
                raise RuntimeError(f"{command[2]} ended with {process.returncode}")
            time.sleep(0.1)
        yield port


@contextmanager
def _running(*command: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program of this checkout, in a process of its own, until it is not needed any more."""
    root = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}", **variables}
    log = Path(os.environ["PY360_HOME"]) / "bench.log"  # as `py360 up` does; a terminal is slow
    with log.open("ab") as output, subprocess.Popen(command, env=environment, cwd=root, stderr=output) as process:
        try:
            yield process
        finally:
            process.terminate()


def api() -> AbstractContextManager[int]:
    """One API process; its port."""
    return serving(sys.executable, "-m", "py360.entrypoints.cli", "api", port_variable="PY360_PORT")


def worker() -> AbstractContextManager[subprocess.Popen[bytes]]:
    """One worker process, alone."""
    return _running(sys.executable, "-m", "py360.entrypoints.cli", "worker", "--alone")


async def sign_in(port: int) -> str:
    """The header line of a signed-in administrator."""
    body = {"email": EMAIL, "password": PASSWORD}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"http://127.0.0.1:{port}/api/auth/login", json=body) as answer,
    ):
        return f"Authorization: Bearer {(await answer.json())['data']['token']}\r\n"
