"""The WhatsApp Cloud API: sending, errors, statuses in batches, answers of customers."""

import hashlib
import hmac
import json

import pytest

from .conftest import SECRET, Call, Receiver, Sandbox

pytestmark = pytest.mark.asyncio

HELLO = [{"type": "body", "parameters": [{"type": "text", "text": "Hello"}]}]
TEXT = {
    "messaging_product": "whatsapp",
    "to": "919812345678",
    "type": "template",
    "template": {"name": "hello", "language": {"code": "en"}, "components": HELLO},
}


async def send(sandbox: Sandbox, message: dict, token: str = SECRET) -> tuple[int, dict]:
    """POST a message as our sender would."""
    url = f"{sandbox.url}/v17.0/106540352242922/messages"
    async with sandbox.http.post(url, json=message, headers={"Authorization": f"Bearer {token}"}) as answer:
        return answer.status, await answer.json()


def checked(call: Call) -> dict:
    """The webhook's value, after its signature was verified on the raw body."""
    expected = "sha256=" + hmac.new(SECRET.encode(), call.body, hashlib.sha256).hexdigest()
    assert call.headers["X-Hub-Signature-256"] == expected
    body = json.loads(call.body)
    assert body["object"] == "whatsapp_business_account"
    [entry] = body["entry"]
    [change] = entry["changes"]
    assert change["field"] == "messages"
    assert change["value"]["metadata"]["phone_number_id"] == "106540352242922"
    return change["value"]


async def test_a_text_message_is_accepted_and_its_statuses_come_back_signed(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    await sandbox.certain(whatsapp={"opened": 1})
    status, answer = await send(sandbox, TEXT)
    assert status == 200
    assert answer["contacts"] == [{"input": "919812345678", "wa_id": "919812345678"}]
    [message] = answer["messages"]
    assert message["id"].startswith("wamid.")
    await sandbox.drain()
    statuses = [told for call in receiver.to("/api/webhooks/whatsapp") for told in checked(call)["statuses"]]
    assert [told["status"] for told in statuses] == ["sent", "delivered", "read"]
    assert {told["id"] for told in statuses} == {message["id"]}


async def test_statuses_of_many_messages_share_webhooks(sandbox: Sandbox, receiver: Receiver) -> None:
    await sandbox.certain()
    for number in range(60):
        await send(sandbox, {**TEXT, "to": f"9198123456{number:02}"})
    await sandbox.drain()
    calls = receiver.to("/api/webhooks/whatsapp")
    assert sum(len(checked(call)["statuses"]) for call in calls) == 120
    assert len(calls) < 60


async def test_an_undeliverable_message_fails_with_metas_error(sandbox: Sandbox, receiver: Receiver) -> None:
    await sandbox.certain(whatsapp={"failed": 1})
    await send(sandbox, {**TEXT, "biz_opaque_callback_data": "wa-msg-7"})
    await sandbox.drain()
    statuses = [told for call in receiver.to("/api/webhooks/whatsapp") for told in checked(call)["statuses"]]
    assert statuses[-1]["status"] == "failed"
    assert statuses[-1]["biz_opaque_callback_data"] == "wa-msg-7"
    assert statuses[-1]["errors"][0]["code"] == 131026


@pytest.mark.parametrize(
    ("change", "token", "status", "code"),
    [
        ({}, "wrong", 401, 190),
        ({"to": "12"}, SECRET, 400, 131009),
        ({"type": "template", "template": {}}, SECRET, 400, 100),
        ({"messaging_product": "sms"}, SECRET, 400, 100),
    ],
)
async def test_refusals_carry_metas_error_body(
    sandbox: Sandbox, change: dict, token: str, status: int, code: int
) -> None:
    answered, body = await send(sandbox, TEXT | change, token)
    assert (answered, body["error"]["code"]) == (status, code)
    assert body["error"]["type"] == "OAuthException"


async def test_a_template_is_approved_at_once_and_rendered_with_its_parameters(sandbox: Sandbox) -> None:
    await sandbox.certain()
    components = [
        {"type": "BODY", "text": "Dear {{1}}, pay {{2}}"},
        {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Pay", "url": "https://pay.example/{{1}}"}]},
    ]
    template = {"name": "renewal", "language": "en", "category": "UTILITY", "components": components}
    headers = {"Authorization": f"Bearer {SECRET}"}
    async with sandbox.http.post(
        f"{sandbox.url}/v17.0/102290129340398/message_templates", json=template, headers=headers
    ) as answer:
        assert (await answer.json())["status"] == "APPROVED"
    filled = [
        {"type": "body", "parameters": [{"type": "text", "text": "Asha"}, {"type": "text", "text": "₹12,000.00"}]},
        {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "abc"}]},
    ]
    wanted = {"name": "renewal", "language": {"code": "en"}, "components": filled}
    await send(sandbox, {**TEXT, "type": "template", "template": wanted})
    [message] = (await sandbox.control("GET", "/messages?channel=whatsapp&recipient=%2B919812345678"))["messages"]
    assert message["body"] == "Dear Asha, pay ₹12,000.00\nhttps://pay.example/abc"


async def test_a_customer_writes_stop_or_presses_a_button(sandbox: Sandbox, receiver: Receiver) -> None:
    await sandbox.certain()
    _, answer = await send(sandbox, TEXT)
    customer = {"channel": "whatsapp", "from": "+919812345678"}
    await sandbox.control("POST", "/send-inbound", {**customer, "text": "STOP"})
    await sandbox.control("POST", "/send-inbound", {**customer, "text": "Call me", "button": "CALL"})
    await sandbox.drain()
    values = [checked(call) for call in receiver.to("/api/webhooks/whatsapp")]
    [stop, press] = [message for value in values for message in value.get("messages", ())]
    assert (stop["type"], stop["text"]["body"], stop["from"]) == ("text", "STOP", "919812345678")
    assert press["button"] == {"payload": "CALL", "text": "Call me"}
    assert press["context"]["id"] == answer["messages"][0]["id"]


async def test_free_text_needs_a_message_of_the_customer_within_a_day(sandbox: Sandbox) -> None:
    await sandbox.certain()
    text = {"messaging_product": "whatsapp", "to": "919812345678", "type": "text", "text": {"body": "Hello"}}
    status, answer = await send(sandbox, text)
    assert (status, answer["error"]["code"]) == (400, 131047)
    await sandbox.control("POST", "/send-inbound", {"channel": "whatsapp", "from": "+919812345678", "text": "Hello?"})
    status, answer = await send(sandbox, text)
    assert (status, answer["contacts"][0]["wa_id"]) == (200, "919812345678")
    status, answer = await send(sandbox, {**text, "to": "919812345679"})
    assert (status, answer["error"]["code"]) == (400, 131047)
