"""The case list while a file is imported: its p95 stays under three times that of an idle installation (issue 3, section 4).

One API process and one worker, as `py360 up` starts them; a 100,000-row file is handed in over HTTP.
"""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson

from bench.cases import fill
from bench.installation import api, installation, sign_in, worker
from bench.load import load, once
from bench.uploads import portfolio

Out = Callable[[str], None]
TIMES_IDLE: Final = 3.0
START_SECONDS: Final = 5.0  # of a worker: not yet idle
LIST: Final = "/api/cases"


def run(out: Out, rows: int = 100_000, cases: int = 100_000) -> bool:
    """Measure and say so; whether the list stayed responsive."""
    with installation() as url:
        fill(out, url, cases)
        file = Path(os.environ["PY360_HOME"]) / "portfolio.csv"
        portfolio(rows, "W").write_csv(file)
        with api() as port, worker():
            time.sleep(START_SECONDS)
            return asyncio.run(_measure(out, port, file, rows))


async def _measure(out: Out, port: int, file: Path, rows: int) -> bool:
    signed = await sign_in(port)
    await load(port, [LIST], signed, seconds=1)
    idle = await load(port, [LIST], signed, seconds=5)
    upload = await hand_in(port, signed, file)
    done = asyncio.Event()
    started = time.perf_counter()
    importing, state = await asyncio.gather(
        load(port, [LIST], signed, until=done), _wait(port, f"/api/upload/status/{upload}", signed, done)
    )
    took = time.perf_counter() - started
    fine: bool = state["status"] == "completed" and importing.p95 <= TIMES_IDLE * idle.p95
    out(
        f"case list while {rows:,} rows are imported ({rows / took:,.0f} rows/s meanwhile): p95 {importing.p95:.1f} ms at"
        f" {importing.per_second:,.0f}/s; idle {idle.p95:.1f} ms at {idle.per_second:,.0f}/s;"
        f" {importing.p95 / idle.p95:.1f} x idle (bound {TIMES_IDLE:.0f}) {'ok' if fine else 'MISSED'}"
    )
    return fine


async def hand_in(port: int, signed: str, file: Path) -> str:
    """Upload a file as a form does; its code."""
    name, _, value = signed.strip().partition(": ")
    form = aiohttp.FormData()
    form.add_field("file", file.open("rb"), filename=file.name, content_type="text/csv")
    async with (
        aiohttp.ClientSession(headers={name: value}) as http,
        http.post(f"http://127.0.0.1:{port}/api/upload/file", data=form) as answer,
    ):
        return str((await answer.json())["data"]["uploadId"])


async def _wait(port: int, path: str, signed: str, done: asyncio.Event) -> dict[str, Any]:
    """The upload's last state, when it has ended."""
    while True:
        state: dict[str, Any] = orjson.loads(await once(port, path, signed))["data"]
        if state["status"] != "processing":
            done.set()
            return state
        await asyncio.sleep(0.2)


if __name__ == "__main__":
    raise SystemExit(0 if run(lambda line: print(line, flush=True)) else 1)
