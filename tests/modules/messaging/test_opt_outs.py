"""An opt-out is never lost: whatever vendor, link or answer it comes by, and whatever came before it."""

import hashlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from aiohttp import web

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.compliance import api as compliance
from py360.modules.messaging.links import unsubscribe_url
from py360.modules.providers.accounts import seal_settings
from py360.modules.providers.vendor_settings import TwilioSettings
from tests.conftest import RunJobs
from tests.factories.links import path
from tests.factories.stored import read_rows, read_value
from tests.factories.webhooks import message, payload, post_meta, post_twilio
from tests.modules.conftest import Sandbox
from tests.modules.messaging.conftest import AddCustomer

PHONE, DIGITS = "+919876543210", "919876543210"
EMAIL = "asha@example.com"
ONE_CLICK = {"content": "List-Unsubscribe=One-Click", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}


async def suppressed() -> list[tuple[str, str]]:
    async with unit_of_work() as session:
        rows = await read_rows(session, "select channel, contact, reason from suppressions order by channel, contact")
    return [(row["channel"], row["reason"]) for row in rows]


def meta(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "918045671234", "phone_number_id": "106540352242922"},
        "messages": list(messages),
        **more,
    }
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"value": value, "field": "x"}]}]}


def written(number: int = 1, **content: Any) -> dict[str, Any]:
    mark = hashlib.sha256(json.dumps(content).encode()).hexdigest()
    return {"from": DIGITS, "id": f"wamid.{number}{mark}", "timestamp": str(int(time.time())), **content}


