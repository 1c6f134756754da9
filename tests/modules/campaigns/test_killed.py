"""A real worker, killed with SIGKILL in mid-campaign again and again: nobody is lost, nobody is written to twice."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.campaigns.sender.send import LANES
from tests.installation import CHECKOUT, PY360
from tests.modules.campaigns.conftest import Upload
from tests.modules.campaigns.test_two_seconds import behave, campaign, people
from tests.modules.conftest import Sandbox

pytestmark = pytest.mark.slow
KILLS = 4
BATCH = 100
DONE_WITHIN = 60


@asynccontextmanager
async def worker() -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker process on the test's database; killed at the end of the block, if it still lives."""
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT / "src")}
    process = await asyncio.create_subprocess_exec(*PY360, "worker", "--alone", env=environment, stderr=sys.stderr)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def leases_run_out() -> None:
    """As if a minute and a half had passed. No worker lives, so nobody holds anything."""
    async with unit_of_work() as session:
        await db.execute(session, "update campaign_recipients set claimed_until = now() where status = 'claimed'")


@pytest.mark.parametrize(("channel", "count"), [("sms", 1_500), ("email", 3_000)])
async def test_killed_at_any_moment(
    as_admin: httpx.AsyncClient, upload: Upload, sandbox: Sandbox, resources: Resources, channel: str, count: int
) -> None:
    behave(sandbox, 0.05)
    await as_admin.put("/api/settings/campaigns", json={"batchSize": BATCH})
    number = await campaign(as_admin, upload, channel, count)
    chance = random.Random(channel)
    for kill in range(KILLS):
        async with worker():
            arrived = len(sandbox.received(channel))
            wanted = arrived + chance.randint(1, count // 10)
            async with asyncio.timeout(DONE_WITHIN):
                while len(sandbox.received(channel)) < wanted:
                    await asyncio.sleep(0.005)
            await asyncio.sleep(chance.random() / 10)  # in the middle of a batch, of a claim, of writing down
        await leases_run_out()
        planned = await people(resources, number)
        assert planned.get("unknown", 0) <= kill * LANES * BATCH
    async with worker():
        shown: dict[str, object] = {}
        async with asyncio.timeout(DONE_WITHIN):
            while shown.get("status") != "completed":
                await asyncio.sleep(0.1)
                shown = (await as_admin.get(f"/api/campaigns/{number}")).json()["data"]
    rows = await resources.reads.all(
        "select r.contact, r.status, d.status as ledger from campaign_recipients r"
        " join communication_delivery_status d on d.id = r.message_id where r.campaign_id = %(id)s",
        {"id": number},
    )
    to = [each.recipient for each in sandbox.received(channel)]
    assert len(to) == len(set(to)), "somebody was written to twice"
    assert len(rows) == count
    assert {(row["status"], row["ledger"]) for row in rows} == {("sent", "sent"), ("unknown", "unknown")}
    unknown = {row["contact"] for row in rows if row["status"] == "unknown"}
    assert {row["contact"] for row in rows} - set(to) <= unknown, "somebody was lost"
    assert len(unknown) <= KILLS * LANES * BATCH
    assert len(unknown) < count / 2
