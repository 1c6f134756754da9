"""People to write to."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest_asyncio

from py360.kit.db import unit_of_work
from tests.factories.stored import read_value

AddCustomer = Callable[..., Awaitable[int]]


@pytest_asyncio.fixture
async def add_customer(client_id: int) -> AddCustomer:
    """Make a customer; the number."""
    made = 0

    async def add(email: str | None = None, phone: str | None = None, **columns: Any) -> int:
        nonlocal made
        made += 1
        async with unit_of_work() as session:
            number: int = await read_value(
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
