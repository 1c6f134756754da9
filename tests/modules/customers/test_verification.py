"""A contact is verified only by the customer: a link, a code, or what a PAN says about itself."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest

from py360.kit import db
from py360.kit.clock import FixedClock
from py360.kit.db import unit_of_work
from tests.factories.cases import MadeCase, make_case
from tests.factories.claims import data, wait
from tests.modules.conftest import AsRole, Sandbox

HTML = {"accept": "text/html"}


async def contact(client: httpx.AsyncClient, case: MadeCase) -> dict[str, str]:
    found: dict[str, str] = data(await client.get(case.path))["contactInfo"]
    return found


async def verification(client: httpx.AsyncClient, case: MadeCase) -> dict[str, dict]:
    found: dict[str, dict] = data(await client.get(f"/api/customers/{case.customer_id}"))["verification"]
    return found


async def test_an_email_address_is_verified_by_its_link(
    as_admin: httpx.AsyncClient, client: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    case = await make_case()
    body = {"email": (await contact(as_admin, case))["email"], "caseId": case.number, "customerName": "Asha Rao"}
    asked = data(await as_admin.post("/api/verify/email", json=body))
    assert (asked["verified"], asked["verifiedAt"]) == (False, None)
    (mail,) = sandbox.received("email")
    path = urlsplit(re.search(r"https?://[^\s\"'<>]+/api/verify-email/[\w.\-]+", str(mail))[0]).path
    assert (await client.get(path, headers=HTML)).status_code == 200
    assert (await verification(as_admin, case))["email"]["verified"] is False  # scanners open links, too
    assert (await client.post(path, headers=HTML)).status_code == 200
    assert (await verification(as_admin, case))["email"]["verified"] is True
    assert data(await as_admin.post("/api/verify/email", json=body))["verified"] is True


async def test_a_link_for_an_address_that_changed_verifies_nothing(
    as_admin: httpx.AsyncClient, client: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    case = await make_case()
    body = {"email": (await contact(as_admin, case))["email"], "caseId": case.number}
    data(await as_admin.post("/api/verify/email", json=body))
    path = urlsplit(
        re.search(r"https?://[^\s\"'<>]+/api/verify-email/[\w.\-]+", str(sandbox.received("email")[0]))[0]
    ).path
    data(await as_admin.put(f"/api/customers/{case.customer_id}", json={"email": "new@example.com"}))
    assert (await client.post(path, headers=HTML)).status_code == 410
    assert (await verification(as_admin, case))["email"]["verified"] is False
    assert (await client.post(path[:-3], headers=HTML)).status_code == 404


async def test_a_phone_is_verified_by_its_code(as_admin: httpx.AsyncClient, sandbox: Sandbox) -> None:
    case = await make_case()
    body = {"phone": (await contact(as_admin, case))["phone"], "caseId": case.number}
    assert data(await as_admin.post("/api/verify/phone", json=body))["verified"] is False
    code = re.search(r"\b(\d{6}) is your code", str(sandbox.received("sms")[0]))[1]
    wrong = await as_admin.post("/api/verify/phone", json=body | {"code": f"{(int(code) + 1) % 1_000_000:06d}"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "wrong_code")
    assert data(await as_admin.post("/api/verify/phone", json=body | {"code": code}))["verified"] is True
    assert (await verification(as_admin, case))["phone"]["verified"] is True


async def test_a_code_is_over_after_ten_minutes_and_five_tries(
    as_admin: httpx.AsyncClient, sandbox: Sandbox, clock: FixedClock
) -> None:
    case = await make_case()
    body = {"phone": (await contact(as_admin, case))["phone"], "caseId": case.number}
    data(await as_admin.post("/api/verify/phone", json=body))
    code = re.search(r"\b(\d{6}) is your code", str(sandbox.received("sms")[0]))[1]
    other = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(5):
        assert (await as_admin.post("/api/verify/phone", json=body | {"code": other})).status_code == 422
    assert (await as_admin.post("/api/verify/phone", json=body | {"code": code})).status_code == 410
    data(await as_admin.post("/api/verify/phone", json=body))
    code = re.search(r"\b(\d{6}) is your code", str(sandbox.received("sms")[0]))[1]
    await wait(as_admin, clock, timedelta(minutes=11))
    assert (await as_admin.post("/api/verify/phone", json=body | {"code": code})).status_code == 410


@pytest.mark.parametrize(
    ("pan", "verified"),
    [("ABCPR1234F", True), ("ABCCR1234F", True), ("ABCXR1234F", False), ("ABCPK1234F", False), ("ABCPR0000F", False)],
)
async def test_a_pan_says_whose_it_may_be(as_admin: httpx.AsyncClient, pan: str, verified: bool) -> None:
    case = await make_case(name="Asha Rao")
    async with unit_of_work() as session:
        values = {"pan": pan, "id": case.customer_id}
        await db.execute(session, "update customers set pan = %(pan)s where id = %(id)s", values)
    answer = data(await as_admin.post("/api/verify/pan", json={"pan": pan, "caseId": case.number}))
    assert answer["verified"] is verified
    assert (await verification(as_admin, case))["pan"]["verified"] is verified


async def test_a_contact_is_verified_from_the_page_of_its_customer(
    as_admin: httpx.AsyncClient, as_role: AsRole, sandbox: Sandbox
) -> None:
    case = await make_case()
    body = {"phone": (await contact(as_admin, case))["phone"], "customerId": case.customer_id}
    assert data(await as_admin.post("/api/verify/phone", json=body))["verified"] is False
    code = re.search(r"\b(\d{6}) is your code", str(sandbox.received("sms")[0]))[1]
    assert data(await as_admin.post("/api/verify/phone", json=body | {"code": code}))["verified"] is True
    agent = await as_role("agent")
    assert (await agent.post("/api/verify/phone", json=body)).status_code == 404


async def test_what_is_not_on_file_is_not_verified(as_admin: httpx.AsyncClient) -> None:
    case = await make_case()
    for path, body in (
        ("email", {"email": "a@example.com"}),
        ("phone", {"phone": "9811111111"}),
        ("pan", {"pan": "ABCPR1234F"}),
    ):
        answer = data(await as_admin.post(f"/api/verify/{path}", json=body | {"caseId": case.number}))
        assert (answer["verified"], answer["verifiedAt"]) == (False, None)
        assert "on file" in answer["message"]
