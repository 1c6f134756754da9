"""What a campaign must never do: write to more recipients than were stated, count one twice, or forget what it sent."""

from datetime import timedelta
from decimal import Decimal

import httpx
import pytest

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.campaigns import jobs
from py360.modules.cases import api as cases
from tests.conftest import RunJobs
from tests.factories.campaigns import Relay, Upload, create, number_of, template


@pytest.mark.parametrize("narrowed", [{"customerProfiles": ["HNI"]}, {"region": ["North"]}])
async def test_unknown_filter_is_refused(
    as_admin: httpx.AsyncClient, upload: Upload, narrowed: dict[str, list[str]]
) -> None:
    answer = await create(as_admin, await upload(2), targetAudience=narrowed)
    assert answer.status_code == 422, answer.text


async def test_later_bounce_is_not_progress(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, run_jobs: RunJobs
) -> None:
    number = number_of(await create(as_admin, await upload(4)))
    await run_jobs()
    async with unit_of_work() as session:
        await db.execute(session, "update communication_delivery_status set status = 'bounced'")
    await jobs.recount.func(campaign_id=number)
    shown = (await as_admin.get(f"/api/campaigns/{number}")).json()["data"]
    assert (shown["metrics"]["bounced"], shown["progress"]) == (4, 100.0)


async def test_campaign_that_sent_something_cannot_be_deleted_by_its_parent(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, run_jobs: RunJobs
) -> None:
    answer = await create(as_admin, await upload(2))
    number, parent = number_of(answer), answer.json()["data"]["parentId"]
    await run_jobs()
    async with unit_of_work() as session:
        await db.execute(session, "update campaigns set status = 'cancelled'")
    assert (await as_admin.delete(f"/api/campaigns/{parent}")).status_code == 409
    assert (await as_admin.get(f"/api/campaigns/{number}")).status_code == 200


