"""New mails are reported to the office's own address: signed, once each, tried again, and what did not arrive is seen."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from aiohttp import web

from py360.kit.clock import FixedClock
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.kit.settings import settings
from py360.modules.inbox import api as inbox
from py360.modules.inbox import jobs
from py360.modules.inbox.webhook import secret
from py360.modules.inbox.webhook.deliver import DELAYS
from tests.conftest import RunJobs
from tests.factories.mail_server import letter
from tests.factories.stored import read_value
from tests.modules.conftest import AsRole
from tests.modules.inbox.conftest import Desk

FIRST_KEY = "the first key of this installation; long enough"


@dataclass
class Receiver:
    """The office's server: answers as a test says, and keeps what it got."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    async def take(self, request: web.Request) -> web.Response:
        """One report."""
        self.got.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        return web.Response(status=self.status, headers=self.headers)

    @property
    def last(self) -> dict[str, Any]:
        """The last body."""
        found: dict[str, Any] = json.loads(self.got[-1][1])
        return found


@asynccontextmanager
async def listening(receiver: Receiver) -> AsyncIterator[Receiver]:
    """Run it on the loopback address."""
    app = web.Application()
    app.router.add_post("/mails", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/mails?key=a"
    try:
        yield receiver
    finally:
        await runner.cleanup()


@pytest_asyncio.fixture
async def receiver(desk: Desk) -> AsyncIterator[Receiver]:
    """A server that takes reports, and the settings that name it."""
    async with listening(Receiver()) as running:
        saved = await desk.admin.put("/api/settings/email", json={"webhookEnabled": True, "webhookUrl": running.url})
        assert saved.status_code == 200, saved.text
        await desk.stop_watching()
        yield running


def signatures(key: str, headers: dict[str, str], body: bytes) -> bool:
    """Whether one of the signatures was made with a secret, as the standard says."""
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(base64.b64decode(key.removeprefix("whsec_")), content, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}" in headers["webhook-signature"].split()


async def arrived(desk: Desk, run_jobs: RunJobs, subject: str = "My renewal") -> str:
    """A mail that came in, with what follows from it; its code."""
    await desk.server.send(letter("asha@customer.example", desk.email, subject, "I am very unhappy. Call me back."))
    await desk.sync()
    await run_jobs()
    return next(str(each["id"]) for each in await desk.mails() if each["subject"] == subject)


async def made_secret(desk: Desk) -> str:
    """A new secret."""
    answer = await desk.admin.post("/api/email-webhook/secret")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"]["secret"])


async def deliveries(desk: Desk) -> list[dict[str, Any]]:
    """The reports as the office sees them."""
    found: list[dict[str, Any]] = (await desk.admin.get("/api/email-webhook/deliveries")).json()["data"]["deliveries"]
    return found


async def test_each_new_mail_is_reported_once_signed_and_without_its_text(
    desk: Desk, receiver: Receiver, run_jobs: RunJobs
) -> None:
    signed_with = await made_secret(desk)
    code = await arrived(desk, run_jobs)
    await desk.sync()
    await jobs.mails_received(client_id=1, email_ids=[int(code.removeprefix("EMAIL-"))])  # an event may come twice
    await run_jobs()
    ((headers, body),) = receiver.got
    assert signatures(signed_with, headers, body)
    assert headers["content-type"] == "application/json"
    report = receiver.last
    assert report["type"] == "email.received"
    data = report["data"]
    assert (data["id"], data["from"], data["subject"]) == (code, "asha@customer.example", "My renewal")
    assert {"intent", "sentiment", "priority", "caseId", "policyNumber", "threadId"} <= data.keys()
    assert b"unhappy" not in body
    (shown,) = await deliveries(desk)
    assert (shown["emailId"], shown["status"], shown["attempts"]) == (code, "delivered", 1)


async def test_report_is_tried_again_under_the_same_id_until_it_is_given_up(
    desk: Desk, receiver: Receiver, run_jobs: RunJobs, clock: FixedClock, as_role: AsRole
) -> None:
    receiver.status = 500
    code = await arrived(desk, run_jobs)
    for minutes in DELAYS:
        clock.moment += timedelta(minutes=minutes)
        await jobs.minute(timestamp=0)
        await run_jobs()
    assert len(receiver.got) == len(DELAYS) + 1
    assert {headers["webhook-id"] for headers, _ in receiver.got} == {f"email_received_{code.removeprefix('EMAIL-')}"}
    assert len({headers["webhook-timestamp"] for headers, _ in receiver.got}) == len(receiver.got)
    admin = await as_role("admin")
    (lost,) = (await admin.get("/api/email-webhook/deliveries", params={"status": "failed"})).json()["data"][
        "deliveries"
    ]
    assert (lost["emailId"], lost["httpStatus"], lost["error"]) == (code, 500, "The address answered 500.")
    state = (await admin.get("/api/email-webhook")).json()["data"]
    assert (state["failed"], state["pending"], state["lastError"]) == (1, 0, "The address answered 500.")
    told = "select count(*) from notifications where title = 'New mails are not reported to your webhook'"
    async with unit_of_work() as session:
        assert await read_value(session, told) == 1
    receiver.status = 204
    assert (await admin.post("/api/email-webhook/retry")).json()["data"]["count"] == 1
    await run_jobs()
    state = (await admin.get("/api/email-webhook")).json()["data"]
    assert (state["failed"], state["lastError"]) == (0, None)


async def test_who_manages_settings_is_notified_of_a_receiver_that_is_gone(
    desk: Desk, receiver: Receiver, run_jobs: RunJobs
) -> None:
    receiver.status = 410
    for subject in ("First", "Second"):
        await arrived(desk, run_jobs, subject)
    assert [each["status"] for each in await deliveries(desk)] == ["failed", "failed"]
    told = (await desk.admin.get("/api/notifications", params={"type": "system"})).json()["data"]["notifications"]
    assert [each["title"] for each in told] == ["New mails are not reported to your webhook"]


async def test_receiver_that_is_away_is_left_alone_after_some_tries(
    desk: Desk, receiver: Receiver, run_jobs: RunJobs
) -> None:
    receiver.status = 503
    receiver.headers = {"Retry-After": "7200"}
    for number in range(5):
        await desk.server.send(letter("asha@customer.example", desk.email, f"Mail {number}", "Text"))
    await desk.sync()
    await run_jobs()
    assert len(receiver.got) == 3
    waits = [each["nextAttemptAt"] > each["createdAt"] for each in await deliveries(desk)]
    assert sorted(waits) == [False, False, True, True, True]


async def test_new_secret_signs_beside_the_one_before_for_a_day(desk: Desk, receiver: Receiver) -> None:
    first, second = await made_secret(desk), await made_secret(desk)
    assert first != second
    assert first.startswith("whsec_")
    tested = (await desk.admin.post("/api/email-webhook/test")).json()["data"]
    assert tested["success"] is True
    assert receiver.last["type"] == "email.test"
    assert all(signatures(each, *receiver.got[-1]) for each in (first, second))
    shown = await desk.admin.get("/api/email-webhook")
    assert shown.json()["data"]["previousSecretUntil"] is not None
    assert second not in shown.text


async def test_secret_stays_usable_when_the_installation_has_another_key(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PY360_SECRET_KEY", FIRST_KEY)
    settings.cache_clear()
    async with unit_of_work() as session:
        made = await secret.rotate(session, 1, resources.clock.now())
    monkeypatch.setenv("PY360_PREVIOUS_SECRET_KEYS", FIRST_KEY)
    monkeypatch.setenv("PY360_SECRET_KEY", "another key of this installation; long enough")
    settings.cache_clear()
    async with unit_of_work() as session:
        assert await inbox.reseal(session) == 1
    monkeypatch.delenv("PY360_PREVIOUS_SECRET_KEYS")
    settings.cache_clear()
    async with unit_of_work() as session:
        assert await secret.in_force(session, 1, resources.clock.now()) == [made]


async def test_address_inside_is_refused_when_it_is_saved_and_when_it_is_called(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PY360_VENDOR_NETWORKS", "")
    settings.cache_clear()
    try:
        for url in ("http://example.com/a", "https://127.0.0.1/a", "https://a:b@example.com/a"):
            refused = await desk.admin.put("/api/settings/email", json={"webhookUrl": url})
            assert (refused.status_code, refused.json()["error"]["code"]) == (422, "address_not_allowed"), url
        for odd in ("https://[", "https://" + "a" * 70 + ".example", "nonsense", "ftp://example.com", 5, {"a": 1}):
            refused = await desk.admin.put("/api/settings/email", json={"webhookUrl": odd})
            assert refused.status_code == 422, odd
        tested = (await desk.admin.post("/api/email-webhook/test")).json()["data"]
        assert tested["success"] is False
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert receiver.got == []


async def test_mail_of_before_and_mail_while_it_is_off_are_not_reported(
    desk: Desk, receiver: Receiver, run_jobs: RunJobs
) -> None:
    assert (await desk.admin.put("/api/settings/email", json={"webhookEnabled": False})).status_code == 200
    await arrived(desk, run_jobs)
    assert receiver.got == []
    assert await deliveries(desk) == []
    assert (await desk.admin.post("/api/email-webhook/retry")).status_code == 409


async def test_only_who_manages_settings_sees_it(desk: Desk, as_role: AsRole) -> None:
    agent: httpx.AsyncClient = await as_role("agent")
    for method, path in (
        ("GET", ""),
        ("GET", "/deliveries"),
        ("POST", "/secret"),
        ("POST", "/test"),
        ("POST", "/retry"),
    ):
        assert (await agent.request(method, f"/api/email-webhook{path}")).status_code == 403
