"""The three desks: endorsements, applications, assessments; each from opening to its end, with documents and history."""

from typing import Any

import httpx
import pytest

from tests.factories.cases import MakeCase, make_case
from tests.modules.conftest import AsRole

PATHS = ("policy-servicing", "new-business", "medical-management")
TYPES = {"policy-servicing": "address_change", "new-business": "health", "medical-management": "laboratory"}
LISTS = {"policy-servicing": "requests", "new-business": "applications", "medical-management": "assessments"}
ENTITIES = {"policy-servicing": "servicing", "new-business": "new_business", "medical-management": "medical"}


@pytest.fixture
def case(resources: object) -> MakeCase:
    """Make a case, and with it a policy and a customer."""
    return make_case


async def opened(caller: httpx.AsyncClient, path: str, policy: str, **fields: Any) -> str:
    """A request for a policy; its number."""
    body = {"type": TYPES[path], "policyNumber": policy, "title": "Please", **fields}
    answer = await caller.post(f"/api/{path}", json=body)
    assert answer.status_code == 201, answer.text
    number: str = answer.json()["data"]["id"]
    return number


@pytest.mark.parametrize("path", PATHS)
async def test_a_request_is_listed_read_changed_and_has_a_history(
    path: str, case: MakeCase, as_admin: httpx.AsyncClient
) -> None:
    made = await case("in_progress")
    number = await opened(as_admin, path, made.policy_number, details={"newAddress": "12 MG Road"})
    listed = (await as_admin.get(f"/api/{path}", params={"search": made.policy_number, "status": "open"})).json()[
        "data"
    ]
    assert [each["number"] for each in listed[LISTS[path]]] == [number]
    read = await as_admin.get(f"/api/{path}/{number}")
    found = read.json()["data"]
    assert (found["customerName"], found["caseId"], found["documents"]) == ("Asha Rao", made.number, 0)
    assert found["details"] == {"newAddress": "12 MG Road"}
    changed = await as_admin.put(
        f"/api/{path}/{number}", json={**found, "priority": "high"}, headers={"If-Match": read.headers["etag"]}
    )
    assert changed.status_code == 200, changed.text
    stale = await as_admin.put(
        f"/api/{path}/{number}", json={"priority": "low"}, headers={"If-Match": read.headers["etag"]}
    )
    assert stale.status_code == 412
    file = await as_admin.post(
        "/api/files", files={"file": ("form.pdf", b"%PDF-1.7")}, data={"entityType": ENTITIES[path], "entityId": number}
    )
    assert file.status_code == 201, file.text
    assert (await as_admin.get(f"/api/{path}/{number}")).json()["data"]["documents"] == 1
    assert (await as_admin.post(f"/api/{path}/{number}/notes", json={"text": "Called"})).status_code == 201
    lines = (await as_admin.get(f"/api/{path}/{number}/history")).json()["data"]["history"]
    assert [line["event"] for line in lines] == ["Note", "Changed", "Opened"]


@pytest.mark.parametrize(
    ("path", "way"),
    [
        ("policy-servicing", ["under_review", "Approved", "completed"]),
        ("medical-management", ["scheduled", "Reports Received", "accepted"]),
        ("new-business", ["under_review", "medical_pending", "under_review", "approved", "issued"]),
    ],
)
async def test_a_request_goes_by_its_desks_table_to_its_end(
    path: str, way: list[str], case: MakeCase, as_admin: httpx.AsyncClient
) -> None:
    made = await case()
    number = await opened(as_admin, path, made.policy_number)
    for status in way:
        body = {"status": status, **({"policyNumber": made.policy_number} if status == "issued" else {})}
        moved = await as_admin.put(f"/api/{path}/{number}/status", json=body)
        assert moved.status_code == 200, moved.text
    found = (await as_admin.get(f"/api/{path}/{number}")).json()["data"]
    assert found["closedAt"]
    assert found["allowedStatuses"] == []
    again = await as_admin.put(f"/api/{path}/{number}/status", json={"status": way[0]})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "status_not_allowed")
    assert (await as_admin.put(f"/api/{path}/{number}", json={"title": "Other"})).json()["error"][
        "code"
    ] == "request_closed"


async def test_bad_input_is_refused_by_field(case: MakeCase, as_admin: httpx.AsyncClient) -> None:
    made = await case()
    path = "/api/policy-servicing"
    for body, code in (
        ({"type": "spaceship", "policyNumber": made.policy_number}, "unknown_type"),
        ({"type": "other", "customerId": made.customer_id}, "policy_required"),
        ({"type": "other", "policyNumber": made.policy_number, "assignedTo": 999999}, "unknown_user"),
    ):
        answer = await as_admin.post(path, json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
    assert (await as_admin.post(path, json={"type": "other", "policyNumber": "NOWHERE"})).status_code == 404
    number = await opened(as_admin, "policy-servicing", made.policy_number)
    await as_admin.put(f"{path}/{number}/status", json={"status": "under_review"})
    refused = await as_admin.put(f"{path}/{number}/status", json={"status": "rejected"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "reason_required")
    wrong_desk = await as_admin.get(f"/api/new-business/{number.removeprefix('SRV-')}")
    assert wrong_desk.status_code == 404
    application = await opened(as_admin, "new-business", made.policy_number)
    for status in ("under_review", "approved"):
        await as_admin.put(f"/api/new-business/{application}/status", json={"status": status})
    nameless = await as_admin.put(f"/api/new-business/{application}/status", json={"status": "issued"})
    assert nameless.json()["error"]["code"] == "policy_required"


async def test_a_request_is_within_reach_of_its_agent_alone(
    case: MakeCase, as_admin: httpx.AsyncClient, as_role: AsRole
) -> None:
    made = await case()
    agent = await as_role("agent")
    number = await opened(as_admin, "policy-servicing", made.policy_number)
    assert (await agent.get(f"/api/policy-servicing/{number}")).status_code == 403  # the page is not theirs
    manager = await as_role("all_modules_manager")
    assert (await manager.get(f"/api/policy-servicing/{number}")).status_code == 200
    notified = await as_admin.put(f"/api/policy-servicing/{number}", json={"assignedTo": manager.user["id"]})
    assert notified.status_code == 200, notified.text
    told = (await manager.get("/api/notifications")).json()["data"]["notifications"]
    assert [each["title"] for each in told] == [f"{number}: Submitted"]
