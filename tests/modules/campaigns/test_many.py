"""More campaigns at once than a worker has places for: urgent jobs do not wait for them, and a stop is clean."""

import asyncio
import signal

import httpx
import pytest

from py360.kit.db import unit_of_work
from py360.kit.jobs import defer
from py360.kit.resources import Resources
from py360.modules.payments.jobs import apply_webhooks
from tests.factories.campaigns import CONTENT, Upload, behave, create, template, worker
from tests.modules.conftest import Sandbox

pytestmark = pytest.mark.slow
CAMPAIGNS = 20
PEOPLE = 200
STATUSES = "select distinct status from campaigns where parent_id is not null"
WAITING = "select count(*) from procrastinate_jobs where id = %(id)s"


async def test_payment_waits_for_no_campaign(
    as_admin: httpx.AsyncClient, upload: Upload, sandbox: Sandbox, resources: Resources
) -> None:
    behave(sandbox, 1)
    text = await template(as_admin, type="sms", content=CONTENT, subject=None)
    code = await upload(PEOPLE)
    for _ in range(CAMPAIGNS):
        assert (await create(as_admin, code, type=["sms"], templates={"sms": text})).status_code == 201
    async with worker() as process:
        async with asyncio.timeout(120):
            while len(sandbox.received("sms")) < 40:
                await asyncio.sleep(0.05)
        async with unit_of_work() as session:
            job = await defer(session, apply_webhooks)
        async with asyncio.timeout(120):
            while await resources.reads.fetch_only(int, WAITING, {"id": job}):
                await asyncio.sleep(0.02)
        # It waited for no campaign: all of them are still being sent. `make bench` measures how soon it was done.
        assert await resources.reads.fetch_all(str, STATUSES) == ["active"]
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(120):
            assert await process.wait() == 0
    rows = await resources.reads.fetch_all(dict, "select status, count(*) as n from campaign_recipients group by 1")
    now = {row["status"]: row["n"] for row in rows}
    assert now.keys() == {"sent", "pending"}
    assert now["sent"] == len(sandbox.received("sms"))
    jobs = "select count(*) from procrastinate_jobs where task_name = 'campaigns.send' and status = 'todo'"
    assert await resources.reads.fetch_only(int, jobs) == CAMPAIGNS
