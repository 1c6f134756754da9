"""Campaigns from creation to the last message: planned once, sent once, steered while they run."""

from datetime import timedelta

import httpx
import pytest

from py360.kit import db
from py360.kit.clock import FixedClock
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.campaigns import jobs
from py360.modules.campaigns.sender.claim import claim
from py360.modules.campaigns.sender.guard import LEASE
from py360.modules.campaigns.sender.run import Run, prepare
from py360.modules.campaigns.sender.send import LOOPS
from py360.modules.cases import api as cases
from tests.conftest import RunJobs
from tests.factories.campaigns import Relay, Upload, counts, create, hand_over, number_of, template
from tests.modules.conftest import AsRole


async def test_campaign_reaches_every_recipient_of_its_upload_once(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, run_jobs: RunJobs, resources: Resources
) -> None:
    answer = await create(as_admin, await upload(3))
    assert answer.status_code == 201, answer.text
    (made,) = answer.json()["data"]["campaigns"]
    assert (made["name"], made["type"], made["status"], made["targetCount"]) == ("May Renewals", "email", "active", 3)
    await run_jobs()
    assert sorted(str(mail["To"]) for mail in relay.taken) == [f"asha{number}@example.com" for number in (1, 2, 3)]
    shown = (await as_admin.get(f"/api/campaigns/{made['id']}")).json()["data"]
    assert (shown["status"], shown["metrics"]["sent"], shown["progress"]) == ("completed", 3, 100.0)
    (parent,) = (await as_admin.get("/api/campaigns?view=parent")).json()["data"]["campaigns"]
    assert (parent["status"], parent["metrics"]["sent"], parent["progress"]) == ("completed", 3, 100.0)
    assert await resources.reads.fetch_only(int, "select count(*) from case_history where action ilike '%notice%'") == 3
    assert await resources.reads.fetch_only(int, "select count(*) from payment_links") == 3


