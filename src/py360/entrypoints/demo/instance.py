"""The installation the demo runs on: the one that runs already, or one started for the while."""

import fcntl
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from rich.console import Console

from py360.entrypoints.home import PRIVATE, Refusal
from py360.kit.settings import Settings

START_SECONDS: Final = 120
STOP_SECONDS: Final = 60
UP: Final = (sys.executable, "-m", "py360.entrypoints.cli", "up")


@contextmanager
def running(settings: Settings) -> Generator[bool]:
    """An installation is there; whether it was started for this, and so is stopped again at the end. Raises Refusal."""
    if _answers(settings):
        yield False
        return
    with tempfile.TemporaryFile() as output:
        environment = os.environ | {"PY360_DEMO": "0", "PY360_HOME": str(settings.home.absolute())}
        process = subprocess.Popen(
            UP,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + START_SECONDS
            while not _answers(settings):
                if process.poll() is not None or time.monotonic() > deadline:
                    output.seek(0)
                    last = output.read().decode(errors="replace").strip().splitlines()[-1:]
                    raise Refusal(" ".join(last) or "Py360 did not start.")
                time.sleep(0.2)
            yield True
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def turn(settings: Settings, console: Console) -> Generator[None]:
    """One demo at a time: two would count each other's messages and payments."""
    os.umask(PRIVATE)  # the demo may be the first that comes here
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.print(
                "Another demo is running here (the first start has one). This one begins when it has finished."
            )
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _answers(settings: Settings) -> bool:
    """Whether a ready API answers there."""
    try:
        with urllib.request.urlopen(f"{settings.local_url}/api/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        return error.code != 503  # something answers that is not getting ready: let signing in say what it is
    except OSError:
        return False
