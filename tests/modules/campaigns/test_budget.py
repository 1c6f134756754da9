"""A campaign's budget: never overspent, by however many workers; when it is used up, the campaign is paused and says why."""

import asyncio
from decimal import Decimal

import httpx

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.campaigns import jobs
from tests.factories.campaigns import (
    CONTENT,
    Relay,
    Upload,
    behave,
    create,
    notification_titles,
    number_of,
    recipient_counts,
    template,
    view,
)
from tests.factories.stored import read_rows
from tests.modules.conftest import Sandbox

PEOPLE = 120


async def test_budget_is_shared_by_channels_and_workers(
    as_admin: httpx.AsyncClient, upload: Upload, sandbox: Sandbox, resources: Resources
) -> None:
    behave(sandbox, 0.02)
    texts = {"email": await template(as_admin)}
    for channel in ("sms", "whatsapp"):
        name = f"{channel} notice"
        texts[channel] = await template(as_admin, name=name, type=channel, content=CONTENT, subject=None)
    answer = await create(as_admin, await upload(PEOPLE), type=list(texts), templates=texts, budget="7.50")
    assert answer.status_code == 201, answer.text  # of 0.02, 0.05 and 0.08 for everybody: 18 rupees
    parent = answer.json()["data"]["parentId"]
    children = [int(one["id"].removeprefix("campaign-")) for one in answer.json()["data"]["campaigns"]]
    await asyncio.gather(*(jobs.send.func(campaign_id=child) for child in children))

    now = await view(as_admin, parent)
    costs = {"email": Decimal("0.02"), "sms": Decimal("0.05"), "whatsapp": Decimal("0.08")}
    paid = sum(len(sandbox.received(channel)) * cost for channel, cost in costs.items())
    assert Decimal("7.40") < paid <= Decimal("7.50")
    assert (Decimal(str(now["spent"])), now["budget"]) == (paid, 7.5)
    assert (now["status"], now["statusReason"]) == ("paused", "The campaign’s budget is used up.")
    assert any(title.startswith("Campaign paused: May Renewals") for title in await notification_titles(as_admin))
    waiting = await read_rows(
        resources.reads, "select distinct skip_reason from campaign_recipients where status = 'pending'"
    )
    assert {"skip_reason": "budget"} in waiting

    raised = await as_admin.put(f"/api/campaigns/{parent}", json={"budget": 18})
    assert raised.status_code == 200, raised.text
    await as_admin.put(f"/api/campaigns/{parent}/status", json={"status": "active"})
    await asyncio.gather(*(jobs.send.func(campaign_id=child) for child in children))
    now = await view(as_admin, parent)
    assert (now["status"], now["spent"], now["metrics"]["sent"]) == ("completed", 18, 3 * PEOPLE)


async def test_budget_needs_a_price_per_message(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, resources: Resources
) -> None:
    number = number_of(await create(as_admin, await upload(3), budget=100))
    await jobs.send.func(campaign_id=number)
    now = await view(as_admin, number)
    assert (now["status"], relay.taken, await recipient_counts()) == ("paused", [], {"pending": 3})
    assert "“Relay of the tests” has no price per message (unitPrice)" in now["statusReason"]
    await as_admin.put(f"/api/campaigns/{number}", json={"budget": None})
    await as_admin.put(f"/api/campaigns/{number}/status", json={"status": "active"})
    await jobs.send.func(campaign_id=number)
    assert (await view(as_admin, number))["status"] == "completed"


async def test_refused_recipients_cost_nothing(
    as_admin: httpx.AsyncClient, upload: Upload, sandbox: Sandbox, resources: Resources
) -> None:
    behave(sandbox, 0)
    number = number_of(await create(as_admin, await upload(5), budget="0.06"))
    async with unit_of_work() as session:  # no mailbox has such an address
        await db.execute(session, "update campaign_recipients set contact = 'nobody' where id in (1, 2)")
    await jobs.send.func(campaign_id=number)
    now = await view(as_admin, number)
    assert (now["status"], now["spent"], now["metrics"]["sent"]) == ("completed", 0.06, 3)
