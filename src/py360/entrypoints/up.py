"""`py360 up`: the whole installation on one machine. Database, cache, API, worker and the vendors' sandbox under one command."""

import asyncio
import ctypes
import ipaddress
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from types import FrameType
from typing import IO, TYPE_CHECKING, Final
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

from rich.console import Console

from py360.entrypoints import home
from py360.entrypoints.keys import ensure_key
from py360.kit.settings import Settings

if TYPE_CHECKING:
    from py360.entrypoints.bootstrap import FirstStart

READY_SECONDS: Final = 60
POLL_SECONDS: Final = 0.05
STOP_SECONDS: Final = 12
LONGEST_PAUSE: Final = 30.0
PY360: Final = (sys.executable, "-m", "py360.entrypoints.cli")
_PARENT_DIED: Final = 1  # prctl(2): PR_SET_PDEATHSIG
HEALTHY_SECONDS: Final = 60.0  # after so long a life the next pause is short again
_DIRECTLY: Final = build_opener(ProxyHandler({}))  # whatever proxy the environment names
console = Console(highlight=False, soft_wrap=True)


@dataclass
class Child:
    """One process of the installation; started again when it dies, each time after a longer pause."""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    pause: float = 1.0
    due: float = 0.0
    born: float = 0.0
    output: IO[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it; what it prints goes to its log."""
        if self.output is None:
            self.output = self.log.open("ab")
        self.born = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            preexec_fn=_die_with_us,
        )

    def restart_if_dead(self) -> None:
        """Report when it died, and start it again when its pause is over."""
        if self.process is not None and (status := self.process.poll()) is not None:
            now = time.monotonic()
            if now - self.born > HEALTHY_SECONDS:
                self.pause = 1.0
            self.process, self.due = None, now + self.pause
            console.print(
                f"[red]The {self.name} stopped ({_how(status)}).[/] Starting it again in {self.pause:.0f} s. Log: {self.log}"
            )
            self.pause = min(self.pause * 2, LONGEST_PAUSE)
        elif self.process is None and time.monotonic() >= self.due:
            self.start()

    def stop(self, kill: bool = False) -> None:
        """Ask it to end, or end it."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)


def _how(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"


def _die_with_us() -> None:
    """In the child: die when the supervisor is killed, so that the next start finds no worker alive. Ctrl-C is ours alone."""
    os.setpgid(0, 0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DIED, signal.SIGKILL)


def up(config: Settings, since: float) -> None:
    """Run the installation until Ctrl-C or SIGTERM. Raises Refusal when it cannot start.

    `since` is the monotonic moment when the command began, for the seconds it says it took.
    """
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _interrupt)
    with home.locked(config) as folder:
        home.check_ports(config)
        console.print(f"Py360 starts on [bold]{folder}[/] …")
        ensure_key(config)
        with home.servers(config) as settings:
            with home.loading():  # only now: most refusals need no module
                from py360.entrypoints.bootstrap import prepare

            first = asyncio.run(prepare(settings))
            children = _children(folder / "logs", first.sandbox)
            demo = Demo(folder, wanted=first.password is not None and settings.demo)
            try:
                for child in children:
                    child.start()
                _until_ready(settings, children)
                _greet(settings, first, time.monotonic() - since)
                demo.start()
                _supervise(config, children, demo)
            except KeyboardInterrupt:
                console.print("\nStopping …")
            finally:
                for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                    signal.signal(number, signal.SIG_IGN)  # once is enough; a second one would leave half of it running
                demo.stop()  # before the API, which it would miss
                _stop(children)
    console.print("Stopped. Everything committed is kept; start again with the same command.")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _supervise(config: Settings, children: list[Child], demo: "Demo") -> None:
    """Restart what dies, servers and children, until Ctrl-C or a signal; report how the demo ended."""
    servers_due = 0.0
    while True:
        if time.monotonic() >= servers_due:
            try:
                if name := home.restart_servers(config):
                    console.print(f"[red]The {name} had stopped.[/] It runs again.")
            except home.Refusal as refused:
                console.print(f"[red]{refused}[/] Trying again in {LONGEST_PAUSE:.0f} s.")
                servers_due = time.monotonic() + LONGEST_PAUSE
        for child in children:
            child.restart_if_dead()
        demo.look()
        time.sleep(0.5)


def _children(logs: Path, sandbox: bool) -> list[Child]:
    logs.mkdir(exist_ok=True)
    commands = {"API": ["api"], "worker": ["worker", "--alone"]} | ({"sandbox": ["sandbox"]} if sandbox else {})
    return [Child(name, [*PY360, *words], logs / f"{words[0]}.log") for name, words in commands.items()]


def _until_ready(settings: Settings, children: list[Child]) -> None:
    """Wait until the API says that it is ready; Refusal with the log's last words when it does not."""
    address = f"{settings.local_url}/api/health"
    reason = "no answer"
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        dead = next((child for child in children if child.process and child.process.poll() is not None), None)
        if dead is not None:
            last = dead.log.read_text(errors="replace").strip().splitlines()[-1:]
            raise home.Refusal(f"The {dead.name} could not start: {' '.join(last)} Log: {dead.log}")
        try:
            with _DIRECTLY.open(address, timeout=READY_SECONDS):
                return
        except HTTPError as error:
            reason = "; ".join(json.load(error)["data"]["reasons"])
        except (OSError, HTTPException):
            pass  # not listening yet, or in the middle of its start
        time.sleep(POLL_SECONDS)
    raise home.Refusal(f"The API was not ready after {READY_SECONDS} s: {reason}.")


_LOOPBACK: Final = (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1"))


def _greet(settings: Settings, first: "FirstStart", seconds: float) -> None:
    console.print(f"[green]Ready[/] in {seconds:.1f} s.")
    console.print(f"  Console   [bold]{settings.public_url}/console[/]      (open it in a browser and sign in)")
    console.print(f"  API       {settings.public_url}/api      (every address: {settings.public_url}/api/docs)")
    if first.sandbox:
        console.print(
            f"  Sandbox   {settings.sandbox_url}      (stands in for the vendors: nothing leaves this machine)"
        )
    console.print(f"  Login     {login_line(settings, first)}")
    if any(local in network for network in settings.vendor_network_list for local in _LOOPBACK):
        console.print(
            "  [yellow]Vendor accounts may point at this machine (PY360_VENDOR_NETWORKS). Never allow that where others enter accounts.[/]"
        )
    console.print("Ctrl-C stops everything.")


def login_line(settings: Settings, first: "FirstStart") -> str:
    """The administrator's login, with the password when this start made it."""
    if first.password is None:
        return str(first.login)
    if settings.admin_password:
        return f"{first.login}  password as set in PY360_ADMIN_PASSWORD"
    return (
        f"{first.login}  password [bold]{first.password}[/]  (shown once; kept in {settings.home / home.PASSWORD_FILE})"
    )


class Demo:
    """The demo of the first start. A note in the home folder remembers that it is due until it has finished, so that a start that
    is stopped before runs it next time."""

    def __init__(self, folder: Path, wanted: bool) -> None:
        self._note = folder / "demo.due"
        self._process: subprocess.Popen[bytes] | None = None
        if wanted:
            self._note.touch()

    def start(self) -> None:
        """Run it when it is due."""
        if self._note.exists():
            console.print("\nThe demo renews a small portfolio, so that there is something to look at.")
            self._process = subprocess.Popen([*PY360, "demo"], stdin=subprocess.DEVNULL, preexec_fn=_die_with_us)

    def look(self) -> None:
        """Report when it failed."""
        if self._process is not None and (status := self._process.poll()) is not None:
            self._note.unlink(missing_ok=True)
            self._process = None
            if status:
                console.print(f"[red]The demo did not finish ({_how(status)}).[/] Try it again: py360 demo")

    def stop(self) -> None:
        """End it with the installation."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
            console.print("The demo had not finished: the next start runs it again.")


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
