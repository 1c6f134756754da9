"""Customers report claims through a signed link."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import httpx

from py360.kit.clock import FixedClock
from tests.conftest import RunJobs
from tests.factories.cases import MadeCase, make_case
from tests.factories.claims import data
from tests.modules.conftest import Sandbox

FORM = {
    "type": "vehicle", "incidentDate": "2026-11-20", "claimAmount": "1,25,000", "description": "Hail on the roof",
    "name": "Asha Rao", "relation": "self", "phone": "98200 12345", "email": "",
}  # fmt: skip
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
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
        {"type": "100%”"},
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


async def test_a_customer_sends_the_documents_that_the_claim_waits_for(
    as_admin: httpx.AsyncClient, client: httpx.AsyncClient, run_jobs: RunJobs
) -> None:
    path = await link(as_admin, await make_case())
    sent = await client.post(path, data=FORM, headers=HTML)
    (number,) = set(re.findall(r"CLM-\d{4}-\d{6}", sent.text))
    awaited = re.findall(r'name="kind" value="(\w+)"', sent.text)
    assert "driving_licence" in awaited
    body = {"claim": number, "kind": "driving_licence"}
    for wrong, file, status in (
        ({"kind": "passport"}, PDF, 422),
        ({"claim": "CLM-2026-999999"}, PDF, 422),
        ({}, b"MZ\x90\x00" + b"\0" * 60, 415),
        ({}, b"", 422),
        ({}, b"%PDF-" + b"0" * (15 << 20), 413),
    ):
        files = {"file": ("licence.pdf", file, "application/pdf")}
        refused = await client.post(f"{path}/documents", data=body | wrong, files=files, headers=HTML)
        assert refused.status_code == status, (wrong, status, refused.text[:300])
    files = {"file": ("licence.pdf", PDF, "application/pdf")}
    taken = await client.post(f"{path}/documents", data=body, files=files, headers=HTML)
    assert taken.status_code == 201, taken.text
    await run_jobs()
    page = await client.get(path, headers=HTML)
    assert set(awaited) - set(re.findall(r'name="kind" value="(\w+)"', page.text)) == {"driving_licence"}
    listed = data(await as_admin.get("/api/files", params={"entityType": "claim", "entityId": number}))["files"]
    assert [(each["documentType"], each["scanStatus"]) for each in listed] == [("driving_licence", "pending")]
    assert (await client.post(f"{path[:-2]}/documents", data=body, files=files, headers=HTML)).status_code == 404


async def test_the_page_speaks_hindi(as_admin: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    path = await link(as_admin, await make_case())
    assert "क्या हुआ?" in (await client.get(path, headers=HTML | {"accept-language": "hi-IN,en;q=0.5"})).text
    assert "क्या हुआ?" in (await client.get(path, params={"lang": "hi"}, headers=HTML)).text
    chosen = await client.get(path, params={"lang": "en"}, headers=HTML | {"accept-language": "hi"})
    assert "What happened?" in chosen.text
    sent = await client.post(f"{path}?lang=hi", data=FORM, headers=HTML)
    assert "चालक का ड्राइविंग लाइसेंस" in sent.text
