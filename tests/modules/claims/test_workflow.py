"""A claim from the report to the settlement, with its limits and its second person."""

import re
from datetime import timedelta

import httpx
import pytest

from py360.kit import db
from py360.kit.clock import FixedClock
from py360.kit.db import unit_of_work
from tests.factories.cases import make_case
from tests.factories.claims import cover, data, report
from tests.modules.conftest import AsRole


async def step(client: httpx.AsyncClient, claim: str, status: str, **more: object) -> httpx.Response:
    return await client.put(f"/api/claims/{claim}/status", json={"status": status, **more})


async def read(client: httpx.AsyncClient, claim: str) -> dict:
    return data(await client.get(f"/api/claims/{claim}"))


async def test_a_claim_is_reported_approved_and_settled(as_admin: httpx.AsyncClient) -> None:
    case = await make_case()
    claim = await report(as_admin, case)
    assert re.fullmatch(r"CLM-\d{4}-\d{6}", claim)
    seen = await read(as_admin, claim)
    assert (seen["status"], seen["screenStatus"], seen["reserveAmount"]) == ("submitted", "pending", 50_000)
    assert seen["caseId"] == case.number
    assert "Driving licence of the driver" in seen["missingDocuments"]
    assert "First information report (FIR) or police report" in seen["missingDocuments"]
    data(await step(as_admin, claim, "under_review"))
    data(await step(as_admin, claim, "approved", approvedAmount=40_000, reason="Depreciation"))
    seen = await read(as_admin, claim)
    assert (seen["approvedAmount"], seen["rejectedAmount"], seen["reserveAmount"]) == (40_000, 10_000, 40_000)
    data(await step(as_admin, claim, "settled", settlementReference="UTR-1"))
    seen = await read(as_admin, claim)
    assert (seen["settlementAmount"], seen["reserveAmount"], seen["screenStatus"]) == (40_000, 0, "approved")
    assert {clock["state"] for clock in seen["clocks"]} == {"stopped"}
    lines = data(await as_admin.get(f"/api/claims/{claim}/timeline"))["timeline"]
    assert [line["event"] for line in lines] == [
        "Payment Processed", "Approved Without Documents", "Approved", "Under Review", "Reported",
    ]  # fmt: skip
    assert "Driving licence of the driver" in lines[1]["details"]


async def test_a_move_that_is_not_allowed_names_those_that_are(as_admin: httpx.AsyncClient) -> None:
    claim = await report(as_admin, await make_case())
    refused = await step(as_admin, claim, "settled")
    assert refused.status_code == 409
    assert refused.json()["error"]["details"][0]["allowed"] == ["Under Review", "Withdrawn"]


async def test_a_rejection_needs_a_reason_and_may_be_appealed(as_admin: httpx.AsyncClient) -> None:
    claim = await report(as_admin, await make_case())
    data(await step(as_admin, claim, "under_review"))
    refused = await step(as_admin, claim, "rejected")
    assert (refused.status_code, refused.json()["error"]["details"][0]["field"]) == (422, "reason")
    data(await step(as_admin, claim, "rejected", reason="The policy had lapsed"))
    assert (await read(as_admin, claim))["rejectionReason"] == "The policy had lapsed"
    data(await step(as_admin, claim, "under_review", reason="It was paid on time"))
    seen = await read(as_admin, claim)
    assert (seen["status"], seen["rejectedAmount"]) == ("under_review", None)
    assert seen["clockState"] == "running"


async def test_above_the_limit_a_second_person_decides(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    second = await as_role("client_admin")
    claim = await report(as_admin, await make_case(), claimAmount=2_000_000)
    data(await step(as_admin, claim, "under_review"))
    waits = data(await step(as_admin, claim, "approved"))
    assert waits["status"] == "under_review"
    assert "second person" in waits["message"]
    assert (await step(as_admin, claim, "rejected", reason="x")).json()["error"]["code"] == "decision_pending"
    less = await as_admin.put(f"/api/claims/{claim}", json={"claimAmount": 10_000})
    assert (less.status_code, less.json()["error"]["code"]) == (409, "decision_pending")
    data(await as_admin.put(f"/api/claims/{claim}", json={"title": "Front bumper"}))
    own = await as_admin.put(f"/api/claims/{claim}/approval", json={"outcome": "granted"})
    assert own.json()["error"]["code"] == "same_person"
    found = data(await second.get("/api/claims", params={"approval": "pending"}))["claims"]
    assert [each["claimNumber"] for each in found] == [claim]
    granted = data(await second.put(f"/api/claims/{claim}/approval", json={"outcome": "granted"}))
    assert granted["status"] == "approved"
    notices = data(await second.get("/api/notifications"))["notifications"]
    assert any(claim in notice["title"] for notice in notices)


async def test_a_health_claim_is_never_rejected_by_one_person(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    case = await make_case()
    await cover(case, "health")
    second = await as_role("client_admin")
    claim = await report(as_admin, case, type="health", category="Hospitalization", claimAmount=100)
    data(await step(as_admin, claim, "under_review"))
    assert data(await step(as_admin, claim, "rejected", reason="Not covered"))["status"] == "under_review"
    path = f"/api/claims/{claim}/approval"
    assert (await second.put(path, json={"outcome": "refused"})).status_code == 422
    refused = data(await second.put(path, json={"outcome": "refused", "comment": "It is covered"}))
    assert refused["status"] == "under_review"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"claimAmount": -1}, "claimAmount"),
        ({"incidentDate": "2099-01-01"}, "incidentDate"),
        ({"reportedDate": "2099-01-01"}, "reportedDate"),
        ({"type": "death"}, "type"),
        ({"type": "shoes"}, "type"),
        ({"isCashless": True}, "isCashless"),
        ({"description": ""}, "description"),
    ],
)
async def test_wrong_fields_are_refused_by_name(as_admin: httpx.AsyncClient, fields: dict, named: str) -> None:
    case = await make_case()
    await cover(case, "motor")
    body = {
        "policyNumber": case.policy_number, "type": "vehicle", "description": "Hail", "claimAmount": 10,
        "incidentDate": "2026-11-20",
    } | fields  # fmt: skip
    refused = await as_admin.post("/api/claims", json=body)
    assert refused.status_code == 422, refused.text
    assert named in {each["field"] for each in refused.json()["error"]["details"]}


