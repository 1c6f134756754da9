"""The case lists at a million cases: one API process, 8 connections (issue 3, section 5).

- a list of 20 with any one filter: p95 at most 25 ms, and at least half the requests per second of a bare Starlette +
  psycopg + orjson handler serving the same rows in the same run;
- a search by name or policy number: p95 at most 60 ms.
"""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import orjson
import psycopg

from bench import portfolio
from bench.load import Load, load, once
from py360.entrypoints import servers, wiring
from py360.kit import db
from py360.kit.clock import SystemClock
from py360.kit.migrate import migrate
from py360.kit.settings import settings
from py360.modules.identity import api as identity

Out = Callable[[str], None]
EMAIL: Final = "bench@py360.local"
PASSWORD: Final = "a long enough password"
LIST_P95: Final = 25.0
SEARCH_P95: Final = 60.0
SHARE: Final = 0.5


def _filters() -> list[tuple[str, dict[str, str], str, str]]:
    """Each filter: its name, the parameters, and the floor's WHERE and ORDER BY for the same rows."""
    today = SystemClock().today()
    first, last = today + timedelta(days=30), today + timedelta(days=60)
    week = datetime.combine(today - timedelta(days=30), datetime.min.time(), UTC) - timedelta(hours=5, minutes=30)
    newest, rest = "c.id desc", "c.status <> 'renewed'"
    return [
        ("none", {}, rest, newest),
        ("status", {"status": "in progress"}, "c.status = 'in_progress'", newest),
        ("agent", {"agent": "1007"}, f"c.assigned_to = 1007 and {rest}", newest),
        ("unassigned", {"agent": "Unassigned"}, f"c.assigned_to is null and {rest}", newest),
        ("batch", {"batchId": "BATCH-7"}, f"c.batch_id = 7 and {rest}", newest),
        ("channel", {"channel": "Branch"}, f"c.channel = 'Branch' and {rest}", newest),
        ("priority", {"priority": "urgent"}, f"c.priority = 'urgent' and {rest}", newest),
        ("payment", {"paymentStatus": "partial"}, f"c.payment_status = 'partial' and {rest}", newest),
        ("policy status", {"policyStatus": "Policy Due"}, f"c.due_date between '{today - timedelta(30)}' and '{today - timedelta(1)}' and {rest}", newest),
        ("upload date", {"date": "lastMonth"}, f"c.created_at >= '{week.isoformat()}' and {rest}", "c.created_at desc, c.id desc"),
        ("due range", {"dueFrom": f"{first}", "dueTo": f"{last}"}, f"c.due_date between '{first}' and '{last}' and {rest}", "c.due_date, c.id"),
    ]  # fmt: skip


def run(out: Out, cases: int = 1_000_000, seconds: float = 3.0) -> bool:
    """Measure and say so line by line; whether every figure is within its bound."""
    with tempfile.TemporaryDirectory(prefix="py360-bench-") as home:
        url = servers.start_postgres(Path(home) / "postgres", servers.tuning())
        cache = servers.start_valkey(Path(home) / "valkey")
        try:
            return measure(out, url, cache, home, cases, seconds)
        finally:
            servers.stop_valkey(Path(home) / "valkey")
            servers.stop_postgres(Path(home) / "postgres")


def measure(out: Out, url: str, cache: str, home: str, cases: int, seconds: float) -> bool:
    """The same on given servers; fills the database unless it is filled."""
    os.environ |= {
        "PY360_HOME": home,
        "DATABASE_URL": url,
        "REDIS_URL": cache,
        "PY360_SECRET_KEY": "the key of the benchmarks, long enough",
    }
    settings.cache_clear()
    _prepare(out, url, cases)
    api = [sys.executable, "-m", "py360.entrypoints.cli", "api"]
    floor = [sys.executable, "-m", "uvicorn", "--factory", "bench.cases_floor:app", "--log-level", "warning", "--port"]
    with _serving(api, "PY360_PORT") as api_port, _serving(floor, "") as floor_port:
        return asyncio.run(_measure(out, api_port, floor_port, cases, seconds))


