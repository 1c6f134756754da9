"""Pausing, stopping and paying stop what has not left, however slowly the vendor answers. `make bench` holds the two seconds."""

import asyncio

import httpx
import pytest

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.campaigns import jobs
from py360.modules.campaigns.sender import guard
from py360.modules.cases import api as cases
from tests.conftest import RunJobs
from tests.factories.campaigns import PEOPLE, Upload, arrived, behave, campaign, counts, number_of
from tests.modules.conftest import Sandbox


@pytest.fixture
def slow(sandbox: Sandbox) -> Sandbox:
    """Vendors that take several seconds for a batch."""
    behave(sandbox, 0.4)
    return sandbox


@pytest.mark.slow
@pytest.mark.parametrize(
    ("channel", "asked"), [("email", "paused"), ("sms", "paused"), ("whatsapp", "paused"), ("sms", "stopped")]
)
async def test_pause_and_stop_keep_what_has_not_left(
    as_admin: httpx.AsyncClient, upload: Upload, slow: Sandbox, resources: Resources, channel: str, asked: str
) -> None:
    number = await campaign(as_admin, channel)
    run = asyncio.create_task(jobs.send.func(campaign_id=number))
    await arrived(slow, channel)
    answer = await as_admin.put(f"/api/campaigns/{number}/status", json={"status": asked})
    assert answer.status_code == 200, answer.text
    await run
    left = len(slow.received(channel))
    assert left < PEOPLE
    now = await counts(number)
    assert (now["sent"], now["pending"], now["ledger sent"]) == (left, PEOPLE - left, left)
    assert now.keys() == {"sent", "pending", "ledger sent", "ledger blocked"}
    shown = (await as_admin.get(f"/api/campaigns/{number}")).json()["data"]
    assert (shown["metrics"]["sent"], shown["progress"]) == (left, round(100 * left / PEOPLE, 1))


async def test_resumed_campaign_writes_to_every_recipient_once(
    as_admin: httpx.AsyncClient, upload: Upload, slow: Sandbox, resources: Resources, run_jobs: RunJobs
) -> None:
    number = await campaign(as_admin, "sms")
    run = asyncio.create_task(jobs.send.func(campaign_id=number))
    await arrived(slow, "sms")
    await as_admin.put(f"/api/campaigns/{number}/status", json={"status": "paused"})
    await run
    behave(slow, 0)
    await as_admin.put(f"/api/campaigns/{number}/status", json={"status": "active"})
    await run_jobs()
    to = [each.recipient for each in slow.received("sms")]
    assert len(to) == len(set(to)) == PEOPLE
    shown = (await as_admin.get(f"/api/campaigns/{number}")).json()["data"]
    assert (shown["status"], shown["metrics"]["sent"], shown["progress"]) == ("completed", PEOPLE, 100.0)


@pytest.mark.slow
async def test_run_with_messages_at_the_vendor_notices_a_resume(
    as_admin: httpx.AsyncClient, upload: Upload, slow: Sandbox
) -> None:
    behave(slow, 2)
    number = await campaign(as_admin, "sms")
    run = asyncio.create_task(jobs.send.func(campaign_id=number))
    await arrived(slow, "sms", 20)
    await as_admin.put(f"/api/campaigns/{number}/status", json={"status": "paused"})
    await asyncio.sleep(0.8)
    behave(slow, 0)
    await as_admin.put(f"/api/campaigns/{number}/status", json={"status": "active"})
    await run
    assert len(slow.received("sms")) == PEOPLE


async def test_paid_customers_get_no_reminder(
    as_admin: httpx.AsyncClient, upload: Upload, slow: Sandbox, resources: Resources
) -> None:
    number = await campaign(as_admin, "sms", 120)
    run = asyncio.create_task(jobs.send.func(campaign_id=number))
    await arrived(slow, "sms", 20)
    last = "select c.id from renewal_cases c order by c.id desc limit 40"
    paid = await resources.reads.fetch_all(int, last)
    async with unit_of_work() as session:
        at = resources.clock.now()
        await cases.settle(session, [cases.Paid(case_id, "UPI", at, "pay_1") for case_id in paid])
    await run
    now = await counts(number)
    assert now["sent"] + now["skipped"] == 120
    assert now["skipped"] > 0  # those that no run had claimed


