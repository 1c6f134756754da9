"""A vendor that takes nothing: the campaign says so, tries again less and less often, and continues by itself."""

import asyncio
from datetime import timedelta

import httpx
import orjson
import pytest

from py360.kit import db
from py360.kit.clock import FixedClock
from py360.kit.crypto import seal, unseal
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.campaigns import jobs
from py360.modules.campaigns.service.finish import FIRST_BACKOFF, LONGEST_BACKOFF, NOTIFY_AFTER, backoff
from py360.modules.messaging.vendors.http import CONNECTIONS
from tests.factories.campaigns import (
    Relay,
    behave,
    campaign,
    create,
    notification_titles,
    number_of,
    recipient_counts,
    upload,
    view,
)
from tests.modules.conftest import Sandbox

QUEUED = "select count(*) from procrastinate_jobs where task_name = 'campaigns.send' and status = 'todo'"


async def reset_connections(relay: Relay) -> None:
    """From now on the mail server's port resets every connection."""
    assert relay.server is not None
    port = relay.server.sockets[0].getsockname()[1]
    relay.server.close()

    async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    relay.server = await asyncio.start_server(reset, "127.0.0.1", port)


def test_backoff_doubles_up_to_fifteen_minutes() -> None:
    waits = [backoff(runs) for runs in range(1, 9)]
    assert waits[:3] == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
    assert waits[-1] == backoff(10_000) == LONGEST_BACKOFF


async def test_stalled_campaign_says_so_and_is_tried_again_with_backoff(
    as_admin: httpx.AsyncClient, relay: Relay, clock: FixedClock, resources: Resources
) -> None:
    number = number_of(await create(as_admin, await upload(50)))
    await reset_connections(relay)
    for failed in range(1, NOTIFY_AFTER + 1):
        await jobs.send.func(campaign_id=number)
        now = await view(as_admin, number)
        assert now["status"] == "active"
        assert "50 recipients are waiting. The next try is at" in now["statusReason"]
        parent = await view(as_admin, now["parentId"])
        assert parent["statusReason"] == now["statusReason"]
        assert await recipient_counts() == {"pending": 50}
        assert await resources.reads.fetch_only(int, QUEUED) >= 1
        await jobs.send.func(campaign_id=number)  # before its time: nothing is tried
        stored = "select failed_runs from campaigns where id = %(id)s"
        assert await resources.reads.fetch_only(int, stored, {"id": number}) == failed
        clock.moment += backoff(failed)
    assert (await notification_titles(as_admin)).count(f"Campaign is waiting: {now['name']}") == 1


async def test_stalled_campaign_goes_on_when_the_vendor_is_back(
    as_admin: httpx.AsyncClient, relay: Relay, clock: FixedClock, resources: Resources
) -> None:
    number = number_of(await create(as_admin, await upload(20)))
    relay.away = True
    await jobs.send.func(campaign_id=number)
    assert "20 recipients are waiting" in (await view(as_admin, number))["statusReason"]
    relay.away = False
    clock.moment += FIRST_BACKOFF
    await jobs.send.func(campaign_id=number)
    now = await view(as_admin, number)
    assert (now["status"], now["statusReason"], now["metrics"]["sent"]) == ("completed", None, 20)


@pytest.mark.slow
@pytest.mark.parametrize("after_request", [False, True], ids=["at once", "after the request"])
async def test_sms_vendor_that_resets_connections_stalls_the_campaign(
    as_admin: httpx.AsyncClient, sandbox: Sandbox, clock: FixedClock, resources: Resources, after_request: bool
) -> None:
    """Only some messages are in doubt, however many recipients wait; when the vendor is back the others are sent."""
    behave(sandbox, 0)
    number = await campaign(as_admin, "sms", 400)
    address = "update providers set config_encrypted = %(config)s where channel = 'sms'"
    config = "select config_encrypted from providers where channel = 'sms'"

    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if after_request:
            await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()

    server = await asyncio.start_server(reset, "127.0.0.1", 0)
    good = await resources.reads.fetch_only(str, config)
    bad = orjson.loads(unseal(good)) | {"baseUrl": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"}
    async with unit_of_work() as session:
        await db.execute(session, address, {"config": seal(orjson.dumps(bad).decode())})
    await jobs.send.func(campaign_id=number)
    server.close()
    now = await view(as_admin, number)
    assert now["status"] == "active"
    assert "recipients are waiting. The next try is at" in now["statusReason"]
    in_doubt = (await recipient_counts()).get("unknown", 0)
    assert in_doubt <= 2 * CONNECTIONS
    async with unit_of_work() as session:
        await db.execute(session, address, {"config": good})
    clock.moment += FIRST_BACKOFF
    await jobs.send.func(campaign_id=number)
    assert (await view(as_admin, number))["status"] == "completed"
    assert len(sandbox.received("sms")) == 400 - in_doubt


async def test_resume_does_not_wait_for_the_next_try(
    as_admin: httpx.AsyncClient, relay: Relay, resources: Resources
) -> None:
    number = number_of(await create(as_admin, await upload(5)))
    relay.away = True
    await jobs.send.func(campaign_id=number)
    relay.away = False
    for new in ("paused", "active"):
        answer = await as_admin.put(f"/api/campaigns/{number}/status", json={"status": new})
        assert answer.status_code == 200, answer.text
    async with unit_of_work() as session:  # the vendor's deferral of each mailbox is over
        await db.execute(session, "update campaign_recipients set claimed_until = null")
    await jobs.send.func(campaign_id=number)
    assert (await view(as_admin, number))["metrics"]["sent"] == 5


async def test_error_on_our_side_keeps_the_campaign_going(
    as_admin: httpx.AsyncClient, relay: Relay, clock: FixedClock, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = number_of(await create(as_admin, await upload(3)))
    async with unit_of_work() as session:  # a table that cannot be written
        await db.execute(
            session, "alter table communication_delivery_status add check (recipient_contact = '') not valid"
        )
    with pytest.raises(Exception, match="violates check constraint"):
        await jobs.send.func(campaign_id=number)
    now = await view(as_admin, number)
    assert now["status"] == "active"
    assert now["statusReason"].startswith("Sending stopped because of an error on our side")
    assert await resources.reads.fetch_only(int, QUEUED) >= 1


async def test_one_campaign_that_fails_does_not_keep_the_others_from_going_on(
    as_admin: httpx.AsyncClient, relay: Relay, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = number_of(await create(as_admin, await upload(1)))
    second = number_of(await create(as_admin, "upload-1", templates={"email": "May notice"}))
    async with unit_of_work() as session:
        await db.execute(session, "delete from procrastinate_jobs where task_name = 'campaigns.send'")
        await db.execute(
            session,
            "create function refuse() returns trigger language plpgsql as"
            f" $$ begin if new.args->>'campaign_id' = '{first}' then raise 'refused'; end if; return new; end $$",
        )
        await db.execute(
            session, "create trigger refuse before insert on procrastinate_jobs for each row execute function refuse()"
        )
    with pytest.raises(ExceptionGroup, match="could not be looked after"):
        await jobs.keep_going.func(timestamp=0)
    queued = "select args->>'campaign_id' from procrastinate_jobs where task_name = 'campaigns.send'"
    assert await resources.reads.fetch_all(str, queued) == [str(second)]
