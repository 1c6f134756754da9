"""What a period cost, as a summary and as a file, and what became of its messages."""

from datetime import UTC, datetime
from typing import Any

import httpx

from py360.kit import db
from py360.kit.clock import FixedClock
from py360.kit.db import unit_of_work
from tests.factories.cases import MadeCase, make_case
from tests.factories.claims import data
from tests.modules.conftest import AsRole

NOON = datetime(2026, 11, 10, 6, 30, tzinfo=UTC)
_SENT = """
insert into communication_delivery_status (client_id, case_id, customer_id, communication_type, recipient_contact, status, cost,
  sent_at, created_at, content)
values (1, %(case)s, %(customer)s, %(channel)s, '+919876543210', %(status)s, %(cost)s, %(at)s, %(at)s, 'Hello')
"""
NOVEMBER = {"month": 10, "year": 2026}


async def send(case: MadeCase, channel: str, status: str, cost: str) -> None:
    """A message in the ledger."""
    async with unit_of_work() as session:
        values = {"case": case.id, "customer": case.customer_id, "channel": channel, "status": status, "cost": cost}
        await db.execute(session, _SENT, {**values, "at": NOON})


async def test_charges_are_summed_by_service_and_day(as_admin: httpx.AsyncClient, clock: FixedClock) -> None:
    case = await make_case()
    for channel, status, cost in (
        ("sms", "delivered", "0.25"),
        ("sms", "failed", "0.25"),
        ("email", "sent", "0.1"),
        ("sms", "blocked", "9"),
    ):
        await send(case, channel, status, cost)
    summary = data(await as_admin.get("/api/billing/summary", params=NOVEMBER))
    assert {each["service"]: (each["count"], each["cost"]) for each in summary["utilization"]} == {
        "Email Notifications": (1, 0.1), "SMS Notifications": (2, 0.5), "WhatsApp Notifications": (0, 0), "Calls": (0, 0),
    }  # fmt: skip
    assert summary["totalMonthly"] == 0.6
    assert data(await as_admin.get("/api/billing/summary", params={"month": 9, "year": 2026}))["totalMonthly"] == 0
    lines = data(await as_admin.get("/api/billing/export", params=NOVEMBER))["charges"]
    assert [(each["date"], each["service"], each["count"], each["delivered"], each["failed"]) for each in lines] == [
        ("2026-11-10", "Email Notifications", 1, 0, 0), ("2026-11-10", "SMS Notifications", 2, 1, 1),
    ]  # fmt: skip
    file = await as_admin.get("/api/billing/export", params={**NOVEMBER, "format": "csv"})
    assert "SMS Notifications" in file.text


async def test_deliveries_are_listed_within_reach(
    as_admin: httpx.AsyncClient, as_role: AsRole, clock: FixedClock
) -> None:
    case, other = await make_case(name="Asha Rao"), await make_case(name="Ravi Kumar")
    await send(case, "sms", "delivered", "0.25")
    await send(other, "sms", "sent", "0.25")

    async def names(client: httpx.AsyncClient, **params: Any) -> list[tuple[str, str]]:
        found = data(await client.get("/api/billing/delivery-status", params={**NOVEMBER, **params}))["deliveries"]
        return [(each["customerName"], each["deliveryStatus"]) for each in found]

    assert await names(as_admin) == [("Ravi Kumar", "pending"), ("Asha Rao", "delivered")]
    assert await names(as_admin, status="pending") == [("Ravi Kumar", "pending")]
    assert await names(as_admin, search="asha") == [("Asha Rao", "delivered")]
    assert await names(as_admin, channel="email") == []
    bulk = data(await as_admin.get("/api/billing/delivery-status", params={**NOVEMBER, "type": "bulk"}))
    assert bulk["campaigns"] == []
    agent = await as_role("agent")
    assert (await agent.get("/api/billing/delivery-status")).status_code == 403
