"""Customers report claims through a signed link."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import httpx

from py360.kit.clock import FixedClock
from tests.factories.cases import MadeCase, make_case
from tests.factories.claims import data
from tests.modules.conftest import Sandbox

FORM = {
    "type": "vehicle", "incidentDate": "2026-11-20", "claimAmount": "1,25,000", "description": "Hail on the roof",
    "name": "Asha Rao", "relation": "self", "phone": "98200 12345", "email": "",
}  # fmt: skip
HTML = {"accept": "text/html"}


async def link(client: httpx.AsyncClient, case: MadeCase, **more: object) -> str:
    made = data(await client.post("/api/claims/links", json={"policyNumber": case.policy_number, **more}), 201)
    return urlsplit(str(made["url"])).path


async def test_a_customer_reports_a_claim_once(as_admin: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    path = await link(as_admin, await make_case())
    form = await client.get(path, headers=HTML)
    assert form.status_code == 200
    assert "<form" in form.text
    sent = await client.post(path, data=FORM, headers=HTML)
    assert sent.status_code == 201, sent.text
    (number,) = set(re.findall(r"CLM-\d{4}-\d{6}", sent.text))
    again = await client.post(path, data=FORM, headers=HTML)
    assert set(re.findall(r"CLM-\d{4}-\d{6}", again.text)) == {number}
    claim = data(await as_admin.get(f"/api/claims/{number}"))
    assert (claim["source"], claim["claimAmount"], claim["claimant"]["phone"]) == ("customer", 125_000, "+919820012345")


async def test_what_is_wrong_stands_on_the_page_and_nothing_is_lost(
    as_admin: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    path = await link(as_admin, await make_case())
    for wrong in (
        {"claimAmount": "much"},
        {"incidentDate": "2099-01-01"},
        {"phone": "12"},
        {"name": ""},
        {"name": "x" * 400},
        {"description": "x" * 5_001},
    ):
        page = await client.post(path, data=FORM | wrong, headers=HTML)
        assert page.status_code == 422, (wrong, page.text)
        assert 'role="alert"' in page.text
        assert wrong.get("description", "Hail on the roof") in page.text
    assert data(await as_admin.get("/api/claims"))["claims"] == []


async def test_a_link_that_is_over_or_changed_does_not_work(
    as_admin: httpx.AsyncClient, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    path = await link(as_admin, await make_case())
    assert (await client.get(path[:-2], headers=HTML)).status_code == 404
    clock.moment += timedelta(days=31)
    assert (await client.post(path, data=FORM, headers=HTML)).status_code == 410


async def test_the_link_is_sent_to_the_customer(as_admin: httpx.AsyncClient, sandbox: Sandbox) -> None:
    path = await link(as_admin, await make_case(), send=True)
    (mail,) = sandbox.received("email")
    assert path in str(mail)
