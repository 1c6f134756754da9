"""`py360 up`: the whole installation on one machine. Database, cache, API, worker and the vendors' sandbox under one command."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Final

import aiohttp
from rich.console import Console

from py360.entrypoints import home, wiring
from py360.kit.db import make_engine, make_sessions
from py360.kit.migrate import migrate
from py360.kit.settings import Settings
from py360.modules.identity import api as identity

READY_SECONDS: Final = 60
STOP_SECONDS: Final = 12
LONGEST_PAUSE: Final = 30.0
_PARENT_DIED: Final = 1  # prctl(2): PR_SET_PDEATHSIG
console = Console(highlight=False)


@dataclass
class Child:
    """One process of the installation; started again when it dies, each time after a longer pause."""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    pause: float = 1.0
    due: float = 0.0
    output: IO[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it; what it prints goes to its log."""
        self.output = self.log.open("ab")
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            preexec_fn=_die_with_us,
        )

    def tend(self) -> None:
        """Say when it died, and start it again when its pause is over."""
        if self.process is not None and (status := self.process.poll()) is not None:
            self.process, self.due = None, time.monotonic() + self.pause
            console.print(
                f"[red]The {self.name} stopped (status {status}).[/] Starting it again in {self.pause:.0f} s. Log: {self.log}"
            )
            self.pause = min(self.pause * 2, LONGEST_PAUSE)
        elif self.process is None and time.monotonic() >= self.due:
            self.start()

    def stop(self, kill: bool = False) -> None:
        """Ask it to end, or end it."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)


def _die_with_us() -> None:
    """In the child: end when the supervisor is killed, so that the next start finds the ports free. Ctrl-C is ours alone."""
    os.setpgid(0, 0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DIED, signal.SIGTERM)


def up(config: Settings, demo_rows: int | None = None) -> None:
    """Run the installation until Ctrl-C or SIGTERM. Raises Refusal when it cannot start."""
    started = time.monotonic()
    signal.signal(signal.SIGTERM, _interrupt)
    with home.held(config) as folder:
        home.check_ports(config)
        console.print(f"Py360 starts on [bold]{folder}[/] …")
        with home.servers(config) as settings:
            migrate(settings.database_url)
            password = asyncio.run(_first_start(settings))
            children = _children(settings, folder / "logs")
            try:
                for child in children:
                    child.start()
                asyncio.run(_until_ready(settings, children))
                _greet(settings, password, time.monotonic() - started)
                if password is not None and settings.demo:
                    _run_demo(folder)
                while True:
                    for child in children:
                        child.tend()
                    time.sleep(0.5)
            except KeyboardInterrupt:
                console.print("\nStopping …")
            finally:
                _stop(children)
    console.print("Stopped. Everything committed is kept; start again with the same command.")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


async def _first_start(settings: Settings) -> str | None:
    """Seed the installation; the first administrator's password if this start made one."""
    engine = make_engine(settings.database_url, 2)
    wiring.import_models()
    async with make_sessions(engine)() as session, session.begin():
        await wiring.seed(session)
        password = home.first_password(settings)
        made = await identity.ensure_first_admin(session, settings.admin_email, password)
    await engine.dispose()
    return password if made else None


def _children(settings: Settings, logs: Path) -> list[Child]:
    logs.mkdir(exist_ok=True)
    py360 = [sys.executable, "-m", "py360.entrypoints.cli"]
    commands = {"API": ["api"], "worker": ["worker", "--alone"], "sandbox": ["sandbox"]}
    return [Child(name, [*py360, *words], logs / f"{words[0]}.log") for name, words in commands.items()]


async def _until_ready(settings: Settings, children: list[Child]) -> None:
    """Wait until the API says that it is ready; Refusal with the log's last words when it does not."""
    address = f"http://{settings.host}:{settings.port}/api/health"
    reason = "no answer"
    async with aiohttp.ClientSession() as http:
        for _ in range(READY_SECONDS * 5):
            dead = next((child for child in children if child.process and child.process.poll() is not None), None)
            if dead is not None:
                last = dead.log.read_text(errors="replace").strip().splitlines()[-1:]
                raise home.Refusal(f"The {dead.name} could not start: {' '.join(last)} Log: {dead.log}")
            try:
                async with http.get(address) as answer:
                    data = (await answer.json())["data"]
                    if data["ready"]:
                        return
                    reason = "; ".join(data["reasons"])
            except aiohttp.ClientError:
                pass  # not listening yet
            await asyncio.sleep(0.2)
    raise home.Refusal(f"The API was not ready after {READY_SECONDS} s: {reason}.")


def _greet(settings: Settings, password: str | None, seconds: float) -> None:
    console.print(f"[green]Ready[/] in {seconds:.1f} s.")
    console.print(f"  API       {settings.public_url}/api      (every address: {settings.public_url}/api/docs)")
    console.print(f"  Sandbox   {settings.sandbox_url}      (the vendors' stand-ins: nothing leaves this machine)")
    if password is not None:
        console.print(
            f"  Login     {settings.admin_email}  password [bold]{password}[/]  (shown once; kept in {settings.home / home.PASSWORD_FILE})"
        )
    else:
        console.print(f"  Login     {settings.admin_email}")
    console.print("Ctrl-C stops everything.")


def _run_demo(folder: Path) -> None:
    console.print("\nFirst start: the demo renews a small portfolio, so that there is something to look at.")
    finished = subprocess.run([sys.executable, "-m", "py360.entrypoints.cli", "demo"], check=False)
    if finished.returncode:
        console.print(
            f"[red]The demo did not finish (status {finished.returncode}).[/] Logs: {folder / 'logs'}. Try: py360 demo"
        )


def _stop(children: list[Child]) -> None:
    for child in children:
        child.stop()
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        try:
            if child.process is not None:
                child.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.stop(kill=True)
        if child.output is not None:
            child.output.close()
