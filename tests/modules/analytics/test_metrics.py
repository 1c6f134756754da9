"""Metrics that users compose."""

import itertools
from typing import Any

import httpx

from py360.modules.analytics.metrics.catalogue import GROUPINGS, MEASURES
from py360.modules.analytics.service.fold import fold_all
from tests.factories.cases import MakeCase
from tests.factories.dashboard import node
from tests.modules.conftest import AsRole

RENEWALS: dict[str, Any] = {
    "name": "Renewal rate by channel",
    "measure": "renewalRate",
    "grouping": "channel",
    "chart": "bar",
    "filters": {"dateRange": "month"},
}


async def points(client: httpx.AsyncClient, measure: str, grouping: str = "none", **filters: object) -> dict[str, Any]:
    await fold_all()
    body = {"measure": measure, "grouping": grouping, "filters": filters}
    answer = await client.post("/api/dashboard/metrics/preview", json=body)
    assert answer.status_code == 200, answer.text
    return {point["name"]: point["value"] for point in answer.json()["data"]["points"]}


async def test_a_metric_is_composed_kept_charted_and_exported(as_admin: httpx.AsyncClient, make_case: MakeCase) -> None:
    for status, channel in (("renewed", "Online"), ("failed", "Online"), ("renewed", "Branch"), ("validated", None)):
        await make_case(status, channel=channel)
    await fold_all()
    made = await as_admin.post("/api/dashboard/metrics", json=RENEWALS)
    assert made.status_code == 201, made.text
    path = f"/api/dashboard/metrics/{made.json()['data']['metricId']}"
    data = (await as_admin.get(f"{path}/data")).json()["data"]
    assert data["unit"] == "percent"
    assert {point["name"]: point["value"] for point in data["points"]} == {
        "Online": 50.0,
        "Branch": 100.0,
        "Not given": None,
    }
    file = await as_admin.get(f"{path}/data", params={"format": "csv"})
    assert "Channel,Renewal rate" in file.text
    assert "Branch,100.0" in file.text
    shown = (await as_admin.get(path)).json()["data"]
    changed = await as_admin.put(path, json={**shown, "name": "By channel", "chart": "pie"})
    assert changed.status_code == 200, changed.text
    assert (await as_admin.put(path, json=RENEWALS, headers={"If-Match": '"1"'})).status_code == 412
    listed = (await as_admin.get("/api/dashboard/metrics", params={"search": "channel"})).json()["data"]["metrics"]
    assert [(each["name"], each["chart"]) for each in listed] == [("By channel", "pie")]
    assert (await as_admin.delete(path)).status_code == 200
    assert (await as_admin.get(path)).status_code == 404


async def test_numbers_of_a_metric_lead_to_their_cases(as_admin: httpx.AsyncClient, make_case: MakeCase) -> None:
    await make_case("in_progress", channel="Online")
    await make_case("renewed")
    await fold_all()
    for grouping in GROUPINGS.keys() - {"method", "frequency"}:
        body = {"measure": "cases", "grouping": grouping, "filters": {"dateRange": "month"}}
        data = (await as_admin.post("/api/dashboard/metrics/preview", json=body)).json()["data"]
        assert any(point["cases"] for point in data["points"]) or grouping in ("place", "agent", "batch"), grouping
        for point in data["points"]:
            if point["cases"]:
                listed = (await as_admin.get(f"/api{point['cases']}")).json()["data"]
                assert listed["pagination"]["total"] == point["value"], (grouping, point)


async def test_every_measure_goes_with_every_grouping(as_admin: httpx.AsyncClient, make_case: MakeCase) -> None:
    case = await make_case("in_progress")
    await make_case("renewed")
    await as_admin.post(f"{case.path}/payments", json={"amount": 12500, "method": "cash"})
    for measure, grouping in itertools.product(MEASURES, GROUPINGS):
        if grouping != "method" or MEASURES[measure].kind == "paid":
            assert await points(as_admin, measure, grouping, dateRange="month"), (measure, grouping)


async def test_a_shared_metric_shows_each_caller_their_own_reach(
    as_admin: httpx.AsyncClient, as_role: AsRole, make_case: MakeCase
) -> None:
    agent = await as_role("agent", name="Asha Rao")
    await make_case("assigned", agent=agent.user["id"])
    await make_case("validated", node=await node(as_admin, "South", "region"))
    await fold_all()
    body = {"name": "Cases", "measure": "cases", "grouping": "agent", "isShared": True}
    number = (await as_admin.post("/api/dashboard/metrics", json=body)).json()["data"]["metricId"]
    path = f"/api/dashboard/metrics/{number}"

    async def seen(client: httpx.AsyncClient) -> dict[str, float]:
        return {point["name"]: point["value"] for point in (await client.get(f"{path}/data")).json()["data"]["points"]}

    assert await seen(as_admin) == {"Asha Rao": 1, "Not given": 1}
    assert await seen(agent) == {"Asha Rao": 1}
    for refused in (await agent.put(path, json=body), await agent.delete(path)):
        assert refused.status_code == 403
        assert "name of your own" in refused.json()["error"]["message"]


async def test_a_metric_of_ones_own_is_nobody_elses(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    number = (await as_admin.post("/api/dashboard/metrics", json=RENEWALS)).json()["data"]["metricId"]
    agent = await as_role("agent")
    for path in (f"/api/dashboard/metrics/{number}", f"/api/dashboard/metrics/{number}/data"):
        assert (await agent.get(path)).status_code == 404
    assert (await agent.get("/api/dashboard/metrics")).json()["data"]["metrics"] == []


async def test_what_is_not_in_the_catalogue_is_refused_by_name(as_admin: httpx.AsyncClient) -> None:
    for over, field in (
        ({"measure": "luck"}, "measure"),
        ({"grouping": "moon"}, "grouping"),
        ({"grouping": "method"}, "grouping"),
        ({"filters": {"policyType": "boats"}}, "policyType"),
        ({"filters": {"colour": "red"}}, "filters.colour"),
        ({"chart": "spiral"}, "chart"),
        ({"name": " "}, "name"),
    ):
        answer = await as_admin.post("/api/dashboard/metrics", json=RENEWALS | over)
        assert answer.status_code == 422, answer.text
        assert field in answer.text, answer.text
    long = {"measure": "cases", "grouping": "day", "filters": {"dateRange": "all"}}
    assert (await as_admin.post("/api/dashboard/metrics/preview", json=long)).status_code == 422
    assert (await as_admin.post("/api/dashboard/metrics", json=RENEWALS)).status_code == 201
    twice = await as_admin.post("/api/dashboard/metrics", json=RENEWALS | {"name": "RENEWAL rate by channel"})
    assert (twice.status_code, twice.json()["error"]["code"]) == (409, "name_taken")
