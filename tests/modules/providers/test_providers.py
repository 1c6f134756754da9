"""Sender accounts over HTTP: secrets go in and never come out."""

import httpx
import pytest

from py360.kit.settings import settings
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


async def send_sms(admin: httpx.AsyncClient) -> httpx.Response:
    return await admin.post("/api/communication/sms/send", json={"to": "+919876543210", "message": "hi"})


async def test_a_default_account_takes_over_from_the_sandbox(as_admin: httpx.AsyncClient, sandbox: Sandbox) -> None:
    assert (await only(as_admin, "sms", "Sandbox"))["isDefault"]
    number = (await as_admin.post("/api/providers", json=TWILIO | {"isDefault": True})).json()["data"]["providerId"]
    assert (await only(as_admin, "sms", "Our Twilio"))["isDefault"]
    assert not (await only(as_admin, "sms", "Sandbox"))["isDefault"]
    named = await only(as_admin, "sms", "Sandbox")
    refused = await as_admin.post(
        "/api/communication/sms/send", json={"to": "+919876543210", "message": "hi", "providerId": named["id"]}
    )
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "account_inactive")
    assert (await as_admin.delete(f"/api/providers/{number}")).status_code == 200
    assert (await only(as_admin, "sms", "Sandbox"))["isDefault"]
    assert (await send_sms(as_admin)).status_code == 200


@pytest.mark.parametrize("state", ["inactive", "switched off", "never tested"])
async def test_an_account_that_is_not_in_use_leaves_its_channel_to_the_one_that_works(
    as_admin: httpx.AsyncClient, sandbox: Sandbox, state: str
) -> None:
    made = await as_admin.post(
        "/api/providers", json=TWILIO | {"isActive": state != "inactive", "isDefault": state == "switched off"}
    )
    number = made.json()["data"]["providerId"]
    if state == "switched off":
        off = await as_admin.put(f"/api/providers/{number}/active", json={"isActive": False})
        assert off.json()["data"]["isActive"] is False
        assert (await as_admin.put(f"/api/providers/{number}/default")).status_code == 409
    assert (await only(as_admin, "sms", "Sandbox"))["isDefault"]
    assert not (await only(as_admin, "sms", "Our Twilio"))["isDefault"]
    assert (await send_sms(as_admin)).status_code == 200


async def test_an_account_takes_over_once_its_test_succeeds(as_admin: httpx.AsyncClient, sandbox: Sandbox) -> None:
    """And real messages never go into the sandbox when the account that was used is switched off."""
    own = {"accountSid": "AC1", "authToken": settings().sandbox_secret, "fromNumber": "+911234567890"}
    config = own | {"baseUrl": sandbox.vendors.world.address}
    made = await as_admin.post("/api/providers", json=TWILIO | {"config": config})
    number = made.json()["data"]["providerId"]
    assert (await only(as_admin, "sms", "Sandbox"))["isDefault"]
    tested = await as_admin.post("/api/providers/test", json={"channel": "sms", "providerId": number})
    assert tested.json()["data"]["success"] is True, tested.text
    assert (await only(as_admin, "sms", "Our Twilio"))["isDefault"]
    assert (await send_sms(as_admin)).status_code == 200
    await as_admin.put(f"/api/providers/{number}/active", json={"isActive": False})
    assert not (await only(as_admin, "sms", "Sandbox"))["isDefault"]
    refused = await send_sms(as_admin)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "no_account")


async def test_a_changed_address_asks_for_the_secrets_again(as_admin: httpx.AsyncClient, sandbox: Sandbox) -> None:
    """Kept secrets would be sent to whoever listens at the new address when the account is tested."""
    for channel, type, config, moved in ADDRESSED:
        made = await as_admin.post(
            "/api/providers", json={"name": f"{type} {moved}", "channel": channel, "type": type, "config": config}
        )
        assert made.status_code == 201, made.text
        number = made.json()["data"]["providerId"]
        shown = (await as_admin.get(f"/api/providers/{number}")).json()["data"]["config"]
        body = {"name": f"{type} {moved}", "channel": channel, "type": type, "config": shown | moved}
        refused = await as_admin.put(f"/api/providers/{number}", json=body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "secrets_again"), refused.text
        asked = {each["field"].removeprefix("config.") for each in refused.json()["error"]["details"]}
        assert asked == {name for name, value in shown.items() if value == "********"}
        again = body | {"config": shown | moved | dict.fromkeys(asked, "entered again")}
        assert (await as_admin.put(f"/api/providers/{number}", json=again)).status_code == 200


