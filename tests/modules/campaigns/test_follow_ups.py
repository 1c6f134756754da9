"""Follow-up messages: so long after the step before, to those who did not answer or act, once each."""

from collections import Counter
from datetime import timedelta

import httpx

from py360.kit import db
from py360.kit.clock import FixedClock
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.campaigns import jobs
from tests.factories.campaigns import Relay, Upload, create, number_of, template, view
from tests.factories.stored import read_row

TWO_DAYS = timedelta(days=2)


async def followed_up(client: httpx.AsyncClient, upload_code: str, **conditions: bool) -> tuple[int, int]:
    """A campaign by e-mail with a follow-up after two days; the ids of the first channel and of the follow-up."""
    code = await template(client)
    interval = {"channel": "email", "delay": 2, "delayUnit": "days", "template": code, "conditions": conditions}
    off = {**interval, "enabled": False}
    answer = await create(
        client,
        upload_code,
        templates={"email": code},
        advancedScheduling={"enabled": True, "intervals": [interval, off]},
    )
    first = number_of(answer)
    shown = await view(client, answer.json()["data"]["parentId"])
    (step,) = [each for each in shown["campaigns"] if each["step"]]
    assert step["targetCount"] == 0
    assert len(shown["advancedScheduling"]["intervals"]) == 1
    return first, int(step["id"].removeprefix("campaign-"))


async def note(column: str, contact: str) -> None:
    """The customer did something with the message that was sent to them."""
    async with unit_of_work() as session:
        await db.execute(
            session,
            f"update communication_delivery_status set {column} = now() where recipient_contact = %(contact)s",
            {"contact": contact},
        )


async def state(resources: Resources, number: int) -> tuple[str, int]:
    """The status of a campaign and how many recipients it has."""
    row = await read_row(
        resources.reads, f"select status, coalesce(target_count, 0) as target_count from campaigns where id = {number}"
    )
    return row["status"], row["target_count"]


async def test_those_who_did_not_answer_are_written_to_again_when_it_is_time(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, clock: FixedClock, resources: Resources
) -> None:
    first, step = await followed_up(as_admin, await upload(3))
    await jobs.send.func(campaign_id=step)
    assert await state(resources, step) == ("active", 0)  # the first step is still under way
    await jobs.send.func(campaign_id=first)
    assert await state(resources, first) == ("completed", 3)
    await note("replied_at", "asha2@example.com")
    began = clock.moment
    clock.moment += TWO_DAYS - timedelta(hours=1)
    await jobs.send.func(campaign_id=step)
    assert len(relay.taken) == 3
    clock.moment += timedelta(hours=2)
    await jobs.send.func(campaign_id=step)
    await jobs.send.func(campaign_id=step)
    assert Counter(str(mail["To"]) for mail in relay.taken) == {
        "asha1@example.com": 2,
        "asha2@example.com": 1,
        "asha3@example.com": 2,
    }
    assert await state(resources, step) == ("completed", 2)
    clock.moment = began  # the administrator is still signed in
    shown = await view(as_admin, f"campaign-{first}")
    whole = await view(as_admin, shown["parentId"])
    assert (whole["status"], whole["targetCount"], whole["metrics"]["sent"]) == ("completed", 5, 5)
    assert whole["channelMetrics"]["email"]["sent"] == 5


async def test_follow_up_leaves_out_who_clicked_or_whose_case_is_closed(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, clock: FixedClock, resources: Resources
) -> None:
    first, step = await followed_up(as_admin, await upload(3), sendIfNoResponse=False, sendIfNoAction=True)
    await jobs.send.func(campaign_id=first)
    await note("clicked_at", "asha1@example.com")
    await note("replied_at", "asha2@example.com")
    async with unit_of_work() as session:
        await db.execute(
            session,
            "update renewal_cases c set closed_at = now(), status = 'renewed' from customers k"
            " where k.id = c.customer_id and k.email = 'asha3@example.com'",
        )
    clock.moment += TWO_DAYS
    await jobs.send.func(campaign_id=step)
    assert [str(mail["To"]) for mail in relay.taken[3:]] == ["asha2@example.com"]
    assert await state(resources, step) == ("completed", 1)


async def test_stopped_campaign_follows_up_on_nobody(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, clock: FixedClock, resources: Resources
) -> None:
    first, step = await followed_up(as_admin, await upload(2))
    await jobs.send.func(campaign_id=first)
    parent = (await view(as_admin, f"campaign-{first}"))["parentId"]
    stopped = await as_admin.put(f"/api/campaigns/{parent}/status", json={"status": "stopped"})
    assert stopped.status_code == 200, stopped.text
    clock.moment += TWO_DAYS
    await jobs.send.func(campaign_id=step)
    assert len(relay.taken) == 2
    assert await state(resources, step) == ("cancelled", 0)


async def test_follow_up_without_its_template_is_refused(as_admin: httpx.AsyncClient, upload: Upload) -> None:
    interval = {"channel": "sms", "delay": 3}
    answer = await create(as_admin, await upload(1), advancedScheduling={"enabled": True, "intervals": [interval]})
    assert answer.status_code == 422
    assert "Choose a template for SMS" in answer.json()["error"]["message"]