BUTTON = {"type": "button_reply", "button_reply": {"id": "stop", "title": "संदेश न चाहिए?"}}
LISTED = {"type": "list_reply", "list_reply": {"id": "x", "title": "Unsubscribe", "description": "No more messages"}}
ANSWERS = json.dumps({"flow_token": "STOP", "reason": "3_other", "choices": ["3_opt-out"]})
FORM = {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": ANSWERS}}
STOP = {"type": "text", "text": {"body": "STOP"}}


@pytest.mark.parametrize(
    "body",
    [
        meta(written(type="interactive", interactive=BUTTON)),
        meta(written(type="interactive", interactive=LISTED)),
        meta(written(type="interactive", interactive=FORM)),
        meta(written(type="button", button={"payload": "STOP", "text": "ठीक है"})),
        meta(written(type="button", button={"payload": "STOP_PROMOTIONS", "text": "Stop promotions"})),
        meta(written(**STOP, context=None)),
        meta({"from": DIGITS, "id": "wamid.no-time", **STOP}),
        meta({"from": DIGITS, "id": "wamid.odd-time", "timestamp": "soon", **STOP}),
        meta(written(type="text", text={"body": "STOP ❗️"})),
        meta(None, {"status": "odd"}, written(**STOP), statuses=[None, {"status": "sent"}, {"errors": [{"code": 1}]}]),
        meta(written(id="wamid.a", type="text", text={"body": "C:\\u0000 and \0"}), written(id="wamid.b", **STOP)),
        meta(written(id="wamid.\0", **STOP)),
        meta(written(type="image", image={"id": "1", "mime_type": "image/jpeg", "caption": "stop these messages"})),
        meta(written(type="reaction", reaction={"message_id": "wamid.x", "emoji": "🛑"})),
    ],
    ids=[
        "button",
        "list",
        "form",
        "quick reply",
        "payload",
        "no context",
        "no time",
        "odd time",
        "emoji",
        "odd neighbours",
        "odd signs beside it",
        "an odd number",
        "caption",
        "reaction",
    ],
)
async def test_whatsapp_opt_outs_of_every_shape_are_taken(
    client: httpx.AsyncClient, resources: Resources, client_id: int, run_jobs: RunJobs, body: dict[str, Any]
) -> None:
    assert (await post_meta(client, body, resources.settings.sandbox_secret)).status_code == 200
    await run_jobs()
    assert await suppressed() == [("sms", "stop"), ("whatsapp", "stop")]


async def test_odd_items_of_a_batch_are_put_aside_with_their_reason(
    client: httpx.AsyncClient, resources: Resources, client_id: int, run_jobs: RunJobs
) -> None:
    body = meta(written(**STOP), statuses=[None, {"status": "sent"}])
    await post_meta(client, body, resources.settings.sandbox_secret)
    await run_jobs()
    async with unit_of_work() as session:
        assert await read_value(session, "select count(*) from webhook_inbox where error like 'not understood%%'") == 2


async def test_the_preference_set_in_whatsapp_stops_and_resumes(
    client: httpx.AsyncClient, resources: Resources, client_id: int, run_jobs: RunJobs
) -> None:
    def preference(value: str, at: int) -> dict[str, Any]:
        said = {"wa_id": DIGITS, "detail": "User requested it", "category": "marketing_messages", "value": value}
        return meta(contacts=[{"wa_id": DIGITS}], user_preferences=[said | {"timestamp": at}])

    now = int(time.time())
    await post_meta(client, preference("stop", now - 60), resources.settings.sandbox_secret)
    await run_jobs()
    assert await suppressed() == [("sms", "stop"), ("whatsapp", "stop")]
    await post_meta(client, preference("resume", now - 30), resources.settings.sandbox_secret)
    await run_jobs()
    assert await suppressed() == []


async def test_what_twilio_takes_for_an_opt_out_is_one_here(
    client: httpx.AsyncClient, resources: Resources, client_id: int, run_jobs: RunJobs
) -> None:
    form = payload("twilio_inbound.json", TEXT="NO") | {"OptOutType": "STOP"}
    await post_twilio(client, form, resources)
    await run_jobs()
    assert await suppressed() == [("sms", "stop"), ("whatsapp", "stop")]
    form = payload("twilio_inbound.json", TEXT="YES") | {"OptOutType": "START", "MessageSid": "SM7"}
    await post_twilio(client, form, resources)
    await run_jobs()
    assert await suppressed() == []


@dataclass
class Refusing:
    """A vendor on loopback that refuses each message with one answer."""

    answer: dict[str, Any]
    asked: int = 0
    address: str = ""
    runner: web.AppRunner | None = field(default=None, repr=False)

    async def refuse(self, request: web.Request) -> web.Response:
        self.asked += 1
        return web.json_response(self.answer, status=400)


@pytest_asyncio.fixture
async def refusing() -> AsyncIterator[Refusing]:
    vendor = Refusing({"code": 21610, "message": "Attempt to send to unsubscribed recipient", "status": 400})
    application = web.Application()
    application.router.add_route("*", "/{rest:.*}", vendor.refuse)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    vendor.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield vendor
    await runner.cleanup()


async def test_a_refusal_for_an_opt_out_at_the_vendor_opts_out_here(
    as_admin: httpx.AsyncClient, sandbox: Sandbox, refusing: Refusing
) -> None:
    async with unit_of_work() as session:
        config = {"accountSid": "ACx", "authToken": "t", "fromNumber": "+918045671234", "baseUrl": refusing.address}
        await db.execute(
            session,
            "update providers set config_encrypted = %(config)s where channel = 'sms'",
            {"config": seal_settings(TwilioSettings.model_validate(config))},
        )
    answers = [
        await as_admin.post("/api/communication/sms/send", json={"to": PHONE, "message": "Hello"}),
        await as_admin.post("/api/communication/sms/send", json={"to": PHONE, "message": "Hello again"}),
        await as_admin.post("/api/communication/whatsapp/send", json={"to": PHONE, "message": "Hello there"}),
    ]
    assert [each.status_code for each in answers] == [409, 409, 409]
    assert [each.json()["error"]["code"] for each in answers] == ["not_sent", "suppressed", "suppressed"]
    assert refusing.asked == 1
    assert await suppressed() == [("sms", "stop"), ("whatsapp", "stop")]


async def test_one_click_on_an_old_mail_works_again_after_an_opt_in(
    client: httpx.AsyncClient, as_admin: httpx.AsyncClient, client_id: int, add_customer: AddCustomer
) -> None:
    customer = await add_customer(EMAIL)
    link = path(unsubscribe_url(await message(client_id, "email", EMAIL)))
    assert (await client.post(link, **ONE_CLICK)).status_code == 200
    assert "You are unsubscribed" in (await client.get(link)).text
    (entry,) = (await as_admin.get("/api/suppressions")).json()["data"]["suppressions"]
    assert (await as_admin.delete(f"/api/suppressions/{entry['id']}")).status_code == 200
    for purpose in ("service", "promotional"):
        said = {"customerId": customer, "channel": "email", "purpose": purpose, "state": "opted_in", "source": "call"}
        assert (await as_admin.post("/api/consents", json=said)).status_code == 201
    assert "You are unsubscribed" not in (await client.get(link)).text
    assert (await client.post(link, **ONE_CLICK)).status_code == 200
    assert await suppressed() == [("email", "unsubscribe")]
    consents = (await as_admin.get(f"/api/consents/{customer}")).json()["data"]["consents"]
    assert {each["state"] for each in consents[:2]} == {"opted_out"}


async def test_a_link_that_is_clicked_twice_records_one_opt_out(
    client: httpx.AsyncClient, client_id: int, add_customer: AddCustomer
) -> None:
    customer = await add_customer(EMAIL)
    link = path(unsubscribe_url(await message(client_id, "email", EMAIL)))
    for _ in range(3):
        assert (await client.post(link, **ONE_CLICK)).status_code == 200
    async with unit_of_work() as session:
        rows = await read_value(session, "select count(*) from consents where customer_id = %(c)s", {"c": customer})
    assert rows == 2  # service and promotional


async def suppress(as_admin: httpx.AsyncClient, days: int | None) -> None:
    until = (datetime.now(UTC) + timedelta(days=days)).isoformat() if days else None
    body = {"channel": "sms", "contact": PHONE, "details": "asked by phone", "expiresAt": until}
    assert (await as_admin.post("/api/suppressions", json=body)).status_code == 201


async def lasting() -> list[bool]:
    async with unit_of_work() as session:
        rows = await read_rows(session, "select expires_at is null as lasts from suppressions where channel = 'sms'")
    return [row["lasts"] for row in rows]


async def test_a_stop_during_a_temporary_suppression_lasts(
    client: httpx.AsyncClient, as_admin: httpx.AsyncClient, resources: Resources, client_id: int, run_jobs: RunJobs
) -> None:
    await suppress(as_admin, days=7)
    await post_twilio(client, payload("twilio_inbound.json", TEXT="STOP"), resources)
    await run_jobs()
    assert await lasting() == [True]
    await suppress(as_admin, days=7)  # nor does one that comes later shorten it
    assert await lasting() == [True]
    assert ("sms", "stop") in await suppressed()


async def test_a_longer_suppression_replaces_a_shorter_one_only(as_admin: httpx.AsyncClient, client_id: int) -> None:
    for days, expected in ((7, [False]), (None, [True]), (30, [True])):
        await suppress(as_admin, days)
        assert await lasting() == expected


async def test_an_expired_suppression_gives_way(as_admin: httpx.AsyncClient, client_id: int) -> None:
    await suppress(as_admin, days=None)
    async with unit_of_work() as session:
        await db.execute(session, "update suppressions set expires_at = now() - interval '1 day'")
    await suppress(as_admin, days=3)
    async with unit_of_work() as session:
        assert await read_value(session, "select expires_at > now() + interval '2 days' from suppressions")


async def test_a_start_that_arrives_late_does_not_undo_a_later_stop(
    client: httpx.AsyncClient, resources: Resources, client_id: int, run_jobs: RunJobs
) -> None:
    now = int(time.time())
    stop = {**written(1, **STOP), "timestamp": str(now - 10)}
    start = {**written(2, type="text", text={"body": "START"}), "timestamp": str(now - 60)}
    for each in (stop, start):
        await post_meta(client, meta(each), resources.settings.sandbox_secret)
        await run_jobs()
    assert await suppressed() == [("sms", "stop"), ("whatsapp", "stop")]


async def test_a_start_soon_after_a_stop_counts_though_both_are_applied_late(
    client: httpx.AsyncClient, resources: Resources, client_id: int, run_jobs: RunJobs
) -> None:
    now = int(time.time())
    stop = {**written(1, **STOP), "timestamp": str(now - 600)}
    start = {**written(2, type="text", text={"body": "START"}), "timestamp": str(now - 590)}
    await post_meta(client, meta(stop, start), resources.settings.sandbox_secret)
    await run_jobs()
    assert await suppressed() == []


async def test_a_start_lifts_no_bounce_and_nothing_the_office_entered(client_id: int) -> None:
    async with unit_of_work() as session:
        for reason in ("hard_bounce", "manual"):
            entry = compliance.Suppression("sms", PHONE if reason == "manual" else "+919876500000", reason)
            await compliance.suppress(session, client_id, [entry])
        await compliance.opt_in(session, client_id, "sms", PHONE, source="start")
        await compliance.opt_in(session, client_id, "sms", "+919876500000", source="start")
    assert sorted(await suppressed()) == [("sms", "hard_bounce"), ("sms", "manual")]


async def entries(as_admin: httpx.AsyncClient) -> dict[str, tuple[str, int]]:
    """The suppression list: channel -> reason and number."""
    rows = (await as_admin.get("/api/suppressions")).json()["data"]["suppressions"]
    return {row["channel"]: (row["reason"], row["id"]) for row in rows}


@pytest.mark.parametrize("over", ["hard_bounce", "manual"])
@pytest.mark.parametrize("stop_first", [True, False])
async def test_a_stop_outlives_the_entry_it_lay_under(
    as_admin: httpx.AsyncClient, client_id: int, over: compliance.SuppressionReason, stop_first: bool
) -> None:
    """Somebody not on file: no consent remembers what they asked for, only this list does."""
    entry = compliance.Suppression("sms", PHONE, over, details="rang twice")

    async with unit_of_work() as session:
        if not stop_first:
            await compliance.suppress(session, client_id, [entry])
        await compliance.opt_out(session, client_id, "sms", PHONE, source="stop")
        if stop_first:
            await compliance.suppress(session, client_id, [entry])
    reason, number = (await entries(as_admin))["sms"]
    assert reason == over
    lifted = await as_admin.delete(f"/api/suppressions/{number}")
    assert "still left alone" in lifted.json()["data"]["message"]
    reason, number = (await entries(as_admin))["sms"]
    assert reason == "stop"
    lifted = await as_admin.delete(f"/api/suppressions/{number}")
    assert "written to again" in lifted.json()["data"]["message"]
    assert "sms" not in await entries(as_admin)


async def test_a_start_takes_back_the_stop_under_a_bounce(as_admin: httpx.AsyncClient, client_id: int) -> None:
    async with unit_of_work() as session:
        await compliance.suppress(session, client_id, [compliance.Suppression("sms", PHONE, "hard_bounce")])
        await compliance.opt_out(session, client_id, "sms", PHONE, source="stop")
        await compliance.opt_in(session, client_id, "sms", PHONE, source="start")
    reason, number = (await entries(as_admin))["sms"]
    assert reason == "hard_bounce"
    await as_admin.delete(f"/api/suppressions/{number}")
    assert await entries(as_admin) == {}


async def test_a_bounce_and_a_complaint_of_one_batch_are_both_kept(as_admin: httpx.AsyncClient, client_id: int) -> None:
    both = [compliance.Suppression("email", "asha@example.com", reason) for reason in ("complaint", "hard_bounce")]
    async with unit_of_work() as session:
        await compliance.suppress(session, client_id, both)
        assert await compliance.has_opted_out(session, client_id, "email", "asha@example.com")
    reason, number = (await entries(as_admin))["email"]
    assert reason == "hard_bounce"
    await as_admin.delete(f"/api/suppressions/{number}")
    assert (await entries(as_admin))["email"][0] == "complaint"
