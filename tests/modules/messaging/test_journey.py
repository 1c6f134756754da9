"""The whole way, with a real server: messages out to the vendors, their webhooks and the customers' clicks back in."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from py360.kit.resources import Resources
from py360.kit.settings import settings
from py360.sandbox.behaviour import Behaviour
from py360.sandbox.main import opened
from tests.conftest import RunJobs
from tests.factories.accounts import point_at

EAGER = Behaviour().changed(
    {
        "email": {"opened": 1, "clicked": 1, "stopped": 0, "failed": 0, "refused": 0, "deferred": 0, "complained": 0},
        "sms": {"failed": 0, "clicked": 1, "stopped": 1},
        "whatsapp": {"failed": 0, "opened": 1, "clicked": 1, "stopped": 0},
        "delays": {"delivered": 0.05, "opened": 0.1, "clicked": 0.1, "paid": 0.1},
        "pay": 0,
    }
)


class _Server(uvicorn.Server):
    """A server inside the test's loop: signals are the test's."""

    @asynccontextmanager
    async def running(self, listener: socket.socket) -> AsyncIterator[None]:
        """Serve until the end of the block."""
        serving = asyncio.ensure_future(self._serve([listener]))
        while not self.started:
            await asyncio.sleep(0.01)
        yield
        self.should_exit = True
        await serving


@pytest.fixture
def listener(configured: object, monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    """A free port, which becomes the public address."""
    made = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setenv("PY360_PUBLIC_URL", f"http://127.0.0.1:{made.getsockname()[1]}")
    settings.cache_clear()
    return made


async def test_messages_go_out_and_come_back_as_read_and_clicked(
    listener: socket.socket, app: FastAPI, resources: Resources, as_admin: httpx.AsyncClient, run_jobs: RunJobs
) -> None:
    here = settings()
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    sandbox = opened(secret=here.sandbox_secret, callback=here.public_url, http_port=0, smtp_port=0)
    async with _Server(config).running(listener), sandbox as vendors:
        vendors.world.audience.behaviour = EAGER
        await point_at(vendors)
        values = {"name": "Asha", "policy_number": "POL1", "payment_link": f"{here.public_url}/api/health"}
        for channel, to, template in (
            ("email", "asha@example.com", "Renewal Reminder - 30 Days"),
            ("sms", "+919876543210", "Renewal Alert"),
            ("whatsapp", "+919876543211", "renewal_reminder"),
        ):
            body = {"to": to, "templateId": template, "parameters": values}
            answer = await as_admin.post(f"/api/communication/{channel}/send", json=body)
            assert answer.status_code == 200, answer.text
        for _ in range(60):
            await asyncio.sleep(0.1)
            await run_jobs()
            listed = (await as_admin.get("/api/communications/delivery-status")).json()["data"]["messages"]
            found = {each["type"]: each for each in listed}
            if {each["status"] for each in listed} == {"clicked"} and found["sms"]["unsubscribedAt"]:
                break
    assert {each["type"]: each["status"] for each in listed} == {
        "email": "clicked",
        "sms": "clicked",
        "whatsapp": "clicked",
    }
    assert all(each["deliveredAt"] for each in listed)
    assert found["sms"]["unsubscribedAt"]  # the customer answered STOP
    again = await as_admin.post("/api/communication/sms/send", json={"to": "+919876543210", "message": "hello"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "suppressed")
