"""A million policies whose terms all fall due: scanned and cased in under 60 s; scanned again, with nothing left to do; and lapsed.

Two schedulers run at once: each term gets one case (issue 14, section 1).
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import psycopg

from bench import portfolio
from bench.installation import installation
from py360.entrypoints import wiring
from py360.kit.clock import SystemClock
from py360.kit.resources import Resources
from py360.kit.settings import settings
from py360.modules.cases.renewals.scheduler import open_due_cases

Out = Callable[[str], None]
BOUND: Final = 60.0


def run(out: Out, policies: int = 1_000_000) -> bool:
    """Measure and say so; whether every figure is within its bound."""
    with installation() as url:
        clock = SystemClock()
        with psycopg.connect(url, autocommit=True) as connection:
            portfolio.fill(connection, policies, clock.today(), clock.now())
            connection.execute("truncate renewal_cases cascade")
            connection.execute("insert into renewal_rules (client_id, default_lead_days) values (1, 365)")
        return asyncio.run(_measure(out, url, policies))


async def _measure(out: Out, url: str, policies: int) -> bool:
    resources = await Resources.open(settings())
    wiring.import_jobs()
    try:
        started = time.perf_counter()
        opened = sum(await asyncio.gather(open_due_cases(), open_due_cases()))
        first = time.perf_counter() - started
        started = time.perf_counter()
        nothing = await open_due_cases()
        again = time.perf_counter() - started
    finally:
        await resources.close()
    with psycopg.connect(url) as connection:
        row = connection.execute("select count(*), count(distinct (policy_id, due_date)) from renewal_cases").fetchone()
    fine = row == (opened, opened) == (policies, policies) and nothing == 0 and first <= BOUND
    out(
        f"{policies:,} policies scanned and cased by two schedulers in {first:.1f} s (bound {BOUND:.0f} s), scanned again in"
        f" {again:.1f} s {'ok' if fine else 'MISSED'}"
    )
    return fine


if __name__ == "__main__":
    raise SystemExit(0 if run(lambda line: print(line, flush=True)) else 1)
