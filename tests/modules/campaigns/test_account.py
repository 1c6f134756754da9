"""A sender account that cannot be used any more in mid-campaign: the campaign is paused, says why, and continues once it is fixed."""

import asyncio
from collections.abc import Callable

import httpx
import orjson
import pytest

from py360.kit import db
from py360.kit.crypto import seal, unseal
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.campaigns import jobs
from py360.modules.campaigns.sender.claim import claim
from py360.modules.campaigns.sender.record import record
from py360.modules.campaigns.sender.run import Run, prepare
from py360.modules.messaging import api as messaging
from py360.modules.messaging.vendors.base import failure, no_account, sent
from tests.conftest import RunJobs
from tests.factories.campaigns import (
    Relay,
    Upload,
    arrived,
    behave,
    campaign,
    create,
    notification_titles,
    number_of,
    open_relay,
    recipient_counts,
    view,
)
from tests.factories.campaigns import upload as upload_policies
from tests.factories.stored import read_row, read_rows
from tests.modules.conftest import AsRole, Sandbox


async def change_secrets(channel: str, change: Callable[[str], str]) -> None:
    """Change whatever the vendor knows the account by."""
    async with unit_of_work() as session:
        row = await read_row(
            session, "select id, config_encrypted from providers where channel = %(channel)s", {"channel": channel}
        )
        assert row is not None
        config = orjson.loads(unseal(row["config_encrypted"]))
        changed = {
            name: change(config[name]) for name in ("authToken", "accessToken", "smtpPassword") if name in config
        }
        await db.execute(
            session,
            "update providers set config_encrypted = %(config)s where id = %(id)s",
            {"id": row["id"], "config": seal(orjson.dumps(config | changed).decode())},
        )


@pytest.mark.parametrize("channel", ["email", "sms", "whatsapp"])
async def test_refused_credentials_pause_the_campaign(
    as_admin: httpx.AsyncClient,
    as_role: AsRole,
    upload: Upload,
    sandbox: Sandbox,
    resources: Resources,
    run_jobs: RunJobs,
    channel: str,
) -> None:
    behave(sandbox, 0)
    maker = await as_role("client_admin")
    number = await campaign(maker, channel, 60)
    await change_secrets(channel, lambda secret: secret + "x")
    await run_jobs()
    now = await view(as_admin, number)
    assert now["status"] == "paused"
    assert "refuses the sender account" in now["statusReason"]
    assert await recipient_counts() == {"pending": 60}
    parent = await view(as_admin, int(now["parentId"].removeprefix("campaign-")))
    assert (parent["status"], parent["statusReason"]) == ("paused", now["statusReason"])
    for person in (maker, as_admin):
        assert (await notification_titles(person))[0] == f"Campaign paused: {now['name']}"

    await change_secrets(channel, lambda secret: secret.removesuffix("x"))
    await maker.put(f"/api/campaigns/{number}/status", json={"status": "active"})
    await run_jobs()
    now = await view(as_admin, number)
    assert (now["status"], now["statusReason"], now["metrics"]["sent"]) == ("completed", None, 60)
    assert (await view(as_admin, int(now["parentId"].removeprefix("campaign-"))))["statusReason"] is None


async def test_mail_server_that_wants_a_sign_in_pauses_the_campaign(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, resources: Resources
) -> None:
    relay.closed = True
    number = number_of(await create(as_admin, await upload(30)))
    await jobs.send.func(campaign_id=number)
    now = await view(as_admin, number)
    assert (now["status"], "530" in now["statusReason"]) == ("paused", True)
    assert await recipient_counts() == {"pending": 30}
    relay.closed = False
    await as_admin.put(f"/api/campaigns/{number}/status", json={"status": "active"})
    await jobs.send.func(campaign_id=number)
    assert len(relay.taken) == len({str(mail["To"]) for mail in relay.taken}) == 30


async def test_account_that_is_switched_off_is_not_used_any_more(
    as_admin: httpx.AsyncClient, upload: Upload, sandbox: Sandbox, resources: Resources
) -> None:
    behave(sandbox, 0.1)
    number = await campaign(as_admin, "sms", 500)
    account = await resources.reads.fetch_only(int, "select id from providers where channel = 'sms'")
    run = asyncio.create_task(jobs.send.func(campaign_id=number))
    await arrived(sandbox, "sms")
    answer = await as_admin.put(f"/api/providers/{account}/active", json={"isActive": False})
    assert answer.status_code == 200, answer.text
    await run
    now = await view(as_admin, number)
    assert (now["status"], now["statusReason"]) == (
        "paused",
        "There is no active sender account for sms. Add one under Settings, Providers.",
    )
    counts = await recipient_counts()
    assert counts.keys() == {"sent", "pending"}
    assert len(sandbox.received("sms")) == counts["sent"]

    behave(sandbox, 0)
    await as_admin.put(f"/api/providers/{account}/active", json={"isActive": True})
    await as_admin.put(f"/api/campaigns/{number}/status", json={"status": "active"})
    await jobs.send.func(campaign_id=number)
    assert len({each.recipient for each in sandbox.received("sms")}) == len(sandbox.received("sms")) == 500
    assert (await view(as_admin, number))["status"] == "completed"


async def test_batch_is_sent_through_the_account_it_was_admitted_for(
    as_admin: httpx.AsyncClient, relay: Relay, resources: Resources
) -> None:
    """Another loop of the run may have chosen another account meanwhile."""
    await as_admin.put("/api/settings/campaigns", json={"batchSize": 10})
    number = number_of(await create(as_admin, await upload_policies(20)))
    run = await prepare(number)
    assert isinstance(run, Run)
    run.batch_size = 10
    first = await claim(run)
    async with open_relay("Another relay") as other:
        second = await claim(run)
        for batch in (first, second):
            assert batch.account is not None
            deliveries = await messaging.transport(batch.account).send(batch.admitted, run.guard.may_send)
            await record(run, batch.account, deliveries)
        assert (len(relay.taken), len(other.taken)) == (10, 10)
    used = "select provider_id, count(*) as n from communication_delivery_status where status = 'sent' group by 1 order by 1"
    assert [row["n"] for row in await read_rows(resources.reads, used)] == [10, 10]


async def test_vendor_that_refuses_us_for_some_recipients_only_does_not_stop_the_others(
    as_admin: httpx.AsyncClient, relay: Relay, resources: Resources
) -> None:
    """Those are tried again as deferred ones are, and they are not suppressed: the answer is about us."""
    number = number_of(await create(as_admin, await upload_policies(3)))
    run = await prepare(number)
    assert isinstance(run, Run)
    batch = await claim(run)
    assert batch.account is not None
    refused, *others = batch.admitted
    answers = [failure(refused, no_account("554 5.7.1 relaying denied")), *(sent(each, None, None) for each in others)]
    await record(run, batch.account, answers)
    assert (run.pause_reason, run.vendor_trouble, run.goes_on) == (None, None, True)
    plan = "select status, attempts, claimed_until > now() as deferred from campaign_recipients order by id"
    assert await read_rows(resources.reads, plan) == [
        {"status": "pending", "attempts": 1, "deferred": True},
        *[{"status": "sent", "attempts": 0, "deferred": None}] * 2,
    ]
    assert await resources.reads.fetch_only(int, "select count(*) from suppressions") == 0
