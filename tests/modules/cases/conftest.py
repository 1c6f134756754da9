"""Cases to work on: `await make_case(...)` puts customer, policy and case into the database."""

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from py360.kit import db
from py360.kit.clock import INDIA, FixedClock
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.identity import api as identity

_numbers = itertools.count(1)

_MAKE = """
with person as (
  insert into customers (client_id, customer_code, first_name, last_name, email, phone)
  values (%(client)s, 'T-' || %(n)s, %(first)s, %(last)s, %(email)s, %(phone)s) returning id
), cover as (
  insert into policies (client_id, policy_number, customer_id, policy_type, product_name, premium_amount, start_date,
    end_date, renewal_date, branch_id)
  select %(client)s, %(policy)s, id, 'Motor', 'Private Car', 11000, %(due)s - 365, %(due)s, %(due)s, %(branch)s from person
  returning id, customer_id
)
insert into renewal_cases (client_id, policy_id, customer_id, due_date, status, renewal_amount, assigned_to, node_id,
  priority, channel, closed_at)
select %(client)s, id, customer_id, %(due)s, %(status)s::text, %(amount)s, %(agent)s, %(node)s, %(priority)s, %(channel)s,
  case when %(status)s::text in ('renewed', 'lapsed', 'cancelled') then now() end
from cover returning id, policy_id, customer_id
"""


@dataclass(frozen=True)
class Made:
    """A case of the tests."""

    id: int
    policy_id: int
    customer_id: int
    policy_number: str

    @property
    def number(self) -> str:
        """Its display code."""
        return f"CASE-{self.id}"

    @property
    def path(self) -> str:
        """Where it stands on the wire."""
        return f"/api/cases/{self.number}"


MakeCase = Callable[..., Awaitable[Made]]


@pytest.fixture
def make_case(resources: Resources) -> MakeCase:
    """Make a case; what is not said is ordinary."""

    async def make(
        status: str = "validated",
        *,
        name: str = "Asha Rao",
        policy: str | None = None,
        agent: int | None = None,
        node: int | None = None,
        due: date | None = None,
        amount: Decimal = Decimal(12500),
        client: int | None = None,
        priority: str = "medium",
        channel: str | None = None,
        branch: int | None = None,
    ) -> Made:
        n = next(_numbers)
        first, _, last = name.partition(" ")
        number = policy or f"POL-{n:06d}"
        async with unit_of_work() as session:
            values: dict[str, Any] = {
                "client": client or await identity.default_client(session),
                "n": n,
                "first": first,
                "last": last,
                "email": f"customer{n}@example.com",
                "phone": f"+9198200{n:05d}",
                "policy": number,
                "due": due or resources.clock.today() + timedelta(days=10),
                "status": status,
                "amount": amount,
                "agent": agent,
                "node": node,
                "priority": priority,
                "channel": channel,
                "branch": branch,
            }
            row = await db.one(session, _MAKE, values)
        assert row is not None
        return Made(policy_number=number, **row)

    return make


@pytest.fixture
def rows(resources: Resources) -> Callable[..., Awaitable[list[db.Row]]]:
    """Look straight into the database, or put something there."""

    async def run(sql: str, **params: Any) -> list[db.Row]:
        async with unit_of_work() as session:
            return await db.all(session, sql, params)

    return run


def in_india(clock: FixedClock) -> date:
    """Today where policies fall due."""
    return clock.now().astimezone(INDIA).date()
