"""The dashboard at a million cases and ten million messages: one API process, one worker (issue 13, section 3).

- stats, trends and every chart for all days, for a month and for a week: p95 at most 300 ms;
- a change is in the figures within 2 s: from its commit to the sums that have it;
- how long a rebuild takes, and what a note costs a bulk change.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import orjson
import psycopg

from bench import cases as case_lists
from bench.installation import api, installation, sign_in, worker
from bench.load import load, once
from py360.kit.clock import SystemClock
from py360.kit.resources import Resources
from py360.kit.settings import settings
from py360.modules.analytics.charts.catalogue import CHARTS
from py360.modules.analytics.service.fold import rebuild

Out = Callable[[str], None]
P95: Final = 300.0
SECONDS_UNTIL_RIGHT: Final = 2.0
PLACES: Final = 50
_PLACED: Final = """
insert into organizational_hierarchy (id, client_id, name, type, path)
select n, (select min(id) from clients), 'Region ' || n, 'region', n::text::ltree from generate_series(1, %(places)s) n;
update renewal_cases set node_id = 1 + id %% %(places)s;
"""
# Chunk by chunk, so that the generation itself stays in memory.
_MESSAGES: Final = """
insert into communication_delivery_status (client_id, case_id, communication_type, recipient_contact, status, cost, created_at)
select c.client_id, c.id, (array['email', 'sms', 'whatsapp'])[1 + n %% 3], 'x',
  (array['sent', 'delivered', 'delivered', 'opened', 'clicked', 'failed'])[1 + (c.id + n) %% 6], 0.25, c.created_at
from renewal_cases c cross join generate_series(1, %(each)s) n where c.id > %(after)s and c.id <= %(upto)s
"""


def run(
    out: Out, cases: int = 1_000_000, messages_each: int = 10, seconds: float = 4.0, kept: Path | None = None
) -> bool:
    """Measure and say so line by line; whether every figure is within its bound."""
    with installation(kept) as url:
        case_lists.fill(out, url, cases)
        _fill(out, url, cases, messages_each)
        with api() as product, worker():
            return asyncio.run(_measure(out, product, url, seconds))


def _fill(out: Out, url: str, cases: int, each: int) -> None:
    """Places and messages, unless there are some already; then everything is counted again."""
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("select 1 from communication_delivery_status limit 1").fetchone():
            return
        connection.execute("set session_replication_role = replica")
        for statement in _PLACED.split(";\n"):
            if statement.strip():
                connection.execute(statement, {"places": PLACES})
        started = time.perf_counter()
        for after in range(0, cases, 100_000):
            connection.execute(_MESSAGES, {"each": each, "after": after, "upto": after + 100_000})
        out(f"{cases * each:,} messages generated in {time.perf_counter() - started:.0f} s")
        connection.execute("truncate analytics_changes")
        for table in ("renewal_cases", "communication_delivery_status"):
            connection.execute(f"vacuum (analyze) {table}")
    started = time.perf_counter()
    asyncio.run(count_again())
    out(f"rebuilt in {time.perf_counter() - started:.0f} s")
    with psycopg.connect(url, autocommit=True) as connection:
        for table in ("analytics_facts", "analytics_cells"):
            connection.execute(f"vacuum (analyze) {table}")
        sizes = connection.execute(
            "select count(*) from analytics_facts union all select count(*) from analytics_cells"
        ).fetchall()
        out(f"{sizes[0][0]:,} facts in {sizes[1][0]:,} sums")


async def count_again() -> None:
    """Count everything again, as after a restore."""
    opened = await Resources.open(settings())
    try:
        await rebuild()
    finally:
        await opened.close()


async def _measure(out: Out, product: int, url: str, seconds: float) -> bool:
    signed = await sign_in(product)
    today = SystemClock().today()
    good = True
    for name, filters in _filters(today):
        query = urlencode(filters)
        paths = [f"/api/dashboard/{what}?{query}" for what in ("stats", "trends")]
        charts = [f"/api/dashboard/charts/{chart}?{query}" for chart in CHARTS]
        await load(product, paths, signed, connections=2, seconds=0.5)
        for what, asked in (("stats, trends", paths), ("charts", charts)):
            took = await load(product, asked, signed, connections=2, seconds=seconds)
            fine = took.p95 <= P95
            good &= fine
            verdict = "ok" if fine else "TOO SLOW"
            out(f"{name:<22} {what:<14} median {took.median:5.1f} ms, p95 {took.p95:6.1f} ms {verdict}")
    return await _right_after(out, product, url, signed) and good


def _filters(today: date) -> list[tuple[str, dict[str, str]]]:
    long_ago = {"dateRange": "custom", "startDate": f"{today - timedelta(days=200)}", "endDate": f"{today}"}
    return [
        ("all days", {"dateRange": "all"}),
        ("200 days", long_ago),
        ("financial year", {"dateRange": "year", "policyType": "motor"}),
        ("month", {"dateRange": "month"}),
        ("week", {"dateRange": "week"}),
        ("one place", {"dateRange": "all", "teamId": "7"}),
        ("one agent", {"dateRange": "all", "memberId": "1007"}),
    ]


async def _right_after(out: Out, product: int, url: str, signed: str) -> bool:
    """How long until one change, and ten thousand at once, are in the figures."""
    good = True
    for name, many in (("one case", 1), ("10,000 cases", 10_000)):
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            before = await _renewed(product, signed)
            started = time.perf_counter()
            found = await connection.execute(
                "update renewal_cases set status = 'on_hold' where id in"
                " (select id from renewal_cases where status = 'in_progress' order by id desc limit %(many)s)",
                {"many": many},
            )
            changed = time.perf_counter()
            while await _renewed(product, signed) != before - found.rowcount:
                if time.perf_counter() - changed > 60:
                    break
                await asyncio.sleep(0.02)
            right = time.perf_counter() - changed
        fine = many > 1 or right <= SECONDS_UNTIL_RIGHT
        good &= fine
        out(
            f"{name}: changed in {changed - started:.2f} s, in the figures {right:.2f} s later {'ok' if fine else 'TOO LATE'}"
        )
    return good


async def _renewed(product: int, signed: str) -> int:
    return int(orjson.loads(await once(product, "/api/dashboard/stats?dateRange=all", signed))["data"]["inProgress"])


def _print(line: Any) -> None:
    print(line, flush=True)


if __name__ == "__main__":  # with a folder: its portfolio is kept for the next run
    raise SystemExit(0 if run(_print, kept=Path(sys.argv[1]) if len(sys.argv) > 1 else None) else 1)
