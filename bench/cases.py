"""The case lists at a million cases: one API process, 8 connections (issue 3, section 5).

- a list of 20 with any one filter: p95 at most 25 ms, and at least half the requests per second of a bare Starlette +
  psycopg + orjson handler serving the same rows in the same run;
- a search by name or policy number: p95 at most 60 ms.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import orjson
import psycopg

from bench import portfolio
from bench.installation import api, installation, serving, sign_in
from bench.load import Load, load, once
from py360.kit.clock import SystemClock

Out = Callable[[str], None]
LIST_P95: Final = 25.0
SEARCH_P95: Final = 60.0
SHARE: Final = 0.5
FLOOR: Final = (
    sys.executable,
    "-m",
    "uvicorn",
    "--factory",
    "bench.cases_floor:app",
    "--log-level",
    "warning",
    "--port",
)


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


def run(out: Out, cases: int = 1_000_000, seconds: float = 3.0, kept: Path | None = None) -> bool:
    """Measure and say so line by line; whether every figure is within its bound."""
    with installation(kept) as url:
        fill(out, url, cases)
        with api() as product, serving(*FLOOR) as floor:
            return asyncio.run(_measure(out, product, floor, cases, seconds))


def fill(out: Out, url: str, cases: int) -> None:
    """Put so many cases there, unless there are some already."""
    with psycopg.connect(url, autocommit=True) as connection:
        if not connection.execute("select 1 from renewal_cases limit 1").fetchone():
            started = time.perf_counter()
            clock = SystemClock()
            portfolio.fill(connection, cases, clock.today(), clock.now())
            out(f"{cases:,} cases generated in {time.perf_counter() - started:.0f} s")


async def _measure(out: Out, product: int, floor: int, cases: int, seconds: float) -> bool:
    signed = await sign_in(product)
    good = True
    for name, asked, where, order in _filters():
        path, bare = f"/api/cases?{urlencode(asked)}", f"/floor?{urlencode({'where': where, 'order': order})}"
        same = await _same_rows(product, path, signed, floor, bare)
        await load(product, [path], signed, seconds=0.5)
        await load(floor, [bare], seconds=0.5)
        least = await load(floor, [bare], seconds=seconds)
        ours = await load(product, [path], signed, seconds=seconds)
        share = ours.per_second / least.per_second
        fine = same and ours.p95 <= LIST_P95 and share >= SHARE
        good &= fine
        out(
            f"list, filter {name:<13} {_text(ours)}; floor {least.per_second:5.0f}/s p95 {least.p95:4.1f} ms;"
            f" share {share:.2f} {_verdict(fine)}" + ("" if same else " (other rows than the floor!)")
        )
    for name, terms in _searches(cases):
        paths = [f"/api/cases?search={quote(term)}" for term in terms]
        await load(product, paths, signed, seconds=1)  # as the lists above: pages in memory, as after a morning's work
        ours = await load(product, paths, signed, seconds=seconds)
        fine = ours.p95 <= SEARCH_P95
        good &= fine
        out(f"search by {name:<16} {_text(ours)} {_verdict(fine)}")
    return good


async def _same_rows(product: int, path: str, signed: str, floor: int, bare: str) -> bool:
    ours = orjson.loads(await once(product, path, signed))["data"]["cases"]
    least = orjson.loads(await once(floor, bare))["cases"]
    return [row["id"] for row in ours] == [row["case_number"] for row in least] and len(ours) == 20


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


def _text(took: Load) -> str:
    return f"{took.per_second:5.0f}/s, median {took.median:4.1f} ms, p95 {took.p95:5.1f} ms"


def _verdict(fine: bool) -> str:
    return "ok" if fine else "TOO SLOW"


def _print(line: Any) -> None:
    print(line, flush=True)


if __name__ == "__main__":  # with a folder: its portfolio is kept for the next run
    raise SystemExit(0 if run(_print, kept=Path(sys.argv[1]) if len(sys.argv) > 1 else None) else 1)
