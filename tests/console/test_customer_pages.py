"""The pages of a customer: the whole picture, the timeline, KYC and verification, duplicates."""

from py360.kit import db
from py360.kit.db import unit_of_work
from tests.console.conftest import Browser
from tests.factories.claims import data


async def test_timeline_is_filtered_and_searched(desk: Browser) -> None:
    page = await desk.get("/console/customers/CUST-1001/timeline")
    assert "POL-1001" in page.text
    payments = await desk.get("/console/customers/CUST-1001/timeline", params={"type": "payment"})
    assert payments.status_code == 200, payments.text
    nothing = await desk.get("/console/customers/CUST-1001/timeline", params={"search": "no such event"})
    assert "Nothing happened yet" in nothing.text


async def test_profile_is_kept_and_shown(desk: Browser) -> None:
    body = {"annualIncome": {"amount": "1200000"}, "demographics": {"age": 41, "occupation": "Teacher"}}
    data(await desk.ask("PUT", "/customers/CUST-1001/profile", json=body))
    page = await desk.get("/console/customers/CUST-1001/picture")
    assert "Teacher" in page.text
    assert "Policies in the family" in page.text


async def test_kyc_document_is_added_beside_the_others(desk: Browser) -> None:
    first = {"type": "pan", "number": "ABCPN1234F", "status": "verified"}
    data(await desk.ask("PUT", "/customers/CUST-1001/kyc", json={"documents": [first]}))
    page = await desk.get("/console/customers/CUST-1001/documents")
    assert 'name="documents.0.type" value="pan"' in page.text
    assert 'name="documents.1.type"' in page.text
    assert "not verified" in page.text


async def test_duplicates_are_merged_and_the_merge_undone(desk: Browser) -> None:
    async with unit_of_work() as session:
        await db.execute(session, "update customers set phone = '+919876543210' where id in (1001, 1002)")
    page = await desk.get("/console/customers/CUST-1001/duplicates")
    assert "Merge into this one" in page.text
    page = await desk.get("/console/duplicates")
    assert "Keep CUST-1002" in page.text
    assert "/customers/duplicates/1001/dismiss" in page.text
    merged = data(await desk.ask("POST", "/customers/CUST-1001/merge", json={"duplicateId": "CUST-1002"}))
    page = await desk.get("/console/customers/CUST-1001/duplicates")
    assert f"/merges/{merged['mergeId']}/undo" in page.text
    data(await desk.ask("POST", f"/customers/CUST-1001/merges/{merged['mergeId']}/undo"))
