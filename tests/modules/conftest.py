"""People who call: `await as_role("agent")` is a new user in that role, signed in."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest_asyncio
from fastapi import FastAPI

from py360.kit.db import unit_of_work
from py360.modules.identity import api as identity

PASSWORD = "a long enough password"


class Person(httpx.AsyncClient):
    """A signed-in client, with the user and the tokens of its sign-in."""

    user: dict[str, Any]
    tokens: dict[str, Any]

    def __init__(self, app: FastAPI) -> None:
        super().__init__(transport=httpx.ASGITransport(app=app, client=("127.0.0.1", 40000)), base_url="http://test")


AsRole = Callable[..., Awaitable[Person]]


@pytest_asyncio.fixture
async def as_role(app: FastAPI) -> AsyncIterator[AsRole]:
    """Make a user in a role and sign them in."""
    made = 0
    async with AsyncExitStack() as stack:

        async def sign_in(role: str, client_id: int | None = None, name: str = "") -> Person:
            nonlocal made
            made += 1
            email = f"{role}{made}@example.com"
            async with unit_of_work() as session:
                home = client_id or await identity.default_client(session)
                await identity.create_user(
                    session,
                    client_id=home,
                    email=email,
                    name=name or f"{role.title()} {made}",
                    role=role,
                    password=PASSWORD,
                )
            client = await stack.enter_async_context(Person(app))
            answer = await client.post("/api/auth/login", json={"email": email, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            data = answer.json()["data"]
            client.headers["authorization"] = f"Bearer {data['token']}"
            client.user, client.tokens = data["user"], data
            return client

        yield sign_in
