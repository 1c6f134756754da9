"""A tree belongs to one client, and a user is placed only by somebody who reaches where they are and where they go."""

from datetime import timedelta

import httpx
import pytest
import pytest_asyncio

from py360.kit import resources
from tests.modules.conftest import AsRole, Person
from tests.modules.organization.conftest import Ids, add, settle


@pytest_asyncio.fixture
async def other_client(as_admin: httpx.AsyncClient) -> int:
    """A second client of the installation."""
    answer = await as_admin.post("/api/clients", json={"clientName": "Other Insurance"})
    number: int = answer.json()["data"]["id"]
    return number


@pytest_asyncio.fixture
async def foreign(as_role: AsRole, other_client: int) -> Person:
    """The administrator of the second client."""
    return await as_role("client_admin", client_id=other_client)


async def allow_users(admin: httpx.AsyncClient, person: Person) -> None:
    """Grant the permission to manage users beside the role's."""
    wanted = [*person.user["permissions"], "users"]
    answer = await admin.put(f"/api/users/{person.user['id']}/permissions", json={"permissions": wanted})
    assert answer.status_code == 200, answer.text


async def test_a_foreign_administrator_sees_and_changes_nothing_of_a_tree(
    as_admin: httpx.AsyncClient, foreign: Person, places: Ids
) -> None:
    assert (await foreign.get("/api/hierarchy")).json()["data"]["nodes"] == []
    assert (await foreign.get("/api/teams")).json()["data"]["teams"] == []
    node, user = places["day"], foreign.user["id"]
    for method, path, body in (
        ("GET", f"/api/hierarchy/nodes/{node}", None),
        ("PUT", f"/api/hierarchy/nodes/{node}", {"name": "Taken"}),
        ("DELETE", f"/api/hierarchy/nodes/{node}", None),
        ("PUT", f"/api/hierarchy/nodes/{node}/move", {"parentId": places["motor"]}),
        ("GET", f"/api/hierarchy/{node}/members", None),
        ("PUT", f"/api/hierarchy/{node}/members/{user}", {}),
        ("DELETE", f"/api/hierarchy/{node}/members/{user}", None),
        ("GET", f"/api/teams/{node}/members", None),
        ("POST", "/api/hierarchy/nodes", {"name": "New", "type": "state", "parentId": places["south"]}),
    ):
        answer = await foreign.request(method, path, json=body)
        assert answer.status_code == 404, (method, path, answer.text)
    assert (await as_admin.get(f"/api/hierarchy/nodes/{node}")).json()["data"]["name"] == "Day Team"


async def test_each_client_has_its_own_names_and_branch_codes(foreign: Person, places: Ids, other_client: int) -> None:
    region = await add(foreign, "South India", "region")
    state = await add(foreign, "Karnataka", "state", region)
    branch = await add(foreign, "Mysuru", "branch", state, branchCode="KA-01")
    node = (await foreign.get(f"/api/hierarchy/nodes/{branch}")).json()["data"]
    assert (node["clientId"], node["branchCode"]) == (other_client, "KA-01")


async def test_a_node_stays_within_its_client(as_admin: httpx.AsyncClient, places: Ids, other_client: int) -> None:
    """An administrator of the installation reaches both trees, and still cannot mix them."""
    path = f"/api/hierarchy/nodes?clientId={other_client}"
    answer = await as_admin.post(path, json={"name": "South India", "type": "region"})
    assert answer.json()["data"]["clientId"] == other_client
    region = answer.json()["data"]["id"]
    moved = await as_admin.put(f"/api/hierarchy/nodes/{places['karnataka']}/move", json={"parentId": region})
    assert (moved.status_code, moved.json()["error"]["code"]) == (422, "other_client")


async def test_a_user_has_no_home_in_another_clients_tree(
    as_admin: httpx.AsyncClient, foreign: Person, places: Ids
) -> None:
    assert (await settle(as_admin, foreign, places["day"])).status_code == 404
    manager = {"managerId": foreign.user["id"]}
    assert (await as_admin.put(f"/api/hierarchy/nodes/{places['day']}", json=manager)).status_code == 422


async def test_placing_a_user_takes_the_permission_to_manage_users(
    as_admin: httpx.AsyncClient, as_role: AsRole, places: Ids
) -> None:
    manager, agent = await as_role("manager"), await as_role("agent")
    await settle(as_admin, manager, places["mysuru"])
    await settle(as_admin, agent, places["day"])
    assert (await settle(manager, agent, places["night"])).status_code == 403
    assert (await manager.delete(f"/api/hierarchy/{places['day']}/members/{agent.user['id']}")).status_code == 403
    await allow_users(as_admin, manager)
    assert (await settle(manager, agent, places["night"])).status_code == 200


@pytest.mark.parametrize("at", ["rohini", None])
async def test_a_manager_takes_nobody_from_outside_their_part(
    as_admin: httpx.AsyncClient, as_role: AsRole, places: Ids, at: str | None
) -> None:
    manager, agent = await as_role("manager"), await as_role("agent")
    await settle(as_admin, manager, places["mysuru"])
    await allow_users(as_admin, manager)
    if at:
        await settle(as_admin, agent, places[at])
    assert (await settle(manager, agent, places["day"])).status_code == 404
    assert (await settle(manager, agent, places["rohini"])).status_code == 404


async def test_a_planned_move_out_of_a_managers_part_is_not_theirs_to_drop(
    as_admin: httpx.AsyncClient, as_role: AsRole, places: Ids
) -> None:
    manager, agent = await as_role("manager"), await as_role("agent")
    await settle(as_admin, manager, places["mysuru"])
    await allow_users(as_admin, manager)
    await settle(as_admin, agent, places["day"])
    soon = str(resources.current().clock.today() + timedelta(days=7))
    await settle(as_admin, agent, places["rohini"], validFrom=soon)
    assert (await settle(manager, agent, places["night"])).status_code == 404
    assert (await manager.delete(f"/api/hierarchy/{places['day']}/members/{agent.user['id']}")).status_code == 404


async def test_a_past_home_elsewhere_is_not_rewritten(
    as_admin: httpx.AsyncClient, as_role: AsRole, places: Ids
) -> None:
    manager, agent = await as_role("manager"), await as_role("agent")
    await settle(as_admin, manager, places["mysuru"])
    await allow_users(as_admin, manager)
    today = resources.current().clock.today()
    await settle(as_admin, agent, places["rohini"], validFrom=str(today - timedelta(days=30)))
    await settle(as_admin, agent, places["day"], validFrom=str(today - timedelta(days=5)))
    assert (await settle(manager, agent, places["night"], validFrom=str(today - timedelta(days=20)))).status_code == 404
    assert (await settle(manager, agent, places["night"], validFrom=str(today - timedelta(days=2)))).status_code == 200
