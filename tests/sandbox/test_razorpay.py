"""Razorpay's Payment Links: the API, the hosted page, the events and the way back to the merchant."""

import hashlib
import hmac
import json
import time
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest

from py360.sandbox.razorpay.linkbook import LinkBook

from .conftest import SECRET, Call, Receiver, Sandbox

pytestmark = pytest.mark.asyncio

KEY = {"Authorization": aiohttp.encode_basic_auth("rzp_test_sandbox", SECRET)}


def order(receiver: Receiver, **change: object) -> dict:
    """The link we would ask for."""
    wanted = {
        "amount": 1_234_550,
        "currency": "INR",
        "reference_id": "payment-1",
        "description": "Renewal of POL-1",
        "customer": {"name": "Asha", "contact": "+919812345678", "email": "asha@mail.example"},
        "notes": {"payment_id": "1"},
        "callback_url": f"{receiver.url}/api/pay/TOKEN/done",
        "callback_method": "get",
        "expire_by": int(time.time()) + 3600,
    }
    return wanted | change


async def call(sandbox: Sandbox, method: str, path: str, body: object = None, auth: dict[str, str] = KEY) -> dict:
    """Call the API; the status joins the answer."""
    async with sandbox.http.request(method, f"{sandbox.url}/v1{path}", json=body, headers=auth) as answer:
        return {**await answer.json(), "http": answer.status}


def checked(webhook: Call) -> dict:
    """The event, after its signature was verified on the raw body."""
    mark = hmac.new(SECRET.encode(), webhook.body, hashlib.sha256).hexdigest()
    assert webhook.headers["X-Razorpay-Signature"] == mark
    assert webhook.headers["x-razorpay-event-id"]
    return json.loads(webhook.body)


async def test_a_link_is_paid_on_the_hosted_page(sandbox: Sandbox, receiver: Receiver) -> None:
    link = await call(sandbox, "POST", "/payment_links", order(receiver))
    assert (link["http"], link["status"], link["amount"]) == (200, "created", 1_234_550)
    async with sandbox.http.get(link["short_url"]) as page:
        assert "₹12,345.50" in await page.text()
    fields = {"method": "upi", "outcome": "success"}
    async with sandbox.http.post(link["short_url"], data=fields, allow_redirects=False) as answer:
        assert answer.status == 302
        back = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    text = f"{link['id']}|payment-1|paid|{back['razorpay_payment_id']}"
    assert back["razorpay_signature"] == hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
    await sandbox.drain()
    captured, paid = (checked(webhook) for webhook in receiver.to("/api/webhooks/razorpay"))
    assert captured["event"] == "payment.captured"
    payment = captured["payload"]["payment"]["entity"]
    assert (payment["id"], payment["amount"], payment["captured"]) == (back["razorpay_payment_id"], 1_234_550, True)
    assert paid["event"] == "payment_link.paid"
    assert paid["payload"]["payment_link"]["entity"]["reference_id"] == "payment-1"
    assert paid["payload"]["order"]["entity"]["status"] == "paid"
    again = await call(sandbox, "GET", f"/payment_links/{link['id']}")
    assert (again["status"], again["amount_paid"]) == ("paid", 1_234_550)
    assert (await sandbox.counts())["payments"] == {"links": 1, "captured": 1, "capturedPaise": 1_234_550}


async def test_a_failed_attempt_leaves_the_link_open(sandbox: Sandbox, receiver: Receiver) -> None:
    link = await call(sandbox, "POST", "/payment_links", order(receiver))
    async with sandbox.http.post(link["short_url"], data={"method": "card", "outcome": "failure"}) as page:
        assert "try again" in await page.text()
    await sandbox.drain()
    [failed] = (checked(webhook) for webhook in receiver.to("/api/webhooks/razorpay"))
    assert failed["event"] == "payment.failed"
    assert failed["payload"]["payment"]["entity"]["error_reason"] == "payment_failed"
    assert (await call(sandbox, "GET", f"/payment_links/{link['id']}"))["status"] == "created"


async def test_a_cancelled_link_takes_no_money(sandbox: Sandbox, receiver: Receiver) -> None:
    link = await call(sandbox, "POST", "/payment_links", order(receiver))
    assert (await call(sandbox, "POST", f"/payment_links/{link['id']}/cancel"))["status"] == "cancelled"
    async with sandbox.http.post(link["short_url"], data={"method": "upi", "outcome": "success"}) as page:
        assert page.status == 400
    assert (await call(sandbox, "POST", f"/payment_links/{link['id']}/cancel"))["http"] == 400


async def test_a_payment_can_be_refunded_in_part_and_not_beyond(sandbox: Sandbox, receiver: Receiver) -> None:
    link = await call(sandbox, "POST", "/payment_links", order(receiver, callback_url=""))
    async with sandbox.http.post(link["short_url"], data={"method": "upi", "outcome": "success"}) as page:
        assert page.status == 200
    [payment] = (await call(sandbox, "GET", f"/payment_links/{link['id']}"))["payments"]
    path = f"/payments/{payment['payment_id']}/refund"
    assert (await call(sandbox, "POST", path, {"amount": 34_550}))["status"] == "processed"
    assert (await call(sandbox, "POST", path, {"amount": 1_200_001}))["http"] == 400
    first = await call(sandbox, "POST", path, {"amount": 100_000, "receipt": "r1"})
    assert await call(sandbox, "POST", path, {"amount": 100_000, "receipt": "r1"}) == first
    assert (await call(sandbox, "POST", path))["amount"] == 1_100_000
    assert (await call(sandbox, "GET", f"/payments/{payment['payment_id']}/refunds"))["count"] == 3


@pytest.mark.parametrize(
    ("change", "auth", "status"),
    [
        ({}, {"Authorization": aiohttp.encode_basic_auth("rzp_test_sandbox", "wrong")}, 401),
        ({"amount": 99}, KEY, 400),
        ({"amount": 12.5}, KEY, 400),
        ({"currency": "USD"}, KEY, 400),
        ({"expire_by": 1_700_000_000}, KEY, 400),
    ],
)
async def test_refusals_carry_razorpays_error_body(
    sandbox: Sandbox, receiver: Receiver, change: dict, auth: dict[str, str], status: int
) -> None:
    answer = await call(sandbox, "POST", "/payment_links", order(receiver, **change), auth)
    assert (answer["http"], answer["error"]["code"]) == (status, "BAD_REQUEST_ERROR")


async def test_a_reference_is_used_once(sandbox: Sandbox, receiver: Receiver) -> None:
    assert (await call(sandbox, "POST", "/payment_links", order(receiver)))["http"] == 200
    assert (await call(sandbox, "POST", "/payment_links", order(receiver)))["http"] == 400
    found = await call(sandbox, "GET", "/payment_links?reference_id=payment-1")
    assert len(found["payment_links"]) == 1


async def test_links_survive_a_restart(tmp_path: Path) -> None:
    book = LinkBook(tmp_path)
    assert book.add({"id": "plink_1", "reference_id": "r1", "status": "created"})
    book.close()
    again = LinkBook(tmp_path)
    assert again.link("plink_1") == {"id": "plink_1", "reference_id": "r1", "status": "created"}
    assert not again.add({"id": "plink_2", "reference_id": "r1"})
    again.close()