async def test_channels_share_a_parent(as_admin: httpx.AsyncClient, upload: Upload) -> None:
    text = "Dear {name}, renew {policy_number}: {payment_link}"
    templates = {
        "email": await template(as_admin),
        "sms": await template(as_admin, name="SMS notice", type="sms", content=text, subject=None),
    }
    when = {"scheduleType": "scheduled", "scheduledAt": "2031-05-15T14:00:00Z"}
    answer = await create(as_admin, await upload(2), type=["email", "sms"], templates=templates, **when)
    assert answer.status_code == 201, answer.text
    data = answer.json()["data"]
    assert [one["name"] for one in data["campaigns"]] == ["May Renewals (Email)", "May Renewals (SMS)"]
    assert {one["status"] for one in data["campaigns"]} == {"scheduled"}
    channels = (await as_admin.get("/api/campaigns")).json()["data"]
    parents = (await as_admin.get("/api/campaigns?view=parent")).json()["data"]
    assert (channels["pagination"]["total"], parents["pagination"]["total"]) == (2, 1)
    stopped = await as_admin.put(f"/api/campaigns/{data['parentId']}/status", json={"status": "stopped"})
    assert stopped.json()["data"]["status"] == "cancelled"
    assert {one["status"] for one in (await as_admin.get("/api/campaigns")).json()["data"]["campaigns"]} == {
        "cancelled"
    }
    again = await as_admin.put(f"/api/campaigns/{data['parentId']}/status", json={"status": "active"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "transition_refused")


@pytest.mark.parametrize(
    ("over", "status", "says"),
    [
        ({"templates": {}}, 422, "Choose a template for Email"),
        ({"scheduleType": "scheduled"}, 422, "Give the start"),
        ({"scheduleType": "scheduled", "scheduledAt": "2020-01-01T00:00:00Z"}, 422, "in the past"),
        ({"uploadId": "upload-999"}, 404, ""),
        ({"targetAudience": "expired"}, 422, "no recipients"),
        ({"type": ["pigeon"]}, 422, ""),
    ],
)
async def test_wrong_input_is_refused_with_a_reason(
    as_admin: httpx.AsyncClient, upload: Upload, over: dict[str, object], status: int, says: str
) -> None:
    answer = await create(as_admin, await upload(1), **over)
    assert answer.status_code == status, answer.text
    assert says in answer.json()["error"]["message"]
    assert (await as_admin.get("/api/campaigns")).json()["data"]["campaigns"] == []


async def test_payment_stops_the_reminder(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, run_jobs: RunJobs, resources: Resources
) -> None:
    number = number_of(await create(as_admin, await upload(3)))
    first = await resources.reads.fetch_only(int, "select min(id) from renewal_cases")
    async with unit_of_work() as session:
        await cases.settle(session, [cases.Paid(first, "UPI", resources.clock.now(), "pay_1")])
        processed = (
            "update renewal_cases set status = 'payment_processed' where id = %(id)s"  # by an officer: still open
        )
        await db.execute(session, processed, {"id": first + 1})
    await run_jobs()
    assert len(relay.taken) == 1
    people = (await as_admin.get(f"/api/campaigns/{number}/recipients")).json()["data"]["recipients"]
    assert [(one["status"], one["skipReason"]) for one in people] == [
        ("skipped", "case_closed"), ("skipped", "paid"), ("sent", None)
    ]  # fmt: skip
    again = await create(as_admin, "upload-1", templates={"email": "May notice"})
    assert again.json()["data"]["campaigns"][0]["targetCount"] == 1
    welcome = await create(as_admin, "upload-1", templates={"email": "May notice"}, purpose="welcome", draft=True)
    assert welcome.json()["data"]["campaigns"][0]["targetCount"] == 2


async def test_payment_takes_the_case_out_of_planned_reminders(
    as_admin: httpx.AsyncClient, upload: Upload, run_jobs: RunJobs, resources: Resources
) -> None:
    """By the subscription in `wiring`, before anything is sent; other campaigns keep their recipients."""
    when = {"scheduleType": "scheduled", "scheduledAt": "2031-05-15T14:00:00Z"}
    reminder = number_of(await create(as_admin, await upload(2), **when))
    welcome = number_of(
        await create(as_admin, "upload-1", templates={"email": "May notice"}, purpose="welcome", **when)
    )
    first = await resources.reads.fetch_only(int, "select min(id) from renewal_cases")
    async with unit_of_work() as session:
        await cases.settle(session, [cases.Paid(first, "UPI", resources.clock.now(), "pay_1")])
    await run_jobs()
    assert await counts(reminder) == {"skipped": 1, "pending": 1}
    assert await counts(welcome) == {"pending": 2}
    metrics = (await as_admin.get(f"/api/campaigns/{reminder}")).json()["data"]["metrics"]
    assert metrics["skipped"] == 1


async def test_same_status_twice_is_accepted(as_admin: httpx.AsyncClient, upload: Upload) -> None:
    parent = (await create(as_admin, await upload(1))).json()["data"]["parentId"]
    for _ in range(2):
        answer = await as_admin.put(f"/api/campaigns/{parent}/status", json={"status": "paused"})
        assert (answer.status_code, answer.json()["data"]["status"]) == (200, "paused")


async def test_pause_stops_and_resume_goes_on(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, run_jobs: RunJobs
) -> None:
    await as_admin.put("/api/settings/campaigns", json={"batchSize": 10})
    number = number_of(await create(as_admin, await upload(60)))

    async def pause_once() -> None:
        relay.before = None
        answer = await as_admin.put(f"/api/campaigns/{number}/status", json={"status": "paused"})
        assert answer.status_code == 200, answer.text

    relay.before = pause_once
    await run_jobs()
    assert 1 <= len(relay.taken) <= 10 * LOOPS
    await as_admin.put(f"/api/campaigns/{number}/status", json={"status": "active"})
    await run_jobs()
    assert len(relay.taken) == len({str(mail["To"]) for mail in relay.taken}) == 60


async def test_only_handed_over_messages_of_a_killed_worker_are_unknown(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, clock: FixedClock, resources: Resources
) -> None:
    """What it had claimed and never handed to a connection is back in the plan, and sent."""
    number = number_of(await create(as_admin, await upload(3)))
    run = await prepare(number)
    assert isinstance(run, Run)
    batch = await claim(run)
    assert (batch.claimed, len(batch.admitted)) == (3, 3)
    first, second, _ = batch.admitted
    await hand_over([first, second])
    async with unit_of_work() as session:
        answered = "update communication_delivery_status set status = 'sent', sent_at = now() where id = %(id)s"
        await db.execute(session, answered, {"id": first.message_id})  # and here the worker is killed
    await jobs.send.func(campaign_id=number)
    assert relay.taken == []
    assert (await as_admin.get(f"/api/campaigns/{number}")).json()["data"]["status"] == "active"
    clock.moment += LEASE + timedelta(seconds=1)
    await jobs.send.func(campaign_id=number)
    recipients = "select status from campaign_recipients order by id"
    assert await resources.reads.fetch_all(str, recipients) == ["sent", "unknown", "sent"]
    ledger = "select status from communication_delivery_status order by id"
    assert await resources.reads.fetch_all(str, ledger) == ["sent", "unknown", "blocked", "sent"]
    assert [str(mail["To"]) for mail in relay.taken] == ["asha3@example.com"]
    metrics = (await as_admin.get(f"/api/campaigns/{number}")).json()["data"]["metrics"]
    assert (metrics["sent"], metrics["unknown"]) == (2, 1)
    contacted = "select count(*) from case_history where action ilike '%%notice%%'"
    assert await resources.reads.fetch_only(int, contacted, {}) == 2


async def test_scheduled_campaign_starts_at_its_time(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, clock: FixedClock, run_jobs: RunJobs
) -> None:
    at = clock.now() + timedelta(hours=2)
    number = number_of(await create(as_admin, await upload(1), scheduleType="scheduled", scheduledAt=at.isoformat()))
    await jobs.start.func(campaign_id=number)  # too early: nothing happens
    await run_jobs()
    assert relay.taken == []
    clock.moment = at
    await jobs.start.func(campaign_id=number)
    await run_jobs()
    assert len(relay.taken) == 1


async def test_audience_is_limited_to_the_callers_reach(
    as_admin: httpx.AsyncClient, as_role: AsRole, upload: Upload
) -> None:
    code, mail = await upload(3), await template(as_admin)
    manager = await as_role("campaign_manager")
    answer = await create(manager, code, templates={"email": mail})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "no_recipients")
    assert (await (await as_role("agent")).get("/api/campaigns")).status_code == 403


