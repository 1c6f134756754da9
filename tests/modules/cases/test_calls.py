"""Calls to customers through the voice provider's protocol, and what its callbacks say of them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from py360.modules.cases.vendors import twilio_voice
from py360.modules.providers.api import accounts_of_type
from py360.sandbox.twilio import signature
from tests.factories.cases import MadeCase, MakeCase
from tests.modules.conftest import AsRole, Person, Sandbox, sandbox

__all__ = ["sandbox"]  # the fixture
RunJobs = Callable[[], Awaitable[None]]


async def ready(admin: httpx.AsyncClient, as_role: AsRole) -> Person:
    """An office that makes calls, and an agent with a phone."""
    assert (await admin.put("/api/settings/renewals", json={"callingEnabled": True})).status_code == 200
    agent = await as_role("agent", name="Meena Iyer")
    changed = await admin.put(f"/api/users/{agent.user['id']}", json={"phone": "+919811112222"})
    assert changed.status_code == 200, changed.text
    return agent


async def calls_of(caller: httpx.AsyncClient, case: MadeCase) -> list[dict[str, Any]]:
    """The calls on the communications page of a case."""
    data = (await caller.get(f"{case.path}/communications", params={"channel": "phone"})).json()["data"]
    found: list[dict[str, Any]] = data["communications"]
    return found


async def report(app_client: httpx.AsyncClient, sandbox: Sandbox, code: str, **fields: str) -> httpx.Response:
    """A signed callback of the vendor about a call."""
    (account,) = [each for each in await accounts_of_type("twilio-voice", 0) if each.id]
    config = account.expect(twilio_voice.TwilioVoiceSettings)
    base = {"CallSid": "CA1", "AccountSid": config.account_sid, "From": config.from_number, "To": "+919811112222"}
    url = f"{sandbox.vendors.world.callback}/api/webhooks/call/twilio-voice?call={code}"
    form = {**base, **fields}
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-twilio-signature": signature(config.auth_token.get_secret_value(), url, form),
    }
    path = url.partition("/api")[1] + url.partition("/api")[2]
    return await app_client.post(path, content=urlencode(form), headers=headers)


async def test_the_agents_phone_rings_and_the_customer_is_connected(
    as_admin: httpx.AsyncClient, as_role: AsRole, make_case: MakeCase, sandbox: Sandbox
) -> None:
    agent = await ready(as_admin, as_role)
    case = await make_case("in_progress", agent=agent.user["id"])
    answer = await agent.post(f"{case.path}/call")
    assert answer.status_code == 201, answer.text
    made = answer.json()["data"]
    assert (made["status"], made["caseId"]) == ("initiated", case.number)
    (taken,) = sandbox.vendors.voice.calls
    detail = (await agent.get(case.path)).json()["data"]
    assert (taken["To"], taken["Dialled"]) == ("+919811112222", detail["customerMobile"])
    assert (detail["totalCalls"], detail["communicationAttempts"], detail["history"][0]["action"]) == (
        1,
        1,
        "Call made",
    )
    (call,) = await calls_of(agent, case)
    assert (call["id"], call["status"], call["agent"]) == (made["callId"], "pending", "Meena Iyer")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 1, 2)])
async def test_the_customers_leg_has_the_last_word_in_any_order(
    as_admin: httpx.AsyncClient,
    as_role: AsRole,
    make_case: MakeCase,
    sandbox: Sandbox,
    run_jobs: RunJobs,
    order: tuple[int, ...],
) -> None:
    agent = await ready(as_admin, as_role)
    case = await make_case("in_progress", agent=agent.user["id"])
    code = (await agent.post("/api/communication/call", json={"caseId": case.number})).json()["data"]["callId"]
    events = (
        {"CallStatus": "in-progress"},
        {"CallStatus": "in-progress", "DialCallStatus": "completed", "DialCallDuration": "42"},
        {"CallStatus": "completed", "CallDuration": "50"},
    )
    for at in order:
        answer = await report(as_admin, sandbox, code, **events[at])
        assert answer.status_code == 200, answer.text
        await run_jobs()
    (call,) = await calls_of(agent, case)
    assert (call["status"], call["duration"], call["error"]) == ("completed", 42, None)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"CallStatus": "in-progress", "DialCallStatus": "no-answer"}, "Nobody answered."),
        ({"CallStatus": "busy"}, "Your own phone: The line was busy."),
        ({"CallStatus": "completed"}, "The call ended before the customer answered."),
    ],
)
async def test_a_call_that_did_not_come_about_says_why(
    as_admin: httpx.AsyncClient,
    as_role: AsRole,
    make_case: MakeCase,
    sandbox: Sandbox,
    run_jobs: RunJobs,
    event: dict[str, str],
    words: str,
) -> None:
    agent = await ready(as_admin, as_role)
    case = await make_case("in_progress", agent=agent.user["id"])
    code = (await agent.post(f"{case.path}/call")).json()["data"]["callId"]
    assert (await report(as_admin, sandbox, code, **event)).status_code == 200
    await run_jobs()
    (call,) = await calls_of(agent, case)
    assert (call["status"], call["error"]) == ("failed", words)


async def test_a_forged_callback_is_refused(as_admin: httpx.AsyncClient, sandbox: Sandbox) -> None:
    form = {"CallSid": "CA1", "AccountSid": "AC1", "CallStatus": "completed"}
    headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": "bm8="}
    answer = await as_admin.post(
        "/api/webhooks/call/twilio-voice?call=contact-1", content=urlencode(form), headers=headers
    )
    assert answer.status_code == 401
    assert (await as_admin.post("/api/webhooks/call/other", content=b"")).status_code == 404


async def test_what_forbids_a_call_is_the_answer(
    as_admin: httpx.AsyncClient, as_role: AsRole, make_case: MakeCase, sandbox: Sandbox, rows
) -> None:
    case = await make_case("in_progress")

    async def code() -> str:
        answer = await as_admin.post(f"{case.path}/call")
        found: str = answer.json()["error"]["code"]
        return found

    assert await code() == "no_own_phone"
    await rows("update users set phone = '+919800000001' returning id")
    assert await code() == "calling_off"
    await as_admin.put("/api/settings/renewals", json={"callingEnabled": True, "maxConcurrentCalls": 1})
    await rows(
        "insert into dnc_registry (client_id, dnc_type, customer_phone) select 1, 'phone', phone from customers returning id"
    )
    assert await code() in ("dnc", "dnc_listed", "do_not_contact")
    await rows("delete from dnc_registry returning id")
    assert (await as_admin.post(f"{case.path}/call")).status_code == 201
    assert await code() == "too_many_calls"
    await rows("update customers set phone = null, email = 'a@example.com' returning id")
    assert await code() == "no_contact"
    assert len(sandbox.vendors.voice.calls) == 1


async def test_two_calls_at_once_do_not_exceed_the_offices_most(
    as_admin: httpx.AsyncClient, as_role: AsRole, make_case: MakeCase, sandbox: Sandbox
) -> None:
    agent = await ready(as_admin, as_role)
    await as_admin.put("/api/settings/renewals", json={"maxConcurrentCalls": 2})
    cases = [await make_case("in_progress", agent=agent.user["id"]) for _ in range(4)]
    answers = await asyncio.gather(*(agent.post(f"{case.path}/call") for case in cases))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 429, 429]


async def test_a_call_the_vendor_refuses_is_noted_as_failed(
    as_admin: httpx.AsyncClient, as_role: AsRole, make_case: MakeCase, sandbox: Sandbox
) -> None:
    agent = await ready(as_admin, as_role)
    sandbox.vendors.world.secret = "another"
    case = await make_case("in_progress", agent=agent.user["id"])
    answer = await agent.post(f"{case.path}/call")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "call_refused")
    (call,) = await calls_of(agent, case)
    assert call["status"] == "failed"
    assert "20003" in call["error"]
