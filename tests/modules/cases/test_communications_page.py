"""The communications page: what people log and note, its figures (domain reference, 10), and offers (6.5)."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from py360.kit.clock import FixedClock
from tests.factories.cases import MakeCase
from tests.modules.conftest import AsRole, Sandbox, sandbox

__all__ = ["sandbox"]  # the fixture


async def page(caller: httpx.AsyncClient, path: str, **asked: str) -> dict[str, Any]:
    """The communications page of a case."""
    data: dict[str, Any] = (await caller.get(f"{path}/communications", params=asked)).json()["data"]
    return data


async def test_figures_follow_the_formulas(as_admin: httpx.AsyncClient, make_case: MakeCase, clock: FixedClock) -> None:
    case = await make_case("in_progress")
    now = clock.now()
    logged = [
        # resolved at the first call, though another came eight days later
        {
            "type": "phone",
            "direction": "inbound",
            "duration": 120,
            "status": "resolved",
            "ago": 20,
            "customerSatisfaction": 5,
        },
        {
            "type": "phone",
            "direction": "outbound",
            "duration": 60,
            "status": "resolved",
            "ago": 12,
            "customerSatisfaction": 4,
        },
        # resolved, but the customer called again within a week
        {"type": "call", "direction": "inbound", "duration": 30, "status": "resolved", "ago": 9},
        {"type": "phone", "direction": "inbound", "duration": 30, "status": "pending", "ago": 3},
        {"type": "chat", "direction": "inbound", "status": "escalated", "escalationReason": "Angry", "ago": 2},
        {"type": "WhatsApp".lower(), "direction": "outbound", "ago": 1, "subject": "Sent by phone"},
    ]
    for each in logged:
        moment = now - timedelta(days=each.pop("ago"))
        answer = await as_admin.post(f"{case.path}/contacts", json={**each, "occurredAt": moment.isoformat()})
        assert answer.status_code == 201, answer.text
    data = await page(as_admin, case.path)
    summary = data["summary"]
    assert (summary["totalCommunications"], summary["totalCalls"], summary["totalWhatsApp"]) == (6, 4, 1)
    assert (summary["totalInbound"], summary["totalOutbound"]) == (4, 2)
    assert (summary["resolved"], summary["pending"], summary["escalated"]) == (3, 1, 1)
    assert summary["satisfactionRating"] == 4.5
    assert summary["averageCallDuration"] == 60
    assert summary["responseRate"] == 100.0  # every one was followed by something from a user
    assert summary["firstCallResolution"] == 25.0
    assert [each["type"] for each in data["communications"]] == ["whatsapp", "chat", "phone", "phone", "phone", "phone"]
    assert data["communications"][1]["escalated"]
    detail = (await as_admin.get(case.path)).json()["data"]
    assert (detail["totalCalls"], detail["communicationAttempts"]) == (4, 6)
    assert len((await page(as_admin, case.path, channel="chat"))["communications"]) == 1


async def test_a_message_of_the_ledger_is_starred_rated_and_tagged(
    as_admin: httpx.AsyncClient, make_case: MakeCase, sandbox: Sandbox
) -> None:
    case = await make_case("in_progress")
    sent = await as_admin.post(f"{case.path}/messages", json={"channel": "sms", "message": "Hello"})
    code = sent.json()["data"]["messageId"]
    assert (await as_admin.put(f"/api/communications/{code}/star")).json()["data"]["starred"] is True
    assert (await as_admin.put(f"/api/communications/{code}/star")).json()["data"]["starred"] is False
    assert (await as_admin.put(f"/api/communications/{code}/star", json={"starred": True})).json()["data"][
        "starred"
    ] is True
    noted = await as_admin.patch(
        f"/api/communications/{code}", json={"status": "Resolved", "customerSatisfaction": 3, "tags": ["premium"]}
    )
    assert noted.status_code == 200, noted.text
    (row,) = (await page(as_admin, case.path, starred="true"))["communications"]
    assert (row["id"], row["status"], row["customerSatisfaction"], row["tags"]) == (code, "resolved", 3, ["premium"])
    assert row["content"] == "Hello"
    other = code.replace("sms-msg", "email-msg")
    assert (await as_admin.put(f"/api/communications/{other}/star")).status_code == 404
    assert (await as_admin.put("/api/communications/7/star")).status_code == 404


async def test_bad_input_is_refused_by_field(
    as_admin: httpx.AsyncClient, make_case: MakeCase, clock: FixedClock
) -> None:
    case = await make_case("in_progress")
    later = (clock.now() + timedelta(hours=1)).isoformat()
    for body, status in (
        ({"type": "phone", "direction": "inbound", "customerSatisfaction": 6}, 422),
        ({"type": "pigeon", "direction": "inbound"}, 422),
        ({"type": "phone", "direction": "inbound", "occurredAt": later}, 409),
    ):
        assert (await as_admin.post(f"{case.path}/contacts", json=body)).status_code == status, body
    made = await as_admin.post(f"{case.path}/contacts", json={"type": "video", "direction": "inbound"})
    code = made.json()["data"]["id"]
    assert (await as_admin.patch(f"/api/communications/{code}", json={})).json()["error"]["code"] == "nothing_given"


async def test_communications_out_of_reach_are_not_there(
    as_admin: httpx.AsyncClient, as_role: AsRole, make_case: MakeCase
) -> None:
    case = await make_case("in_progress")
    made = await as_admin.post(f"{case.path}/contacts", json={"type": "phone", "direction": "inbound"})
    agent = await as_role("agent")
    code = made.json()["data"]["id"]
    assert (await agent.put(f"/api/communications/{code}/star")).status_code == 404
    assert (await agent.get(f"{case.path}/offers")).status_code == 404


@pytest.mark.parametrize(
    ("premium", "emi", "quarterly", "annual"), [(12000, 1000, 2940, 11400), (9999, 833, 2450, 9499), (1, 0, 0, 1)]
)
async def test_ways_to_pay_are_computed_from_the_premium(
    as_admin: httpx.AsyncClient, make_case: MakeCase, premium: int, emi: int, quarterly: int, annual: int
) -> None:
    from decimal import Decimal

    case = await make_case("in_progress", amount=Decimal(premium))
    offers = (await as_admin.get(f"{case.path}/offers")).json()["data"]
    amounts = {each["type"]: each["amount"] for each in offers["paymentOptions"]}
    assert (amounts["emi"], amounts["quarterly"], amounts["annual"]) == (emi, quarterly, annual)
    assert amounts["premium_funding"] == premium
    products = {each["product"]: each for each in offers["products"]}
    assert "Motor" not in products  # held
    assert products["Health"]["tags"][0] == "Recommended"
    assert products["Health"]["discountPercent"] == 15
