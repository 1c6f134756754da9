"""Whoever needs several rows takes them in one order: sending, counting, steering and mending never hold each other up."""

import asyncio

import httpx
import pytest

from py360.kit import db, ids
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.campaigns import jobs
from py360.modules.campaigns.sender import recover as recovering
from py360.modules.campaigns.sender import send as sending
from py360.modules.campaigns.service import status as service
from py360.modules.cases import api as cases
from py360.modules.messaging.vendors.base import sent
from tests.lingering import cross, linger
from tests.modules.campaigns.conftest import Upload, template
from tests.modules.campaigns.test_campaigns import create
from tests.modules.conftest import Sandbox


@pytest.fixture
async def channels(as_admin: httpx.AsyncClient, upload: Upload, sandbox: Sandbox) -> dict[str, int]:
    """An active campaign of one person on two channels, of which nothing has left: its parent and its channels."""
    templates = {
        "email": await template(as_admin),
        "sms": await template(as_admin, type="sms", content="Dear {name}, please renew.", subject=None),
    }
    made = (await create(as_admin, await upload(1), type=["email", "sms"], templates=templates)).json()["data"]
    codes = {"parent": made["parentId"]} | {one["type"]: one["id"] for one in made["campaigns"]}
    return {name: ids.number("campaign", code) for name, code in codes.items()}


async def claimed(number: int) -> tuple[sending.Run, list[sending.messaging.Admitted]]:
    """A run of a channel, and the batch that it holds."""
    run = await sending.prepare(number)
    assert run is not None
    _, admitted = await sending.claim(run)
    return run, admitted


async def lease_over() -> None:
    async with unit_of_work() as session:
        await db.execute(session, "update campaign_recipients set claimed_until = now() where status = 'claimed'")


async def finish(number: int) -> None:
    async with unit_of_work() as session:
        await service.after_run(session, number, None)


async def settle(number: int) -> None:
    async with unit_of_work() as session:
        await recovering.settle_lost(session, number)


async def statuses(resources: Resources) -> dict[str, str]:
    rows = await resources.reads.all("select campaign_type, status from campaigns")
    return {row["campaign_type"]: row["status"] for row in rows}


async def test_a_channel_ends_while_the_whole_campaign_is_paused(
    as_admin: httpx.AsyncClient, channels: dict[str, int], resources: Resources
) -> None:
    run, admitted = await claimed(channels["email"])
    await sending.record(run, [sent(each, "vendor-1", None) for each in admitted])
    await linger("campaigns")

    async def pause() -> None:
        answer = await as_admin.put(f"/api/campaigns/{channels['parent']}/status", json={"status": "paused"})
        assert answer.status_code == 200, answer.text

    await cross(finish(channels["email"]), pause())
    assert await statuses(resources) == {"multi": "paused", "email": "completed", "sms": "paused"}


async def test_the_last_count_meets_a_recount(channels: dict[str, int], resources: Resources) -> None:
    """Somebody was in doubt, and the vendor tells after all that the message left."""
    number = channels["email"]
    await claimed(number)
    await lease_over()
    await settle(number)
    async with unit_of_work() as session:
        await db.execute(session, "update communication_delivery_status set status = 'sent', sent_at = now()")
    await linger("campaign_recipients")
    await cross(jobs.recount.func(campaign_id=number), finish(number))
    (row,) = await resources.reads.all(
        "select status, sent_count, unknown_count from campaigns where id = %(id)s", {"id": number}
    )
    assert row == {"status": "completed", "sent_count": 1, "unknown_count": 0}


async def test_who_was_given_up_is_written_down_after_all(channels: dict[str, int], resources: Resources) -> None:
    """A lane that was away for longer than its lease comes back while its batch is settled."""
    run, admitted = await claimed(channels["email"])
    await lease_over()
    await linger("campaign_recipients")
    await cross(settle(channels["email"]), sending.record(run, [sent(each, "vendor-1", None) for each in admitted]))
    (row,) = await resources.reads.all("select status from communication_delivery_status")
    assert row["status"] == "sent"


async def test_a_stopped_campaign_is_deleted_while_its_last_batch_is_written_down(
    as_admin: httpx.AsyncClient, channels: dict[str, int], resources: Resources
) -> None:
    run, admitted = await claimed(channels["email"])
    answer = await as_admin.put(f"/api/campaigns/{channels['parent']}/status", json={"status": "stopped"})
    assert answer.status_code == 200
    await linger("campaign_recipients")

    async def delete() -> None:
        assert (await as_admin.delete(f"/api/campaigns/{channels['parent']}")).status_code == 409

    await cross(sending.record(run, [sent(each, "vendor-1", None) for each in admitted]), delete())
    (row,) = await resources.reads.all("select sum(sent_count) as sent from campaigns")
    assert row["sent"] == 1


async def test_a_payment_waits_for_nobody_who_is_writing_to_the_customer(
    channels: dict[str, int], resources: Resources
) -> None:
    """A batch on its way through the door holds its cases by the messages it has written and not committed."""
    (case,) = await resources.reads.all("select id from renewal_cases")
    async with unit_of_work() as batch:
        await db.execute(
            batch,
            "insert into communication_delivery_status (client_id, communication_type, recipient_contact, status, case_id,"
            " campaign_id) values (1, 'email', 'a@example.com', 'sending', %(case)s, %(campaign)s)",
            {"case": case["id"], "campaign": channels["email"]},
        )
        async with asyncio.timeout(5), unit_of_work() as session:
            await cases.settle(session, [cases.Paid(case["id"], "UPI", resources.clock.now())])
    assert await resources.reads.value("select status from renewal_cases") == "renewed"
