"""The console's pages at a million cases: one API process, each page asked for one by one (issue 13, "Speed and tests").

- every page: p95 of the server's time at most 200 ms;
- the count of a campaign's recipients before its launch, with the reasons why some are skipped: within seconds;
- the first page with its style and scripts: below 100 kB, compressed.
"""

import asyncio
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import psycopg

from bench import analytics
from bench import cases as case_lists
from bench.installation import api, installation, sign_in
from bench.load import load, once
from py360.console import assets

Out = Callable[[str], None]
P95: Final = 200.0
HOME_BYTES: Final = 100_000
HOME: Final = "/console/dashboard"
PAGES: Final = (
    HOME, "/console/dashboard?dateRange=all", "/console/dashboard/charts/funnel?dateRange=all",
    "/console/dashboard/charts/region-performance?dateRange=all", "/console/dashboard/metrics",
    "/console/dashboard/metrics/new?measure=renewalRate&grouping=channel&dateRange=all", "/console/uploads", "/console/uploads/upload-1",
    "/console/cases", "/console/cases?status=pending&sort=dueDate", "/console/cases?search=Sharma", "/console/cases?page=400",
    "/console/closed-cases", "/console/cases/CASE-1000", "/console/cases/CASE-1000/messages", "/console/cases/CASE-1000/payments",
    "/console/cases/CASE-1000/customer", "/console/cases/CASE-1000/history", "/console/logs?caseId=CASE-1000",
    "/console/logs?type=policyNumber&value=P/440/07919000/1000", "/console/renewal-rules", "/console/audiences", "/console/billing", "/console/payments",
    "/console/ledger", "/console/campaigns", "/console/campaigns/new", "/console/templates", "/console/templates/template-1", "/console/dnc",
    "/console/suppressions", "/console/customers", "/console/customers?search=Sharma", "/console/customers/CUST-1000",
    "/console/policies", "/console/organization", "/console/users", "/console/users/1001", "/console/roles", "/console/roles/1",
    "/console/providers", "/console/settings", "/console/notifications", "/console/profile", "/console/components",
)  # fmt: skip
CHECK: Final = "/console/campaigns/check?type[]=sms&type[]=whatsapp&targetAudience=all&purpose="
CHECK_SECONDS: Final = {"renewal": 10.0, "promotional": 20.0}  # for every open case, on two channels
# Of the customers 40 in 100 opted in, 3 opted out, 2 are suppressed and 5 registered.
_OPT_OUTS: Final = (
    "insert into consents (client_id, customer_id, channel, purpose, state, source)"
    " select client_id, id, channel, 'promotional', 'opted_in', 'call' from customers, unnest(array['sms', 'whatsapp']) channel where id % 5 < 2",
    "insert into consents (client_id, customer_id, channel, purpose, state, source)"
    " select client_id, id, channel, 'service', 'opted_out', 'call' from customers, unnest(array['sms', 'whatsapp']) channel where id % 33 = 0",
    "insert into suppressions (client_id, channel, contact, reason)"
    " select client_id, channel, phone, 'stop' from customers, unnest(array['sms', 'whatsapp']) channel where id % 50 = 7",
    "insert into dnc_registry (client_id, customer_phone, dnc_type, effective_date)"
    " select client_id, phone, 'phone', current_date - 1 from customers where id % 20 = 3",
    "analyze consents, suppressions, dnc_registry",
)


def run(out: Out, cases: int = 1_000_000, seconds: float = 1.0, kept: Path | None = None) -> bool:
    """Measure and say so line by line; whether every figure is within its bound."""
    with installation(kept) as url:
        case_lists.fill(out, url, cases)
        with psycopg.connect(url) as connection:
            counted = connection.execute("select 1 from analytics_facts limit 1").fetchone()
            if not connection.execute("select 1 from consents limit 1").fetchone():
                for statement in _OPT_OUTS:
                    connection.execute(statement)
        if not counted:
            asyncio.run(analytics.count_again())
        with api() as product:
            return asyncio.run(_measure(out, product, seconds))


async def _measure(out: Out, product: int, seconds: float) -> bool:
    signed = await sign_in(product) + "Accept: text/html\r\nAccept-Encoding: gzip\r\n"
    good = True
    for path in PAGES:
        await load(product, [path], signed, connections=1, seconds=0.3)
        took = await load(product, [path], signed, connections=1, seconds=seconds)
        fine = took.p95 <= P95
        good &= fine
        out(f"{path:<84} median {took.median:5.1f} ms, p95 {took.p95:6.1f} ms {'ok' if fine else 'TOO SLOW'}")
    for purpose, most in CHECK_SECONDS.items():
        took = await load(product, [CHECK + purpose], signed, connections=1, seconds=seconds)
        fine = took.p95 <= 1_000 * most
        good &= fine
        out(
            f"{f'whom a {purpose} campaign would reach, of every open case on two channels':<84} median {took.median:5.0f} ms,"
            f" p95 {took.p95:6.0f} ms {'ok' if fine else 'TOO SLOW'}"
        )
    size = await _home(product, signed)
    out(
        f"first page with style and scripts: {size / 1000:.1f} kB compressed {'ok' if size < HOME_BYTES else 'TOO LARGE'}"
    )
    return good and size < HOME_BYTES


async def _home(product: int, signed: str) -> int:
    """What a browser that has nothing yet loads of the first page, in bytes on the wire."""
    compressed = await once(product, HOME, signed)
    page = (await once(product, HOME, signed.replace("Accept-Encoding: gzip\r\n", ""))).decode()
    named = set(re.findall(rf"{assets.PREFIX}/[\w./-]+", page))
    return len(compressed) + sum([len(await once(product, address, signed)) for address in sorted(named)])


def _print(line: Any) -> None:
    print(line, flush=True)


if __name__ == "__main__":  # with a folder: its portfolio is kept for the next run
    raise SystemExit(0 if run(_print, kept=Path(sys.argv[1]) if len(sys.argv) > 1 else None) else 1)