ADDRESSED = [
    (
        "email",
        "smtp",
        {"host": "mail.example", "port": 25, "password": "s", "fromEmail": "a@b.in", "fromName": "A"},
        {"host": "evil.example"},
    ),
    (
        "email",
        "smtp",
        {"host": "mail.example", "port": 25, "password": "s", "fromEmail": "a@b.in", "fromName": "B"},
        {"port": 26},
    ),
    ("email", "sendgrid", {"apiKey": "k", "fromEmail": "a@b.in", "fromName": "A"}, {"smtpHost": "evil.example"}),
    ("sms", "twilio", TWILIO["config"], {"baseUrl": "https://evil.example"}),
    (
        "whatsapp",
        "meta",
        {"accessToken": "t", "phoneNumberId": "1", "businessAccountId": "2", "appSecret": "s"},
        {"baseUrl": "https://evil.example"},
    ),
    (
        "payment",
        "razorpay",
        {"keyId": "k", "keySecret": "s", "webhookSecret": "w"},
        {"baseUrl": "https://evil.example"},
    ),
]


INSIDE = [
    "127.0.0.1", "localhost", "10.0.0.8", "169.254.169.254", "192.168.1.4", "0.0.0.0", "2130706433", "127.1",
    "192.0.0.192", "168.63.129.16", "::1", "::ffff:10.0.0.8", "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b:1::7f00:1",
    "fec0::1",
]  # fmt: skip


