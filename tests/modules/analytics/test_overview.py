"""The seven figures and the trends of the dashboard."""

import httpx

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.modules.analytics.service.fold import fold_all
from tests.factories.cases import MakeCase
from tests.factories.dashboard import node, stats
from tests.modules.conftest import AsRole, Person


async def test_figures_count_cases_by_status(as_admin: httpx.AsyncClient, make_case: MakeCase) -> None:
    for status in ("in_progress", "renewed", "pending", "follow_up", "on_hold", "failed", "validated"):
        await make_case(status)
    found = await stats(as_admin, dateRange="week", policyType="all", caseStatus="all")
    assert {name: found[name] for name in ("totalCases", "inProgress", "renewed", "pendingAction", "errors")} == {
        "totalCases": 7,
        "inProgress": 1,
        "renewed": 1,
        "pendingAction": 3,
        "errors": 1,
    }
    assert found["paymentPending"] == 6 * 12500


async def test_a_payment_moves_from_pending_to_collected(as_admin: httpx.AsyncClient, make_case: MakeCase) -> None:
    case = await make_case("in_progress")
    await stats(as_admin)
    paid = await as_admin.post(f"{case.path}/payments", json={"amount": 12500, "method": "cash", "reference": "R-1"})
    assert paid.status_code < 300, paid.text
    found = await stats(as_admin, dateRange="day")
    assert (found["paymentCollected"], found["paymentPending"], found["renewed"]) == (12500, 0, 1)


async def test_filters_narrow_the_figures(as_admin: httpx.AsyncClient, make_case: MakeCase) -> None:
    await make_case("pending")
    await make_case("renewed")
    assert (await stats(as_admin, policyType="vehicle"))["totalCases"] == 2
    assert (await stats(as_admin, policyType="health"))["totalCases"] == 0
    assert (await stats(as_admin, caseStatus="inProgress"))["totalCases"] == 0
    assert (await stats(as_admin, caseStatus="completed"))["totalCases"] == 1
    assert (await stats(as_admin, dateRange="custom", startDate="2020-01-01", endDate="2020-12-31"))["totalCases"] == 0


async def test_each_reach_counts_its_own_cases(
    as_admin: httpx.AsyncClient, as_role: AsRole, make_case: MakeCase
) -> None:
    region = await node(as_admin, "South", "region")
    state = await node(as_admin, "Kerala", "state", region)
    branch = await node(as_admin, "Kochi", "branch", state)
    other = await node(as_admin, "North", "region")
    people = {role: await as_role(role) for role in ("manager", "senior_agent", "agent")}
    for role, home in (("manager", region), ("senior_agent", branch), ("agent", branch)):
        placed = await as_admin.put(f"/api/hierarchy/{home}/members/{people[role].user['id']}", json={})
        assert placed.status_code == 200, placed.text
    await make_case("assigned", agent=people["agent"].user["id"], node=branch)
    await make_case("assigned", agent=people["manager"].user["id"], node=other)
    await make_case("validated", node=state)
    await make_case("validated", node=other)
    await make_case("validated")

    async def total(person: Person | httpx.AsyncClient, **filters: object) -> int:
        found: int = (await stats(person, **filters))["totalCases"]
        return found

    assert await total(as_admin) == 5
    assert await total(people["manager"]) == 3  # Kochi's and Kerala's, and their own in the North
    assert await total(people["senior_agent"]) == 1
    assert await total(people["agent"]) == 1
    assert await total(as_admin, teamId=region) == 2
    assert await total(people["manager"], memberId=people["agent"].user["id"]) == 1
    assert await total(people["senior_agent"], memberId=people["manager"].user["id"]) == 0


async def test_trends_have_a_bucket_for_each_hour_day_or_month(
    as_admin: httpx.AsyncClient, make_case: MakeCase
) -> None:
    for status in ("renewed", "renewed", "failed", "validated"):
        await make_case(status)
    await fold_all()
    for word, number, names in (
        ("day", 24, ("0:00", "23:00")),
        ("week", 7, ("Mon", "Sun")),
        ("month", None, ("Day 1",)),
    ):
        rows = (await as_admin.get("/api/dashboard/trends", params={"dateRange": word})).json()["data"]
        assert number is None or len(rows) == number
        assert {each["name"] for each in rows} >= set(names)
        assert sum(each["newCases"] for each in rows) == 4
        assert sum(each["renewals"] for each in rows) == 2
        assert max(each["successRate"] for each in rows) == 0.667


async def test_filters_that_mean_nothing_are_refused_by_name(as_admin: httpx.AsyncClient) -> None:
    for filters, field in (
        ({"dateRange": "decade"}, "dateRange"),
        ({"dateRange": "custom", "startDate": "2026-01-01"}, "endDate"),
        ({"dateRange": "custom", "startDate": "2026-02-01", "endDate": "2026-01-01"}, "endDate"),
        ({"dateRange": "week", "startDate": "2026-02-01"}, "dateRange"),
        ({"policyType": "boats"}, "policyType"),
        ({"caseStatus": "lost"}, "caseStatus"),
        ({"teamId": "south"}, "teamId"),
    ):
        answer = await as_admin.get("/api/dashboard/stats", params=filters)
        assert answer.status_code == 422, filters
        assert [each["field"] for each in answer.json()["error"]["details"]] == [field], answer.text
    for filters in ({"teamId": "999"}, {"memberId": "999"}):
        assert (await as_admin.get("/api/dashboard/stats", params=filters)).status_code == 404


async def test_a_deleted_case_leaves_no_figure_behind(as_admin: httpx.AsyncClient, make_case: MakeCase) -> None:
    case = await make_case("failed")
    assert (await stats(as_admin))["totalCases"] == 1
    async with unit_of_work() as session:
        await db.execute(session, "delete from renewal_cases where id = %(id)s", {"id": case.id})
    assert (await stats(as_admin))["totalCases"] == 0
    async with unit_of_work() as session:
        assert await db.fetch_only(session, int, "select count(*) from analytics_cells") == 0