async def test_two_people_who_edit_at_once_do_not_overwrite_each_other(as_admin: httpx.AsyncClient) -> None:
    claim = await report(as_admin, await make_case())
    path = f"/api/claims/{claim}"
    tag = (await as_admin.get(path)).headers["etag"]
    data(await as_admin.put(path, json={"title": "Bumper", "priority": "High"}, headers={"If-Match": tag}))
    assert (await as_admin.put(path, json={"title": "Door"}, headers={"If-Match": tag})).status_code == 412
    whole = await read(as_admin, claim)
    assert (whole["title"], whole["priority"]) == ("Bumper", "high")
    data(await as_admin.put(path, json={**whole, "title": "Door"}))


async def test_what_was_decided_keeps_its_amount(as_admin: httpx.AsyncClient) -> None:
    claim = await report(as_admin, await make_case())
    data(await step(as_admin, claim, "under_review"))
    data(await step(as_admin, claim, "approved"))
    refused = await as_admin.put(f"/api/claims/{claim}", json={"claimAmount": 90_000})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "claim_decided")


async def test_handler_star_reserve_and_documents(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    handler = await as_role("client_admin", name="Meera Iyer")
    agent = await as_role("agent")
    claim = await report(as_admin, await make_case())
    path = f"/api/claims/{claim}"
    data(await as_admin.put(f"{path}/assign", json={"assignedTo": handler.user["id"]}))
    assert (await as_admin.put(f"{path}/assign", json={"assignedTo": agent.user["id"]})).status_code == 404
    assert data(await as_admin.put(f"{path}/star", json={}))["starred"] is True
    data(await as_admin.put(f"{path}/reserve", json={"amount": 70_000, "reason": "Survey"}))
    made = data(await as_admin.post(f"{path}/documents", json={"kind": "Driving Licence"}), 201)
    data(await as_admin.put(f"{path}/documents/{made['documentId']}", json={"status": "verified"}))
    listed = data(await as_admin.get(f"{path}/documents"))
    (licence,) = [each for each in listed["documents"] if each["kind"] == "driving_licence"]
    assert (licence["status"], licence["isRequired"]) == ("verified", True)
    seen = await read(as_admin, claim)
    assert (seen["assignedAdjuster"], seen["starred"], seen["reserveAmount"]) == ("Meera Iyer", True, 70_000)
    mine = data(await handler.get("/api/claims", params={"assignedTo": handler.user["id"], "status": "pending"}))
    assert [each["claimNumber"] for each in mine["claims"]] == [claim]


async def test_claims_of_the_policy_stand_with_their_case(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    agent = await as_role("agent")
    case = await make_case(agent=agent.user["id"])
    other = await make_case()  # another policy of the same customer, of another agent
    async with unit_of_work() as session:
        values = {"customer": case.customer_id, "policy": other.policy_id}
        await db.execute(session, "update policies set customer_id = %(customer)s where id = %(policy)s", values)
    elsewhere = await report(as_admin, other)
    first = await report(as_admin, case)
    await report(as_admin, case, claimAmount=30_000)
    data(await step(as_admin, first, "under_review"))
    data(await step(as_admin, first, "approved"))
    history = data(await as_admin.get(f"{case.path}/claims-history"))
    figures = history["summary"]
    assert (figures["totalClaims"], figures["approvedAmount"], figures["pendingAmount"]) == (2, 50_000, 30_000)
    assert (figures["approvalRate"], figures["byType"], figures["claimRating"]) == (100, {"vehicle": 2}, "Low Risk")
    events = [line["event"] for line in history["claims"][1]["timeline"]]
    assert events == ["Reported", "Under Review", "Approved", "Approved Without Documents"]
    assert [each["claimNumber"] for each in history["otherClaims"]] == [elsewhere]
    assert data(await agent.get(f"{case.path}/claims-history"))["otherClaims"] == []  # out of their reach


async def test_reach_ends_at_the_branch(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    manager = await as_role("manager")  # without a home: only what is assigned to them
    claim = await report(as_admin, await make_case())
    assert (await manager.get(f"/api/claims/{claim}")).status_code == 404
    assert data(await manager.get("/api/claims"))["claims"] == []
    data(await as_admin.put(f"/api/claims/{claim}/assign", json={"assignedTo": manager.user["id"]}))
    assert data(await manager.get(f"/api/claims/{claim}"))["claimNumber"] == claim


async def test_a_paper_report_starts_its_clock_on_its_day(as_admin: httpx.AsyncClient, clock: FixedClock) -> None:
    day = clock.today() - timedelta(days=3)
    claim = await report(as_admin, await make_case(), reportedDate=str(day))
    seen = await read(as_admin, claim)
    assert seen["reportedDate"] == str(day)
    (period,) = seen["clocks"]
    assert period["kind"] == "general_settlement"
