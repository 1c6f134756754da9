"""Sender accounts over HTTP: secrets go in and never come out."""

import httpx
import pytest

from tests.modules.conftest import AsRole, Sandbox

TWILIO = {
    "name": "Our Twilio",
    "channel": "sms",
    "type": "twilio",
    "config": {"accountSid": "AC1", "authToken": "very secret", "fromNumber": "+911234567890"},
}


async def only(admin: httpx.AsyncClient, channel: str, name: str) -> dict[str, object]:
    listed = (await admin.get("/api/providers", params={"channel": channel})).json()["data"]["providers"]
    (found,) = [each for each in listed if each["name"] == name]
    return dict(found)


async def test_secrets_are_masked_and_kept(as_admin: httpx.AsyncClient) -> None:
    made = await as_admin.post("/api/providers", json=TWILIO)
    assert made.status_code == 201, made.text
    number = made.json()["data"]["providerId"]
    shown = (await as_admin.get(f"/api/providers/{number}")).json()["data"]
    assert shown["config"] == {"accountSid": "AC1", "authToken": "********", "fromNumber": "+911234567890"}
    assert shown["limits"] == {"dailyLimit": 1000, "monthlyLimit": 10000, "rateLimit": 10}
    assert "very secret" not in (await as_admin.get("/api/providers")).text
    saved = await as_admin.put(
        f"/api/providers/{number}", json=TWILIO | {"config": shown["config"] | {"fromNumber": "+911"}}
    )
    assert saved.status_code == 200, saved.text
    assert (await as_admin.get(f"/api/providers/{number}")).json()["data"]["config"]["fromNumber"] == "+911"


async def test_the_table_of_vendors_says_what_is_needed(as_admin: httpx.AsyncClient) -> None:
    answer = await as_admin.post("/api/providers", json=TWILIO | {"config": {"accountSid": "AC1", "colour": "red"}})
    assert answer.status_code == 422
    fields = {each["field"] for each in answer.json()["error"]["details"]}
    assert fields == {"config.authToken", "config.fromNumber", "config.colour"}
    types = (await as_admin.get("/api/providers/types")).json()["data"]["types"]
    assert {"sendgrid", "aws-ses", "mailgun", "smtp", "twilio", "msg91", "meta", "exotel", "ubona"} <= {
        each["type"] for each in types
    }


async def test_a_real_account_takes_over_from_the_sandbox(as_admin: httpx.AsyncClient) -> None:
    assert (await only(as_admin, "sms", "Sandbox"))["isDefault"]
    number = (await as_admin.post("/api/providers", json=TWILIO)).json()["data"]["providerId"]
    assert (await only(as_admin, "sms", "Our Twilio"))["isDefault"]
    assert not (await only(as_admin, "sms", "Sandbox"))["isDefault"]
    off = await as_admin.put(f"/api/providers/{number}/active", json={"isActive": False})
    assert off.json()["data"]["isActive"] is False
    refused = await as_admin.post("/api/communication/sms/send", json={"to": "+919876543210", "message": "hi"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "no_account")
    assert (await as_admin.put(f"/api/providers/{number}/default")).status_code == 409
    assert (await as_admin.delete(f"/api/providers/{number}")).status_code == 200


async def test_an_account_is_tested_before_use(as_admin: httpx.AsyncClient, sandbox: Sandbox) -> None:
    for channel in ("email", "sms", "whatsapp"):
        saved = await only(as_admin, channel, "Sandbox")
        answer = await as_admin.post("/api/providers/test", json={"channel": channel, "providerId": saved["id"]})
        assert answer.json()["data"]["success"] is True, answer.text
    wrong = await as_admin.post(
        "/api/providers/test",
        json={
            "channel": "sms",
            "type": "twilio",
            "config": TWILIO["config"] | {"baseUrl": sandbox.vendors.world.address},  # type: ignore[operator]
        },
    )
    assert wrong.json()["data"]["success"] is False
    nobody = {"host": "127.0.0.1", "port": 1, "fromEmail": "a@b.in", "fromName": "A"}
    away = await as_admin.post("/api/providers/test", json={"channel": "email", "type": "smtp", "config": nobody})
    assert away.json()["data"]["success"] is False
    assert "cannot be reached" in away.json()["data"]["message"]


@pytest.mark.parametrize("type", ["msg91", "textlocal"])
async def test_a_vendor_not_wired_up_says_so(as_admin: httpx.AsyncClient, type: str) -> None:
    config = {"apiKey": "k", "senderId": "INTPRO", "route": "4", "country": "IN"}
    if type == "textlocal":
        config = {"apiKey": "k", "username": "u", "hash": "h", "sender": "INTPRO"}
    await as_admin.post("/api/providers", json={"name": "X", "channel": "sms", "type": type, "config": config})
    answer = await as_admin.post("/api/communication/sms/send", json={"to": "+919876543210", "message": "hi"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "vendor_not_available")


async def test_stats(as_admin: httpx.AsyncClient, sandbox: Sandbox) -> None:
    await as_admin.post("/api/communication/sms/send", json={"to": "+919876543210", "message": "hi"})
    saved = await only(as_admin, "sms", "Sandbox")
    stats = (await as_admin.get(f"/api/providers/sms/{saved['id']}/stats")).json()["data"]
    assert (stats["sent"], stats["failed"]) == (1, 0)
    assert stats["lastActivity"]
    channels = (await as_admin.get("/api/providers/stats")).json()["data"]["channels"]
    assert channels["sms"] == {"total": 1, "active": 1, "connected": 1, "disconnected": 0, "error": 0}


async def test_who_may(client: httpx.AsyncClient, as_role: AsRole) -> None:
    assert (await client.get("/api/providers")).status_code == 401
    agent = await as_role("agent")
    assert (await agent.get("/api/providers")).status_code == 403
    manager = await as_role("manager")
    assert (await manager.get("/api/providers")).status_code == 200
    assert (await manager.post("/api/providers", json=TWILIO)).status_code == 403
