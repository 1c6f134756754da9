"""The pages of claims: reported, proved, decided, and who may do what of it."""

import pytest_asyncio

from tests.conftest import RunJobs
from tests.console.conftest import Browser, BrowserOf
from tests.factories.cases import make_case
from tests.factories.claims import data
from tests.services import ADMIN, PASSWORD


@pytest_asyncio.fixture
async def desk(browser: Browser) -> Browser:
    """The first administrator's browser."""
    await browser.sign_in(ADMIN, PASSWORD)
    return browser


async def test_claim_is_reported_reviewed_and_its_documents_received(desk: Browser, run_jobs: RunJobs) -> None:
    case = await make_case()
    form = await desk.get("/console/claims/new", params={"policyNumber": case.policy_number})
    assert case.policy_number in form.text
    body = {
        "policyNumber": case.policy_number, "type": "vehicle", "category": "Accident", "claimAmount": "250000",
        "description": "A truck hit the bumper.", "incidentDate": "2026-01-02",
    }  # fmt: skip
    number = data(await desk.ask("POST", "/claims", json=body), 201)["claimNumber"]
    page = await desk.get(f"/console/claims/{number}")
    assert page.status_code == 200, page.text
    for expected in ("A truck hit the bumper.", "Start the review", "Driving licence of the driver", "₹2,50,000"):
        assert expected in page.text
    uploaded = await desk.ask(
        "POST",
        "/files",
        data={"entityType": "claim", "entityId": number, "documentType": "claim_form"},
        files={"file": ("form.pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf")},
    )
    assert uploaded.status_code == 201, uploaded.text
    assert "form.pdf" in (await desk.get(f"/console/claims/{number}")).text
    data(await desk.ask("PUT", f"/claims/{number}/status", json={"status": "under_review"}))
    await run_jobs()
    page = await desk.get(f"/console/claims/{number}")
    assert page.text.count("/download?unscanned=true") == 1
    assert "Verified" in page.text
    assert "You decide alone up to ₹1,00,000" in page.text


async def test_decision_above_the_limit_is_shown_to_the_second_person(desk: Browser) -> None:
    case = await make_case()
    number = data(
        await desk.ask(
            "POST",
            "/claims",
            json={
                "policyNumber": case.policy_number, "type": "vehicle", "claimAmount": "5000000",
                "description": "Total loss.", "incidentDate": "2026-01-02",
            },
        ),
        201,
    )["claimNumber"]  # fmt: skip
    for change in ({"status": "under_review"}, {"status": "approved"}):
        data(await desk.ask("PUT", f"/claims/{number}/status", json=change))
    page = await desk.get(f"/console/claims/{number}")
    assert "A second person has to agree" in page.text
    listed = await desk.get("/console/claims", params={"approval": "pending"})
    assert number in listed.text


async def test_case_shows_the_claims_of_its_customer(desk: Browser) -> None:
    case = await make_case()
    body = {
        "policyNumber": case.policy_number,
        "type": "vehicle",
        "claimAmount": "9000",
        "description": "Dent",
        "incidentDate": "2026-01-02",
    }
    number = data(await desk.ask("POST", "/claims", json=body), 201)["claimNumber"]
    page = await desk.get(f"/console/cases/{case.number}/claims")
    assert number in page.text
    assert "Low Risk" in page.text


async def test_claim_pages_need_their_permission(browser_of: BrowserOf) -> None:
    agent = await browser_of("agent")
    assert (await agent.get("/console/claims")).status_code == 403
    assert (await agent.get("/console/claims/CLM-2026-001001")).status_code == 403


async def test_unknown_claim_is_a_page_that_names_it(desk: Browser) -> None:
    page = await desk.get("/console/claims/CLM-2026-999999")
    assert page.status_code == 404
    assert "CLM-2026-999999" in page.text
