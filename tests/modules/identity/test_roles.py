"""Roles: presets, an office's own, and the letter that replaces a password."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit.clock import FixedClock
from py360.kit.db import unit_of_work
from py360.modules.identity import api as identity
from py360.modules.identity import letters
from tests.modules.conftest import PASSWORD, AsRole


async def roles_of(client: httpx.AsyncClient) -> dict[str, dict[str, object]]:
    return {role["name"]: role for role in (await client.get("/api/roles")).json()["data"]["roles"]}


async def test_every_preset_is_there(as_admin: httpx.AsyncClient) -> None:
    roles = await roles_of(as_admin)
    sizes = {name: len(role["permissions"]) for name, role in roles.items()}
    assert sizes == {
        "super_admin": 25, "admin": 25, "client_admin": 25, "manager": 19, "all_modules_manager": 19,
        "campaign_manager": 15, "operations_manager": 11, "senior_agent": 10, "renewals_specialist": 9, "agent": 11, "viewer": 5,
    }  # fmt: skip
    assert all(role["isSystem"] for role in roles.values())
    assert roles["admin"]["userCount"] == 1
    assert {name: role["reach"] for name, role in roles.items()} == {
        "super_admin": "all", "admin": "all", "client_admin": "all", "all_modules_manager": "all",
        "manager": "subtree", "operations_manager": "subtree", "campaign_manager": "subtree",
        "senior_agent": "team", "renewals_specialist": "team", "viewer": "team", "agent": "own",
    }  # fmt: skip


async def test_the_catalogue_has_25_pages(as_admin: httpx.AsyncClient) -> None:
    data = (await as_admin.get("/api/permissions")).json()["data"]
    assert len(data["permissions"]) == 25
    assert {"id", "name", "description", "category", "route"} == set(data["permissions"][0])
    assert "campaigns:campaign-control" in [feature["id"] for feature in data["features"]]


async def test_a_role_of_ones_own_lives_and_dies(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    body = {"displayName": "Night  Shift", "permissions": ["cases", "users"], "reach": "team"}
    made = await as_admin.post("/api/roles", json=body)
    role = made.json()["data"]
    assert made.status_code == 201
    assert role["name"] == "night_shift"
    assert not role["isSystem"]
    assert (await as_admin.post("/api/roles", json={**body, "displayName": "night shift"})).status_code == 409
    assert (await as_admin.post("/api/roles", json={"displayName": "Other", "permissions": ["?"]})).status_code == 422
    holder = await as_role("night_shift")
    path = f"/api/roles/{role['id']}"
    assert (await holder.get(path)).json()["data"]["userCount"] == 1
    in_use = await as_admin.delete(path)
    assert in_use.status_code == 409
    assert in_use.json()["error"]["code"] == "role_in_use"
    renamed = await as_admin.put(path, json={"permissions": ["cases"], "name": "other"})
    assert renamed.json()["error"]["code"] == "read_only"
    changed = await as_admin.put(path, json={"permissions": ["cases"], "name": "night_shift"})
    assert changed.json()["data"]["name"] == "night_shift"
    assert (await holder.get(path)).status_code == 403  # it lost `users`, at once
    await as_admin.put(f"/api/users/{holder.user['id']}/role", json={"role": "agent"})
    assert (await as_admin.delete(path)).status_code == 200
    assert (await as_admin.get(path)).status_code == 404


async def test_presets_are_reset_never_deleted(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    agent = await as_role("agent")
    role_id = (await roles_of(as_admin))["agent"]["id"]
    path = f"/api/roles/{role_id}"
    assert (await as_admin.delete(path)).json()["error"]["code"] == "system_role"
    await as_admin.put(f"/api/users/{agent.user['id']}/permissions", json={"permissions": ["users", "profile"]})
    await as_admin.put(path, json={"permissions": ["profile", "billing"]})
    mine = (await agent.get("/api/auth/me")).json()["data"]["permissions"]
    assert mine == ["billing", "profile", "users"]  # saving a role leaves one's own grants
    assert len((await as_admin.post(f"{path}/reset")).json()["data"]["permissions"]) == 11
    assert len((await agent.get("/api/auth/me")).json()["data"]["permissions"]) == 11


async def test_roles_are_changed_by_administrators_of_the_installation(
    as_admin: httpx.AsyncClient, as_role: AsRole
) -> None:
    client_admin = await as_role("client_admin")
    role_id = (await roles_of(client_admin))["agent"]["id"]
    for method, path in (("POST", "/api/roles"), ("PUT", f"/api/roles/{role_id}"), ("DELETE", f"/api/roles/{role_id}")):
        answer = await client_admin.request(method, path, json={"displayName": "Mine"})
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "roles_shared"
    admin_role = (await roles_of(as_admin))["admin"]["id"]
    locked_out = await as_admin.put(f"/api/roles/{admin_role}", json={"permissions": ["cases"]})
    assert locked_out.status_code == 409


class Postbox:
    """Keeps the letters instead of sending them."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, str, str]] = []

    async def welcome(self, session: AsyncSession, *, client_id: int, email: str, name: str, link: str) -> None:
        self.letters.append(("welcome", email, link))

    async def password_reset(self, session: AsyncSession, *, client_id: int, email: str, name: str, link: str) -> None:
        self.letters.append(("reset", email, link))


