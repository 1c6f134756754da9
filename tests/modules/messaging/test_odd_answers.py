"""Anything a vendor answers is about one message: the others are sent, and nobody sees a server error."""

import json
from collections.abc import Callable
from typing import Literal

import httpx
import pytest

from py360.kit.db import unit_of_work
from py360.modules.messaging import api
from py360.modules.messaging.api import Admitted, Outgoing
from py360.modules.providers import api as providers
from py360.modules.templates import api as templates
from tests.factories.vendors import HttpVendor, http_answer, http_vendor

Channel = Literal["sms", "whatsapp"]
PHONE = "+919876543210"
ODD = {
    "a proxy's page": http_answer(502, b"<html><h1>502 Bad Gateway</h1></html>", "text/html"),
    "an empty 503": http_answer(503, b"", "text/plain"),
    "a list": http_answer(500, b"[]"),
    "yes, without a number": http_answer(200, b'{"queued": true}'),
    "yes, in a list": http_answer(200, b"[1, 2]"),
    "yes, as text": http_answer(200, b'"ok"'),
    "yes, and null": http_answer(201, b'{"sid": null, "messages": [null]}'),
    "yes, and other types": http_answer(201, b'{"sid": {"a": 1}, "messages": {"id": 1}}'),
    "yes, and no JSON": http_answer(200, b'{"sid": "SM', "application/json"),
    "yes, with a NUL and half a character": http_answer(
        201, rb'{"sid": "\u0000\ud800", "messages": [{"id": "\u0000\ud800"}]}'
    ),
    "yes, deeply": http_answer(200, b"[" * 100_000),
    "yes, without end": http_answer(200, b"x" * 3_000_000),
    "no body after all": b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{",
    "packed": http_answer(200, b"\x1f\x8b\x08\x00garbage", "application/json", "Content-Encoding: gzip"),
    "a cut connection": b"",
    "half a status line": b"HTTP/1.1 2",
    "no HTTP": b"220 smtp.example.com ESMTP\r\n",
    "see other": http_answer(303, b"", "text/html", "Location: https://example.com/"),
}
REFUSED = {
    "moved": http_answer(307, b"", "text/html", "Location: https://example.com/"),
    "a page that forbids": http_answer(403, b"<html>Forbidden</html>", "text/html"),
    "a page that is not there": http_answer(404, b"<html>Not found</html>", "text/html"),
    "slower, in HTML": http_answer(429, b"<html>Too many</html>", "text/html"),
    "an error that is a text": http_answer(400, b'{"error": "no", "code": [1]}'),
    "an error with a NUL": http_answer(400, rb'{"message": "no \u0000", "error": {"message": "C:\\u0000 \u0000"}}'),
    "an error cut off": b"HTTP/1.1 400 Bad\r\nContent-Length: 100\r\n\r\n{",
}


def taken(number: int, channel: Channel) -> bytes:
    answer = {"sid": f"SM{number:032}"} if channel == "sms" else {"messages": [{"id": f"wamid.{number}"}]}
    return http_answer(201, json.dumps(answer).encode())


async def use(client: httpx.AsyncClient, vendor: HttpVendor, channel: Channel) -> None:
    """Make the vendor the default account of the channel, as people do."""
    config = (
        {"accountSid": "ACx", "authToken": "t", "fromNumber": "+918045671234"}
        if channel == "sms"
        else {"accessToken": "t", "phoneNumberId": "1065", "businessAccountId": "1022", "appSecret": "s"}
    )
    body = {"name": f"Vendor {vendor.port}", "channel": channel, "type": "twilio" if channel == "sms" else "meta"}
    body |= {"config": config | {"baseUrl": vendor.address}, "isActive": True, "isDefault": True, "limits": {}}
    answer = await client.post("/api/providers", json=body)
    assert answer.status_code == 201, answer.text


async def send(channel: Channel, number: int) -> list[api.Delivery]:
    async with unit_of_work() as session:
        account = await providers.account(session, 1, channel)
        template = await templates.find(session, 1, "renewal_reminder", "whatsapp") if channel == "whatsapp" else None
        wanted = [Outgoing(1, channel, f"+9198765{each:05}", template=template, body="x") for each in range(number)]
        decisions = await api.admit(session, wanted, account)
    admitted = [each for each in decisions if isinstance(each, Admitted)]
    assert len(admitted) == number
    return list(await api.transport(account).send(admitted))


def odd_for(message: str, odd: bytes, channel: Channel) -> Callable[[int, bytes], bytes]:
    return lambda number, body: odd if message.encode() in body else taken(number, channel)


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
async def test_odd_answer_is_about_one_message(as_admin: httpx.AsyncClient, channel: Channel) -> None:
    third = "9876500002"
    for name, odd in (ODD | REFUSED).items():
        async with http_vendor(odd_for(third, odd, channel)) as vendor:
            await use(as_admin, vendor, channel)
            deliveries = await send(channel, 5)
            assert [each.status for each in deliveries[:2] + deliveries[3:]] == ["sent"] * 4, name
            one = deliveries[2]
            if name in ODD:
                assert (one.status, one.retry) == ("unknown", False), (name, one.error_message)
            else:
                assert (one.status, one.retry) == ("failed", True), (name, one.error_message)
            assert one.error_message, name
            assert len(vendor.bodies) == 5, name


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
async def test_single_message_never_ends_in_a_server_error(as_admin: httpx.AsyncClient, channel: Channel) -> None:
    body: dict[str, object] = {"to": PHONE, "message": "x"}
    if channel == "whatsapp":
        body = {"to": PHONE, "templateId": "renewal_reminder", "parameters": {"name": "Asha"}}
    for name, odd in (ODD | REFUSED).items():
        async with http_vendor(lambda number, _, odd=odd: odd) as vendor:  # bound for each round
            await use(as_admin, vendor, channel)
            answer = await as_admin.post(f"/api/communication/{channel}/send", json=body)
            assert answer.status_code in {200, 409, 503}, (name, answer.text)
            if name in ODD:
                data = answer.json()["data"]
                assert data["status"] == "unknown", name
                assert "may have been sent" in data["warnings"][-1]["message"], name


async def test_vendor_that_answers_nobody_gets_a_few_messages_only(as_admin: httpx.AsyncClient) -> None:
    async with http_vendor(lambda number, _: b"") as vendor:
        await use(as_admin, vendor, "sms")
        deliveries = await send("sms", 100)
        in_doubt = [each for each in deliveries if each.status == "unknown"]
        waiting = [each for each in deliveries if each.error_code == api.UNREACHABLE and each.retry]
        assert len(in_doubt) + len(waiting) == 100
        assert len(in_doubt) <= 25  # those under way when it was noticed
        assert len(vendor.bodies) == len(in_doubt)


TWILIO = [
    (400, 21211, "bounced", "21211", False),
    (400, 21614, "bounced", "21614", False),
    (400, 21610, "failed", "21610", False),
    (400, 21617, "failed", "21617", False),
    (400, 21408, "failed", "21408", False),
    (400, 21606, "failed", api.ACCOUNT_REFUSED, True),
    (400, 21608, "failed", api.ACCOUNT_REFUSED, True),
    (400, 21611, "failed", api.TOO_FAST, True),
    (401, 20003, "failed", api.ACCOUNT_REFUSED, True),
    (403, 20005, "failed", api.ACCOUNT_REFUSED, True),
    (404, 20404, "failed", api.ACCOUNT_REFUSED, True),
    (429, 20429, "failed", api.TOO_FAST, True),
    (503, 20503, "unknown", "20503", False),
]
META = [
    (400, 131026, "bounced", "131026", False),
    (400, 131047, "failed", "131047", False),
    (400, 131048, "failed", api.TOO_FAST, True),
    (400, 131049, "failed", "131049", True),
    (400, 131050, "failed", "131050", False),
    (400, 131051, "failed", "131051", False),
    (400, 131056, "failed", "131056", True),
    (400, 132000, "failed", "132000", False),
    (404, 132001, "failed", api.ACCOUNT_REFUSED, True),
    (400, 132015, "failed", api.ACCOUNT_REFUSED, True),
    (400, 100, "failed", api.ACCOUNT_REFUSED, True),
    (403, 230, "failed", api.ACCOUNT_REFUSED, True),
    (400, 368, "failed", api.ACCOUNT_REFUSED, True),
    (400, 131042, "failed", api.ACCOUNT_REFUSED, True),
    (401, 190, "failed", api.ACCOUNT_REFUSED, True),
    (403, 10, "failed", api.ACCOUNT_REFUSED, True),
    (400, 80007, "failed", api.TOO_FAST, True),
    (500, 131000, "unknown", "131000", False),
]


@pytest.mark.parametrize(("channel", "table"), [("sms", TWILIO), ("whatsapp", META)])
async def test_code_says_whom_it_is_about(
    as_admin: httpx.AsyncClient, channel: Channel, table: list[tuple[int, int, str, str, bool]]
) -> None:
    found = []
    for status, code, *_ in table:
        error = {"code": code, "message": "no", "error_subcode": 33}
        body = json.dumps(error if channel == "sms" else {"error": error}).encode()
        async with http_vendor(lambda number, _, a=http_answer(status, body): a) as vendor:
            await use(as_admin, vendor, channel)
            (delivery,) = await send(channel, 1)
            found.append((status, code, delivery.status, delivery.error_code, delivery.retry))
            if delivery.retry:
                async with unit_of_work() as session:
                    await api.keep_back(session, [delivery])
            assert delivery.opted_out == (code in {21610, 131050})
    assert found == table


async def test_recipient_who_stopped_at_the_vendor_is_stopped_here(as_admin: httpx.AsyncClient) -> None:
    answer = http_answer(400, b'{"code": 21610, "message": "Attempt to send to unsubscribed recipient"}')
    async with http_vendor(lambda number, _: answer) as vendor:
        await use(as_admin, vendor, "sms")
        codes = []
        for _ in range(2):
            sent = await as_admin.post("/api/communication/sms/send", json={"to": PHONE, "message": "x"})
            codes.append((sent.status_code, sent.json()["error"]["code"]))
        assert codes[0] == (409, "not_sent")
        assert codes[1][0] == 409
        assert codes[1][1] in {"suppressed", "opted_out"}
        assert len(vendor.bodies) == 1
