"""What may become a password, and that a password which must be changed is changed first."""

import unicodedata

import httpx
import pytest
from fastapi import FastAPI

from tests.modules.conftest import PASSWORD, AsRole, Person

LOGIN = {"email": "meera.nair@example.com", "name": "Meera Nair", "role": "agent", "sendWelcomeEmail": False}
REFUSED = [
    "password", "eleven sign", " " * 12, "password1234", "Password@123", "passwordpassword", "qwertyuiop12", "aaaaaaaaaaaa",
    "123456789012", "abcdefghijkl", "1q2w3e4r5t6y", "Welcome@12345", "P@ssw0rd2026", "Ｐａｓｓｗｏｒｄ＠１２３",
    "meera.nair@example.com", "MeeraNair2026!", "nair-meera-1990", "py360py360py360", "x" * 201,
    "pass\u200bword1234", "Welcome@2026!!", "Spring@2026!!", "Renewal@2026", "!QAZ@WSX#EDC", "JaiMataDi@786", "पासवर्ड१२३४५",
]  # fmt: skip
TAKEN = ["chosen by meera", "correct horse battery staple", "  spaces belong  ", "नमस्ते भारत वर्ष", "Kx9#mP2$vL5q"]


async def test_short_common_and_own_passwords_are_refused(as_admin: httpx.AsyncClient) -> None:
    for password in REFUSED:
        answer = await as_admin.post("/api/users", json={**LOGIN, "password": password})
        assert answer.status_code == 422, password
        assert [detail["field"] for detail in answer.json()["error"]["details"]] == ["password"], password


@pytest.mark.parametrize("password", TAKEN)
async def test_long_and_unusual_passwords_are_taken(as_admin: httpx.AsyncClient, password: str) -> None:
    assert (await as_admin.post("/api/users", json={**LOGIN, "password": password})).status_code == 201


async def test_an_address_and_a_password_are_the_same_from_every_keyboard(
    app: FastAPI, as_admin: httpx.AsyncClient
) -> None:
    """Some keyboards send é and क़ as one sign, others as a letter and its mark."""
    login = {"email": "ren\u00e9@example.com", "password": "caf\u00e9 and \u0958ila together"}
    assert (await as_admin.post("/api/users", json={**LOGIN, **login})).status_code == 201
    async with Person(app) as person:
        for form in ("NFC", "NFD"):
            typed = {name: unicodedata.normalize(form, text) for name, text in login.items()}
            assert (await person.post("/api/auth/login", json=typed)).status_code == 200


async def test_the_rules_hold_where_one_changes_ones_own(as_role: AsRole) -> None:
    agent = await as_role("agent", name="Meera Nair")
    path = "/api/user/change-password"
    for new, code in (
        ("MeeraNair2026!", "password_common"), ("short", "password_length"), (PASSWORD, "password_unchanged"),
    ):  # fmt: skip
        answer = await agent.put(path, json={"currentPassword": PASSWORD, "newPassword": new})
        assert answer.json()["error"]["code"] == code


async def test_a_password_that_must_be_changed_is_changed_before_anything_else(
    app: FastAPI, as_admin: httpx.AsyncClient
) -> None:
    made = await as_admin.post("/api/users", json={**LOGIN, "role": "client_admin", "password": "given by the admin 7"})
    assert made.json()["data"]["requirePasswordChange"] is True
    async with Person(app) as person:
        login = {"email": LOGIN["email"], "password": "given by the admin 7"}
        token = (await person.post("/api/auth/login", json=login)).json()["data"]["token"]
        person.headers["authorization"] = f"Bearer {token}"
        for method, path in (
            ("GET", "/api/cases"), ("GET", "/api/customers"), ("GET", "/api/users"), ("POST", "/api/ws/ticket"),
            ("GET", "/api/user/profile"), ("PUT", "/api/user/settings"), ("GET", "/api/dnc/registry"),
        ):  # fmt: skip
            answer = await person.request(method, path, json={} if method != "GET" else None)
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "password_change_required"), path
        change = {"currentPassword": "given by the admin 7", "newPassword": "chosen by the owner 8"}
        assert (await person.put("/api/user/change-password", json=change)).status_code == 200
        assert (await person.get("/api/cases")).status_code == 200


async def test_one_may_sign_out_instead(app: FastAPI, as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    agent = await as_role("agent")
    await as_admin.put(f"/api/users/{agent.user['id']}", json={"requirePasswordChange": True})
    assert (await agent.get("/api/cases")).status_code == 403
    assert (await agent.post("/api/auth/logout")).status_code == 200
