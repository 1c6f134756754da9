"""A sender account that cannot be used any more in mid-campaign: the campaign waits, says why, and goes on once that is mended."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest

from py360.kit import db
from py360.kit.crypto import seal, unseal
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.campaigns import jobs
from tests.conftest import RunJobs
from tests.modules.campaigns.conftest import Relay, Upload
from tests.modules.campaigns.test_campaigns import create, number_of
from tests.modules.campaigns.test_two_seconds import behave, campaign, some_left
from tests.modules.conftest import AsRole, Sandbox


async def shown(client: httpx.AsyncClient, number: int) -> dict[str, Any]:
    """The campaign as its page shows it."""
    data: dict[str, Any] = (await client.get(f"/api/campaigns/{number}")).json()["data"]
    return data


async def titles(client: httpx.AsyncClient) -> list[str]:
    """What somebody was told."""
    notes = (await client.get("/api/notifications")).json()["data"]["notifications"]
    return [note["title"] for note in notes]


async def statuses(resources: Resources) -> dict[str, int]:
    """How many recipients there are by status."""
    rows = await resources.reads.all("select status, count(*) as n from campaign_recipients group by 1")
    return {row["status"]: row["n"] for row in rows}


async def change_secrets(channel: str, change: Callable[[str], str]) -> None:
    """Change whatever the vendor knows the account by."""
    async with unit_of_work() as session:
        row = await db.one(
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
async def test_one_whose_credentials_are_gone(
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
    number = await campaign(maker, upload, channel, 60)
    await change_secrets(channel, lambda secret: secret + "x")
    await run_jobs()
    now = await shown(as_admin, number)
    assert now["status"] == "paused"
    assert "refuses the sender account" in now["statusReason"]
    assert await statuses(resources) == {"pending": 60}
    parent = await shown(as_admin, int(now["parentId"].removeprefix("campaign-")))
    assert (parent["status"], parent["statusReason"]) == ("paused", now["statusReason"])
    for person in (maker, as_admin):
        assert (await titles(person))[0] == f"Campaign paused: {now['name']}"

    await change_secrets(channel, lambda secret: secret.removesuffix("x"))
    await maker.put(f"/api/campaigns/{number}/status", json={"status": "active"})
    await run_jobs()
    now = await shown(as_admin, number)
    assert (now["status"], now["statusReason"], now["metrics"]["sent"]) == ("completed", None, 60)
    assert (await shown(as_admin, int(now["parentId"].removeprefix("campaign-"))))["statusReason"] is None


async def test_a_mail_server_that_wants_a_sign_in(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, resources: Resources
) -> None:
    relay.closed = True
    number = number_of(await create(as_admin, await upload(30)))
    await jobs.send.func(campaign_id=number)
    now = await shown(as_admin, number)
    assert (now["status"], "530" in now["statusReason"]) == ("paused", True)
    assert await statuses(resources) == {"pending": 30}
    relay.closed = False
    await as_admin.put(f"/api/campaigns/{number}/status", json={"status": "active"})
    await jobs.send.func(campaign_id=number)
    assert len(relay.taken) == len({str(mail["To"]) for mail in relay.taken}) == 30


async def test_one_that_is_switched_off_is_used_no_more(
    as_admin: httpx.AsyncClient, upload: Upload, sandbox: Sandbox, resources: Resources
) -> None:
    behave(sandbox, 0.1)
    number = await campaign(as_admin, upload, "sms", 500)
    account = await resources.reads.value("select id from providers where channel = 'sms'")
    run = asyncio.create_task(jobs.send.func(campaign_id=number))
    await some_left(sandbox, "sms")
    answer = await as_admin.put(f"/api/providers/{account}/active", json={"isActive": False})
    assert answer.status_code == 200, answer.text
    await run
    now = await shown(as_admin, number)
    assert (now["status"], now["statusReason"]) == (
        "paused",
        "There is no active sender account for sms. Add one under Settings, Providers.",
    )
    told = await statuses(resources)
    assert told.keys() == {"sent", "pending"}
    assert len(sandbox.received("sms")) == told["sent"]

    behave(sandbox, 0)
    await as_admin.put(f"/api/providers/{account}/active", json={"isActive": True})
    await as_admin.put(f"/api/campaigns/{number}/status", json={"status": "active"})
    await jobs.send.func(campaign_id=number)
    assert len({each.recipient for each in sandbox.received("sms")}) == len(sandbox.received("sms")) == 500
    assert (await shown(as_admin, number))["status"] == "completed"
