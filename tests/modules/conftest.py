"""People who call (`await as_role("agent")` is a new user in that role, signed in), and the vendors' sandbox."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from typing import Any

import httpx
import pytest_asyncio
from fastapi import FastAPI

from py360.kit import live
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.identity import api as identity
from py360.sandbox.main import opened
from py360.sandbox.vendors import Vendors
from tests.contract import CheckedTransport
from tests.factories.accounts import ALL_REACHED, point_at
from tests.factories.sessions import signed_in

PASSWORD = "a long enough password"


class Person(httpx.AsyncClient):
    """A signed-in client, with the user and the tokens of its sign-in."""

    user: dict[str, Any]
    tokens: dict[str, Any]

    def __init__(self, app: FastAPI) -> None:
        super().__init__(transport=CheckedTransport(app), base_url="http://test")


async def heard(since: int) -> list[live.Message]:
    """The live messages after a number that are out by now."""
    newest, messages = await live.last_seq(), []
    async with aclosing(live.follow(since)) as batches:
        async for batch in batches:
            messages += [message for message in batch if message.type not in ("ready", "resync")]
            if batch and batch[-1].seq >= newest:
                break
    return messages


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
            data = await signed_in(email)
            client.headers["authorization"] = f"Bearer {data['token']}"
            client.user, client.tokens = dict(data["user"]), dict(data)
            return client

        yield sign_in


@dataclass
class Sandbox:
    """The running vendors and the client whose accounts they are."""

    vendors: Vendors
    client_id: int

    def received(self, channel: str) -> list[Any]:
        """The messages the sandbox took, newest first."""
        return [each for each in self.vendors.world.journal.messages() if each.channel == channel]


@pytest_asyncio.fixture
async def client_id(resources: Resources) -> int:
    """The default client."""
    async with unit_of_work() as session:
        return await identity.default_client(session)


@pytest_asyncio.fixture
async def sandbox(resources: Resources, client_id: int) -> AsyncIterator[Sandbox]:
    """The vendors' simulators, and accounts that point at them."""
    here = resources.settings
    async with opened(secret=here.sandbox_secret, callback=here.public_url, http_port=0, smtp_port=0) as vendors:
        vendors.world.audience.behaviour = ALL_REACHED
        await point_at(vendors)
        yield Sandbox(vendors, client_id)
