"""Users: who may see and change whom, and what counts at once."""

import asyncio

import httpx
import pytest

from py360.kit import db
from py360.kit.db import unit_of_work
from tests.modules.conftest import PASSWORD, AsRole

NEW = {
    "name": "Meera Nair",
    "email": "Meera@Example.com",
    "role": "agent",
    "department": "sales",
    "jobTitle": "Advisor",
}


async def test_anonymous_and_unentitled_callers_are_kept_out(client: httpx.AsyncClient, as_role: AsRole) -> None:
    agent = await as_role("agent")
    for method, path in (
        ("GET", "/api/users"),
        ("POST", "/api/users"),
        ("GET", "/api/roles"),
        ("GET", "/api/permissions"),
    ):
        assert (await client.request(method, path, json=NEW)).status_code == 401
        refused = await agent.request(method, path, json=NEW)
        assert refused.status_code == 403
        assert refused.json()["error"]["code"] == "forbidden"


async def test_a_user_is_made_and_found(as_admin: httpx.AsyncClient) -> None:
    made = await as_admin.post("/api/users", json=NEW)
    user = made.json()["data"]
    assert made.status_code == 201
    waiting = await as_admin.post(
        "/api/users", json=NEW | {"name": "Lata Bose", "email": "lata@example.com", "status": "pending"}
    )
    assert "is pending and cannot sign in yet" in waiting.json()["data"]["message"]
    assert user["email"] == "meera@example.com"
    assert (user["firstName"], user["lastName"], user["status"]) == ("Meera", "Nair", "active")
    found = (await as_admin.get("/api/users", params={"search": "meera N", "role": "agent"})).json()["data"]
    assert [row["id"] for row in found["users"]] == [user["id"]]
    assert found["pagination"]["total"] == 1
    assert (await as_admin.get("/api/users", params={"search": "%"})).json()["data"]["users"] == []
    assert (await as_admin.get(f"/api/users/{user['id']}")).json()["data"]["jobTitle"] == "Advisor"


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"email": "no"}, 422, "email"),
        ({"name": ""}, 422, "name"),
        ({"department": "cooking"}, 422, "department"),
        ({"role": "emperor"}, 422, "role"),
        ({"portalLanguage": "fr"}, 422, "portalLanguage"),
        ({"permissions": ["nonsense"]}, 422, "permissions"),
        ({"password": "short"}, 422, "password"),
        ({"clientId": 99}, 422, "clientId"),
        ({"email": "ADMIN@py360.local"}, 409, "email"),
    ],
)
async def test_bad_input_names_the_field(
    as_admin: httpx.AsyncClient, change: dict[str, object], status: int, field: str
) -> None:
    answer = await as_admin.post("/api/users", json={**NEW, **change})
    assert answer.status_code == status, answer.text
    assert field in [detail["field"] for detail in answer.json()["error"]["details"]]


async def test_an_email_is_taken_once(as_admin: httpx.AsyncClient) -> None:
    assert (await as_admin.post("/api/users", json=NEW)).status_code == 201
    taken = await as_admin.post("/api/users", json={**NEW, "email": "MEERA@example.com"})
    assert taken.status_code == 409
    assert taken.json()["error"]["code"] == "email_taken"


