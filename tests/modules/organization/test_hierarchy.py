"""The tree: built by level, moved whole, seen from one's home down."""

from datetime import timedelta

import httpx
import pytest

from py360.kit import resources
from py360.kit.db import unit_of_work
from py360.modules.organization import api as organization
from tests.factories.cases import make_case
from tests.modules.conftest import AsRole
from tests.modules.organization.conftest import Ids, add, settle


async def test_anonymous_and_unentitled_callers_are_kept_out(
    client: httpx.AsyncClient, as_role: AsRole, places: Ids
) -> None:
    agent = await as_role("agent")
    node = f"/api/hierarchy/nodes/{places['day']}"
    for method, path, body in (
        ("POST", "/api/hierarchy/nodes", {"name": "X", "type": "region"}), ("PUT", node, {"name": "X"}), ("DELETE", node, None),
        ("PUT", f"{node}/move", {"parentId": places["day"]}), ("PUT", f"/api/hierarchy/{places['day']}/members/1", {}),
    ):  # fmt: skip
        assert (await client.request(method, path, json=body)).status_code == 401
        assert (await agent.request(method, path, json=body)).status_code == 403
    assert (await client.get("/api/hierarchy")).status_code == 401


async def test_the_tree_is_nested(as_admin: httpx.AsyncClient, places: Ids) -> None:
    nodes = (await as_admin.get("/api/hierarchy")).json()["data"]["nodes"]
    assert [node["name"] for node in nodes] == ["North India", "South India"]
    mysuru = nodes[1]["children"][0]["children"][1]
    assert (mysuru["branchCode"], mysuru["ifsc"]) == ("KA-01", "HDFC0001234")
    assert [team["name"] for team in mysuru["children"][0]["children"]] == ["Day Team", "Night Team"]


