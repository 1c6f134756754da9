"""A sandbox on free ports behind the default client's accounts, and people to write to."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest_asyncio

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.identity import api as identity
from py360.modules.messaging.accounts import seal_config
from py360.modules.messaging.seeding import sandbox_accounts
from py360.sandbox.main import opened
from py360.sandbox.vendors import Vendors

AddCustomer = Callable[..., Awaitable[int]]


@dataclass
class Sandbox:
    """The running vendors and the client whose accounts they are."""

    vendors: Vendors
    client_id: int

    def received(self, channel: str) -> list[Any]:
        """The messages the sandbox took, oldest first."""
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
        assert vendors.relay is not None
        smtp_port = vendors.relay.sockets[0].getsockname()[1]
        async with unit_of_work() as session:
            for channel, (_, config) in sandbox_accounts("Test Insurance").items():
                config |= {"smtpPort": smtp_port} if channel == "email" else {"baseUrl": vendors.world.address}
                await db.execute(
                    session,
                    "update providers set config_encrypted = %(config)s where channel = %(channel)s and is_sandbox",
                    {"config": seal_config(config), "channel": channel},
                )
        yield Sandbox(vendors, client_id)


@pytest_asyncio.fixture
async def add_customer(client_id: int) -> AddCustomer:
    """Make a customer; the number."""
    made = 0

    async def add(email: str | None = None, phone: str | None = None, **columns: Any) -> int:
        nonlocal made
        made += 1
        async with unit_of_work() as session:
            number: int = await db.value(
                session,
                "insert into customers (client_id, customer_code, first_name, last_name, email, phone,"
                " communication_preferences) values (%(client)s, %(code)s, 'Asha', 'Rao', %(email)s, %(phone)s, %(prefs)s)"
                " returning id",
                {
                    "client": client_id,
                    "code": f"CUST-M{made}",
                    "email": email,
                    "phone": phone,
                    "prefs": columns.get("preferences"),
                },
            )
        return number

    return add
