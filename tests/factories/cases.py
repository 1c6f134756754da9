"""Cases to work on: `await make_case(...)` puts customer, policy and case into the database."""

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from py360.kit import db, resources
from py360.kit.db import unit_of_work
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


@dataclass(frozen=True, slots=True)
class CaseKeys:
    """The ids of a new case."""

    id: int
    policy_id: int
    customer_id: int


@dataclass(frozen=True)
class MadeCase:
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
        """Its address."""
        return f"/api/cases/{self.number}"


MakeCase = Callable[..., Awaitable[MadeCase]]


async def make_case(
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
) -> MadeCase:
    """Make a case; defaults are ordinary values."""
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
            "due": due or resources.current().clock.today() + timedelta(days=10),
            "status": status,
            "amount": amount,
            "agent": agent,
            "node": node,
            "priority": priority,
            "channel": channel,
            "branch": branch,
        }
        made = await db.fetch_one(session, CaseKeys, _MAKE, values)
    assert made is not None
    return MadeCase(made.id, made.policy_id, made.customer_id, number)