@pytest.fixture
def postbox(app: FastAPI) -> Iterator[Postbox]:
    before, box = letters.post(), Postbox()
    letters.use(box)
    yield box
    letters.use(before)


async def test_a_forgotten_password_is_replaced_once(
    client: httpx.AsyncClient, as_role: AsRole, postbox: Postbox
) -> None:
    agent = await as_role("agent")
    answers = [
        (await client.post("/api/auth/forgot-password", json={"email": email})).json()
        for email in (agent.user["email"], "nobody@example.com")
    ]
    assert answers[0] == answers[1]
    assert len(postbox.letters) == 1
    token = postbox.letters[0][2].partition("token=")[2]
    body = {"token": token, "newPassword": "another good one"}
    assert (await client.post("/api/auth/reset-password", json={**body, "newPassword": "short"})).status_code == 422
    assert (await client.post("/api/auth/reset-password", json=body)).status_code == 200
    assert (await client.post("/api/auth/reset-password", json=body)).status_code == 410
    assert (await agent.get("/api/auth/me")).status_code == 401
    for password, status in ((PASSWORD, 401), ("another good one", 200)):
        login = {"email": agent.user["email"], "password": password}
        assert (await client.post("/api/auth/login", json=login)).status_code == status


async def test_the_letters_link_opens_a_page(client: httpx.AsyncClient, as_role: AsRole, postbox: Postbox) -> None:
    agent = await as_role("agent")
    await client.post("/api/auth/forgot-password", json={"email": agent.user["email"]})
    link = postbox.letters[0][2]
    for _ in range(2):  # a mail program has opened it before
        page = await client.get(link.partition("8360")[2])
        assert page.status_code == 200
        assert page.headers["referrer-policy"] == "no-referrer"
    token = link.partition("token=")[2]
    assert token in page.text
    form = {"token": token, "newPassword": "chosen on a page", "confirmPassword": "chosen on a page"}
    differs = await client.post("/reset-password", data={**form, "confirmPassword": "another one"})
    assert differs.status_code == 422
    assert "differ" in differs.text
    assert (await client.post("/reset-password", data=form)).status_code == 200
    assert (await client.post("/reset-password", data=form)).status_code == 410
    hostile = await client.get("/reset-password", params={"token": '"><script>'})
    assert "<script>" not in hostile.text
    login = {"email": agent.user["email"], "password": "chosen on a page"}
    assert (await client.post("/api/auth/login", json=login)).status_code == 200


async def test_a_reset_link_ends_after_an_hour(
    app: FastAPI, client: httpx.AsyncClient, as_role: AsRole, postbox: Postbox
) -> None:
    agent = await as_role("agent")
    await client.post("/api/auth/forgot-password", json={"email": agent.user["email"]})
    token = postbox.letters[0][2].partition("token=")[2]
    app.state.resources.clock = FixedClock(app.state.resources.clock.now() + timedelta(hours=1))
    answer = await client.post("/api/auth/reset-password", json={"token": token, "newPassword": "another good one"})
    assert answer.status_code == 410


async def test_a_new_user_is_welcomed_with_a_link(
    client: httpx.AsyncClient, as_admin: httpx.AsyncClient, postbox: Postbox
) -> None:
    body = {"name": "Meera Nair", "email": "meera@example.com", "role": "agent"}
    assert (await as_admin.post("/api/users", json=body)).status_code == 201
    [(kind, email, link)] = postbox.letters
    assert (kind, email) == ("welcome", "meera@example.com")
    token = link.partition("token=")[2]
    reset = {"token": token, "newPassword": "chosen by meera"}
    assert (await client.post("/api/auth/reset-password", json=reset)).status_code == 200
    login = await client.post("/api/auth/login", json={"email": email, "password": "chosen by meera"})
    assert login.json()["data"]["user"]["requirePasswordChange"] is False
    await as_admin.post("/api/users", json={**body, "email": "quiet@example.com", "sendWelcomeEmail": False})
    assert len(postbox.letters) == 1


async def test_the_operator_replaces_a_password(client: httpx.AsyncClient, as_role: AsRole) -> None:
    agent = await as_role("agent")
    async with unit_of_work() as session:
        assert await identity.set_password(session, agent.user["email"].upper(), "set by the operator")
        assert not await identity.set_password(session, "nobody@example.com", "set by the operator")
    assert (await agent.get("/api/auth/me")).status_code == 401
    login = {"email": agent.user["email"], "password": "set by the operator"}
    assert (await client.post("/api/auth/login", json=login)).status_code == 200