@pytest.mark.parametrize(
    ("kind", "parent", "code"),
    [
        ("state", None, "wrong_level"),
        ("team", "mysuru", "wrong_level"),
        ("region", "south", "wrong_level"),
        ("team", "day", "wrong_level"),
    ],
)
async def test_levels_are_not_skipped(
    as_admin: httpx.AsyncClient, places: Ids, kind: str, parent: str | None, code: str
) -> None:
    body = {"name": "Odd", "type": kind, "parentId": places[parent] if parent else None}
    answer = await as_admin.post("/api/hierarchy/nodes", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == code


async def test_names_codes_and_managers_are_checked(as_admin: httpx.AsyncClient, as_role: AsRole, places: Ids) -> None:
    path = "/api/hierarchy/nodes"
    same = await as_admin.post(path, json={"name": "day team", "type": "team", "parentId": places["motor"]})
    assert same.status_code == 409
    assert same.json()["error"]["code"] == "name_taken"
    code = await as_admin.post(
        path, json={"name": "B", "type": "branch", "parentId": places["delhi"], "branchCode": "ka-01"}
    )
    assert code.status_code == 409
    assert code.json()["error"]["code"] == "branch_code_taken"
    assert (await as_admin.post(path, json={"name": "R", "type": "region", "managerId": 999})).status_code == 422
    manager = await as_role("manager", name="Asha Rao")
    changed = await as_admin.put(f"{path}/{places['day']}", json={"managerId": manager.user["id"], "targetCases": 5})
    assert changed.json()["data"]["managerName"] == "Asha Rao"
    assert changed.json()["data"]["targetCases"] == 5


async def test_a_node_moves_with_all_below_it(as_admin: httpx.AsyncClient, as_role: AsRole, places: Ids) -> None:
    manager = await as_role("manager")
    await settle(as_admin, manager, places["north"])
    assert (await manager.get(f"/api/hierarchy/{places['day']}/members")).status_code == 404
    moved = await as_admin.put(f"/api/hierarchy/nodes/{places['mysuru']}/move", json={"parentId": places["delhi"]})
    assert moved.json()["data"]["parentId"] == places["delhi"]
    assert (await manager.get(f"/api/hierarchy/{places['day']}/members")).status_code == 200
    async with unit_of_work() as session:
        below = await organization.subtree(session, places["north"])
    assert set(below) == {places[name] for name in ("north", "delhi", "rohini", "mysuru", "motor", "day", "night")}


async def test_a_node_never_moves_below_itself_or_to_another_level(as_admin: httpx.AsyncClient, places: Ids) -> None:
    for node, parent, code in (("south", "day", "circle"), ("day", "day", "circle"), ("motor", "delhi", "wrong_level")):
        answer = await as_admin.put(f"/api/hierarchy/nodes/{places[node]}/move", json={"parentId": places[parent]})
        assert answer.json()["error"]["code"] == code
    taken = await as_admin.put(f"/api/hierarchy/nodes/{places['hubli']}/move", json={"parentId": places["delhi"]})
    assert taken.status_code == 409
    assert taken.json()["error"]["code"] == "name_taken"


async def test_deleting_checks_what_hangs_on_it(as_admin: httpx.AsyncClient, as_role: AsRole, places: Ids) -> None:
    agent = await as_role("agent")
    await settle(as_admin, agent, places["day"], validFrom=str(resources.current().clock.today() - timedelta(days=3)))
    path = "/api/hierarchy/nodes/{}"
    assert (await as_admin.delete(path.format(places["motor"]))).json()["error"]["code"] == "has_children"
    assert (await as_admin.delete(path.format(places["day"]))).json()["error"]["code"] == "has_members"
    assert (await as_admin.delete(f"/api/hierarchy/{places['day']}/members/{agent.user['id']}")).status_code == 200
    assert (await as_admin.delete(path.format(places["day"]))).json()["error"]["code"] == "has_history"
    made = await as_admin.post(
        "/api/hierarchy/nodes", json={"name": "Night", "type": "team", "parentId": places["motor"]}
    )
    night = made.json()["data"]["id"]
    await make_case(node=night)
    assert (await as_admin.delete(path.format(night))).json()["error"]["code"] == "has_cases"
    assert (await as_admin.delete(path.format(places["night"]))).status_code == 200
    assert (await as_admin.get(path.format(places["night"]))).status_code == 404


async def test_a_user_has_one_home_at_a_time(as_admin: httpx.AsyncClient, as_role: AsRole, places: Ids) -> None:
    agent = await as_role("agent")
    today = resources.current().clock.today()
    for node, day in (
        ("day", today - timedelta(days=9)),
        ("night", today),
        ("day", today),
        ("night", today + timedelta(days=5)),
    ):
        assert (await settle(as_admin, agent, places[node], validFrom=str(day))).status_code == 200
    members = (await as_admin.get(f"/api/teams/{places['day']}/members")).json()["data"]["members"]
    assert [member["id"] for member in members] == [agent.user["id"]]
    assert (await as_admin.get(f"/api/teams/{places['night']}/members")).json()["data"]["members"] == []
    assert (await as_admin.get(f"/api/users/{agent.user['id']}")).json()["data"]["nodeId"] == places["day"]
    assert (await as_admin.put(f"/api/hierarchy/{places['day']}/members/999", json={})).status_code == 404


async def test_everybody_sees_their_part(as_admin: httpx.AsyncClient, as_role: AsRole, places: Ids) -> None:
    manager, senior, homeless = await as_role("manager"), await as_role("senior_agent"), await as_role("manager")
    await settle(as_admin, manager, places["karnataka"])
    await settle(as_admin, senior, places["day"])
    assert [node["name"] for node in (await manager.get("/api/hierarchy")).json()["data"]["nodes"]] == ["Karnataka"]
    assert [node["name"] for node in (await senior.get("/api/hierarchy")).json()["data"]["nodes"]] == ["Day Team"]
    assert (await homeless.get("/api/hierarchy")).json()["data"]["nodes"] == []
    assert [team["name"] for team in (await manager.get("/api/teams")).json()["data"]["teams"]] == [
        "Day Team",
        "Night Team",
    ]
    teams = (await senior.get("/api/teams")).json()["data"]
    assert [(team["name"], team["memberCount"]) for team in teams["teams"]] == [("Day Team", 1)]
    assert (await senior.get(f"/api/teams/{places['night']}/members")).status_code == 404


async def test_a_manager_changes_what_is_below_them_only(
    as_admin: httpx.AsyncClient, as_role: AsRole, places: Ids
) -> None:
    manager = await as_role("manager")
    await settle(as_admin, manager, places["mysuru"])
    await add(manager, "Evening Team", "team", places["motor"])
    assert (await manager.put(f"/api/hierarchy/nodes/{places['rohini']}", json={"name": "X"})).status_code == 404
    region = await manager.post("/api/hierarchy/nodes", json={"name": "East", "type": "region"})
    assert region.status_code == 403
    assert region.json()["error"]["code"] == "not_an_administrator"


async def test_places_of_a_file_are_found(as_admin: httpx.AsyncClient, places: Ids) -> None:
    named = [
        ("ka-01", None), (" mysuru ", "North India"), ("Mysuru", "Nowhere"), ("Main Road", None),
        ("Main Road", "south india"), (None, "NORTH INDIA"), (None, "Karnataka"), ("?", "North India"), (None, None), ("", "North India"),
    ]  # fmt: skip
    async with unit_of_work() as session:
        found = await organization.match_places(session, 1, named)
    assert {pair: place.node_id for pair, place in found.items()} == {
        ("ka-01", None): places["mysuru"],
        ("Mysuru", "Nowhere"): places["mysuru"],
        ("Main Road", "south india"): places["hubli"],
        (None, "NORTH INDIA"): places["north"],
        ("", "North India"): places["north"],
        (None, "Karnataka"): places["karnataka"],
    }
    assert found[("ka-01", None)].branch_id
    assert found[(None, "Karnataka")].branch_id is None