async def test_an_address_inside_is_refused(as_admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PY360_VENDOR_NETWORKS", "")
    settings.cache_clear()
    for host in INSIDE:
        mail = {"host": host, "port": 25, "fromEmail": "a@b.in", "fromName": "A"}
        tried = [
            ("email", "smtp", mail),
            ("sms", "twilio", TWILIO["config"] | {"baseUrl": f"https://{f'[{host}]' if ':' in host else host}:8443"}),
        ]
        for channel, type, config in tried:
            body = {"channel": channel, "type": type, "config": config}
            saved = await as_admin.post("/api/providers", json=body | {"name": "Inside"})
            assert (saved.status_code, saved.json()["error"]["code"]) == (422, "address_not_allowed"), saved.text
            assert "PY360_VENDOR_NETWORKS" in saved.json()["error"]["message"]
            if host == INSIDE[0]:
                assert (await as_admin.post("/api/providers/test", json=body)).status_code == 422
    clear = TWILIO["config"] | {"baseUrl": "HTTP://8.8.8.8"}
    saved = await as_admin.post(
        "/api/providers", json={"channel": "sms", "type": "twilio", "name": "A", "config": clear}
    )
    assert saved.status_code == 422 and "https://" in saved.text


async def test_a_name_that_leads_inside_later_is_not_followed(
    as_admin: httpx.AsyncClient, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every connection checks again: the network was allowed when the account was saved."""
    made = await as_admin.post(
        "/api/providers", json=TWILIO | {"config": TWILIO["config"] | {"baseUrl": sandbox.vendors.world.address}}
    )
    number = made.json()["data"]["providerId"]
    monkeypatch.setenv("PY360_VENDOR_NETWORKS", "")
    settings.cache_clear()
    tested = await as_admin.post("/api/providers/test", json={"channel": "sms", "providerId": number})
    assert tested.json()["data"]["success"] is False
    assert "private network" in tested.json()["data"]["message"]


@pytest.mark.parametrize(
    "address",
    [
        "http://api.example.com",
        "ftp://a.example",
        "https://u:p@a.example",
        "https://a.example?x=1",
        "nonsense",
        "https://",
    ],
)
async def test_an_address_is_plain_and_encrypted(
    as_admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("PY360_VENDOR_NETWORKS", "")
    settings.cache_clear()
    answer = await as_admin.post("/api/providers", json=TWILIO | {"config": TWILIO["config"] | {"baseUrl": address}})
    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": "many"},
        {"port": 0},
        {"port": 9**30},
        {"port": True},
        {"host": "a\nb"},
        {"fromEmail": "Office <a@b.in>"},
    ],
    ids=str,
)
async def test_a_wrong_setting_is_422_where_it_is_saved_and_where_it_is_tested(
    as_admin: httpx.AsyncClient, wrong: dict[str, object]
) -> None:
    config = {"host": "mail.example", "port": 25, "fromEmail": "a@b.in", "fromName": "A"} | wrong
    body = {"channel": "email", "type": "smtp", "config": config}
    for answer in (
        await as_admin.post("/api/providers/test", json=body),
        await as_admin.post("/api/providers", json=body | {"name": "Wrong"}),
    ):
        assert answer.status_code == 422, answer.text
        assert answer.json()["error"]["details"][0]["field"] == f"config.{next(iter(wrong))}"


async def test_an_internationalised_sender_domain_is_kept_as_it_goes_over_the_wire(as_admin: httpx.AsyncClient) -> None:
    config = {"host": "mail.example", "port": 25, "fromEmail": "info@bücher.example", "fromName": "A"}
    made = await as_admin.post(
        "/api/providers", json={"name": "IDN", "channel": "email", "type": "smtp", "config": config}
    )
    number = made.json()["data"]["providerId"]
    shown = (await as_admin.get(f"/api/providers/{number}")).json()["data"]
    assert shown["config"]["fromEmail"] == "info@xn--bcher-kva.example"


async def test_the_address_for_webhooks_is_shown(as_admin: httpx.AsyncClient) -> None:
    made = await as_admin.post("/api/providers", json=TWILIO)
    number = made.json()["data"]["providerId"]
    shown = (await as_admin.get(f"/api/providers/{number}")).json()["data"]
    assert shown["webhookUrl"] == f"{settings().public_url}/api/webhooks/sms/twilio/{number}"


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
            "config": TWILIO["config"] | {"baseUrl": sandbox.vendors.world.address},
        },
    )
    assert wrong.json()["data"]["success"] is False
    nobody = {"host": "127.0.0.1", "port": 1, "fromEmail": "a@b.in", "fromName": "A"}
    away = await as_admin.post("/api/providers/test", json={"channel": "email", "type": "smtp", "config": nobody})
    assert away.json()["data"]["success"] is False
    assert "cannot be reached" in away.json()["data"]["message"]


async def test_a_vendor_that_is_not_available_is_marked_and_refused(as_admin: httpx.AsyncClient) -> None:
    types = (await as_admin.get("/api/providers/types")).json()["data"]["types"]
    missing = [each for each in types if not each["available"]]
    assert {"msg91", "gupshup", "exotel"} <= {each["type"] for each in missing}
    for each in missing:
        body = {"name": "X", "channel": each["channel"], "type": each["type"], "config": {"apiKey": "k"}}
        for answer in (
            await as_admin.post("/api/providers", json=body),
            await as_admin.post("/api/providers/test", json={k: v for k, v in body.items() if k != "name"}),
        ):
            assert (answer.status_code, answer.json()["error"]["code"]) == (409, "vendor_not_available")
            assert each["name"] in answer.json()["error"]["message"]


async def test_stats(as_admin: httpx.AsyncClient, sandbox: Sandbox) -> None:
    await as_admin.post("/api/communication/sms/send", json={"to": "+919876543210", "message": "hi"})
    saved = await only(as_admin, "sms", "Sandbox")
    stats = (await as_admin.get(f"/api/providers/sms/{saved['id']}/stats")).json()["data"]
    assert (stats["sent"], stats["failed"]) == (1, 0)
    assert stats["lastActivity"]
    channels = (await as_admin.get("/api/providers/stats")).json()["data"]["channels"]
    assert channels["sms"] == {"total": 1, "active": 1, "connected": 1, "disconnected": 0, "error": 0}


async def test_accounts_are_for_those_who_may_change_settings(client: httpx.AsyncClient, as_role: AsRole) -> None:
    assert (await client.get("/api/providers")).status_code == 401
    agent = await as_role("agent")
    assert (await agent.get("/api/providers")).status_code == 403
    manager = await as_role("manager")
    assert (await manager.get("/api/providers")).status_code == 200
    assert (await manager.post("/api/providers", json=TWILIO)).status_code == 403
