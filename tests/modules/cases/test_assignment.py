"""Automatic assignment, the clock of the first contact, and reminders of follow-ups."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from py360.kit.clock import INDIA, FixedClock
from py360.kit.db import unit_of_work
from py360.modules.cases.assignment.auto import auto_assign
from py360.modules.cases.assignment.first_contact import note_breaches
from py360.modules.cases.service.notify import remind_follow_ups
from tests.factories.cases import MakeCase
from tests.modules.cases.conftest import in_india
from tests.modules.conftest import AsRole, Person
from tests.services import ADMIN, PASSWORD

Rows = Callable[..., Awaitable[list[dict[str, Any]]]]


async def agent(admin: httpx.AsyncClient, as_role: AsRole, name: str, **hours: Any) -> Person:
    """An agent who takes cases day and night unless something else is said."""
    made = await as_role("agent", name=name)
    body = {"workDays": [1, 2, 3, 4, 5, 6, 7], "worksFrom": "00:00", "worksTo": "23:59:59", **hours}
    answer = await admin.put(f"/api/agents/{made.user['id']}/availability", json=body)
    assert answer.status_code == 200, answer.text
    return made


async def sign_in_again(admin: httpx.AsyncClient) -> None:
    """The clock has moved on, and the session with it."""
    answer = await admin.post("/api/auth/login", json={"email": ADMIN, "password": PASSWORD})
    admin.headers["authorization"] = f"Bearer {answer.json()['data']['token']}"


async def switch_on(admin: httpx.AsyncClient) -> None:
    """Have cases assigned automatically."""
    assert (await admin.put("/api/settings/renewals", json={"autoAssignCases": True})).status_code == 200


async def loads(rows: Rows) -> dict[str, int]:
    """Open cases by agent."""
    found = await rows(
        "select u.name from renewal_cases c join identity_public_users u on u.id = c.assigned_to where c.closed_at is null"
    )
    return dict(Counter(row["name"] for row in found))


async def test_cases_go_to_whoever_has_room_works_now_and_is_least_loaded(
    as_admin: httpx.AsyncClient, as_role: AsRole, make_case: MakeCase, rows: Rows, clock: FixedClock
) -> None:
    clock.moment = datetime.combine(in_india(clock), datetime.min.time(), INDIA) + timedelta(hours=11)
    await sign_in_again(as_admin)
    big = await agent(as_admin, as_role, "Big Room", capacity=6)
    await agent(as_admin, as_role, "Small Room", capacity=2)
    await agent(as_admin, as_role, "Evening", worksFrom="18:00", worksTo="22:00")
    today = in_india(clock).isoformat()
    await agent(as_admin, as_role, "Away", absentFrom=today, absentTo=today)
    await agent(as_admin, as_role, "None", capacity=0)
    await make_case("assigned", agent=big.user["id"])
    for _ in range(10):
        await make_case("validated")
    assert await auto_assign() == 0  # the office has not asked for it
    await switch_on(as_admin)
    assert sum(await asyncio.gather(auto_assign(), auto_assign())) == 7
    assert await loads(rows) == {"Big Room": 6, "Small Room": 2}
    assert await auto_assign() == 0  # nobody has room
    told = (await big.get("/api/notifications")).json()["data"]["notifications"]
    assert told[0]["message"].startswith("Automatic assignment assigned")


async def test_the_hours_capacity_and_priority_of_a_channel_count(
    as_admin: httpx.AsyncClient, as_role: AsRole, make_case: MakeCase, rows: Rows, clock: FixedClock
) -> None:
    clock.moment = datetime.combine(in_india(clock), datetime.min.time(), INDIA) + timedelta(hours=11)
    await sign_in_again(as_admin)
    await agent(as_admin, as_role, "Asha", capacity=4)
    for name, settings in (
        ("Night", {"autoAssignment": True, "workingHours": "20-23"}),
        ("Branch", {"autoAssignment": True, "workingHours": "24/7", "maxCapacity": 2}),
        ("Hot", {"autoAssignment": True, "workingHours": "9-18", "priority": "high"}),
        ("Desk", {"autoAssignment": False, "workingHours": "24/7"}),
    ):
        made = await as_admin.post("/api/channels", json={"name": name, "type": "offline", "settings": settings})
        assert made.status_code == 201, made.text
    for channel in ("Night", "Branch", "Branch", "Branch", "Desk", None, "Hot"):
        await make_case("validated", channel=channel)
    await switch_on(as_admin)

    async def assigned() -> list[str]:
        found = await rows(
            "select coalesce(channel, '-') as channel from renewal_cases where assigned_to is not null order by 1"
        )
        return [row["channel"] for row in found]

    assert await auto_assign() == 4
    assert await assigned() == ["-", "Branch", "Branch", "Hot"]
    await rows("update agent_availability set capacity = 100")
    assert await auto_assign() == 0  # the channels have no room, are closed, or want a person to assign
    clock.moment += timedelta(hours=10)
    assert await auto_assign() == 1
    assert "Night" in await assigned()


async def test_a_case_goes_to_its_own_branch_first(
    as_admin: httpx.AsyncClient, as_role: AsRole, make_case: MakeCase, rows: Rows
) -> None:
    nodes: dict[str, int] = {}
    for kind, name, parent in (
        ("region", "North", ""),
        ("state", "Delhi", "North"),
        ("branch", "Noida", "Delhi"),
        ("branch", "Agra", "Delhi"),
    ):
        made = await as_admin.post(
            "/api/hierarchy/nodes", json={"type": kind, "name": name, "parentId": nodes.get(parent)}
        )
        nodes[name] = made.json()["data"]["id"]
    for name, node in (("Noida Agent", "Noida"), ("Agra Agent", "Agra"), ("State Agent", "Delhi")):
        each = await agent(as_admin, as_role, name)
        placed = await as_admin.put(f"/api/hierarchy/{nodes[node]}/members/{each.user['id']}", json={})
        assert placed.status_code == 200, placed.text
    await switch_on(as_admin)
    for _ in range(3):
        await make_case("validated", node=nodes["Noida"])
    assert await auto_assign() == 3
    assert await loads(rows) == {"Noida Agent": 3}


async def test_the_cases_of_an_absent_agent_that_need_work_go_to_others(
    as_admin: httpx.AsyncClient, as_role: AsRole, make_case: MakeCase, rows: Rows, clock: FixedClock
) -> None:
    today = in_india(clock)
    away, here = await agent(as_admin, as_role, "Away"), await agent(as_admin, as_role, "Here")
    soon = await make_case("in_progress", agent=away.user["id"], due=today + timedelta(days=3))
    later = await make_case("in_progress", agent=away.user["id"], due=today + timedelta(days=30))
    await switch_on(as_admin)
    assert await auto_assign() == 0
    body = {"absentFrom": today.isoformat(), "absentTo": (today + timedelta(days=7)).isoformat()}
    assert (await as_admin.put(f"/api/agents/{away.user['id']}/availability", json=body)).status_code == 200
    assert await auto_assign() == 1
    assert (await as_admin.get(soon.path)).json()["data"]["agent"] == "Here"
    assert (await as_admin.get(later.path)).json()["data"]["agent"] == "Away"
    await as_admin.put(f"/api/users/{away.user['id']}/status", json={"status": "suspended"})
    assert await auto_assign() == 1  # who left has none
    assert len(await rows("select 1 from case_history where action = 'Assignment'")) == 2
    assert here.user["id"]


@pytest.mark.parametrize(
    "hours",
    [
        {"worksFrom": "10:00", "worksTo": "09:00"},
        {"absentFrom": "2026-01-02"},
        {"workDays": [8]},
        {"capacity": -1},
        {"worksTo": "18:00Z"},
        {"worksFrom": 0},
    ],
)
async def test_wrong_hours_are_refused(as_admin: httpx.AsyncClient, as_role: AsRole, hours: dict[str, Any]) -> None:
    made = await as_role("agent")
    path = f"/api/agents/{made.user['id']}/availability"
    assert (await as_admin.put(path, json=hours)).status_code == 422
    assert (await made.put(path, json={})).status_code == 403
    first = await as_admin.put(path, json={})
    assert (await as_admin.put(path, json={}, headers={"If-Match": '"9"'})).status_code == 412
    assert (await as_admin.put(path, json={}, headers={"If-Match": first.headers["etag"]})).status_code == 200


async def test_the_clock_of_the_first_contact_stands_still_while_the_case_waits(
    as_admin: httpx.AsyncClient, as_role: AsRole, make_case: MakeCase, rows: Rows, clock: FixedClock
) -> None:
    made = await as_role("agent")
    case = await make_case("validated", priority="high")
    rules = (await as_admin.get("/api/renewal-rules")).json()["data"]
    assert rules["firstContactHours"]["high"] == 8
    assert (await as_admin.put(f"{case.path}/assign", json={"agentId": made.user["id"]})).status_code == 200

    async def seen() -> dict[str, Any]:
        await sign_in_again(as_admin)
        data: dict[str, Any] = (await as_admin.get(case.path)).json()["data"]
        return data

    due = datetime.fromisoformat((await seen())["contactDueAt"])
    assert (due - clock.now(), (await seen())["contactClock"]) == (timedelta(hours=8), "running")
    await as_admin.patch(f"{case.path}/quick-edit", json={"status": "pending"})
    clock.moment += timedelta(hours=10)
    assert (await seen())["contactClock"] == "paused"
    assert await note_breaches() == 0
    await as_admin.patch(f"{case.path}/quick-edit", json={"status": "in_progress"})
    assert datetime.fromisoformat((await seen())["contactDueAt"]) == due + timedelta(hours=10)
    clock.moment += timedelta(hours=9)
    assert sum(await asyncio.gather(note_breaches(), note_breaches())) == 1
    assert await note_breaches() == 0
    assert (await seen())["contactClock"] == "breached"
    assert (await seen())["history"][0]["action"] == "First Contact Overdue"


async def test_a_contact_in_time_ends_the_clock(
    as_admin: httpx.AsyncClient, as_role: AsRole, make_case: MakeCase, clock: FixedClock
) -> None:
    made = await as_role("agent")
    case = await make_case("validated")
    await as_admin.put(f"{case.path}/assign", json={"agentId": made.user["id"]})
    await as_admin.post(f"{case.path}/contacts", json={"type": "phone", "direction": "outbound"})
    clock.moment += timedelta(hours=20)
    await sign_in_again(as_admin)
    assert (await as_admin.get(case.path)).json()["data"]["contactClock"] == "met"
    clock.moment += timedelta(hours=20)
    assert await note_breaches() == 0


async def test_a_follow_up_is_reminded_of_once_for_each_date(
    as_admin: httpx.AsyncClient, as_role: AsRole, make_case: MakeCase, clock: FixedClock
) -> None:
    made = await as_role("agent")
    today = in_india(clock)
    case = await make_case("in_progress", agent=made.user["id"])
    await as_admin.patch(f"{case.path}/quick-edit", json={"nextFollowUpDate": (today + timedelta(days=1)).isoformat()})
    counts = []
    for day in (0, 4, 4, 5):  # nobody looked on the day itself
        async with unit_of_work() as session:
            counts.append(await remind_follow_ups(session, today + timedelta(days=day)))
    assert counts == [0, 1, 0, 0]
    await as_admin.patch(f"{case.path}/quick-edit", json={"nextFollowUpDate": (today + timedelta(days=6)).isoformat()})
    async with unit_of_work() as session:
        assert await remind_follow_ups(session, today + timedelta(days=6)) == 1
