"""Branch moved in mid-year: what it did before counts for the old state, what it does since for the new one."""

from datetime import UTC, datetime, timedelta

import httpx

from py360.kit import db
from py360.kit.clock import FixedClock
from py360.kit.db import unit_of_work
from py360.modules.analytics.service.fold import fold
from tests.factories.cases import make_case
from tests.factories.claims import data, wait
from tests.modules.conftest import AsRole, as_role

__all__ = ["as_role"]  # the fixture
MAY = datetime(2027, 5, 10, 6, 0, tzinfo=UTC)
SEPTEMBER = datetime(2027, 9, 15, 6, 0, tzinfo=UTC)
YEAR = {"from": "2027-04-01", "to": "2028-03-31"}


async def add(client: httpx.AsyncClient, name: str, kind: str, parent: int | None = None, **more: object) -> int:
    body = {"name": name, "type": kind, "parentId": parent, **more}
    return int(data(await client.post("/api/hierarchy/nodes", json=body), 201)["id"])


async def open_case(node: int, at: datetime, status: str = "validated", agent: int | None = None) -> None:
    """A case that was opened, and ended if its status says so, at a moment."""
    case = await make_case(status, node=node, agent=agent)
    async with unit_of_work() as session:
        await db.execute(
            session,
            "update renewal_cases set created_at = %(at)s, last_action_date = %(at)s,"
            " closed_at = case when closed_at is not null then %(at)s::timestamptz end where id = %(id)s",
            {"at": at, "id": case.id},
        )


async def result(client: httpx.AsyncClient, node: int) -> tuple[int, int]:
    seen = data(await client.get(f"/api/hierarchy/{node}/performance", params=YEAR))
    return seen["currentCases"], seen["renewedCases"]


async def test_branch_moved_in_mid_year(as_admin: httpx.AsyncClient, as_role: AsRole, clock: FixedClock) -> None:
    agent = await as_role("agent", name="Ravi Kumar")
    await wait(as_admin, clock, MAY - clock.moment)
    south = await add(as_admin, "South", "region", budget=1000)
    karnataka = await add(as_admin, "Karnataka", "state", south)
    kerala = await add(as_admin, "Kerala", "state", south)
    branch = await add(as_admin, "Kasaragod", "branch", karnataka, targetCases=8)
    department = await add(as_admin, "Renewals", "department", branch)
    day, night = [await add(as_admin, name, "team", department) for name in ("Day", "Night")]
    place = f"members/{agent.user['id']}"
    data(await as_admin.put(f"/api/hierarchy/{day}/{place}", json={}))

    for status in ("renewed", "renewed", "validated"):
        await open_case(day, MAY, status, agent.user["id"])
    await wait(as_admin, clock, SEPTEMBER - clock.moment)
    data(await as_admin.put(f"/api/hierarchy/nodes/{branch}/move", json={"parentId": kerala}))
    data(await as_admin.put(f"/api/hierarchy/{night}/{place}", json={}))
    await open_case(day, SEPTEMBER + timedelta(hours=1), "renewed")
    await open_case(night, SEPTEMBER + timedelta(hours=1), "validated", agent.user["id"])
    while await fold():
        pass

    assert await result(as_admin, karnataka) == (3, 2)
    assert await result(as_admin, kerala) == (2, 1)
    assert await result(as_admin, branch) == (5, 3)
    assert await result(as_admin, south) == (5, 3)
    whole = data(await as_admin.get(f"/api/hierarchy/{branch}/performance", params=YEAR))
    assert whole["performance"]["targetAchievement"] == 62.5
    compared = data(await as_admin.get("/api/hierarchy/compare", params={"nodeIds": [karnataka, kerala], **YEAR}))
    assert [node["performance"]["efficiency"] for node in compared["nodes"]] == [66.7, 50.0]

    # Whoever moved team is counted where they were.
    first, second = [
        data(await as_admin.get(f"/api/hierarchy/{team}/performance", params=YEAR))["teamMembers"]
        for team in (day, night)
    ]
    assert [(each["cases"], each["renewed"], each["until"]) for each in first] == [(3, 2, "2027-09-15")]
    assert [(each["cases"], each["renewed"], each["until"]) for each in second] == [(1, 0, None)]

    shown = data(await as_admin.get(f"/api/hierarchy/nodes/{night}"))["teamMembers"]
    assert [each["name"] for each in shown] == [each["name"] for each in second]

    # The tree of today has the branch under its new state, and may be moved back; a circle is refused.
    (root,) = data(await as_admin.get("/api/hierarchy"))["nodes"]
    states = {state["name"]: [each["name"] for each in state["children"]] for state in root["children"]}
    assert states == {"Karnataka": [], "Kerala": ["Kasaragod"]}
    assert (await as_admin.put(f"/api/hierarchy/nodes/{branch}/move", json={"parentId": day})).status_code in (409, 422)
    data(await as_admin.put(f"/api/hierarchy/nodes/{branch}/move", json={"parentId": karnataka}))
    assert await result(as_admin, karnataka) == (5, 3)  # moved back on the same day: as if it had never left
