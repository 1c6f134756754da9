"""Wrong passwords: whoever guesses is locked out, whoever owns the account is not, and nobody outruns the count."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from py360.kit.clock import FixedClock
from py360.modules.identity.service.attempts import FIRST_LOCK_SECONDS, PER_ACCOUNT, source_of
from tests.modules.conftest import PASSWORD, AsRole, Person

From = Callable[[str], httpx.AsyncClient]


@pytest_asyncio.fixture
async def from_address(app: FastAPI) -> AsyncIterator[From]:
    """A browser at a network address that has never signed in."""
    async with AsyncExitStack() as stack:
        opened: list[httpx.AsyncClient] = []

        def browser(address: str) -> httpx.AsyncClient:
            transport = httpx.ASGITransport(app=app, client=(address, 40000))
            opened.append(httpx.AsyncClient(transport=transport, base_url="http://py360.test"))
            stack.push_async_callback(opened[-1].aclose)
            return opened[-1]

        yield browser


async def login(client: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    return await client.post("/api/auth/login", json={"email": email, "password": password})


async def codes(client: httpx.AsyncClient, email: str, times: int) -> list[str]:
    return [(await login(client, email, "wrong")).json()["error"]["code"] for _ in range(times)]


@pytest.mark.parametrize("email", ["agent1@example.com", "nobody@example.com"])
async def test_five_wrong_passwords_lock_and_unknown_accounts_answer_alike(
    from_address: From, as_role: AsRole, email: str
) -> None:
    await as_role("agent")
    assert await codes(from_address("192.0.2.1"), email, 6) == ["wrong_credentials"] * 5 + ["account_locked"]


async def test_the_lock_holds_against_the_right_password_and_doubles(
    app: FastAPI, from_address: From, as_role: AsRole
) -> None:
    email = (await as_role("agent")).user["email"]
    resources = app.state.resources
    resources.clock = FixedClock(resources.clock.now())
    attacker = from_address("192.0.2.1")
    for seconds in (FIRST_LOCK_SECONDS, 2 * FIRST_LOCK_SECONDS, 4 * FIRST_LOCK_SECONDS):
        await codes(attacker, email, 5)
        locked = await login(attacker, email)
        assert (locked.status_code, locked.headers["retry-after"]) == (429, str(seconds))
        resources.clock = FixedClock(resources.clock.now() + timedelta(seconds=seconds))
    assert (await login(attacker, email)).status_code == 200


async def test_the_owner_signs_in_while_another_address_is_locked(from_address: From, as_role: AsRole) -> None:
    email = (await as_role("agent")).user["email"]
    await codes(from_address("192.0.2.1"), email, 9)
    assert (await login(from_address("198.51.100.7"), email)).status_code == 200


async def test_guesses_at_once_are_counted_before_they_are_checked(from_address: From, as_role: AsRole) -> None:
    email = (await as_role("agent")).user["email"]
    attacker = from_address("192.0.2.1")
    answers = await asyncio.gather(*(login(attacker, email, f"guess {n}") for n in range(40)))
    assert Counter(answer.status_code for answer in answers) == {401: 5, 429: 35}


async def test_guesses_from_many_addresses_lock_strangers_but_no_known_device_or_address(
    from_address: From, as_role: AsRole
) -> None:
    email = (await as_role("agent")).user["email"]
    laptop, office = from_address("198.51.100.7"), "203.0.113.5"
    assert (await login(laptop, email)).status_code == 200
    assert (await login(from_address(office), email)).status_code == 200
    guessed = [
        (await login(from_address(f"192.0.2.{n}"), email, "wrong")).json()["error"]["code"]
        for n in range(PER_ACCOUNT + 3)
    ]
    assert Counter(guessed) == {"wrong_credentials": PER_ACCOUNT, "account_locked": 3}
    assert (await login(from_address("192.0.2.99"), email)).status_code == 429
    assert (await login(from_address(office), email)).status_code == 200
    laptop_elsewhere = from_address("192.0.2.200")
    laptop_elsewhere.cookies = laptop.cookies
    assert (await login(laptop_elsewhere, email)).status_code == 200


async def test_a_device_cookie_is_no_free_pass(from_address: From, as_role: AsRole) -> None:
    agent, other = await as_role("agent"), await as_role("agent")
    browser = from_address("198.51.100.7")
    await login(browser, agent.user["email"])
    assert await codes(browser, agent.user["email"], 6) == ["wrong_credentials"] * 5 + ["account_locked"]
    assert await codes(browser, other.user["email"], 6) == ["wrong_credentials"] * 5 + ["account_locked"]
    browser.cookies.clear()
    browser.cookies.set("py360_device", "made.up")
    assert (await login(browser, agent.user["email"])).status_code == 200


async def test_an_administrator_unlocks_an_account(
    as_admin: httpx.AsyncClient, from_address: From, as_role: AsRole
) -> None:
    agent: Person = await as_role("agent")
    browser = from_address("192.0.2.1")
    await codes(browser, agent.user["email"], 5)
    assert (await login(browser, agent.user["email"])).status_code == 429
    for status in ("suspended", "active"):
        await as_admin.put(f"/api/users/{agent.user['id']}/status", json={"status": status})
    assert (await login(browser, agent.user["email"])).status_code == 200


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        (None, "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_a_source_is_an_address_or_the_network_of_one_customer(address: str | None, source: str) -> None:
    assert source_of(address) == source


@pytest.mark.parametrize(
    "address", ["2001:db8::1", "::ffff:192.0.2.1", "fe80::1%eth0", "not an address", "1.2.3.4.5", ""]
)
async def test_a_sign_in_from_an_odd_address_is_a_sign_in(from_address: From, as_role: AsRole, address: str) -> None:
    email = (await as_role("agent")).user["email"]
    assert (await login(from_address(address), email)).status_code == 200


@pytest.mark.parametrize("text", ["\x00", "a\x00@example.com", "x" * 255, "😀@example.com", "\u202e@example.com", " "])
async def test_an_odd_login_is_refused_and_no_error_of_ours(client: httpx.AsyncClient, text: str) -> None:
    for body in ({"email": text, "password": "wrong"}, {"email": "a@example.com", "password": text}):
        assert (await client.post("/api/auth/login", json=body)).status_code in (401, 422)
    assert (await client.post("/api/auth/forgot-password", json={"email": text})).status_code in (200, 422)
    surrogate = b'{"email": "\\ud800@example.com", "password": "\\ud800"}'
    headers = {"content-type": "application/json"}
    assert (await client.post("/api/auth/login", content=surrogate, headers=headers)).status_code == 422


@pytest.mark.parametrize("cookie", [b"\x80\xff.\x01", b"a.b", b".", b"MQ.MQ", b"x" * 3_000])
async def test_an_odd_device_cookie_is_no_device(from_address: From, as_role: AsRole, cookie: bytes) -> None:
    agent = await as_role("agent")
    body = {"email": agent.user["email"], "password": PASSWORD}
    headers = [(b"cookie", b"py360_device=" + cookie)]
    assert (await from_address("192.0.2.1").post("/api/auth/login", json=body, headers=headers)).status_code == 200
