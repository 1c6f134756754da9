"""More campaigns at once than anybody has places for: what must be done at once is done at once, and a stop stays clean."""

import asyncio
import signal
import time

import httpx
import pytest

from py360.kit.db import unit_of_work
from py360.kit.jobs import defer
from py360.kit.resources import Resources
from py360.modules.payments.jobs import apply_webhooks
from tests.modules.campaigns.conftest import Upload, template
from tests.modules.campaigns.test_campaigns import create
from tests.modules.campaigns.test_killed import worker
from tests.modules.campaigns.test_two_seconds import CONTENT, behave
from tests.modules.conftest import Sandbox

pytestmark = pytest.mark.slow
CAMPAIGNS = 20
PEOPLE = 200
WAITING = "select count(*) from procrastinate_jobs where id = %(id)s"


async def test_a_payment_waits_for_no_campaign(
    as_admin: httpx.AsyncClient, upload: Upload, sandbox: Sandbox, resources: Resources
) -> None:
    behave(sandbox, 1)
    text = await template(as_admin, type="sms", content=CONTENT, subject=None)
    code = await upload(PEOPLE)
    for _ in range(CAMPAIGNS):
        assert (await create(as_admin, code, type=["sms"], templates={"sms": text})).status_code == 201
    async with worker() as process:
        async with asyncio.timeout(30):
            while len(sandbox.received("sms")) < 40:
                await asyncio.sleep(0.05)
        started = time.monotonic()
        async with unit_of_work() as session:
            job = await defer(session, apply_webhooks)
        while await resources.reads.value(WAITING, {"id": job}):
            await asyncio.sleep(0.02)
        assert (
            time.monotonic() - started < 5
        )  # on any machine; the campaigns take minutes, and `make bench` holds the two seconds
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            assert await process.wait() == 0
    rows = await resources.reads.all("select status, count(*) as n from campaign_recipients group by 1")
    now = {row["status"]: row["n"] for row in rows}
    assert now.keys() == {"sent", "pending"}
    assert now["sent"] == len(sandbox.received("sms"))
    jobs = "select count(*) from procrastinate_jobs where task_name = 'campaigns.send' and status = 'todo'"
    assert await resources.reads.value(jobs) == CAMPAIGNS
