"""Sales channels: added, changed, deleted, their capacity and hours, and their figures."""

import httpx

from py360.kit import ids
from py360.kit.resources import Resources
from py360.modules.analytics.service.fold import fold
from py360.modules.organization.channels.queries import figures
from py360.modules.organization.performance.period import PeriodFilter
from tests.factories.cases import make_case
from tests.factories.claims import data
from tests.modules.conftest import AsRole

CHANNEL = {
    "name": "Branch Office", "type": "offline", "costPerLead": 50, "budget": 1000,
    "settings": {"autoAssignment": True, "workingHours": "9-18", "maxCapacity": 4},
}  # fmt: skip


async def add(client: httpx.AsyncClient, **fields: object) -> str:
    return str(data(await client.post("/api/channels", json=CHANNEL | fields), 201)["id"])


async def test_a_channel_is_added_changed_and_deleted(as_admin: httpx.AsyncClient, resources: Resources) -> None:
    code = await add(as_admin)
    path = f"/api/channels/{code}"
    shown = await as_admin.get(path)
    assert data(shown)["settings"]["workingHours"] == "9-18"
    body = data(shown) | {"status": "Maintenance"}
    data(await as_admin.put(path, json=body, headers={"If-Match": shown.headers["etag"]}))
    assert (await as_admin.put(path, json=body, headers={"If-Match": shown.headers["etag"]})).status_code == 412
    assert data(await as_admin.get(path))["status"] == "maintenance"
    taken = await as_admin.post("/api/channels", json=CHANNEL | {"name": "branch office"})
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "channel_name_taken")
    data(await as_admin.delete(path))
    assert (await as_admin.get(path)).status_code == 404
    year = PeriodFilter().period(resources.clock.today())
    gone = ids.number("channel", code)  # somebody's page still asks for its figures
    assert (await figures(resources.reads, [gone], year))[gone].satisfaction is None


async def test_wrong_hours_are_named(as_admin: httpx.AsyncClient) -> None:
    refused = await as_admin.post("/api/channels", json=CHANNEL | {"settings": {"workingHours": "18-9"}})
    assert (refused.status_code, refused.json()["error"]["details"][0]["field"]) == (422, "settings.workingHours")


async def test_open_cases_keep_their_channel(as_admin: httpx.AsyncClient) -> None:
    code = await add(as_admin)
    await make_case(channel="Branch Office")
    for answer in (
        await as_admin.delete(f"/api/channels/{code}"),
        await as_admin.put(f"/api/channels/{code}", json={"name": "Counter"}),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "channel_in_use")


async def test_capacity_closes_a_channel(as_admin: httpx.AsyncClient) -> None:
    code = await add(as_admin, settings={"workingHours": "24/7", "maxCapacity": 1})
    assert data(await as_admin.get(f"/api/channels/{code}"))["isOpenNow"] is True
    await make_case(channel="Branch Office")
    assert data(await as_admin.get(f"/api/channels/{code}"))["isOpenNow"] is False


async def test_figures_of_a_channel(as_admin: httpx.AsyncClient) -> None:
    code = await add(as_admin)
    await make_case("renewed", channel="Branch Office")
    await make_case(channel="branch office")
    await make_case(channel="Online")
    while await fold():
        pass
    seen = data(await as_admin.get(f"/api/channels/{code}/performance"))
    assert (seen["currentCases"], seen["renewedCases"], seen["conversionRate"]) == (2, 1, 50)
    assert (seen["leadCost"], seen["budgetUtilization"], seen["costPerRenewal"]) == (100, 10, 100)
    assert seen["previous"]["currentCases"] == 0
    (row,) = data(await as_admin.get("/api/channels", params={"search": "branch"}))["channels"]
    assert (row["conversionRate"], row["openCases"]) == (50, 0)
    assert (
        await as_admin.get(f"/api/channels/{code}/performance", params={"from": "2026-02-01", "to": "2026-01-01"})
    ).status_code == 422


async def test_several_channels_at_once(as_admin: httpx.AsyncClient) -> None:
    first, second = await add(as_admin), await add(as_admin, name="Online")
    await make_case(channel="Online")
    done = data(await as_admin.post("/api/channels/bulk", json={"action": "delete", "ids": [first, second, "ch-999"]}))
    assert done["succeeded"] == [first]
    assert {each["code"] for each in done["failures"]} == {"channel_in_use", "channel_not_found"}


async def test_agents_look_and_change_nothing(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    code = await add(as_admin)
    agent = await as_role("agent")
    assert data(await agent.get(f"/api/channels/{code}"))["name"] == "Branch Office"
    assert (await agent.put(f"/api/channels/{code}", json={"status": "inactive"})).status_code == 403


async def test_ratings_of_a_channel(as_admin: httpx.AsyncClient) -> None:
    code = await add(as_admin)
    case = await make_case("in_progress", channel="Branch Office")
    for stars in (5, 4):
        body = {"type": "phone", "direction": "inbound", "customerSatisfaction": stars}
        data(await as_admin.post(f"{case.path}/contacts", json=body), 201)
    found = data(await as_admin.get(f"/api/channels/{code}/performance"))["performance"]
    assert found["customerSatisfaction"] == 4.5
    assert data(await as_admin.get(f"/api/channels/{code}"))["performance"]["customerSatisfaction"] == 4.5
