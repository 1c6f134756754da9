"""A real worker, killed with SIGKILL in mid-campaign again and again: no recipient is lost, none is messaged twice."""

import asyncio
import random

import httpx
import pytest

from py360.kit.resources import Resources
from py360.modules.messaging.vendors import http, smtp
from tests.factories.campaigns import Upload, behave, campaign, counts, expire_leases, worker
from tests.factories.stored import read_rows
from tests.modules.conftest import Sandbox

pytestmark = pytest.mark.slow
KILLS = 3
BATCH = 100
DONE_WITHIN = 300  # seconds, on any machine
CONNECTIONS = {"sms": http.CONNECTIONS, "whatsapp": http.CONNECTIONS, "email": smtp.CONNECTIONS}


@pytest.mark.parametrize(("channel", "count"), [("sms", 600), ("whatsapp", 400), ("email", 1_200)])
async def test_killed_at_any_moment(
    as_admin: httpx.AsyncClient, upload: Upload, sandbox: Sandbox, resources: Resources, channel: str, count: int
) -> None:
    behave(sandbox, 0.05)
    await as_admin.put("/api/settings/campaigns", json={"batchSize": BATCH})
    number = await campaign(as_admin, channel, count)
    chance = random.Random(channel)
    for kill in range(KILLS):
        async with worker():
            arrived = len(sandbox.received(channel))
            wanted = arrived + chance.randint(1, count // 10)
            async with asyncio.timeout(DONE_WITHIN):
                while len(sandbox.received(channel)) < wanted:
                    await asyncio.sleep(0.005)
            await asyncio.sleep(chance.random() / 10)  # in the middle of a batch, of a claim, of recording
        await expire_leases()
        planned = await counts(number)
        assert planned.get("unknown", 0) <= kill * CONNECTIONS[channel]
    async with worker():
        shown: dict[str, object] = {}
        async with asyncio.timeout(DONE_WITHIN):
            while shown.get("status") != "completed":
                await asyncio.sleep(0.1)
                shown = (await as_admin.get(f"/api/campaigns/{number}")).json()["data"]
    rows = await read_rows(
        resources.reads,
        "select r.contact, r.status, d.status as ledger from campaign_recipients r"
        " join communication_delivery_status d on d.id = r.message_id where r.campaign_id = %(id)s",
        {"id": number},
    )
    to = [each.recipient for each in sandbox.received(channel)]
    assert len(to) == len(set(to)), "a recipient was written to twice"
    assert len(rows) == count
    assert {(row["status"], row["ledger"]) for row in rows} == {("sent", "sent"), ("unknown", "unknown")}
    unknown = {row["contact"] for row in rows if row["status"] == "unknown"}
    assert {row["contact"] for row in rows} - set(to) <= unknown, "a recipient was lost"
    assert len(unknown) <= KILLS * CONNECTIONS[channel], "only what was on a connection may be in doubt"
