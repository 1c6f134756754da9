"""Stripe's stand-in: sessions, the hosted page, events, idempotency keys and errors as Stripe documents them."""

import hashlib
import hmac
import json
import time

import aiohttp
import pytest

from .conftest import SECRET, Call, Receiver, Sandbox

pytestmark = pytest.mark.asyncio
KEY = {"Authorization": f"Bearer {SECRET}"}


def form(receiver: Receiver, **change: str) -> dict[str, str]:
    """The session we would ask for."""
    wanted = {
        "mode": "payment",
        "client_reference_id": "payment-1",
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "inr",
        "line_items[0][price_data][unit_amount]": "1234550",
        "line_items[0][price_data][product_data][name]": "Renewal of POL-1",
        "payment_intent_data[metadata][reference]": "payment-1",
        "success_url": f"{receiver.url}/pay/TOKEN?stripe_session={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{receiver.url}/pay/TOKEN",
        "expires_at": str(int(time.time()) + 3600),
    }
    return wanted | change


async def call(
    sandbox: Sandbox, method: str, path: str, fields: dict[str, str] | None = None, headers: dict[str, str] = KEY
) -> dict:
    """Call the API; the status joins the answer."""
    sent = {"params": fields} if method == "GET" else {"data": fields}
    async with sandbox.http.request(method, f"{sandbox.url}/v1{path}", headers=headers, **sent) as answer:
        return {**await answer.json(), "http": answer.status}


def checked(webhook: Call) -> dict:
    """The event, after its signature was verified on the raw body."""
    parts = dict(part.split("=", 1) for part in webhook.headers["Stripe-Signature"].split(","))
    signed = f"{parts['t']}.".encode() + webhook.body
    assert parts["v1"] == hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert abs(int(parts["t"]) - time.time()) < 300
    return json.loads(webhook.body)


async def test_a_session_is_paid_on_the_hosted_page(sandbox: Sandbox, receiver: Receiver) -> None:
    session = await call(sandbox, "POST", "/checkout/sessions", form(receiver))
    assert (session["http"], session["status"], session["amount_total"]) == (200, "open", 1_234_550)
    async with sandbox.http.get(session["url"]) as page:
        assert "₹12,345.50" in await page.text()
    async with sandbox.http.post(session["url"], data={"outcome": "failure"}) as page:
        assert "declined" in await page.text()
    async with sandbox.http.post(session["url"], data={"outcome": "success"}, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"].rpartition("=")[2]) == (302, session["id"])
    fetched = await call(
        sandbox, "GET", f"/checkout/sessions/{session['id']}", {"expand[]": "payment_intent.latest_charge"}
    )
    assert (fetched["payment_status"], fetched["payment_intent"]["latest_charge"]["status"]) == ("paid", "succeeded")
    assert fetched["payment_intent"]["metadata"] == {"reference": "payment-1"}
    await sandbox.drain()
    kinds = {checked(webhook)["type"] for webhook in receiver.to("/api/webhooks/stripe")}
    assert kinds == {
        "charge.failed", "payment_intent.payment_failed", "charge.succeeded", "payment_intent.succeeded",
        "checkout.session.completed",
    }  # fmt: skip


async def test_a_key_is_used_once(sandbox: Sandbox, receiver: Receiver) -> None:
    keyed = {**KEY, "Idempotency-Key": "payment-1"}
    wanted = form(receiver)
    first = await call(sandbox, "POST", "/checkout/sessions", wanted, keyed)
    assert (await call(sandbox, "POST", "/checkout/sessions", wanted, keyed))["id"] == first["id"]
    other = await call(sandbox, "POST", "/checkout/sessions", wanted | {"mode": "setup"}, keyed)
    assert (other["http"], other["error"]["type"]) == (400, "idempotency_error")


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"mode": "subscription"}, "mode"),
        ({"line_items[0][price_data][currency]": "usd"}, "line_items[0][price_data][currency]"),
        ({"line_items[0][price_data][unit_amount]": "10"}, "line_items"),
        ({"expires_at": "1"}, "expires_at"),
        ({"success_url": ""}, "success_url"),
    ],
)
async def test_what_stripe_would_refuse_is_refused(
    sandbox: Sandbox, receiver: Receiver, change: dict[str, str], param: str
) -> None:
    answer = await call(sandbox, "POST", "/checkout/sessions", form(receiver, **change))
    assert (answer["http"], answer["error"]["type"], answer["error"]["param"]) == (400, "invalid_request_error", param)


async def test_another_key_and_an_unknown_session(sandbox: Sandbox) -> None:
    assert (await call(sandbox, "GET", "/balance", headers={"Authorization": "Bearer sk_other"}))["http"] == 401
    basic = {"Authorization": aiohttp.encode_basic_auth(SECRET, "")}
    assert (await call(sandbox, "GET", "/balance", headers=basic))["http"] == 401
    missing = await call(sandbox, "GET", "/checkout/sessions/cs_none")
    assert (missing["http"], missing["error"]["code"]) == (404, "resource_missing")


async def test_a_session_is_expired_and_cannot_be_paid(sandbox: Sandbox, receiver: Receiver) -> None:
    session = await call(sandbox, "POST", "/checkout/sessions", form(receiver))
    assert (await call(sandbox, "POST", f"/checkout/sessions/{session['id']}/expire"))["status"] == "expired"
    assert (await call(sandbox, "POST", f"/checkout/sessions/{session['id']}/expire"))["http"] == 400
    async with sandbox.http.post(session["url"], data={"outcome": "success"}) as page:
        assert page.status == 400


async def test_no_more_is_refunded_than_was_paid(sandbox: Sandbox, receiver: Receiver) -> None:
    session = await call(sandbox, "POST", "/checkout/sessions", form(receiver))
    async with sandbox.http.post(session["url"], data={"outcome": "success"}, allow_redirects=False):
        pass
    fetched = await call(
        sandbox, "GET", f"/checkout/sessions/{session['id']}", {"expand[]": "payment_intent.latest_charge"}
    )
    charge = fetched["payment_intent"]["latest_charge"]["id"]
    part = await call(sandbox, "POST", "/refunds", {"charge": charge, "amount": "1000000"})
    assert (part["http"], part["status"]) == (200, "succeeded")
    more = await call(sandbox, "POST", "/refunds", {"charge": charge, "amount": "1000000"})
    assert (more["http"], more["error"]["code"]) == (400, "amount_too_large")
    rest = await call(sandbox, "POST", "/refunds", {"charge": charge})
    assert rest["amount"] == 234_550
    again = await call(sandbox, "POST", "/refunds", {"charge": charge})
    assert again["error"]["code"] == "charge_already_refunded"
    listed = await call(sandbox, "GET", "/refunds", {"charge": charge})
    assert [each["amount"] for each in listed["data"]] == [234_550, 1_000_000]
