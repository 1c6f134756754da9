"""A campaign of 100,000 e-mails from one worker, and a plan of a million recipients (issue 3, section 6).

The worker is a process of its own, so that its memory is its own. Floors of the same run: bare aiosmtplib with ready-made
messages to the same sink, and a bare `insert ... select` of the same number of recipients.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Final

import psycopg
import uvloop

from bench import portfolio
from bench.installation import installation
from bench.mail import CONTENT, floor, sink
from py360.entrypoints import wiring
from py360.kit import db
from py360.kit.caller import Caller
from py360.kit.clock import SystemClock
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.kit.settings import settings
from py360.modules.campaigns import jobs
from py360.modules.campaigns.schemas import NewCampaign
from py360.modules.campaigns.service import plan
from py360.modules.campaigns.service.create import create
from py360.modules.providers import api as providers

Out = Callable[[str], None]
PER_SECOND: Final = 2_500
MEGABYTES: Final = 200
PLAN_SECONDS: Final = 30.0
CALLER: Final = Caller(1001, "Bench", "bench@example.com", "admin", frozenset({"campaigns"}), 1, (1,), "all")


def run(out: Out, messages: int = 100_000, planned: int = 1_000_000) -> bool:
    """Measure and say so; whether every figure is within its bound."""
    with installation() as url:
        clock = SystemClock()
        with psycopg.connect(url, autocommit=True) as connection:
            portfolio.fill(connection, planned, clock.today(), clock.now())
        fine = uvloop.run(_plan(out, planned))
        with sink() as port:
            campaign = uvloop.run(_create(port, messages))
            fine &= _send(out, campaign, messages)
        with sink() as port:
            bare = uvloop.run(floor(port, min(messages, 20_000)))
        out(f"  floor: bare aiosmtplib with ready-made messages {bare:,.0f}/s")
    return fine


async def _plan(out: Out, planned: int) -> bool:
    opened = await Resources.open(settings())
    try:
        audience = plan.Audience(None, "all", opened.clock.today())
        async with unit_of_work() as session:
            campaign = await db.fetch_only(
                session,
                int,
                "with parent as (insert into campaigns (client_id, name, campaign_type, channels) values (1, 'Plan', 'multi', '{email}')"
                " returning id) insert into campaigns (client_id, parent_id, name, campaign_type, channels)"
                " select 1, id, 'Plan', 'email', '{email}' from parent returning id",
            )
            started = time.perf_counter()
            result = await plan.freeze(session, CALLER, 1, campaign, "email", audience, once_per_contact=False)
            took = time.perf_counter() - started
        async with unit_of_work() as session:
            started = time.perf_counter()
            await db.execute(
                session,
                "insert into campaign_recipients (campaign_id, customer_id, case_id, contact)"
                " select %(id)s - 1, c.customer_id, c.id, k.email from renewal_cases c join customers k on k.id = c.customer_id"
                " where c.closed_at is null and c.status <> 'payment_processed'",
                {"id": campaign},
            )
            bare = time.perf_counter() - started
        async with unit_of_work() as session:
            await db.execute(session, "truncate campaign_recipients")
    finally:
        await opened.close()
    scaled = took * planned / max(result.recipients, 1)
    fine = scaled <= PLAN_SECONDS
    out(
        f"plan of {result.recipients:,} recipients: {took:.1f} s ({scaled:.1f} s a million, bound {PLAN_SECONDS:.0f});"
        f" floor insert ... select {bare:.1f} s, ratio {took / bare:.2f} {_verdict(fine)}"
    )
    return fine


async def _create(port: int, messages: int) -> int:
    """A campaign to so many open cases, from an upload as the import would leave it."""
    opened = await Resources.open(settings())
    account = providers.SmtpSettings(
        host="127.0.0.1", port=port, from_email="renewals@example.com", from_name="Bench", unit_price=Decimal("0.02")
    )
    wiring.import_jobs()
    try:
        async with unit_of_work() as session:
            await db.execute(
                session,
                "update providers set type = 'smtp', config_encrypted = %(config)s where channel = 'email'",
                {"config": providers.seal_settings(account)},
            )
            template = await db.fetch_only(
                session,
                int,
                "insert into templates (client_id, name, template_type, subject, content, format) values"
                " (1, 'Bench', 'email', 'Renew {{policy_number}} by {{expiry_date}}', %(content)s, 'html') returning id",
                {"content": CONTENT},
            )
            upload = await db.fetch_only(
                session,
                int,
                "insert into file_uploads (client_id, filename, original_filename, file_size, file_type, sha256, upload_status)"
                " values (1, 'bench', 'bench.csv', 1, 'csv', 'bench', 'completed') returning id",
            )
            await db.execute(
                session,
                "insert into upload_rows (upload_id, row_no, outcome, policy_id, case_id)"
                " select %(upload)s, row_number() over (), 'new', policy_id, id from renewal_cases where closed_at is null and status <> 'payment_processed'"
                " limit %(messages)s",
                {"upload": upload, "messages": messages},
            )
        async with unit_of_work() as session:
            asked = NewCampaign(name="Bench", type=["email"], upload_id=upload, templates={"email": template})
            _, (made,) = await create(session, CALLER, asked)
            await db.execute(session, "update campaigns set created_by = null")
        return made.id
    finally:
        await opened.close()


def _send(out: Out, campaign: int, messages: int) -> bool:
    done = subprocess.run(
        [sys.executable, "-m", "bench.campaigns", str(campaign)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    figures = json.loads(done.stdout.splitlines()[-1])
    rate = messages / figures["seconds"]
    fine = rate >= PER_SECOND and figures["megabytes"] < MEGABYTES and figures["sent"] == messages
    out(
        f"campaign of {messages:,} e-mails: {rate:,.0f}/s (bound {PER_SECOND:,}), {figures['cpu'] / messages * 1e6:.0f} us of CPU each,"
        f" worker {figures['megabytes']} MB (bound {MEGABYTES}), {figures['sent']:,} sent {_verdict(fine)}"
    )
    return fine


async def _work(campaign: int) -> None:
    opened = await Resources.open(settings())
    wiring.import_jobs()
    started = time.perf_counter()
    await jobs.send.func(campaign_id=campaign)
    seconds = time.perf_counter() - started
    sent = await opened.reads.fetch_only(int, "select sent_count from campaigns where id = %(id)s", {"id": campaign})
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    await opened.close()
    print(json.dumps({"seconds": seconds, "sent": sent, "megabytes": megabytes, "cpu": time.process_time()}))


def _verdict(fine: bool) -> str:
    return "ok" if fine else "MISSED"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        uvloop.run(_work(int(sys.argv[1])))
    else:
        raise SystemExit(0 if run(lambda line: print(line, flush=True)) else 1)
