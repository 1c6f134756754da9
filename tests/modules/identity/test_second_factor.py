"""The second factor: codes of an authenticator app."""

from datetime import timedelta

import httpx
import pytest

from py360.entrypoints.users import reset_password
from py360.kit.clock import FixedClock
from py360.modules.identity.service import totp
from tests.modules.conftest import PASSWORD, AsRole, Person

RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    """RFC 6238, appendix B, cut to six digits."""
    assert totp.code(RFC_SECRET, seconds // totp.STEP_SECONDS) == code


async def switched_on(person: Person, clock: FixedClock) -> str:
    """Set up an app and confirm it; the secret."""
    made = (await person.post("/api/auth/mfa/setup")).json()["data"]
    assert made["otpauthUrl"].startswith("otpauth://totp/Py360%3A")
    secret: str = made["secret"]
    on = await person.post("/api/auth/mfa/enable", json={"otp": totp.code(secret, totp.step_of(clock.now()))})
    assert on.status_code == 200, on.text
    clock.moment += timedelta(seconds=totp.STEP_SECONDS)
    return secret


async def test_a_sign_in_takes_the_password_then_a_code_once(
    client: httpx.AsyncClient, as_role: AsRole, clock: FixedClock
) -> None:
    agent = await as_role("agent")
    secret = await switched_on(agent, clock)
    credentials = {"email": agent.user["email"], "password": PASSWORD}
    asked = (await client.post("/api/auth/login", json=credentials)).json()["data"]
    assert asked["mfaRequired"] is True
    assert "token" not in asked
    code = {"mfaToken": asked["mfaToken"], "otp": totp.code(secret, totp.step_of(clock.now()))}
    signed_in = await client.post("/api/auth/mfa/verify", json=code)
    assert signed_in.json()["data"]["user"]["email"] == agent.user["email"]
    again = await client.post("/api/auth/mfa/verify", json=code)
    assert (again.status_code, again.json()["error"]["code"]) == (401, "wrong_code")


async def test_the_form_may_send_the_code_with_the_password(
    client: httpx.AsyncClient, as_role: AsRole, clock: FixedClock
) -> None:
    agent = await as_role("agent")
    secret = await switched_on(agent, clock)
    credentials = {"email": agent.user["email"], "password": PASSWORD}
    wrong = await client.post("/api/auth/login", json=credentials | {"otp": "000000"})
    assert wrong.status_code == 401
    code = totp.code(secret, totp.step_of(clock.now()))
    assert (await client.post("/api/auth/login", json=credentials | {"otp": code})).json()["data"]["token"]


async def test_codes_cannot_be_guessed(client: httpx.AsyncClient, as_role: AsRole, clock: FixedClock) -> None:
    agent = await as_role("agent")
    await switched_on(agent, clock)
    credentials = {"email": agent.user["email"], "password": PASSWORD}
    token = (await client.post("/api/auth/login", json=credentials)).json()["data"]["mfaToken"]
    tries = [await client.post("/api/auth/mfa/verify", json={"mfaToken": token, "otp": f"{n:06d}"}) for n in range(6)]
    assert tries[-1].status_code == 429


async def test_a_sign_in_that_waits_too_long_begins_anew(
    client: httpx.AsyncClient, as_role: AsRole, clock: FixedClock
) -> None:
    agent = await as_role("agent")
    secret = await switched_on(agent, clock)
    credentials = {"email": agent.user["email"], "password": PASSWORD}
    token = (await client.post("/api/auth/login", json=credentials)).json()["data"]["mfaToken"]
    clock.moment += timedelta(minutes=6)
    code = totp.code(secret, totp.step_of(clock.now()))
    late = await client.post("/api/auth/mfa/verify", json={"mfaToken": token, "otp": code})
    assert late.json()["error"]["code"] == "sign_in_expired"
    forged = await client.post("/api/auth/mfa/verify", json={"mfaToken": "MS4x.abc", "otp": code})
    assert forged.json()["error"]["code"] == "sign_in_expired"


async def test_a_second_factor_is_switched_off_with_a_code_and_by_the_operator(
    client: httpx.AsyncClient, as_role: AsRole, clock: FixedClock
) -> None:
    agent = await as_role("agent")
    assert (await agent.post("/api/auth/mfa/disable", json={"otp": "123456"})).json()["error"]["code"] == "mfa_off"
    assert (await agent.post("/api/auth/mfa/enable", json={"otp": "123456"})).json()["error"][
        "code"
    ] == "mfa_not_set_up"
    secret = await switched_on(agent, clock)
    assert (await agent.post("/api/auth/mfa/setup")).status_code == 409
    refused = await agent.put("/api/user/settings", json={"mfaEnabled": False})
    assert refused.status_code == 422
    off = await agent.post("/api/auth/mfa/disable", json={"otp": totp.code(secret, totp.step_of(clock.now()))})
    assert off.json()["data"]["mfaEnabled"] is False
    other = await as_role("agent")
    await switched_on(other, clock)
    await reset_password(other.user["email"], "quite another long password")
    answer = await client.post(
        "/api/auth/login", json={"email": other.user["email"], "password": "quite another long password"}
    )
    assert answer.json()["data"]["mfaRequired"] is False
