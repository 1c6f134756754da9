"""Rows are locked in one order: sending, counting, steering and recovery never deadlock."""

import asyncio

import httpx
import pytest

from py360.kit import db, ids
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.campaigns import jobs
from py360.modules.campaigns.sender import recover
from py360.modules.campaigns.sender.claim import Batch, claim
from py360.modules.campaigns.sender.record import record
from py360.modules.campaigns.sender.run import Run, prepare
from py360.modules.campaigns.service.finish import after_run
from py360.modules.cases import api as cases
from py360.modules.messaging.vendors.base import sent
from tests.factories.campaigns import Upload, create, expire_leases, hand_over, template
from tests.factories.stored import read_rows
from tests.lingering import cross, linger
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


async def claimed(number: int) -> tuple[Run, Batch]:
    """A run of a channel, and the batch that it has claimed."""
    run = await prepare(number)
    assert isinstance(run, Run)
    return run, await claim(run)


async def record_sent(run: Run, batch: Batch) -> None:
    """The vendor took the whole batch."""
    assert batch.account is not None
    await record(run, batch.account, [sent(each, "vendor-1", None) for each in batch.admitted])


async def finish(number: int) -> None:
    async with unit_of_work() as session:
        await after_run(session, number, None)


async def settle(number: int) -> None:
    async with unit_of_work() as session:
        await recover.settle_lost(session, number)


async def statuses(resources: Resources) -> dict[str, str]:
    rows = await read_rows(resources.reads, "select campaign_type, status from campaigns")
    return {row["campaign_type"]: row["status"] for row in rows}


async def test_channel_ends_while_the_whole_campaign_is_paused(
    as_admin: httpx.AsyncClient, channels: dict[str, int], resources: Resources
) -> None:
    run, batch = await claimed(channels["email"])
    await record_sent(run, batch)
    await linger("campaigns")

    async def pause() -> None:
        answer = await as_admin.put(f"/api/campaigns/{channels['parent']}/status", json={"status": "paused"})
        assert answer.status_code == 200, answer.text

    await cross(finish(channels["email"]), pause())
    assert await statuses(resources) == {"multi": "paused", "email": "completed", "sms": "paused"}


async def test_last_count_meets_a_recount(channels: dict[str, int], resources: Resources) -> None:
    """A message was unknown, and the vendor reports after all that it was sent."""
    number = channels["email"]
    _, batch = await claimed(number)
    await hand_over(batch.admitted)
    await expire_leases()
    await settle(number)
    async with unit_of_work() as session:
        await db.execute(session, "update communication_delivery_status set status = 'sent', sent_at = now()")
    await linger("campaign_recipients")
    await cross(jobs.recount.func(campaign_id=number), finish(number))
    (row,) = await read_rows(
        resources.reads, "select status, sent_count, unknown_count from campaigns where id = %(id)s", {"id": number}
    )
    assert row == {"status": "completed", "sent_count": 1, "unknown_count": 0}


async def test_batch_is_recorded_although_its_lease_ran_out(channels: dict[str, int], resources: Resources) -> None:
    """A run that was frozen for longer than its lease comes back while its batch is settled."""
    run, batch = await claimed(channels["email"])
    await hand_over(batch.admitted)
    await expire_leases()
    await linger("campaign_recipients")
    await cross(settle(channels["email"]), record_sent(run, batch))
    (row,) = await read_rows(resources.reads, "select status from communication_delivery_status")
    assert row["status"] == "sent"


async def test_stopped_campaign_is_deleted_while_its_last_batch_is_recorded(
    as_admin: httpx.AsyncClient, channels: dict[str, int], resources: Resources
) -> None:
    run, batch = await claimed(channels["email"])
    answer = await as_admin.put(f"/api/campaigns/{channels['parent']}/status", json={"status": "stopped"})
    assert answer.status_code == 200
    await linger("campaign_recipients")

    async def delete() -> None:
        assert (await as_admin.delete(f"/api/campaigns/{channels['parent']}")).status_code == 409

    await cross(record_sent(run, batch), delete())
    (row,) = await read_rows(resources.reads, "select sum(sent_count) as sent from campaigns")
    assert row["sent"] == 1


async def test_payment_does_not_wait_for_a_batch_to_the_same_customer(
    channels: dict[str, int], resources: Resources
) -> None:
    """A batch in the send gate locks its cases by the messages it has written and not committed."""
    (case,) = await read_rows(resources.reads, "select id from renewal_cases")
    async with unit_of_work() as batch:
        await db.execute(
            batch,
            "insert into communication_delivery_status (client_id, communication_type, recipient_contact, status, case_id,"
            " campaign_id) values (1, 'email', 'a@example.com', 'sending', %(case)s, %(campaign)s)",
            {"case": case["id"], "campaign": channels["email"]},
        )
        async with asyncio.timeout(5), unit_of_work() as session:
            await cases.settle(session, [cases.Paid(case["id"], "UPI", resources.clock.now())])
    assert await resources.reads.fetch_only(str, "select status from renewal_cases") == "renewed"
