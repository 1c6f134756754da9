"""Claims to work on, reported through the API."""

from datetime import timedelta
from typing import Any

import httpx

from py360.kit import db, resources
from py360.kit.clock import FixedClock
from py360.kit.db import unit_of_work
from tests.factories.cases import MadeCase
from tests.services import ADMIN, PASSWORD


def data(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    """What an answer has; its status is checked."""
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


async def report(client: httpx.AsyncClient, case: MadeCase, **fields: Any) -> str:
    """Report a claim on the policy of a case, by default an accident of ₹ 50,000 five days ago; its number."""
    body = {
        "policyNumber": case.policy_number,
        "type": "vehicle",
        "category": "Accident",
        "description": "A truck hit the bumper.",
        "claimAmount": 50_000,
        "incidentDate": str(resources.current().clock.today() - timedelta(days=5)),
    } | fields
    return str(data(await client.post("/api/claims", json=body), 201)["claimNumber"])


async def cover(case: MadeCase, policy_type: str) -> None:
    """Make the policy of a case one of another type."""
    async with unit_of_work() as session:
        values = {"type": policy_type, "id": case.policy_id}
        await db.execute(session, "update policies set policy_type = %(type)s where id = %(id)s", values)


async def wait(client: httpx.AsyncClient, clock: FixedClock, span: timedelta) -> None:
    """Let time pass, and sign the first administrator in again: tokens are over sooner."""
    clock.moment += span
    answer = await client.post("/api/auth/login", json={"email": ADMIN, "password": PASSWORD})
    client.headers["authorization"] = f"Bearer {data(answer)['token']}"