async def test_analytics_have_the_specifications_rates(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, run_jobs: RunJobs
) -> None:
    number = number_of(await create(as_admin, await upload(4)))
    await run_jobs()
    async with unit_of_work() as session:
        ledger = "communication_delivery_status"
        await db.execute(session, f"update {ledger} set status = 'delivered', delivered_at = now()")
        first = f"(select min(id) from {ledger})"
        await db.execute(session, f"update {ledger} set status = 'opened', opened_at = now() where id = {first}")
    await jobs.recount.func(campaign_id=number)
    data = (await as_admin.get(f"/api/campaigns/{number}/analytics")).json()["data"]
    metrics = data["metrics"]
    assert (metrics["sent"], metrics["delivered"], metrics["opened"]) == (4, 4, 1)
    assert (metrics["openRate"], metrics["clickRate"], metrics["conversionRate"]) == (25.0, 0.0, 0.0)
    assert sum(hour["sent"] for hour in data["timeline"]) == 4
    assert data["topPerformingContent"][0]["openRate"] == 25.0
    assert (await as_admin.get(f"/api/campaigns/{number}/report")).text.count("asha") >= 4


async def test_end_notification_says_how_many_the_registry_kept_out(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, run_jobs: RunJobs
) -> None:
    for email in ("asha1@example.com", "asha2@example.com"):
        answer = await as_admin.post("/api/dnc", json={"dncType": "email", "customerEmail": email})
        assert answer.status_code == 201, answer.text

    async def notification() -> str:
        await run_jobs()
        return str((await as_admin.get("/api/notifications")).json()["data"]["notifications"][0]["message"])

    await create(as_admin, await upload(3))
    assert await notification() == "“May Renewals” has been sent. Left out by the do-not-contact registry: 2."
    await as_admin.put("/api/settings/dnc", json={"notifyOnBlock": False})
    await create(as_admin, "upload-1", templates={"email": "May notice"})
    assert await notification() == "“May Renewals” has been sent."
