"""Run a module of ours in a process of its own, for work on untrusted input: bounded in time, known to end.

The module limits its own memory and computing time first of all (`resource.setrlimit`); here it is given its request, and
killed when its time on the clock is over. It gets none of our environment but what Python needs to start.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

_MOST_AT_ONCE: Final = 2  # of each process, so that its children's memory is bounded too
_places: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: what it wrote, and whether its time was over; `crashed` when it was killed or broke off."""

    output: bytes
    log: str
    crashed: bool
    out_of_time: bool


async def run(module: str, request: bytes, seconds: float) -> Ended:
    """Run a module with a request on its standard input, for at most so many seconds; waits while others run."""
    async with _place(), _started(module) as child:
        try:
            async with asyncio.timeout(seconds):
                output, log = await child.communicate(request)
        except TimeoutError:
            return Ended(b"", "", crashed=True, out_of_time=True)
    status = child.returncode or 0
    out_of_time = status in (-signal.SIGXCPU, -signal.SIGKILL)  # the kernel ends it at the limit of its computing time
    return Ended(output, log.decode(errors="replace"), crashed=status != 0, out_of_time=out_of_time)


def _place() -> asyncio.Semaphore:
    loop = asyncio.get_running_loop()
    return _places.setdefault(loop, asyncio.Semaphore(_MOST_AT_ONCE))


@asynccontextmanager
async def _started(module: str) -> AsyncIterator[Process]:
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUTF8": "1"}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
