"""Statutory clocks are shown and announced to handlers before they break."""

from datetime import timedelta

import httpx
import pytest_asyncio

from py360.kit.clock import FixedClock
from py360.modules.claims import jobs
from tests.factories.cases import MadeCase, make_case
from tests.factories.claims import cover, data, report, wait


@pytest_asyncio.fixture
async def health(resources: object) -> MadeCase:
    case = await make_case()
    await cover(case, "health")
    return case


async def clocks(client: httpx.AsyncClient, claim: str) -> dict[str, str]:
    return {each["kind"]: each["state"] for each in data(await client.get(f"/api/claims/{claim}"))["clocks"]}


async def titles(client: httpx.AsyncClient) -> list[str]:
    return [each["title"] for each in data(await client.get("/api/notifications"))["notifications"]]


async def test_a_cashless_stay_has_its_hours(as_admin: httpx.AsyncClient, clock: FixedClock, health: MadeCase) -> None:
    claim = await report(as_admin, health, type="health", isCashless=True)
    await wait(as_admin, clock, timedelta(minutes=50))
    assert (await clocks(as_admin, claim))["cashless_authorization"] == "warning"
    await jobs.watch_clocks.func(timestamp=0)
    assert f"{claim}: Cashless authorisation is due soon" in await titles(as_admin)
    await wait(as_admin, clock, timedelta(minutes=20))
    await jobs.watch_clocks.func(timestamp=0)
    assert f"{claim}: Cashless authorisation is overdue" in await titles(as_admin)
    path = f"/api/claims/{claim}/timeline"
    data(await as_admin.post(path, json={"event": "Pre-authorization", "details": "₹ 20,000"}), 201)
    data(await as_admin.post(path, json={"event": "Discharge Requested"}), 201)
    assert await clocks(as_admin, claim) == {
        "health_settlement": "running",
        "cashless_authorization": "stopped",
        "cashless_discharge": "running",
    }


async def test_two_watchers_and_a_clock_that_jumped_notify_once(
    as_admin: httpx.AsyncClient, clock: FixedClock, health: MadeCase
) -> None:
    claim = await report(as_admin, health, type="health")
    await wait(as_admin, clock, timedelta(days=20))
    await jobs.watch_clocks.func(timestamp=0)
    await jobs.watch_clocks.func(timestamp=0)
    assert (await titles(as_admin)).count(f"{claim}: Health settlement is overdue") == 1
    found = data(await as_admin.get("/api/claims", params={"clock": "breached"}))["claims"]
    assert [each["claimNumber"] for each in found] == [claim]
    lines = data(await as_admin.get(f"/api/claims/{claim}/timeline"))["timeline"]
    assert lines[0]["event"] == "Deadline Missed"


async def test_an_investigation_gives_a_death_claim_45_days(as_admin: httpx.AsyncClient, clock: FixedClock) -> None:
    case = await make_case()
    await cover(case, "life")
    claim = await report(as_admin, case, type="death", claimant={"name": "Meera Rao", "email": "meera@example.com"})
    path = f"/api/claims/{claim}"
    await wait(as_admin, clock, timedelta(days=16))
    await jobs.watch_clocks.func(timestamp=0)
    assert await clocks(as_admin, claim) == {"death_settlement": "breached"}
    data(await as_admin.put(path, json={"isInvestigated": True}))
    assert await clocks(as_admin, claim) == {"death_settlement": "running"}
    await wait(as_admin, clock, timedelta(days=30))
    assert await clocks(as_admin, claim) == {"death_settlement": "breached"}


async def test_an_office_may_be_faster_never_slower(as_admin: httpx.AsyncClient) -> None:
    assert (await as_admin.put("/api/settings/claims", json={"healthSettlementDays": 20})).status_code == 422
    assert (await as_admin.put("/api/settings/claims", json={"healthSettlementDays": 7})).status_code == 200
