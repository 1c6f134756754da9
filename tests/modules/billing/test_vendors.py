"""What was sent through which vendor, and what it cost."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from py360.kit import db
from py360.kit.clock import FixedClock
from py360.kit.db import unit_of_work
from tests.modules.conftest import AsRole

_SENT = """
insert into communication_delivery_status (client_id, communication_type, recipient_contact, status, provider_id, cost, sent_at,
  created_at)
select a.client_id, a.channel, '+919876543210', s.status, a.id, s.cost, s.at, s.at
from providers a, unnest(%(statuses)s::text[], %(costs)s::numeric[], %(moments)s::timestamptz[]) s (status, cost, at)
where a.channel = %(channel)s and a.client_id = 1
"""


async def send(channel: str, *sent: tuple[str, str, datetime]) -> None:
    """Messages in the ledger: status, cost, moment."""
    async with unit_of_work() as session:
        params = {
            "channel": channel,
            "statuses": [status for status, _, _ in sent],
            "costs": [cost for _, cost, _ in sent],
            "moments": [at for _, _, at in sent],
        }
        await db.execute(session, _SENT, params)


@pytest.fixture
async def november(as_admin: httpx.AsyncClient, clock: FixedClock) -> None:
    """Messages of one month; one of them on the next day in India."""
    late = datetime(2026, 11, 10, 19, 0, tzinfo=UTC)
    noon = datetime(2026, 11, 10, 6, 30, tzinfo=UTC)
    await send(
        "sms", ("delivered", "0.05", noon), ("failed", "0.05", noon), ("sent", "0.10", late), ("blocked", "0", noon)
    )
    await send("email", *[("opened", "0.02", noon)] * 20)
    await send("email", ("delivered", "0.02", datetime(2026, 10, 1, 6, 30, tzinfo=UTC)))


async def get(client: httpx.AsyncClient, path: str, **params: Any) -> dict[str, Any]:
    answer = await client.get(path, params={"month": 10, "year": 2026} | params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["data"])


async def test_messages_are_counted_by_india_s_days(as_admin: httpx.AsyncClient, november: None) -> None:
    data = await get(as_admin, "/api/billing/communication-stats")
    assert (data["periodFrom"], data["periodTo"]) == ("2026-11-01", "2026-11-30")
    assert data["totals"] == {"sms": 3, "email": 20, "whatsapp": 0, "call": 0, "total": 23, "cost": 0.6}
    assert [(day["date"], day["sms"], day["total"]) for day in data["days"]] == [
        ("2026-11-10", 2, 22),
        ("2026-11-11", 1, 1),
    ]


async def test_vendors_show_success_and_cost(as_admin: httpx.AsyncClient, november: None) -> None:
    vendors = {each["vendorType"]: each for each in (await get(as_admin, "/api/vendors"))["vendors"]}
    sms, email = vendors["SMS Provider"], vendors["Email Provider"]
    assert sms["deliveryStats"] == {"delivered": 1, "failed": 1, "pending": 1}
    assert (sms["successRate"], sms["rating"], sms["totalCost"], sms["costPerMessage"]) == (
        33.3,
        "Needs Attention",
        0.2,
        0.0667,
    )
    assert (email["successRate"], email["rating"], email["totalCommunications"]) == (100, "Excellent", 20)
    assert vendors["WhatsApp Provider"]["rating"] == "No messages"
    busiest = (await get(as_admin, "/api/vendors/communications"))["vendors"]
    assert [each["totalCommunications"] for each in busiest][:3] == [20, 3, 0]
    page = await get(as_admin, f"/api/vendors/{email['vendorId']}/performance")
    assert [(each["month"], each["totalCommunications"]) for each in page["months"]] == [
        ("2026-11", 20),
        ("2026-10", 1),
    ]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"from": "2026-11-01"}, "to"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "to"),
        ({"from": "2020-01-01", "to": "2026-11-01"}, "to"),
        ({"month": 12}, "month"),
    ],
)
async def test_a_period_that_is_none_is_refused(
    as_admin: httpx.AsyncClient, params: dict[str, Any], field: str
) -> None:
    answer = await as_admin.get("/api/vendors", params=params)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["details"][0]["field"] == field


async def test_billing_is_of_the_own_client(as_admin: httpx.AsyncClient, as_role: AsRole, november: None) -> None:
    made = await as_admin.post("/api/clients", json={"clientName": "Foreign"})
    foreign = await as_role("client_admin", client_id=made.json()["data"]["id"])
    agent = await as_role("agent")
    vendor = (await get(as_admin, "/api/vendors"))["vendors"][0]["vendorId"]
    assert (await foreign.get(f"/api/vendors/{vendor}/performance")).status_code == 404
    assert (await get(foreign, "/api/billing/communication-stats"))["totals"]["total"] == 0
    for path in ("/api/vendors", "/api/vendors/communications", "/api/billing/communication-stats"):
        assert (await agent.get(path)).status_code == 403