def _prepare(out: Out, url: str, cases: int) -> None:
    migrate(url)
    wiring.import_models()
    asyncio.run(_seed(url))
    with psycopg.connect(url, autocommit=True) as connection:
        if not connection.execute("select 1 from renewal_cases limit 1").fetchone():
            started = time.perf_counter()
            clock = SystemClock()
            portfolio.fill(connection, cases, clock.today(), clock.now())
            out(f"{cases:,} cases generated in {time.perf_counter() - started:.0f} s")


async def _seed(url: str) -> None:
    engine = db.make_engine(url)
    async with db.make_sessions(engine)() as session, session.begin():
        await wiring.seed(session)
        if not await db.value(session, "select 1 from users where email = %(email)s", {"email": EMAIL}):
            client = await identity.default_client(session)
            await identity.create_user(
                session, client_id=client, email=EMAIL, name="Bench Mark", role="admin", password=PASSWORD
            )
    await engine.dispose()


@contextmanager
def _serving(command: list[str], port_variable: str) -> Iterator[int]:
    """Run a server on a free port until it is not needed any more."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    root = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"}
    environment |= {port_variable: str(port)} if port_variable else {}
    process = subprocess.Popen(command if port_variable else [*command, str(port)], env=environment, cwd=root)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None:
                raise RuntimeError(f"{command[2]} ended with {process.returncode}")
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(15)


async def _sign_in(port: int) -> str:
    import aiohttp

    body = {"email": EMAIL, "password": PASSWORD}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"http://127.0.0.1:{port}/api/auth/login", json=body) as answer,
    ):
        return f"Authorization: Bearer {(await answer.json())['data']['token']}\r\n"


async def _measure(out: Out, api: int, floor: int, cases: int, seconds: float) -> bool:
    signed = await _sign_in(api)
    good = True
    shares = []
    for name, asked, where, order in _filters():
        path, bare = f"/api/cases?{urlencode(asked)}", f"/floor?{urlencode({'where': where, 'order': order})}"
        same = await _same_rows(api, path, signed, floor, bare)
        await load(api, [path], signed, seconds=0.5)
        await load(floor, [bare], seconds=0.5)
        least = await load(floor, [bare], seconds=seconds)
        ours = await load(api, [path], signed, seconds=seconds)
        share = ours.per_second / least.per_second
        shares.append(share)
        fine = same and ours.p95 <= LIST_P95 and share >= SHARE
        good &= fine
        out(
            f"list, filter {name:<13} {_told(ours)}; floor {least.per_second:5.0f}/s p95 {least.p95:4.1f} ms;"
            f" share {share:.2f} {_verdict(fine)}" + ("" if same else " (other rows than the floor!)")
        )
    for name, terms in _searches(cases):
        paths = [f"/api/cases?search={quote(term)}" for term in terms]
        ours = await load(api, paths, signed, seconds=seconds)
        fine = ours.p95 <= SEARCH_P95
        good &= fine
        out(f"search by {name:<16} {_told(ours)} {_verdict(fine)}")
    return good


async def _same_rows(api: int, path: str, signed: str, floor: int, bare: str) -> bool:
    ours = orjson.loads(await once(api, path, signed))["data"]["cases"]
    least = orjson.loads(await once(floor, bare))["cases"]
    return [row["id"] for row in ours] == [row["id"] for row in least] and len(ours) == 20


def _searches(cases: int) -> list[tuple[str, list[str]]]:
    """What officers type: the names of customers there are, whole policy numbers and pieces of them."""
    some = {"ids": list(range(17, cases, max(1, cases // 50)))}
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        names = connection.execute("select full_name from customers where id = any(%(ids)s)", some).fetchall()
        numbers = connection.execute("select policy_number from policies where id = any(%(ids)s)", some).fetchall()
    return [
        ("whole name", [name for (name,) in names]),
        ("surname", [name.rpartition(" ")[2] for (name,) in names]),
        ("policy number", [number for (number,) in numbers]),
        ("piece of a number", [number.split("/")[2] for (number,) in numbers]),
    ]


def _told(took: Load) -> str:
    return f"{took.per_second:5.0f}/s, median {took.median:4.1f} ms, p95 {took.p95:5.1f} ms"


def _verdict(fine: bool) -> str:
    return "ok" if fine else "TOO SLOW"


def _print(line: Any) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    raise SystemExit(0 if run(_print) else 1)
