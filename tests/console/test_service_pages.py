"""The pages of the three desks, and the documents of a case."""

import pytest
import pytest_asyncio

from py360.kit import db
from py360.kit.db import unit_of_work
from tests.console.conftest import Browser, BrowserOf
from tests.factories.claims import data
from tests.house.book import statements_of_the_book
from tests.services import ADMIN, PASSWORD


@pytest_asyncio.fixture
async def desk(browser: Browser) -> Browser:
    """The first administrator's browser, in an office that has some of everything."""
    async with unit_of_work() as session:
        for statement in statements_of_the_book(2):
            await db.execute(session, statement)
    await browser.sign_in(ADMIN, PASSWORD)
    return browser


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
