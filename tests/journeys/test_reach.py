"""Who sees what in an office of two branches: own, team, branch and below, or all (issue, section 3), in every list."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from py360.modules.identity import catalogue
from tests.factories.policy_files import csv_of
from tests.modules.conftest import AsRole, as_role

__all__ = ["as_role"]

HEADINGS = ("Policy No", "Name", "Mobile", "Product", "Premium", "Start Date", "Expiry Date", "Branch", "Agent")
# Ten policies of each branch and ten of none; in each ten the first is the agent's, the second the senior agent's.
BRANCHES = ("Connaught Place", "Noida", "")
SEEN = {
    "own": {0, 10, 20},
    "team": {0, 1, 10, 11, 20, 21},
    "subtree": {*range(10), 10, 11, 20, 21},
    "all": {*range(30)},
}


async def _office(admin: httpx.AsyncClient) -> dict[str, int]:
    """The nodes by name: two branches under a state, and a team in the first."""
    nodes: dict[str, int] = {}
    for kind, name, parent in (
        ("region", "North", ""),
        ("state", "Delhi", "North"),
        ("branch", "Connaught Place", "Delhi"),
        ("branch", "Noida", "Delhi"),
        ("department", "Renewals", "Connaught Place"),
        ("team", "Team A", "Renewals"),
    ):
        body = {"type": kind, "name": name, "parentId": nodes.get(parent)}
        answer = await admin.post("/api/hierarchy/nodes", json=body)
        assert answer.status_code == 201, answer.text
        nodes[name] = answer.json()["data"]["id"]
    return nodes


def _file(agent: str, senior: str) -> bytes:
    rows = []
    for number in range(30):
        who = {0: agent, 1: senior}.get(number % 10, "")
        contact = (f"R-{number:02d}", f"Person {number:02d}", f"98765{number:05d}")
        rows.append((*contact, "Motor", 12000, "20/12/2025", "19/12/2026", BRANCHES[number // 10], who))
    return csv_of(rows, HEADINGS)


async def _numbers(person: httpx.AsyncClient, path: str, key: str, field: str) -> set[int]:
    answer = await person.get(path, params={"limit": 100})
    assert answer.status_code == 200, answer.text
    return {int(row[field][-2:]) for row in answer.json()["data"][key]}


@pytest.fixture
async def people(
    as_admin: httpx.AsyncClient, as_role: AsRole, run_jobs: Callable[[], Awaitable[None]]
) -> dict[str, Any]:
    """One of each role, at home in the team, managers in its branch; the file is imported."""
    nodes = await _office(as_admin)
    found: dict[str, Any] = {}
    for role in catalogue.PRESET_ROLES:
        found[role.name] = person = await as_role(role.name)
        home = "Connaught Place" if role.reach == "subtree" else "Team A"
        path = f"/api/hierarchy/{nodes[home]}/members/{person.user['id']}"
        assert (await as_admin.put(path, json={})).status_code == 200
    content = _file(found["agent"].user["email"], found["senior_agent"].user["name"])
    sent = await as_admin.post("/api/upload/file", files={"file": ("due.csv", content)})
    assert sent.status_code == 201, sent.text
    await run_jobs()
    told = (await as_admin.get(f"/api/upload/status/{sent.json()['data']['uploadId']}")).json()["data"]
    assert (told["successfulRecords"], told["warningRecords"]) == (30, 0)
    return found


async def test_each_role_sees_its_part_and_no_more(people: dict[str, Any]) -> None:
    reaches = {role.name: role for role in catalogue.PRESET_ROLES}
    for name, person in people.items():
        role = reaches[name]
        if "cases" not in role.permissions:
            assert (await person.get("/api/cases")).status_code == 403, name
            continue
        seen = SEEN[role.reach]
        assert await _numbers(person, "/api/cases", "cases", "policyNumber") == seen, name
        assert await _numbers(person, "/api/customers", "customers", "name") == seen, name
        assert await _numbers(person, "/api/policies", "policies", "policyNumber") == seen, name
        exported = await person.get("/api/policies", params={"format": "csv"})
        assert len(exported.text.splitlines()) == 1 + len(seen), name
        hidden = (await person.get("/api/policies/R-25")).status_code
        assert hidden == (200 if role.reach == "all" else 404), name
        if "upload" in role.permissions:  # the administrator sent it, from outside their part
            uploads = (await person.get("/api/upload/history")).json()["data"]["uploads"]
            assert bool(uploads) is (role.reach == "all"), name
        batches = (await person.get("/api/batches/status")).json()["data"]
        assert [batch["totalCases"] for batch in batches] == [len(seen)], name


async def test_a_campaign_shows_each_their_people_only(people: dict[str, Any]) -> None:
    """Its figures are the client's; names and contacts are not everybody's."""
    body = {
        "name": "All",
        "type": ["sms"],
        "uploadId": "upload-1",
        "templates": {"sms": "Renewal Alert"},
        "draft": True,
    }
    made = await people["admin"].post("/api/campaigns", json=body)
    assert made.status_code == 201, made.text
    path = f"/api/campaigns/{made.json()['data']['campaigns'][0]['id']}"
    for role in catalogue.PRESET_ROLES:
        person, seen = people[role.name], SEEN[role.reach]
        if "campaigns" not in role.permissions:
            assert (await person.get(f"{path}/recipients")).status_code == 403, role.name
            continue
        assert (await person.get(path)).json()["data"]["targetCount"] == 30, role.name
        assert await _numbers(person, f"{path}/recipients", "recipients", "customerName") == seen, role.name
        told = (await person.get(f"{path}/recipients", params={"limit": 1})).json()["data"]["pagination"]
        assert told["total"] == len(seen), role.name
        for file in (f"{path}/report", f"{path}/recipients?format=csv"):
            assert len((await person.get(file)).text.splitlines()) == 1 + len(seen), (role.name, file)


async def test_consent_is_asked_and_recorded_within_reach(people: dict[str, Any]) -> None:
    customers = (await people["admin"].get("/api/customers", params={"limit": 100})).json()["data"]["customers"]
    code = {int(one["name"][-2:]): one["id"] for one in customers}
    said = {"channel": "sms", "state": "opted_in", "source": "phone call"}
    for name, reach in (("agent", "own"), ("senior_agent", "team"), ("manager", "subtree"), ("admin", "all")):
        for number in (0, 1, 5, 25):
            near = number in SEEN[reach]
            written = await people[name].post("/api/consents", json=said | {"customerId": code[number]})
            assert written.status_code == (201 if near else 404), (name, number)
            asked = await people[name].get(f"/api/consents/{code[number]}")
            assert asked.status_code == (200 if near else 404), (name, number)
            assert not near or asked.json()["data"]["consents"][0]["state"] == "opted_in"


async def test_a_file_is_its_uploaders_and_theirs_above(
    people: dict[str, Any], run_jobs: Callable[[], Awaitable[None]]
) -> None:
    rows = [("T-01", "Team Person", "9876599999", "Motor", 12000, "20/12/2025", "19/12/2026", "", "")]
    sent = await people["senior_agent"].post("/api/upload/file", files={"file": ("team.csv", csv_of(rows, HEADINGS))})
    upload = sent.json()["data"]["uploadId"]
    await run_jobs()
    for name, status in {
        "senior_agent": 200,
        "renewals_specialist": 200,
        "manager": 200,
        "admin": 200,
        "agent": 403,
        "viewer": 403,
    }.items():
        for path in (f"status/{upload}", f"download/{upload}", f"{upload}/errors", f"{upload}/mapping"):
            assert (await people[name].get(f"/api/upload/{path}")).status_code == status, (name, path)
    stranger = people["campaign_manager"]
    await _move_away(people["admin"], stranger)
    for path in (f"status/{upload}", f"download/{upload}", f"{upload}/errors", f"{upload}/mapping"):
        assert (await stranger.get(f"/api/upload/{path}")).status_code == 404, path
    for action in ("cancel", "undo"):
        assert (await stranger.post(f"/api/upload/{upload}/{action}")).status_code == 404, action
    assert (await people["manager"].post(f"/api/upload/{upload}/undo")).status_code == 200


async def _move_away(admin: httpx.AsyncClient, person: Any) -> None:
    nodes = (await admin.get("/api/hierarchy")).json()["data"]["nodes"]
    noida = next(node for node in nodes[0]["children"][0]["children"] if node["name"] == "Noida")
    moved = await admin.put(f"/api/hierarchy/{noida['id']}/members/{person.user['id']}", json={})
    assert moved.status_code == 200, moved.text
