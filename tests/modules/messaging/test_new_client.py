"""A client that the office takes on can write to its customers at once, and never through the sandbox beside real accounts."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from tests.modules.conftest import AsRole

RunJobs = Callable[[], Awaitable[None]]
REAL_SMS = {
    "name": "Twilio",
    "channel": "sms",
    "type": "twilio",
    "config": {"accountSid": "AC" + "0" * 32, "authToken": "real", "fromNumber": "+918045670000"},
}


async def _client(admin: httpx.AsyncClient, run_jobs: RunJobs, as_role: AsRole) -> Any:
    made = await admin.post("/api/clients", json={"clientName": "SBI Life"})
    assert made.status_code == 201, made.text
    await run_jobs()
    return await as_role("client_admin", client_id=made.json()["data"]["id"])


async def _channels(person: httpx.AsyncClient) -> set[str]:
    rows = (await person.get("/api/providers")).json()["data"]["providers"]
    assert all(row["isSandbox"] for row in rows)
    return {row["channel"] for row in rows}


async def test_a_new_client_starts_with_templates_and_the_sandbox(
    as_admin: httpx.AsyncClient, run_jobs: RunJobs, as_role: AsRole
) -> None:
    ours = (await as_admin.get("/api/templates")).json()["data"]["summary"]["total"]
    there = await _client(as_admin, run_jobs, as_role)
    assert (await there.get("/api/templates")).json()["data"]["summary"]["total"] == ours > 10
    assert await _channels(there) == {"email", "sms", "whatsapp", "call", "payment"}


async def test_a_channel_with_a_real_account_gets_no_sandbox(
    as_admin: httpx.AsyncClient, run_jobs: RunJobs, as_role: AsRole
) -> None:
    added = await as_admin.post("/api/providers", json=REAL_SMS)
    assert added.status_code == 201, added.text
    there = await _client(as_admin, run_jobs, as_role)
    assert await _channels(there) == {"email", "whatsapp", "call", "payment"}
    sent = await there.post("/api/communication/sms/send", json={"to": "+919876543210", "message": "Hello"})
    assert (sent.status_code, sent.json()["error"]["code"]) == (409, "no_account")
