"""An e-mail address is a login: it changes with the password, and once the new address has answered."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit.clock import FixedClock
from py360.modules.identity import letters
from tests.modules.conftest import PASSWORD, AsRole, Person


class Postbox(letters.NoLetters):
    """Keeps the letters about changed addresses: the kind, the address, and the link or the new address."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, str, str]] = []

    async def confirm_email(self, session: AsyncSession, *, client_id: int, email: str, name: str, link: str) -> None:
        self.letters.append(("confirm", email, link))

    async def email_changed(
        self, session: AsyncSession, *, client_id: int, email: str, name: str, new_email: str
    ) -> None:
        self.letters.append(("changed", email, new_email))

    def token(self) -> str:
        return self.letters[-1][2].partition("token=")[2]


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    before, box = letters.post(), Postbox()
    letters.use(box)
    yield box
    letters.use(before)


NEW = "new.address@example.com"


async def ask(agent: Person, email: str = NEW) -> httpx.Response:
    return await agent.put("/api/user/profile", json={"email": email, "currentPassword": PASSWORD})


async def can_sign_in(client: httpx.AsyncClient, email: str) -> bool:
    answer = await client.post("/api/auth/login", json={"email": email, "password": PASSWORD})
    return answer.status_code == 200


async def test_a_new_address_needs_the_password(as_role: AsRole, postbox: Postbox) -> None:
    agent = await as_role("agent")
    for body, code in (({}, "password_needed"), ({"currentPassword": "not mine"}, "wrong_password")):
        answer = await agent.put("/api/user/profile", json={"email": NEW, **body})
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
    assert postbox.letters == []


async def test_the_same_address_needs_no_password(as_role: AsRole, postbox: Postbox) -> None:
    agent = await as_role("agent")
    body = {"email": agent.user["email"].upper(), "company": "HDFC"}
    assert (await agent.put("/api/user/profile", json=body)).status_code == 200
    assert postbox.letters == []


async def test_the_new_address_must_answer(client: httpx.AsyncClient, as_role: AsRole, postbox: Postbox) -> None:
    agent = await as_role("agent")
    old = agent.user["email"]
    asked = (await ask(agent)).json()["data"]
    assert (asked["email"], asked["pendingEmail"]) == (old, NEW)
    assert [letter[:2] for letter in postbox.letters] == [("confirm", NEW)]
    assert (await can_sign_in(client, old), await can_sign_in(client, NEW)) == (True, False)
    link, token = postbox.letters[0][2], postbox.token()
    for _ in range(2):  # a mail program opens it first
        page = await client.get(link[link.index("/confirm-email") :])
        assert page.status_code == 200
        assert NEW in page.text
    assert (await client.post("/confirm-email", data={"token": token})).status_code == 200
    assert (await can_sign_in(client, old), await can_sign_in(client, NEW)) == (False, True)
    assert postbox.letters[-1] == ("changed", old, NEW)
    assert (await client.post("/confirm-email", data={"token": token})).status_code == 410


async def test_a_program_confirms_too_and_only_once(
    client: httpx.AsyncClient, as_role: AsRole, postbox: Postbox
) -> None:
    agent = await as_role("agent")
    await ask(agent, "first@example.com")
    first = postbox.token()
    await ask(agent)
    for token, status in ((first, 410), (postbox.token(), 200), (postbox.token(), 410), ("made up", 410)):
        assert (await client.post("/api/auth/confirm-email", json={"token": token})).status_code == status


async def test_a_link_ends_after_a_day(
    app: FastAPI, client: httpx.AsyncClient, as_role: AsRole, postbox: Postbox
) -> None:
    await ask(await as_role("agent"))
    app.state.resources.clock = FixedClock(app.state.resources.clock.now() + timedelta(days=1))
    assert (await client.get("/confirm-email", params={"token": postbox.token()})).status_code == 410


async def test_an_address_taken_in_the_meantime_is_not_given_twice(
    client: httpx.AsyncClient, as_role: AsRole, postbox: Postbox
) -> None:
    one, other = await as_role("agent"), await as_role("agent")
    await ask(one)
    late = postbox.token()
    await ask(other)
    assert (await client.post("/api/auth/confirm-email", json={"token": postbox.token()})).status_code == 200
    assert (await client.post("/api/auth/confirm-email", json={"token": late})).status_code == 409


async def test_an_administrator_changes_others_addresses_and_the_old_one_is_told(
    as_admin: httpx.AsyncClient, as_role: AsRole, postbox: Postbox
) -> None:
    agent = await as_role("agent")
    old = agent.user["email"]
    answer = await as_admin.put(f"/api/users/{agent.user['id']}", json={"email": NEW})
    assert answer.json()["data"]["email"] == NEW
    assert postbox.letters == [("changed", old, NEW)]


async def test_nobody_goes_round_the_password_by_the_list_of_users(as_role: AsRole, postbox: Postbox) -> None:
    admin = await as_role("client_admin")
    answer = await admin.put(f"/api/users/{admin.user['id']}", json={"email": NEW})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "own_account")


@pytest.mark.parametrize("email", ["boss@py360.test", "boss@office.local", "boss@desk.internal"])
async def test_an_administrator_of_a_private_network_saves_their_profile(
    as_admin: httpx.AsyncClient, client: httpx.AsyncClient, email: str
) -> None:
    body = {"name": "Boss", "email": email, "role": "admin", "password": PASSWORD, "requirePasswordChange": False}
    assert (await as_admin.post("/api/users", json=body)).status_code == 201
    token = (await client.post("/api/auth/login", json={"email": email, "password": PASSWORD})).json()["data"]["token"]
    client.headers["authorization"] = f"Bearer {token}"
    profile = (await client.get("/api/user/profile")).json()["data"]
    saved = await client.put("/api/user/profile", json={**profile, "phone": "123"})
    assert saved.status_code == 200, saved.text