async def test_template_in_use_is_archived_not_deleted(as_admin: httpx.AsyncClient, upload: Upload) -> None:
    used = await template(as_admin)
    assert (await create(as_admin, await upload(1), templates={"email": used}, draft=True)).status_code == 201
    answer = await as_admin.delete(f"/api/templates/{used}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "template_in_use")
    assert (await as_admin.put(f"/api/templates/{used}/status", json={"status": "archived"})).status_code == 200


async def metrics(client: httpx.AsyncClient, number: int) -> dict[str, float]:
    """The figures of a campaign, counted now."""
    await jobs.recount.func(campaign_id=number)
    shown: dict[str, float] = (await client.get(f"/api/campaigns/{number}/analytics")).json()["data"]["metrics"]
    return shown


async def test_refunded_conversion_does_not_count(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, run_jobs: RunJobs, resources: Resources
) -> None:
    number = number_of(await create(as_admin, await upload(2)))
    await run_jobs()
    first = await resources.reads.fetch_only(int, "select min(id) from renewal_cases")
    async with unit_of_work() as session:
        paid_at = resources.clock.now() + timedelta(seconds=1)
        await cases.settle(session, [cases.Paid(first, "UPI", paid_at, "pay_1")])
    assert (await metrics(as_admin, number))["converted"] == 1
    due = Decimal(12500)
    async with unit_of_work() as session:
        await cases.refunded(session, first, amount=Decimal(500), kept=due - 500, due=due)
    assert (await metrics(as_admin, number))["converted"] == 1
    async with unit_of_work() as session:
        await cases.refunded(session, first, amount=due - 500, kept=Decimal(0), due=due)
    assert (await metrics(as_admin, number))["converted"] == 0


async def test_customer_written_to_on_two_channels_converts_once(
    as_admin: httpx.AsyncClient, upload: Upload, resources: Resources
) -> None:
    templates = {"email": await template(as_admin), "sms": await template(as_admin, type="sms", content="Pay {link}")}
    answer = await create(as_admin, await upload(3), type=["email", "sms"], templates=templates, draft=True)
    made = answer.json()["data"]
    numbers = [int(channel["id"].removeprefix("campaign-")) for channel in made["campaigns"]]
    async with unit_of_work() as session:
        await db.execute(session, "update campaign_recipients set status = 'sent', sent_at = now() - interval '1 hour'")
        first = await db.fetch_only(session, int, "select min(id) from renewal_cases")
        await cases.settle(session, [cases.Paid(first, "UPI", resources.clock.now(), "pay_1")])
        await db.execute(
            session, "update campaigns set sent_count = 3, delivered_count = 3 where parent_id is not null"
        )
    for number in numbers:
        await jobs.recount.func(campaign_id=number)
    shown = (await as_admin.get(f"/api/campaigns/{made['parentId']}")).json()["data"]
    assert [channel["converted"] for channel in shown["channelMetrics"].values()] == [1, 1]
    assert (shown["metrics"]["sent"], shown["metrics"]["converted"]) == (6, 1)
    assert shown["metrics"]["conversionOfSent"] == 16.7
    totals = (await as_admin.get("/api/campaigns/analytics")).json()["data"]
    assert (totals["totalCampaigns"], totals["totalReach"]) == (2, 6)
    assert (totals["metrics"]["sent"], totals["metrics"]["converted"]) == (6, 1)
    (listed,) = (await as_admin.get("/api/campaigns?view=parent")).json()["data"]["campaigns"]
    assert listed["metrics"]["converted"] == 1


async def test_undelivered_message_counts_as_failed(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, run_jobs: RunJobs
) -> None:
    number = number_of(await create(as_admin, await upload(3)))
    await run_jobs()
    async with unit_of_work() as session:
        ledger = "communication_delivery_status"
        await db.execute(
            session,
            f"update {ledger} set status = 'failed' where id = (select min(id) from {ledger} where sent_at is not null)",
        )
    now = await metrics(as_admin, number)
    assert (now["sent"], now["failed"]) == (3, 1)


async def test_unknown_message_that_the_vendor_reports_was_sent(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, run_jobs: RunJobs
) -> None:
    number = number_of(await create(as_admin, await upload(2)))
    await run_jobs()
    async with unit_of_work() as session:  # as a killed worker leaves it; then a webhook says `delivered`
        await db.execute(session, "update campaign_recipients set status = 'unknown', sent_at = null")
        await db.execute(session, "update campaigns set sent_count = 0, unknown_count = 2 where parent_id is not null")
        await db.execute(session, "update communication_delivery_status set status = 'unknown', sent_at = null")
        await db.execute(
            session,
            "update communication_delivery_status set status = 'delivered', sent_at = now(), delivered_at = now()"
            " where id = (select min(id) from communication_delivery_status)",
        )
    now = await metrics(as_admin, number)
    assert (now["sent"], now["unknown"], now["delivered"], now["deliveryRate"]) == (1, 1, 1, 100.0)
    people = (await as_admin.get(f"/api/campaigns/{number}/recipients")).json()["data"]["recipients"]
    assert [one["status"] for one in people] == ["delivered", "unknown"]


async def test_recipients_by_page_by_cursor_and_by_status(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, run_jobs: RunJobs
) -> None:
    number = number_of(await create(as_admin, await upload(5)))
    await run_jobs()
    async with unit_of_work() as session:
        await db.execute(
            session,
            "update communication_delivery_status set status = 'delivered' where id in"
            " (select id from communication_delivery_status order by id limit 2)",
        )

    async def listed(query: str) -> tuple[list[str], dict[str, int | str | None]]:
        answer = await as_admin.get(f"/api/campaigns/{number}/recipients?{query}")
        data = answer.json()["data"]
        return [one["contact"].removesuffix("@example.com") for one in data["recipients"]], data["pagination"]

    first, pages = await listed("limit=2")
    second, _ = await listed("limit=2&page=2")
    again, _ = await listed(f"limit=2&cursor={pages['nextCursor']}")
    assert (first, second, again) == (["asha1", "asha2"], ["asha3", "asha4"], ["asha3", "asha4"])
    assert (pages["total"], pages["totalPages"]) == (5, 3)
    sent, pages = await listed("status=sent")
    assert (len(sent), pages["total"]) == (3, 3)


async def test_rates_are_those_of_the_specification(
    as_admin: httpx.AsyncClient, upload: Upload, resources: Resources
) -> None:
    """Its example's figures (GET /api/campaigns/{id}/analytics), and the domain reference's other rates (12.6) of the same ones."""
    number = number_of(await create(as_admin, await upload(1), draft=True))
    fresh = (await as_admin.get(f"/api/campaigns/{number}/analytics")).json()["data"]["metrics"]
    assert {value for name, value in fresh.items() if "Rate" in name or name == "conversionOfSent"} == {0}
    async with unit_of_work() as session:
        await db.execute(
            session,
            "update campaigns set sent_count = 142, delivered_count = 138, opened_count = 89, clicked_count = 34, converted_count = 12,"
            " replied_count = 8, bounced_count = 3, unsubscribed_count = 2 where id = %(id)s",
            {"id": number},
        )
    shown = (await as_admin.get(f"/api/campaigns/{number}/analytics")).json()["data"]["metrics"]
    assert {name: value for name, value in shown.items() if isinstance(value, float)} == {
        "openRate": 64.5,
        "clickRate": 24.6,
        "conversionRate": 8.7,
        "deliveryRate": 97.2,
        "clickToOpenRate": 38.2,
        "conversionOfSent": 8.5,
        "readRate": 64.5,
        "replyRate": 9.0,
        "bounceRate": 2.1,
        "unsubscribeRate": 1.4,
    }
