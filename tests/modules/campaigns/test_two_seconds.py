"""Pausing, stopping and paying hold within two seconds, however slowly the vendor answers."""

import asyncio
from datetime import datetime, timedelta

import httpx
import pytest

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.campaigns import jobs
from py360.modules.campaigns.sender import guard as watching
from py360.modules.cases import api as cases
from tests.conftest import RunJobs
from tests.modules.campaigns.conftest import Upload, template
from tests.modules.campaigns.test_campaigns import create, number_of
from tests.modules.conftest import Sandbox

PEOPLE = 240
BOUND = timedelta(seconds=2)
CONTENT = "Dear {name}, renew {policy_number} for {amount}."


@pytest.fixture
def slow(sandbox: Sandbox) -> Sandbox:
    """Vendors that take their time: a batch of theirs lasts several seconds."""
    behave(sandbox, 0.4)
    return sandbox


def behave(sandbox: Sandbox, answered: float) -> None:
    """Let the vendors answer after so many seconds, and their customers do nothing."""
    calm = {"failed": 0, "refused": 0, "deferred": 0, "opened": 0, "clicked": 0, "stopped": 0, "complained": 0}
    audience = sandbox.vendors.world.audience
    changes: dict[str, object] = dict.fromkeys(("email", "sms", "whatsapp"), calm)
    audience.behaviour = audience.behaviour.changed(changes | {"reportsSent": False, "delays": {"answered": answered}})


async def campaign(client: httpx.AsyncClient, upload: Upload, channel: str, count: int = PEOPLE) -> int:
    """A campaign on one channel; its number. The test runs its job."""
    own = {} if channel == "email" else {"type": channel, "content": CONTENT, "subject": None}
    text = {channel: await template(client, **own)}
    return number_of(await create(client, await upload(count), type=[channel], templates=text))


async def some_left(sandbox: Sandbox, channel: str, count: int = 30) -> None:
    """Wait until so many messages arrived at the vendor; not for ever, when the run broke."""
    async with asyncio.timeout(30):
        while len(sandbox.received(channel)) < count:
            await asyncio.sleep(0.02)


def late(sandbox: Sandbox, channel: str, since: datetime) -> list[str]:
    """To whom something left more than two seconds after that moment."""
    return [each.recipient for each in sandbox.received(channel) if each.received_at > since + BOUND]


async def people(resources: Resources, number: int) -> dict[str, int]:
    """How many recipients there are by status, and by `ledger <status>` how many messages."""
    rows = await resources.reads.all(
        "select status, count(*) as n from campaign_recipients where campaign_id = %(id)s group by 1"
        " union all select 'ledger ' || status, count(*) from communication_delivery_status"
        " where campaign_id = %(id)s group by 1",
        {"id": number},
    )
    return {row["status"]: row["n"] for row in rows}


@pytest.mark.parametrize(
    ("channel", "said"), [("email", "paused"), ("sms", "paused"), ("whatsapp", "paused"), ("sms", "stopped")]
)
async def test_what_has_not_left_stays(
    as_admin: httpx.AsyncClient, upload: Upload, slow: Sandbox, resources: Resources, channel: str, said: str
) -> None:
    number = await campaign(as_admin, upload, channel)
    run = asyncio.create_task(jobs.send.func(campaign_id=number))
    await some_left(slow, channel)
    answer = await as_admin.put(f"/api/campaigns/{number}/status", json={"status": said})
    assert answer.status_code == 200, answer.text
    at = resources.clock.now()
    await run
    left = len(slow.received(channel))
    assert late(slow, channel, at) == []
    assert left < PEOPLE
    now = await people(resources, number)
    assert (now["sent"], now["pending"], now["ledger sent"]) == (left, PEOPLE - left, left)
    assert now.keys() == {"sent", "pending", "ledger sent", "ledger blocked"}
    shown = (await as_admin.get(f"/api/campaigns/{number}")).json()["data"]
    assert (shown["metrics"]["sent"], shown["progress"]) == (left, round(100 * left / PEOPLE, 1))


async def test_after_a_pause_everybody_is_written_to_once(
    as_admin: httpx.AsyncClient, upload: Upload, slow: Sandbox, resources: Resources, run_jobs: RunJobs
) -> None:
    number = await campaign(as_admin, upload, "sms")
    run = asyncio.create_task(jobs.send.func(campaign_id=number))
    await some_left(slow, "sms")
    await as_admin.put(f"/api/campaigns/{number}/status", json={"status": "paused"})
    await run
    behave(slow, 0)
    await as_admin.put(f"/api/campaigns/{number}/status", json={"status": "active"})
    await run_jobs()
    to = [each.recipient for each in slow.received("sms")]
    assert len(to) == len(set(to)) == PEOPLE
    shown = (await as_admin.get(f"/api/campaigns/{number}")).json()["data"]
    assert (shown["status"], shown["metrics"]["sent"], shown["progress"]) == ("completed", PEOPLE, 100.0)


