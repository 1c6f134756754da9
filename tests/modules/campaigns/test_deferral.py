"""A vendor that defers some recipients, or all: the others do not wait, and no recipient is lost."""

from datetime import timedelta

import httpx
import pytest

from py360.kit.clock import FixedClock
from py360.kit.resources import Resources
from py360.modules.campaigns import jobs
from py360.modules.campaigns.sender.record import FIRST_WAIT
from py360.modules.campaigns.service.finish import LONGEST_BACKOFF
from py360.sandbox import audience
from tests.factories.campaigns import Relay, Upload, behave, campaign, create, number_of
from tests.factories.stored import read_row, read_rows
from tests.modules.conftest import Sandbox

FULL = "asha1@example.com"


async def statuses(resources: Resources) -> list[str]:
    """The recipients' statuses, in order."""
    return [
        row["status"] for row in await read_rows(resources.reads, "select status from campaign_recipients order by id")
    ]


async def status(resources: Resources) -> str:
    """The campaign's."""
    return str(await resources.reads.fetch_only(str, "select status from campaigns where parent_id is not null"))


async def test_deferred_recipient_is_tried_again_and_delays_no_other(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, clock: FixedClock, resources: Resources
) -> None:
    relay.full.add(FULL)
    number = number_of(await create(as_admin, await upload(30)))
    await jobs.send.func(campaign_id=number)
    assert await statuses(resources) == ["pending"] + ["sent"] * 29
    await jobs.send.func(campaign_id=number)  # too early
    assert await resources.reads.fetch_only(int, "select max(attempts) from campaign_recipients") == 1
    relay.full.clear()
    clock.moment += FIRST_WAIT
    await jobs.send.func(campaign_id=number)
    assert await statuses(resources) == ["sent"] * 30
    assert len(relay.taken) == len({str(mail["To"]) for mail in relay.taken}) == 30
    assert await status(resources) == "completed"


@pytest.mark.slow
async def test_recipient_deferred_for_hours_fails(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, clock: FixedClock, resources: Resources
) -> None:
    relay.full.add(FULL)
    number = number_of(await create(as_admin, await upload(2)))
    began = clock.moment
    while await status(resources) == "active":
        await jobs.send.func(campaign_id=number)
        clock.moment += timedelta(minutes=1)
    assert timedelta(hours=2.5) < clock.moment - began < timedelta(hours=3.5)
    assert await resources.reads.fetch_only(int, "select max(attempts) from campaign_recipients") == 1 + 3
    assert await statuses(resources) == ["failed", "sent"]
    row = await read_row(
        resources.reads, "select sent_count, failed_count, settled_count from campaigns where parent_id is not null"
    )
    assert row == {"sent_count": 1, "failed_count": 1, "settled_count": 2}
    error = await resources.reads.fetch_only(
        object, "select error_message from campaign_recipients where status = 'failed'"
    )
    assert "mailbox is full" in error


async def test_vendor_that_defers_all_is_tried_again(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, clock: FixedClock, resources: Resources
) -> None:
    relay.away = True
    number = number_of(await create(as_admin, await upload(100)))
    await jobs.send.func(campaign_id=number)
    assert await status(resources) == "active"
    assert await statuses(resources) == ["pending"] * 100
    waits = "select count(*) from procrastinate_jobs where queueing_lock = %(lock)s and scheduled_at is not null"
    assert await resources.reads.fetch_only(int, waits, {"lock": f"campaign {number} later"}) == 1
    relay.away = False
    clock.moment += FIRST_WAIT
    await jobs.send.func(campaign_id=number)
    assert await statuses(resources) == ["sent"] * 100
    ledger = await read_rows(
        resources.reads, "select status, count(*) as n from communication_delivery_status group by 1"
    )
    assert {row["status"]: row["n"] for row in ledger}["sent"] == 100
    assert await status(resources) == "completed"


async def test_unreachable_vendor_costs_no_attempt(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, clock: FixedClock, resources: Resources
) -> None:
    assert relay.server is not None
    relay.server.close()
    number = number_of(await create(as_admin, await upload(5)))
    for _ in range(10):
        await jobs.send.func(campaign_id=number)
        clock.moment += LONGEST_BACKOFF
    rows = await read_rows(resources.reads, "select distinct status, attempts from campaign_recipients")
    assert rows == [{"status": "pending", "attempts": 0}]


async def test_attempts_follow_the_setting(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, clock: FixedClock, resources: Resources
) -> None:
    await as_admin.put("/api/settings/campaigns", json={"retryAttempts": 1})
    relay.full.add(FULL)
    number = number_of(await create(as_admin, await upload(2)))
    await jobs.send.func(campaign_id=number)
    assert await statuses(resources) == ["pending", "sent"]
    clock.moment += FIRST_WAIT
    await jobs.send.func(campaign_id=number)
    assert await statuses(resources) == ["failed", "sent"]


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
async def test_rate_limited_vendor_costs_no_attempt(
    as_admin: httpx.AsyncClient,
    upload: Upload,
    sandbox: Sandbox,
    clock: FixedClock,
    resources: Resources,
    monkeypatch: pytest.MonkeyPatch,
    channel: str,
) -> None:
    behave(sandbox, 0)
    monkeypatch.setattr(audience, "MOST_WAITING", -1)  # 429, too many requests
    number = await campaign(as_admin, channel, 5)
    for _ in range(10):
        await jobs.send.func(campaign_id=number)
        clock.moment += LONGEST_BACKOFF
    rows = await read_rows(resources.reads, "select distinct status, attempts from campaign_recipients")
    assert rows == [{"status": "pending", "attempts": 0}]
    monkeypatch.undo()
    await jobs.send.func(campaign_id=number)
    assert await statuses(resources) == ["sent"] * 5
