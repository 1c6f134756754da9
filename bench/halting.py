"""Two seconds: pausing, stopping and paying, until the last message leaves; starting and resuming, until the first (issue 3, section 6).

A real API and a real worker, against the sandbox's vendors answering slowly, so that a batch is at the vendor
for seconds. A payment is counted from the moment the customer paid at the gateway: its webhook and its job are in the time.
A hundred pay at once; again while the same worker imports a file.
"""

import asyncio
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import aiohttp
import orjson
import psycopg
import uvloop

from bench import portfolio
from bench.campaigns import CALLER
from bench.importing import hand_in
from bench.installation import installation, sign_in
from bench.load import once
from bench.uploads import portfolio as policies
from py360.entrypoints import wiring
from py360.kit import db
from py360.kit.clock import SystemClock
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.kit.settings import settings
from py360.modules.campaigns.schemas import NewCampaign
from py360.modules.campaigns.service.create import create
from py360.modules.campaigns.service.status import set_status
from py360.modules.messaging import api as messaging
from py360.modules.payments import api as payments
from py360.modules.payments.service import checkout
from py360.sandbox.main import opened
from py360.sandbox.vendors import Vendors

Out = Callable[[str], None]
BOUND: Final = 2.0
ANSWERED: Final = 0.3
WATCHED: Final = 4.0  # seconds in which a late message would be seen
BEGUN: Final = 60  # messages at the vendor before somebody acts
APART: Final = 20  # every twentieth customer pays: some of every batch, a hundred at once
PY360: Final = [sys.executable, "-m", "py360.entrypoints.cli"]


def run(out: Out, people: int = 2_000, rows: int = 100_000) -> bool:
    """Measure and say so; whether every figure is within its bound."""
    for name in ("PY360_PORT", "PY360_SANDBOX_PORT", "PY360_SANDBOX_SMTP_PORT"):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            os.environ[name] = str(probe.getsockname()[1])
    with installation() as url:
        clock = SystemClock()
        with psycopg.connect(url, autocommit=True) as connection:
            portfolio.fill(connection, people * 2, clock.today(), clock.now())
        file = Path(os.environ["PY360_HOME"]) / "portfolio.csv"
        policies(rows, "W").write_csv(file)
        with _process("api"), _process("worker", "--alone"):
            return uvloop.run(_measure(out, people, file))