async def test_a_run_that_is_still_at_the_vendor_notices_the_resume(
    as_admin: httpx.AsyncClient, upload: Upload, slow: Sandbox
) -> None:
    behave(slow, 2)
    number = await campaign(as_admin, upload, "sms")
    run = asyncio.create_task(jobs.send.func(campaign_id=number))
    await some_left(slow, "sms", 20)
    await as_admin.put(f"/api/campaigns/{number}/status", json={"status": "paused"})
    await asyncio.sleep(0.8)
    behave(slow, 0)
    await as_admin.put(f"/api/campaigns/{number}/status", json={"status": "active"})
    await run
    assert len(slow.received("sms")) == PEOPLE


async def test_who_paid_gets_no_reminder_any_more(
    as_admin: httpx.AsyncClient, upload: Upload, slow: Sandbox, resources: Resources
) -> None:
    number = await campaign(as_admin, upload, "sms", 120)
    run = asyncio.create_task(jobs.send.func(campaign_id=number))
    await some_left(slow, "sms", 20)
    last = (
        "select c.id, k.phone from renewal_cases c join customers k on k.id = c.customer_id order by c.id desc limit 40"
    )
    paid = {row["phone"]: row["id"] for row in await resources.reads.all(last)}
    async with unit_of_work() as session:
        at = resources.clock.now()
        await cases.settle(session, [cases.Paid(case_id, "UPI", at, "pay_1") for case_id in paid.values()])
    at = resources.clock.now()
    await run
    assert [to for to in late(slow, "sms", at) if to in paid] == []
    now = await people(resources, number)
    assert now["sent"] + now["skipped"] == 120
    assert now["skipped"] > 0  # how many depends on how busy the machine is


async def test_a_slow_batch_keeps_its_lease(
    as_admin: httpx.AsyncClient, upload: Upload, slow: Sandbox, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "RENEW_SECONDS", 0.5)
    number = await campaign(as_admin, upload, "sms")
    run = asyncio.create_task(jobs.send.func(campaign_id=number))
    await some_left(slow, "sms")
    async with unit_of_work() as session:  # as if the batch had been at the vendor for as long as its lease
        await db.execute(session, "update campaign_recipients set claimed_until = now() where status = 'claimed'")
    await asyncio.sleep(1.2)
    behave(slow, 0)
    await jobs.keep_going.func(timestamp=0)
    await jobs.send.func(campaign_id=number)  # another worker's, which would take lost batches for `unknown`
    await run
    now = await people(resources, number)
    assert now == {"sent": PEOPLE, "ledger sent": PEOPLE}


async def test_a_dead_workers_batch_is_not_looked_for_in_other_campaigns(
    as_admin: httpx.AsyncClient, upload: Upload, slow: Sandbox, resources: Resources
) -> None:
    living = await campaign(as_admin, upload, "sms")
    body = {"name": "Another", "type": ["sms"], "uploadId": "upload-1", "templates": {"sms": "May notice"}}
    dead = number_of(await as_admin.post("/api/campaigns", json=body))
    run = asyncio.create_task(jobs.send.func(campaign_id=living))
    await some_left(slow, "sms")
    async with unit_of_work() as session:
        await db.execute(
            session,
            "update communication_delivery_status set last_attempt_at = now() - interval '10 minutes' where status = 'sending'",
        )
        await db.execute(
            session,
            "update campaign_recipients set status = 'claimed', claimed_until = now() - interval '1 second' where campaign_id = %(id)s",
            {"id": dead},
        )
    behave(slow, 0)
    await jobs.send.func(campaign_id=dead)
    await run
    assert await people(resources, living) == {"sent": PEOPLE, "ledger sent": PEOPLE}
    assert (await people(resources, dead)) == {"unknown": PEOPLE}


async def test_the_campaign_of_a_lost_job_goes_on(
    as_admin: httpx.AsyncClient, upload: Upload, sandbox: Sandbox, run_jobs: RunJobs
) -> None:
    behave(sandbox, 0)
    number = await campaign(as_admin, upload, "sms")
    async with unit_of_work() as session:
        await db.execute(session, "delete from procrastinate_jobs where task_name = 'campaigns.send'")
    await jobs.keep_going.func(timestamp=0)
    await run_jobs()
    shown = (await as_admin.get(f"/api/campaigns/{number}")).json()["data"]
    assert (shown["status"], shown["metrics"]["sent"]) == ("completed", PEOPLE)


async def test_a_worker_that_is_told_to_end_leaves_nothing_unknown(
    as_admin: httpx.AsyncClient, upload: Upload, slow: Sandbox, resources: Resources
) -> None:
    number = await campaign(as_admin, upload, "sms")
    run = asyncio.create_task(jobs.send.func(campaign_id=number))
    await some_left(slow, "sms")
    run.cancel()  # what the queue does to a job when its worker has to end
    await asyncio.gather(run, return_exceptions=True)
    left = len(slow.received("sms"))
    now = await people(resources, number)
    assert (now["sent"], now["pending"]) == (left, PEOPLE - left)
    waiting = "select count(*) from procrastinate_jobs where task_name = 'campaigns.send' and status = 'todo'"
    assert await resources.reads.value(waiting) == 1
