"""The pages of the three desks, and the documents of a case."""

import pytest

from py360.kit import db
from py360.kit.db import unit_of_work
from tests.console.conftest import Browser, BrowserOf
from tests.factories.claims import data


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/policy-servicing", {"type": "address_change", "policyNumber": "POL-1001", "title": "Moved to Pune"}),
        ("/new-business", {"type": "motor", "customerId": "CUST-1001", "title": "A second car"}),
        ("/medical-management", {"type": "laboratory", "customerId": "CUST-1001", "title": "Blood test"}),
    ],
)
async def test_request_is_opened_moved_and_noted(desk: Browser, path: str, body: dict[str, str]) -> None:
    number = data(await desk.ask("POST", path, json=body), 201)["id"]
    listed = await desk.get(f"/console{path}", params={"search": body["title"]})
    assert body["title"] in listed.text
    page = await desk.get(f"/console{path}/{number}")
    assert page.status_code == 200, page.text
    assert "Next step" in page.text
    data(await desk.ask("POST", f"{path}/{number}/notes", json={"text": "Called the customer"}), 201)
    page = await desk.get(f"/console{path}/{number}")
    assert "Called the customer" in page.text


async def test_documents_of_a_case_are_added(desk: Browser) -> None:
    stored = await desk.ask(
        "POST",
        "/files",
        data={"entityType": "case", "entityId": "CASE-1001", "documentType": "letter"},
        files={"file": ("letter.pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf")},
    )
    assert stored.status_code == 201, stored.text
    page = await desk.get("/console/cases/CASE-1001/documents")
    assert "letter.pdf" in page.text
    assert "Ways to pay" in page.text


async def test_desks_need_their_permission(browser_of: BrowserOf) -> None:
    agent = await browser_of("agent")
    for path in ("/policy-servicing", "/new-business", "/medical-management"):
        assert (await agent.get(f"/console{path}")).status_code == 403


async def test_policy_shows_its_people_and_what_happened(desk: Browser) -> None:
    async with unit_of_work() as session:
        await db.execute(session, "update policies set policy_type = 'health' where id = 1001")
    member = {"name": "Meera Nair", "relationship": "spouse", "medicalHistory": ["asthma", "diabetes"]}
    data(await desk.ask("PUT", "/policies/POL-1001/members", json={"members": [member]}))
    page = await desk.get("/console/policies/1001")
    for expected in ("POL-1001", "Meera Nair", 'name="members.1.name"', 'value="asthma, diabetes" data-type="list"'):
        assert expected in page.text


async def test_direction_is_given_and_listed(desk: Browser) -> None:
    body = {"policyNumber": "POL-1001", "direction": "refer", "reason": "Three claims in a year"}
    data(await desk.ask("POST", "/renewal-directions", json=body), 201)
    page = await desk.get("/console/renewal-directions", params={"search": "Three claims"})
    assert "Three claims in a year" in page.text


async def test_agent_is_absent_for_some_days(desk: Browser) -> None:
    body = {"capacity": 40, "workDays": [1, 2, 3, 4, 5], "absentFrom": "2026-12-01", "absentTo": "2026-12-05"}
    data(await desk.ask("PUT", "/agents/1001/availability", json=body))
    page = await desk.get("/console/agents", params={"search": "Rao 1001"})
    assert "1 Dec 2026" in page.text
