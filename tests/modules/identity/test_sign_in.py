"""Signing in, staying signed in, being locked out."""

import asyncio
import hashlib
import hmac
import subprocess
import sys
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import OctKey

from py360.kit.clock import FixedClock
from py360.kit.settings import settings
from py360.modules.identity import tokens
from py360.modules.identity.service.sign_in import GRACE
from tests.installation import CHECKOUT
from tests.modules.conftest import PASSWORD, AsRole


async def login(client: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    return await client.post("/api/auth/login", json={"email": email, "password": password})


async def test_sign_in_answers_the_user_and_both_tokens(client: httpx.AsyncClient, as_role: AsRole) -> None:
    manager = await as_role("manager", name="Asha Rao")
    answer = await login(client, manager.user["email"].upper())
    data = answer.json()["data"]
    assert answer.status_code == 200
    assert data["token"]
    assert data["refreshToken"]
    assert (data["expiresIn"], data["mfaRequired"]) == (600, False)
    user = data["user"]
    assert (user["name"], user["role"], user["portalLanguage"]) == ("Asha Rao", "manager", "en")
    assert len(user["permissions"]) == 19
    assert user["clientId"] == 1
    assert user["clientName"]
    assert "password" not in answer.text.replace("requirePasswordChange", "")


async def test_nothing_is_open_without_a_token(client: httpx.AsyncClient) -> None:
    for headers in ({}, {"authorization": "Bearer nonsense"}, {"authorization": "Basic YTpi"}):
        answer = await client.get("/api/auth/me", headers=headers)
        assert answer.status_code == 401
        assert answer.json()["success"] is False
        assert answer.json()["requestId"]


async def test_a_token_signed_with_another_key_or_algorithm_is_refused(client: httpx.AsyncClient) -> None:
    none = "eyJhbGciOiJub25lIn0.eyJzaWQiOiJ4IiwiZXhwIjo5OTk5OTk5OTk5fQ."
    foreign = (
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIiwic2lkIjo1LCJpYXQiOjEsImV4cCI6OTk5OTk5OTk5OX0"
        ".jG11zm406BWV_uKl43xkg4_Ed3OyKFeN1c1S5MJeDrs"
    )
    for token in (none, foreign):
        answer = await client.get("/api/auth/me", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "bad_token"


@pytest.mark.parametrize("claim", ["iss", "aud"])
@pytest.mark.parametrize("other", ["another-service", None, ["py360"]])
async def test_a_token_of_another_issuer_or_for_another_service_is_refused(
    client: httpx.AsyncClient, as_role: AsRole, claim: str, other: object
) -> None:
    """Another service of the same operator may sign with the same key."""
    ours = (await as_role("agent")).headers["authorization"].removeprefix("Bearer ")
    key = OctKey.import_key(hmac.digest(settings().secret_key.encode(), b"access-token", hashlib.sha256))
    claims = jwt.decode(ours, key, algorithms=["HS256"]).claims
    assert (claims["iss"], claims["aud"]) == ("py360", "py360-api")
    changed = {name: value for name, value in {**claims, claim: other}.items() if value is not None}
    for body, expected in ((claims, 200), (changed, 401)):
        token = jwt.encode({"alg": "HS256"}, body, key)
        answer = await client.get("/api/auth/me", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == expected
    assert answer.json()["error"]["code"] == "bad_token"


async def test_a_session_ends_thirty_days_after_the_sign_in_however_often_it_is_refreshed(
    client: httpx.AsyncClient, as_role: AsRole, clock: FixedClock
) -> None:
    agent, begun = await as_role("agent"), clock.now()
    refresh = agent.tokens["refreshToken"]
    for days in (10, 20, 29):
        clock.moment = begun + timedelta(days=days)
        answer = await client.post("/api/auth/refresh", json={"refreshToken": refresh})
        assert answer.status_code == 200, days
        refresh = answer.json()["data"]["refreshToken"]
    clock.moment = begun + timedelta(days=30, minutes=1)
    answer = await client.post("/api/auth/refresh", json={"refreshToken": refresh})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "signed_out")


async def test_an_access_token_ends_after_ten_minutes(app: FastAPI, as_role: AsRole) -> None:
    agent = await as_role("agent")
    clock = app.state.resources.clock
    app.state.resources.clock = FixedClock(clock.now() + tokens.ACCESS_LIFETIME)
    answer = await agent.get("/api/auth/me")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "token_expired"


@pytest.mark.parametrize("status", ["inactive", "suspended", "pending"])
async def test_only_active_users_sign_in(
    client: httpx.AsyncClient, as_admin: httpx.AsyncClient, as_role: AsRole, status: str
) -> None:
    agent = await as_role("agent")
    answer = await as_admin.put(f"/api/users/{agent.user['id']}/status", json={"status": status})
    assert answer.status_code == 200, answer.text
    assert (await agent.get("/api/auth/me")).status_code == 401
    refused = await login(client, agent.user["email"])
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "account_not_active"


async def test_refreshing_rotates_and_keeps_the_session(client: httpx.AsyncClient, as_role: AsRole) -> None:
    agent = await as_role("agent")
    first = agent.tokens["refreshToken"]
    answer = await client.post("/api/auth/refresh", json={"refreshToken": first})
    data = answer.json()["data"]
    assert answer.status_code == 200
    assert data["refreshToken"] != first
    client.headers["authorization"] = f"Bearer {data['token']}"
    assert (await client.get("/api/auth/me")).json()["data"]["email"] == agent.user["email"]
    assert len((await client.get("/api/auth/sessions")).json()["data"]["sessions"]) == 1


async def refreshed(client: httpx.AsyncClient, refresh_token: str) -> httpx.Response:
    return await client.post("/api/auth/refresh", json={"refreshToken": refresh_token})


async def test_two_tabs_that_refresh_at_once_stay_signed_in(client: httpx.AsyncClient, as_role: AsRole) -> None:
    agent = await as_role("agent")
    first = agent.tokens["refreshToken"]
    answers = await asyncio.gather(*(refreshed(client, first) for _ in range(3)))  # or one whose answer was lost
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    renewed = {answer.json()["data"]["refreshToken"] for answer in answers}
    assert len(renewed) == 1, "whichever tab writes last, all hold the token that is good"
    assert renewed != {first}
    assert (await refreshed(client, renewed.pop())).status_code == 200


async def test_a_refresh_token_used_again_later_ends_the_session(
    client: httpx.AsyncClient, as_role: AsRole, app: FastAPI
) -> None:
    agent = await as_role("agent")
    stolen = agent.tokens["refreshToken"]
    renewed = (await refreshed(client, stolen)).json()["data"]["refreshToken"]
    resources = app.state.resources
    resources.clock = FixedClock(resources.clock.now() + GRACE)
    reused = await refreshed(client, stolen)
    assert reused.status_code == 401
    assert reused.json()["error"]["code"] == "signed_out"
    assert (await refreshed(client, renewed)).status_code == 401
    assert (await agent.get("/api/auth/me")).status_code == 401


async def test_a_refresh_token_from_before_the_last_ends_the_session_at_once(
    client: httpx.AsyncClient, as_role: AsRole
) -> None:
    agent = await as_role("agent")
    stolen = agent.tokens["refreshToken"]
    renewed = stolen
    for _ in range(2):  # the thief refreshes twice before the owner comes
        renewed = (await refreshed(client, renewed)).json()["data"]["refreshToken"]
    assert (await refreshed(client, stolen)).status_code == 401
    assert (await refreshed(client, renewed)).status_code == 401
    assert (await agent.get("/api/auth/me")).status_code == 401


@pytest.mark.parametrize("token", ["x", "a.b", "."])
async def test_made_up_refresh_tokens_are_refused(client: httpx.AsyncClient, token: str) -> None:
    assert (await client.post("/api/auth/refresh", json={"refreshToken": token})).status_code == 401


async def test_signing_out_ends_the_session_at_once(client: httpx.AsyncClient, as_role: AsRole) -> None:
    viewer = await as_role("viewer")  # read-only roles may sign out too
    assert (await viewer.post("/api/auth/logout")).status_code == 200
    assert (await viewer.get("/api/auth/me")).status_code == 401
    assert (
        await client.post("/api/auth/refresh", json={"refreshToken": viewer.tokens["refreshToken"]})
    ).status_code == 401


async def test_one_session_can_be_ended_from_another(client: httpx.AsyncClient, as_role: AsRole) -> None:
    agent = await as_role("agent")
    other = await as_role("agent")
    data = (await login(client, agent.user["email"])).json()["data"]
    client.headers["authorization"] = f"Bearer {data['token']}"
    sessions = (await client.get("/api/auth/sessions")).json()["data"]["sessions"]
    assert [session["current"] for session in sessions].count(True) == 1
    old = next(session["id"] for session in sessions if not session["current"])
    assert (await other.delete(f"/api/auth/sessions/{old}")).status_code == 404
    assert (await client.delete(f"/api/auth/sessions/{old}")).status_code == 200
    assert (await agent.get("/api/auth/me")).status_code == 401


def test_a_password_costs_what_owasp_recommends() -> None:
    """In the product; the tests' own passwords are cheaper (tests/services.py)."""
    ask = (
        "import asyncio; from py360.modules.identity import passwords; print(asyncio.run(passwords.hash_password('x')))"
    )
    made = subprocess.run(
        [sys.executable, "-c", ask],
        env={"PYTHONPATH": str(CHECKOUT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