async def test_changed_permissions_count_at_once(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    agent = await as_role("agent")
    agent_id = agent.user["id"]
    assert (await agent.get("/api/users")).status_code == 403
    wanted = [*agent.user["permissions"], "users"]
    answer = await as_admin.put(f"/api/users/{agent_id}/permissions", json={"permissions": wanted})
    assert answer.json()["data"]["grantedPermissions"] == ["users"]
    assert (await agent.get("/api/users")).status_code == 200
    await as_admin.put(f"/api/users/{agent_id}/permissions", json={"permissions": ["profile"]})
    assert (await agent.get("/api/users")).status_code == 403
    assert (await agent.get("/api/auth/me")).json()["data"]["permissions"] == ["profile"]
    back = await as_admin.put(f"/api/users/{agent_id}/permissions", json={"permissions": []})
    assert back.json()["data"]["permissions"] == sorted(agent.user["permissions"])


async def test_features_follow_their_page_unless_named(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    manager, senior = await as_role("manager"), await as_role("senior_agent")
    assert "campaigns:campaign-control" in manager.user["featurePermissions"]
    assert [name for name in senior.user["featurePermissions"] if name.startswith("campaigns:")] == [
        "campaigns:performance-analytics"
    ]
    wanted = ["campaigns", "campaigns:sms"]
    answer = await as_admin.put(f"/api/users/{manager.user['id']}/permissions", json={"permissions": wanted})
    assert answer.json()["data"]["featurePermissions"] == ["campaigns:sms"]


async def test_another_role_brings_its_own_set(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    agent = await as_role("agent")
    path = f"/api/users/{agent.user['id']}"
    await as_admin.put(f"{path}/permissions", json={"permissions": ["profile"]})
    changed = (await as_admin.put(f"{path}/role", json={"role": "viewer"})).json()["data"]
    assert changed["role"] == "viewer"
    assert len(changed["permissions"]) == 5
    assert changed["revokedPermissions"] == []
    read_only = await agent.post("/api/cases", json={})
    assert read_only.status_code in (403, 404)


async def test_a_viewer_changes_nothing_but_their_own_account(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    viewer = await as_role("viewer")
    await as_admin.put(f"/api/users/{viewer.user['id']}/permissions", json={"permissions": ["users", "profile"]})
    assert (await viewer.get("/api/users")).status_code == 200
    refused = await viewer.post("/api/users", json=NEW)
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "read_only"
    assert (await viewer.put("/api/user/profile", json={"phone": "+911234567890"})).status_code == 200


async def test_the_list_switch_deactivates_and_signs_out(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    agent = await as_role("agent")
    path = f"/api/users/{agent.user['id']}"
    assert (await as_admin.put(f"{path}/status", json={"isActive": False})).json()["data"]["status"] == "inactive"
    assert (await agent.get("/api/auth/me")).status_code == 401
    assert (await as_admin.get("/api/users", params={"status": "inactive"})).json()["data"]["pagination"]["total"] == 1


async def test_deleting_keeps_the_record(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    agent = await as_role("agent")
    path = f"/api/users/{agent.user['id']}"
    assert (await as_admin.delete(path)).json()["data"]["status"] == "inactive"
    assert (await as_admin.get(path)).json()["data"]["status"] == "inactive"
    assert (await as_admin.delete("/api/users/999999")).status_code == 404


async def test_nobody_removes_themselves_or_the_last_administrator(
    as_admin: httpx.AsyncClient, as_role: AsRole
) -> None:
    me = (await as_admin.get("/api/auth/me")).json()["data"]["id"]
    for answer in (
        await as_admin.delete(f"/api/users/{me}"),
        await as_admin.put(f"/api/users/{me}/status", json={"status": "inactive"}),
        await as_admin.put(f"/api/users/{me}/permissions", json={"permissions": ["profile"]}),
    ):
        assert answer.status_code == 409
        assert answer.json()["error"]["code"] == "own_account"
    last = await as_admin.put(f"/api/users/{me}/role", json={"role": "agent"})
    assert last.status_code == 409
    assert last.json()["error"]["code"] == "last_admin"
    second = await as_role("super_admin")
    assert (await second.put(f"/api/users/{me}/status", json={"status": "suspended"})).status_code == 200
    assert (await second.put(f"/api/users/{me}/status", json={"status": "active"})).status_code == 200


async def test_nobody_gives_more_than_they_hold(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    admin_id = (await as_admin.get("/api/auth/me")).json()["data"]["id"]
    modules = await as_role("all_modules_manager")
    for role in ("admin", "super_admin", "client_admin", "agent"):
        answer = await modules.post("/api/users", json={**NEW, "role": role})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "gives_more_than_held"), role
    touched = await modules.put(f"/api/users/{admin_id}", json={"email": "mine@example.com"})
    assert touched.status_code == 403
    assert touched.json()["error"]["code"] == "holds_more"


async def test_another_clients_users_do_not_exist(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    other = (await as_admin.post("/api/clients", json={"clientName": "SBI Life"})).json()["data"]
    assert other["clientCode"] == "CLIENT-002"
    there = await as_role("client_admin", client_id=other["id"])
    here = await as_role("client_admin")
    assert (await here.get(f"/api/users/{there.user['id']}")).status_code == 404
    assert (await here.put(f"/api/users/{there.user['id']}", json={"phone": "1"})).status_code == 404
    assert (await here.post("/api/users", json={**NEW, "clientId": other["id"]})).status_code == 422
    assert {row["clientId"] for row in (await here.get("/api/users")).json()["data"]["users"]} == {1}
    assert (await as_admin.get(f"/api/users/{there.user['id']}")).status_code == 200
    assert len((await as_admin.get("/api/clients")).json()["data"]["clients"]) == 2
    assert len((await there.get("/api/clients")).json()["data"]["clients"]) == 1
    assert (await there.post("/api/clients", json={"clientName": "X"})).status_code == 403


async def test_one_changes_ones_own_profile_settings_and_password(client: httpx.AsyncClient, as_role: AsRole) -> None:
    agent, other = await as_role("agent"), await as_role("agent")
    body = {"name": "Ravi Kumar Iyer", "company": "HDFC"}
    climbing = await agent.put("/api/user/profile", json=body | {"role": "admin"})
    assert climbing.json()["error"]["code"] == "read_only"
    profile = await agent.put("/api/user/profile", json=body | {"role": "agent"})
    data = profile.json()["data"]
    assert (data["firstName"], data["lastName"], data["company"], data["role"]) == (
        "Ravi Kumar",
        "Iyer",
        "HDFC",
        "agent",
    )
    email = {"email": other.user["email"], "currentPassword": PASSWORD}
    taken = await agent.put("/api/user/profile", json=email)
    assert taken.status_code == 409
    settings = await agent.put("/api/user/settings", json={"theme": "dark", "language": "hi"})
    assert (
        settings.json()["data"]["settings"] | {"theme": "dark", "language": "hi", "timezone": "Asia/Kolkata"}
        == (await agent.get("/api/user/settings")).json()["data"]["settings"]
    )
    for bad in ({"theme": "pink"}, {"timezone": "Mars/Olympus"}, {"language": "fr"}, {"mfaEnabled": True}):
        assert (await agent.put("/api/user/settings", json=bad)).status_code == 422
    change = {"currentPassword": PASSWORD, "newPassword": "  spaces belong  ", "confirmPassword": "  spaces belong  "}
    path = "/api/user/change-password"
    assert (await agent.put(path, json={**change, "currentPassword": "x"})).json()["error"]["code"] == "wrong_password"
    assert (await agent.put(path, json={**change, "confirmPassword": "y"})).json()["error"][
        "code"
    ] == "password_mismatch"
    assert (
        await agent.put(path, json={**change, "newPassword": "short", "confirmPassword": "short"})
    ).status_code == 422
    assert (await agent.put(path, json=change)).status_code == 200
    login = {"email": agent.user["email"], "password": "  spaces belong  "}
    assert (await client.post("/api/auth/login", json=login)).status_code == 200
    assert (await client.post("/api/auth/login", json={**login, "password": "spaces belong"})).status_code == 401


async def test_two_who_edit_at_once_do_not_overwrite_each_other(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    agent = await as_role("agent")
    path = f"/api/users/{agent.user['id']}"
    seen = (await as_admin.get(path)).headers["etag"]
    assert (await as_admin.put(path, json={"phone": "1"}, headers={"If-Match": seen})).status_code == 200
    late = await as_admin.put(path, json={"phone": "2"}, headers={"If-Match": seen})
    assert late.status_code == 412
    assert (await as_admin.get(path)).json()["data"]["phone"] == "1"


async def test_the_list_comes_as_a_file(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    await as_role("agent", name="=cmd() Rao")
    answer = await as_admin.get("/api/users", params={"format": "csv", "role": "agent"})
    assert answer.headers["content-disposition"] == 'attachment; filename="users.csv"'
    lines = answer.text.splitlines()
    assert len(lines) == 2
    assert "'=cmd() Rao" in lines[1]
    assert (await as_admin.get("/api/users", params={"format": "doc"})).status_code == 422


async def test_a_role_that_reaches_further_is_not_ones_to_give(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    for name, reach in (("Team Users", "team"), ("Wide Users", "all")):
        body = {"displayName": name, "permissions": ["users", "profile"], "reach": reach}
        assert (await as_admin.post("/api/roles", json=body)).status_code == 201
    team = await as_role("team_users")
    assert (await team.post("/api/users", json={**NEW, "role": "team_users"})).status_code == 201
    wide = await team.post("/api/users", json={**NEW, "email": "w@example.com", "role": "wide_users"})
    assert wide.json()["error"]["code"] == "gives_more_than_held"
    client_admin = await as_role("client_admin")
    touched = await team.put(f"/api/users/{client_admin.user['id']}", json={"email": "mine@example.com"})
    assert touched.json()["error"]["code"] == "holds_more"


async def test_a_change_waits_for_nobody_who_only_refers_to_what_it_changes(as_admin: httpx.AsyncClient) -> None:
    """Two requests that each changed a user or a client waited for each other's line of the audit log."""
    async with unit_of_work() as session:
        for table in ("users", "clients", "roles"):
            await db.execute(session, f"select from {table} for key share")
        async with asyncio.timeout(30):
            for path, body in (
                ("/api/user/settings", {"theme": "dark"}),
                ("/api/user/profile", {"phone": "+919876543210"}),
                ("/api/users/1", {"department": "sales"}),
                ("/api/clients/1", {"industry": "Insurance"}),
            ):
                answer = await as_admin.put(path, json=body)
                assert answer.status_code == 200, answer.text
