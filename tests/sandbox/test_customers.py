"""The customers: fates that repeat, a payment from message to gateway and back, webhooks that survive trouble."""

import json

import pytest

from py360.sandbox.behaviour import Behaviour, fate

from .conftest import Receiver, Sandbox
from .test_razorpay import call, order
from .test_twilio import FIELDS, send

pytestmark = pytest.mark.asyncio


async def test_a_fate_depends_on_seed_channel_and_contact_only() -> None:
    usual = Behaviour()
    assert fate(usual, "email", "Asha@Mail.example ") == fate(usual, "email", "asha@mail.example")
    assert fate(usual, "sms", "+919812345678") == fate(usual, "sms", "919812345678")
    lots = [fate(usual, "email", f"person{number}@mail.example") for number in range(20_000)]
    opened = sum(lot.opens for lot in lots)
    assert 0.42 < opened / 20_000 < 0.46
    assert 0.22 < sum(lot.clicks for lot in lots) / opened < 0.28
    other = Behaviour(seed="another")
    assert lots != [fate(other, "email", f"person{number}@mail.example") for number in range(20_000)]


async def test_a_customer_pays_through_our_page_and_the_gateway(sandbox: Sandbox, receiver: Receiver) -> None:
    await sandbox.certain(sms={"clicked": 1}, pay=1, declined=1)
    link = await call(sandbox, "POST", "/payment_links", order(receiver))
    receiver.redirects = {"/c/T": f"{receiver.url}/pay/T", "/api/pay/T": link["short_url"]}
    receiver.pages["/pay/T"] = (
        '<form method="get" action="/language"><select name="lang"><option value="hi">हिन्दी</option></select></form>'
        '<form method="post" action="/api/pay/T"><input type="hidden" name="csrf" value="x&amp;y">'
        '<button name="pay" value="now">Pay now</button></form>'
    )
    await send(sandbox, {**FIELDS, "Body": f"Renew today: {receiver.url}/c/T."})
    await sandbox.drain()
    [submitted] = receiver.to("/api/pay/T")
    assert (submitted.method, submitted.body) == ("POST", b"csrf=x%26y")
    assert len(receiver.to("/api/pay/TOKEN/done")) == 1
    events = [json.loads(webhook.body)["event"] for webhook in receiver.to("/api/webhooks/razorpay")]
    assert events == ["payment.failed", "payment.captured", "payment_link.paid"]
    counts = await sandbox.counts()
    assert counts["customers"] == {"paid": 1}
    assert counts["sms"]["clicked"] == 1


async def test_a_link_to_elsewhere_is_never_visited(sandbox: Sandbox) -> None:
    await sandbox.certain(sms={"clicked": 1}, pay=1)
    await send(sandbox, {**FIELDS, "Body": "See https://elsewhere.example/pay/1"})
    await sandbox.drain()
    assert (await sandbox.counts())["customers"]["foreignLinks"] >= 1


async def test_webhooks_are_tried_again_until_our_api_is_back(sandbox: Sandbox, receiver: Receiver) -> None:
    await sandbox.certain()
    receiver.status = 503
    await send(sandbox, {**FIELDS, "StatusCallback": f"{receiver.url}/api/webhooks/sms/twilio"})
    answer = await sandbox.control("POST", "/drain?timeout=0.5")
    assert not answer["quiet"] and answer["underWay"]["webhooks"] == 2
    receiver.status = 200
    receiver.calls.clear()
    await sandbox.drain()
    assert len(receiver.calls) == 2


async def test_webhooks_can_be_held_back_scattered_and_doubled(sandbox: Sandbox, receiver: Receiver) -> None:
    await sandbox.certain()
    controls = await sandbox.control("PUT", "/webhooks", {"paused": True, "shuffle": True, "duplicate": 1})
    assert controls == {"paused": True, "shuffle": True, "duplicate": 1}
    await send(sandbox, {**FIELDS, "StatusCallback": f"{receiver.url}/api/webhooks/sms/twilio"})
    assert not (await sandbox.control("POST", "/drain?timeout=0.5"))["quiet"]
    assert not receiver.calls
    await sandbox.control("PUT", "/webhooks", {"paused": False})
    await sandbox.drain()
    assert len(receiver.calls) == 4


async def test_the_control_interface_needs_the_secret_and_resets_everything(sandbox: Sandbox) -> None:
    async with sandbox.http.get(f"{sandbox.url}/control") as answer:
        assert answer.status == 401
    await sandbox.certain()
    await send(sandbox, FIELDS)
    await sandbox.control("POST", "/reset")
    state = await sandbox.control("GET", "")
    assert state["counts"]["sms"]["accepted"] == 0
    assert not any(state["underWay"].values())
    assert (await sandbox.control("GET", "/behaviour"))["pay"] == Behaviour().pay
    headers = {"Authorization": "Bearer wrong"}
    async with sandbox.http.put(f"{sandbox.url}/control/behaviour", json={"pay": 1}, headers=headers) as answer:
        assert answer.status == 401
