"""More campaigns at once than a worker has places for: urgent jobs do not wait for them, and a stop is clean."""

import asyncio

import httpx
import pytest

from py360.kit.db import unit_of_work
from py360.kit.jobs import defer
from py360.kit.resources import Resources
from py360.modules.campaigns import jobs
from py360.modules.campaigns.sender.recover import settle_lost
from py360.modules.messaging.vendors.http import CONNECTIONS
from py360.modules.payments.jobs import inbox
from tests.factories.campaigns import CONTENT, Upload, behave, create, expire_leases, recipient_counts, template, worker
from tests.modules.conftest import Sandbox

pytestmark = pytest.mark.slow
CAMPAIGNS = 20
PEOPLE = 200
STATUSES = "select distinct status from campaigns where parent_id is not null"
WAITING = "select count(*) from procrastinate_jobs where id = %(id)s"


@pytest.mark.slow
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
            job = await defer(session, inbox.apply_job)
        async with asyncio.timeout(120):
            while await resources.reads.fetch_only(int, WAITING, {"id": job}):
                await asyncio.sleep(0.02)
        # It waited for no campaign: all of them are still being sent. `make bench` measures how soon it was done.
        assert await resources.reads.fetch_all(str, STATUSES) == ["active"]
        process.terminate()
        await asyncio.to_thread(process.join, 120)
        assert process.exitcode == 0
    await expire_leases()  # a busy machine may not record every answer before the worker must end
    await jobs.keep_going.func(timestamp=0)
    for campaign_id in await resources.reads.fetch_all(int, "select id from campaigns where parent_id is not null"):
        async with unit_of_work() as session:
            await settle_lost(session, campaign_id)
    now = await recipient_counts()
    assert now["pending"] > 0
    assert now.get("unknown", 0) <= CONNECTIONS
    assert now.keys() <= {"sent", "pending", "unknown"}
    assert now["sent"] + now.get("unknown", 0) >= len(sandbox.received("sms")) >= now["sent"]
    queued = "select count(*) from procrastinate_jobs where task_name = 'campaigns.send' and status = 'todo'"
    assert await resources.reads.fetch_only(int, queued) == CAMPAIGNS