@contextmanager
def _process(*words: str) -> Iterator[None]:
    with subprocess.Popen([*PY360, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


async def _measure(out: Out, people: int, file: Path) -> bool:
    here = settings()
    resources = await Resources.open(here)
    wiring.import_jobs()
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns of itself
    try:
        async with opened(
            secret=here.sandbox_secret,
            callback=here.public_url,
            http_port=here.sandbox_port,
            smtp_port=here.sandbox_smtp_port,
        ) as vendors:
            behaviour = vendors.world.audience.behaviour
            changes: dict[str, object] = {"pay": 0, "reportsSent": False, "delays": {"answered": ANSWERED}}
            vendors.world.audience.behaviour = behaviour.changed(changes)
            await _ready(here.public_url)
            upload = await _upload(people)
            fine = True
            for channel in ("email", "sms", "whatsapp"):
                figures = await _steered(vendors, channel, upload)
                figures["paid"] = await _paid(vendors, channel, upload)
                ok = max(figures.values()) <= BOUND
                fine &= ok
                seconds_text = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in figures.items())
                out(
                    f"{channel} at a vendor that answers after {ANSWERED} s: {seconds_text} (bound {BOUND:.0f} s) {_verdict(ok)}"
                )
            return await _paid_while_importing(out, vendors, upload, file) and fine
    finally:
        await resources.close()


async def _paid_while_importing(out: Out, vendors: Vendors, upload: int, file: Path) -> bool:
    port = settings().port
    signed = await sign_in(port)
    importing = ""

    async def import_begun() -> None:
        nonlocal importing
        importing = await hand_in(port, signed, file)
        while await _rows_done(port, signed, importing) == 0:
            await asyncio.sleep(0.1)

    late = await _paid(vendors, "sms", upload, import_begun)
    ok = late <= BOUND
    out(
        f"sms while {await _rows_done(port, signed, importing):,} rows are imported: paid {late:.2f} s (bound {BOUND:.0f} s) {_verdict(ok)}"
    )
    return ok


async def _rows_done(port: int, signed: str, upload: str) -> int:
    state = orjson.loads(await once(port, f"/api/upload/status/{upload}", signed))["data"]
    return int(state["processedRecords"])


async def _ready(address: str) -> None:
    async with aiohttp.ClientSession() as http:
        for _ in range(300):
            try:
                async with http.get(f"{address}/api/health") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass  # not listening yet
            await asyncio.sleep(0.1)
    raise SystemExit("the API of the benchmark did not start")


async def _upload(people: int) -> int:
    """An upload as the import would leave it."""
    async with unit_of_work() as session:
        number: int = await db.fetch_only(
            session,
            int,
            "insert into file_uploads (client_id, filename, original_filename, file_size, file_type, sha256, upload_status)"
            " values (1, 'bench', 'bench.csv', 1, 'csv', 'bench', 'completed') returning id",
        )
        await db.execute(
            session,
            "insert into upload_rows (upload_id, row_no, outcome, policy_id, case_id) select %(upload)s, row_number() over (),"
            " 'new', policy_id, id from renewal_cases where closed_at is null and payment_status = 'pending' order by id limit %(people)s",
            {"upload": number, "people": people},
        )
    return number


async def _campaign(channel: str, upload: int) -> int:
    """A campaign that starts at once."""
    async with unit_of_work() as session:
        template = await db.fetch_only(
            session,
            int,
            "select id from templates where template_type = %(channel)s and client_id = 1 and category <> 'promotional' order by id limit 1",
            {"channel": channel},
        )
        asked = NewCampaign(
            name="Bench", type=[channel], upload_id=upload, templates={channel: template}, target_audience="all"
        )
        _, (made,) = await create(session, CALLER, asked)
    return made.id


async def _steer(campaign: int, status: str) -> None:
    async with unit_of_work() as session:
        await set_status(session, CALLER, campaign, status)


async def _steered(vendors: Vendors, channel: str, upload: int) -> dict[str, float]:
    """Seconds from each command to the last (or first) message."""
    campaign = await _campaign(channel, upload)
    started = time.time()
    figures = {"start": await _first(vendors, channel, started) - started}
    figures["pause"] = await _last(vendors, channel, lambda: _steer(campaign, "paused"))
    await _steer(campaign, "active")
    resumed = time.time()
    figures["resume"] = await _first(vendors, channel, resumed) - resumed
    figures["stop"] = await _last(vendors, channel, lambda: _steer(campaign, "stopped"))
    return figures


async def _first(vendors: Vendors, channel: str, since: float) -> float:
    """When the first message arrived; returns once so many have."""
    while len(moments := _arrived(vendors, channel, since)) < BEGUN:
        await asyncio.sleep(0.02)
    return min(moments)


async def _last(vendors: Vendors, channel: str, act: Callable[[], Awaitable[None]]) -> float:
    await act()
    at = time.time()
    await asyncio.sleep(WATCHED)
    return max([0.0, *(moment - at for moment in _arrived(vendors, channel, at))])


def _arrived(vendors: Vendors, channel: str, since: float) -> list[float]:
    moments = [each.received_at.timestamp() for each in vendors.world.journal.messages(channel)]
    return [moment for moment in moments if moment > since]


async def _nothing_else() -> None:
    """The machine is idle but for the campaign."""


@dataclass(frozen=True, slots=True)
class _Payer:
    id: int
    email: str
    phone: str


async def _paid(
    vendors: Vendors, channel: str, upload: int, beside: Callable[[], Awaitable[None]] = _nothing_else
) -> float:
    """The longest time between a payment at the gateway and a reminder to the same customer; `beside` is begun before."""
    async with unit_of_work() as session:
        rows = await db.fetch_all(
            session,
            _Payer,
            "select id, email, phone from (select c.id, c.renewal_amount, k.email, k.phone, row_number() over (order by c.id) as place"
            " from upload_rows r join renewal_cases c on c.id = r.case_id join customers k on k.id = c.customer_id"
            " where r.upload_id = %(upload)s and c.closed_at is null) open where place %% %(apart)s = 0 order by place",
            {"upload": upload, "apart": APART},
        )
        wanted = [messaging.LinkRequest(row.id, 1, row.phone) for row in rows]
        addresses = await payments.make_links(session, wanted)
    opened_orders = {row.id: await checkout.pay(addresses[row.id].rpartition("/")[2]) for row in rows}
    campaign = await _campaign(channel, upload)
    started = time.time()
    await _first(vendors, channel, started)
    await beside()
    paid: dict[str, float] = {}
    for row in rows:
        order = opened_orders[row.id]
        assert isinstance(order, checkout.orders.Checkout), order
        link = vendors.razorpay.current(order.url.rpartition("/")[2])
        assert link is not None
        paid[row.email if channel == "email" else row.phone] = time.time()
        vendors.razorpay.pay(link, "upi", True)
    await asyncio.sleep(WATCHED)
    late = [
        each.received_at.timestamp() - paid[each.recipient]
        for each in vendors.world.journal.messages(channel)
        if each.recipient in paid and each.received_at > datetime.fromtimestamp(started, each.received_at.tzinfo)
    ]
    await _steer(campaign, "stopped")
    async with unit_of_work() as session:
        closed = await db.fetch_only(
            session,
            int,
            "select count(*) from renewal_cases where id = any(%(ids)s) and status = 'renewed'",
            {"ids": [row.id for row in rows]},
        )
    assert closed == len(rows), f"only {closed} of {len(rows)} payments closed their case"
    return max([0.0, *late])


def _verdict(fine: bool) -> str:
    return "ok" if fine else "MISSED"


if __name__ == "__main__":
    raise SystemExit(0 if run(lambda line: print(line, flush=True)) else 1)
