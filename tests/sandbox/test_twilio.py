"""Twilio's Messages: sending, errors, signed callbacks, STOP."""

import base64
import hashlib
import hmac
from urllib.parse import parse_qsl

import aiohttp
import pytest

from .conftest import SECRET, Call, Receiver, Sandbox

pytestmark = pytest.mark.asyncio

ACCOUNT = "AC" + "0" * 32
FIELDS = {"To": "+919812345678", "From": "+918045671234", "Body": "Renew now"}


async def send(sandbox: Sandbox, fields: dict, secret: str = SECRET) -> tuple[int, dict]:
    """POST a message as our sender would."""
    url = f"{sandbox.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    headers = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, secret)}
    async with sandbox.http.post(url, data=fields, headers=headers) as answer:
        return answer.status, await answer.json()


def checked(call: Call, url: str) -> dict[str, str]:
    """The callback's fields, after its signature was verified as Twilio's documents say."""
    fields = dict(parse_qsl(call.body.decode(), keep_blank_values=True))
    text = url + "".join(key + fields[key] for key in sorted(fields))
    expected = base64.b64encode(hmac.new(SECRET.encode(), text.encode(), hashlib.sha1).digest()).decode()
    assert call.headers["X-Twilio-Signature"] == expected
    return fields


async def test_a_message_is_queued_and_called_back(sandbox: Sandbox, receiver: Receiver) -> None:
    await sandbox.certain()
    callback = f"{receiver.url}/api/webhooks/sms/twilio?account=7"
    status, answer = await send(sandbox, {**FIELDS, "StatusCallback": callback})
    assert status == 201
    assert answer["sid"].startswith("SM") and len(answer["sid"]) == 34
    assert (answer["status"], answer["price"], answer["num_segments"]) == ("queued", None, "1")
    await sandbox.drain()
    told = [checked(call, callback) for call in receiver.to("/api/webhooks/sms/twilio")]
    assert [fields["MessageStatus"] for fields in told] == ["sent", "delivered"]
    assert {fields["MessageSid"] for fields in told} == {answer["sid"]}


async def test_a_messaging_service_accepts_and_an_unreachable_phone_is_undelivered(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    await sandbox.certain(sms={"failed": 1})
    callback = f"{receiver.url}/api/webhooks/sms/twilio"
    service = {"To": FIELDS["To"], "Body": "नवीनीकरण", "MessagingServiceSid": "MG1", "StatusCallback": callback}
    _, answer = await send(sandbox, service)
    assert (answer["status"], answer["from"]) == ("accepted", None)
    await sandbox.drain()
    last = checked(receiver.calls[-1], callback)
    assert (last["MessageStatus"], last["ErrorCode"]) == ("undelivered", "30003")


@pytest.mark.parametrize(
    ("change", "secret", "status", "code"),
    [
        ({}, "wrong", 401, 20003),
        ({"To": "12345"}, SECRET, 400, 21211),
        ({"Body": ""}, SECRET, 400, 21602),
        ({"From": ""}, SECRET, 400, 21603),
        ({"Body": "x" * 1601}, SECRET, 400, 21617),
    ],
)
async def test_refusals_carry_twilios_error_body(
    sandbox: Sandbox, change: dict, secret: str, status: int, code: int
) -> None:
    answered, body = await send(sandbox, FIELDS | change, secret)
    assert (answered, body["code"], body["status"]) == (status, code, status)


async def test_after_stop_the_carrier_refuses_until_start(sandbox: Sandbox, receiver: Receiver) -> None:
    await sandbox.certain()
    await send(sandbox, FIELDS)
    customer = {"channel": "sms", "from": FIELDS["To"]}
    await sandbox.control("POST", "/send-inbound", {**customer, "text": "Stop"})
    assert (await send(sandbox, FIELDS))[1]["code"] == 21610
    await sandbox.control("POST", "/send-inbound", {**customer, "text": "START"})
    assert (await send(sandbox, FIELDS))[0] == 201
    await sandbox.drain()
    url = f"{receiver.url}/api/webhooks/sms/twilio"
    stop, start = (checked(call, url) for call in receiver.to("/api/webhooks/sms/twilio"))
    assert (stop["Body"], stop["OptOutType"], stop["From"], stop["To"]) == (
        "Stop",
        "STOP",
        FIELDS["To"],
        FIELDS["From"],
    )
    assert start["OptOutType"] == "START"