@pytest.mark.slow
async def test_slow_batch_keeps_its_lease(
    as_admin: httpx.AsyncClient, upload: Upload, slow: Sandbox, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "RENEW_SECONDS", 0.5)
    number = await campaign(as_admin, "sms")
    run = asyncio.create_task(jobs.send.func(campaign_id=number))
    await arrived(slow, "sms")
    async with unit_of_work() as session:  # as if the batch had been at the vendor for as long as its lease
        await db.execute(session, "update campaign_recipients set claimed_until = now() where status = 'claimed'")
    renewed = "select count(*) from campaign_recipients where status = 'claimed' and claimed_until <= now()"
    async with asyncio.timeout(60):
        while await resources.reads.fetch_only(int, renewed):
            await asyncio.sleep(0.05)
    behave(slow, 0)
    await jobs.keep_going.func(timestamp=0)
    await jobs.send.func(campaign_id=number)  # another worker's, which would take lost batches for `unknown`
    await run
    now = await counts(number)  # a slow look of the guard may have withheld some, which were sent later
    assert {name: now.get(name, 0) for name in ("sent", "ledger sent", "unknown")} == {
        "sent": PEOPLE, "ledger sent": PEOPLE, "unknown": 0
    }  # fmt: skip


@pytest.mark.slow
async def test_recovery_of_one_campaign_leaves_others_alone(
    as_admin: httpx.AsyncClient, upload: Upload, slow: Sandbox, resources: Resources
) -> None:
    living = await campaign(as_admin, "sms")
    body = {"name": "Another", "type": ["sms"], "uploadId": "upload-1", "templates": {"sms": "May notice"}}
    dead = number_of(await as_admin.post("/api/campaigns", json=body))
    run = asyncio.create_task(jobs.send.func(campaign_id=living))
    await arrived(slow, "sms")
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
    now = await counts(living)
    assert (now["sent"], now["ledger sent"], now.get("unknown", 0)) == (PEOPLE, PEOPLE, 0)
    now = await counts(dead)  # claimed, and never given to the vendor
    assert (now["sent"], now["ledger sent"], now.get("unknown", 0)) == (PEOPLE, PEOPLE, 0)


@pytest.mark.slow
async def test_campaign_whose_job_was_lost_goes_on(
    as_admin: httpx.AsyncClient, upload: Upload, sandbox: Sandbox, run_jobs: RunJobs
) -> None:
    behave(sandbox, 0)
    number = await campaign(as_admin, "sms")
    async with unit_of_work() as session:
        await db.execute(session, "delete from procrastinate_jobs where task_name = 'campaigns.send'")
    await jobs.keep_going.func(timestamp=0)
    await run_jobs()
    shown = (await as_admin.get(f"/api/campaigns/{number}")).json()["data"]
    assert (shown["status"], shown["metrics"]["sent"]) == ("completed", PEOPLE)


async def test_worker_that_ends_leaves_nothing_unknown(
    as_admin: httpx.AsyncClient, upload: Upload, slow: Sandbox, resources: Resources
) -> None:
    number = await campaign(as_admin, "sms")
    run = asyncio.create_task(jobs.send.func(campaign_id=number))
    await arrived(slow, "sms")
    run.cancel()  # what the queue does to a job when its worker has to end
    await asyncio.gather(run, return_exceptions=True)
    left = len(slow.received("sms"))
    now = await counts(number)
    assert (now["sent"], now["pending"]) == (left, PEOPLE - left)
    waiting = "select count(*) from procrastinate_jobs where task_name = 'campaigns.send' and status = 'todo'"
    assert await resources.reads.fetch_only(int, waiting) == 1
