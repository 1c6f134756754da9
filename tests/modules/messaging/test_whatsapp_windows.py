"""Free text on WhatsApp is for those who wrote within the last day; everybody else gets a template or a sentence that says so."""

from datetime import timedelta

import httpx

from py360.kit.clock import FixedClock
from py360.kit.resources import Resources
from tests.conftest import RunJobs
from tests.factories.signatures import meta_message
from tests.modules.conftest import Sandbox

PHONE = "+919876543210"
TEXT = {"to": PHONE, "message": "Dear customer, please renew"}


async def test_free_text_is_refused_outside_the_window(as_admin: httpx.AsyncClient, sandbox: Sandbox) -> None:
    answer = await as_admin.post("/api/communication/whatsapp/send", json=TEXT)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (409, "window_closed")
    assert "24 hours" in error["message"]
    assert "template" in error["message"]
    assert sandbox.received("whatsapp") == []
    listed = (await as_admin.get("/api/communications/delivery-status", params={"type": "whatsapp"})).json()["data"]
    assert [(each["status"], each["errorCode"]) for each in listed["messages"]] == [("blocked", "window_closed")]


async def test_window_opens_with_a_message_and_closes_after_a_day(
    as_admin: httpx.AsyncClient, sandbox: Sandbox, resources: Resources, clock: FixedClock, run_jobs: RunJobs
) -> None:
    nearly_a_day_ago = (clock.now() - timedelta(hours=23, minutes=55)).timestamp()
    raw, headers = meta_message(PHONE, "Please call me", nearly_a_day_ago, resources.settings.sandbox_secret)
    assert (await as_admin.post("/api/webhooks/whatsapp", content=raw, headers=headers)).status_code == 200
    await run_jobs()
    sandbox.vendors.meta.inbound(PHONE, "Please call me", "106540352242922")
    assert (await as_admin.post("/api/communication/whatsapp/send", json=TEXT)).status_code == 200
    other = await as_admin.post("/api/communication/whatsapp/send", json=TEXT | {"to": "+919876543211"})
    assert other.json()["error"]["code"] == "window_closed"
    clock.moment += timedelta(minutes=6)
    late = await as_admin.post("/api/communication/whatsapp/send", json=TEXT)
    assert late.json()["error"]["code"] == "window_closed"


async def test_template_needs_no_window(as_admin: httpx.AsyncClient, sandbox: Sandbox) -> None:
    body = {"to": PHONE, "templateId": "renewal_reminder", "parameters": {"name": "Asha"}}
    assert (await as_admin.post("/api/communication/whatsapp/send", json=body)).status_code == 200
