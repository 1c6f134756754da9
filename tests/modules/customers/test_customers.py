"""Customers and policies through HTTP, and the public view of a contact."""

import pytest

from py360.kit.db import unit_of_work
from tests.factories.stored import Row, read_rows


async def add(client, **fields) -> dict:
    body = {"firstName": "Asha", "lastName": "Rao", "email": "ASHA@example.com", "phone": "98200 12345"} | fields
    answer = await client.post("/api/customers", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


async def contact(made: dict) -> Row:
    """A customer as other modules read one."""
    async with unit_of_work() as session:
        (row,) = await read_rows(session, "select * from customers_public_contact where id = %(customerId)s", made)
    return row


async def test_contacts_are_stored_in_one_form(as_admin) -> None:
    made = await add(as_admin, pan="abcde1234f", customerProfile="Super HNI")
    data = (await as_admin.get(f"/api/customers/{made['id']}")).json()["data"]
    assert (data["email"], data["phone"], data["pan"]) == ("asha@example.com", "+919820012345", "ABCDE1234F")
    assert (data["name"], data["customerProfile"]) == ("Asha Rao", "super_hni")
    assert data["verification"]["email"] == {"verified": False, "verifiedAt": None}


@pytest.mark.parametrize(
    "wrong",
    [
        {"phone": "12"},
        {"email": "nobody"},
        {"pan": "123"},
        {"email": None, "phone": None},
        {"firstName": " "},
        {"gender": "x"},
    ],
)
async def test_wrong_fields_are_refused(as_admin, wrong) -> None:
    body = {"firstName": "Asha", "email": "a@example.com", "phone": "9820012345"} | wrong
    assert (await as_admin.post("/api/customers", json=body)).status_code == 422


async def test_a_code_and_a_pan_belong_to_one(as_admin) -> None:
    await add(as_admin, customerCode="C-1", pan="ABCDE1234F")
    for clash in ({"customerCode": "C-1"}, {"pan": "ABCDE1234F"}):
        body = {"firstName": "Other", "phone": "9820099999"} | clash
        assert (await as_admin.post("/api/customers", json=body)).status_code == 409


async def test_changes_keep_a_contact_and_the_version(as_admin) -> None:
    made = await add(as_admin)
    path = f"/api/customers/{made['id']}"
    tag = (await as_admin.get(path)).headers["etag"]
    changed = await as_admin.put(path, json={"email": "new@example.com"}, headers={"If-Match": tag})
    assert changed.json()["data"]["changes"] == ["email: asha@example.com → new@example.com"]
    assert (await as_admin.put(path, json={"phone": None}, headers={"If-Match": tag})).status_code == 412
    assert (await as_admin.put(path, json={"email": None, "phone": None})).status_code == 422


async def test_search_by_name_code_phone_and_mail(as_admin) -> None:
    made = await add(as_admin)
    await add(as_admin, firstName="Vikram", email="v@example.com", phone="9820054321")
    for text in ("ASHA r", made["id"], "9820012345", "+919820012345", "Asha@Example.com"):
        found = (await as_admin.get("/api/customers", params={"search": text})).json()["data"]
        assert [row["id"] for row in found["customers"]] == [made["id"]], text
    assert (await as_admin.get("/api/customers", params={"sort": "shoe"})).status_code == 422


async def test_opting_out_is_what_the_door_looks_for(as_admin) -> None:
    made = await add(as_admin)
    path = f"/api/customers/{made['id']}/preferences"
    body = {"communication": {"email": "Preferred", "phone": "Opted Out"}, "payment": {"primary": "UPI"}}
    assert (await as_admin.put(path, json=body)).status_code == 200
    data = (await as_admin.get(path)).json()["data"]
    assert data["communication"] == {"email": "Preferred", "phone": "Opted Out"}
    assert data["payment"] == {"primary": "UPI"}
    stored = (await contact(made))["communication_preferences"]
    assert (stored["call"], stored["email"]) == (False, "Preferred")
    assert (await as_admin.put(path, json={"communication": {"sms": "sometimes"}})).status_code == 422


async def test_policies_by_hand(as_admin) -> None:
    made = await add(as_admin)
    body = {
        "policyNumber": "MOT/2026/17",
        "customerId": made["id"],
        "policyType": "Motor",
        "premiumAmount": 12500.5,
        "startDate": "2026-01-01",
        "endDate": "2026-12-31",
        "paymentFrequency": "Half-Yearly",
    }
    assert (await as_admin.post("/api/policies", json=body)).status_code == 201
    assert (await as_admin.post("/api/policies", json=body)).status_code == 409
    assert (
        await as_admin.post("/api/policies", json=body | {"policyNumber": "x", "endDate": "2025-01-01"})
    ).status_code == 422
    assert (
        await as_admin.post("/api/policies", json=body | {"policyNumber": "x", "customerId": "CUST-999"})
    ).status_code == 404
    answer = await as_admin.get("/api/policies/MOT/2026/17")
    data = answer.json()["data"]
    assert (data["premium"], data["renewalDate"], data["paymentFrequency"]) == (12500.5, "2026-12-31", "half_yearly")
    assert (data["policyType"], data["productCategory"]) == ("motor", "Motor")
    boat = await as_admin.post("/api/policies", json=body | {"policyNumber": "x", "policyType": "Boat"})
    assert (boat.status_code, boat.json()["error"]["code"]) == (422, "unknown_policy_type")
    assert answer.headers["etag"] == '"1"'
    path = f"/api/policies/{data['id']}"
    assert (await as_admin.put(path, json={"premiumAmount": 13000}, headers={"If-Match": '"1"'})).status_code == 200
    assert (await as_admin.put(path, json={"premiumAmount": 14000}, headers={"If-Match": '"1"'})).status_code == 412
    mine = (await as_admin.get(f"/api/customers/{made['id']}/policies")).json()["data"]["policies"]
    assert [policy["premium"] for policy in mine] == [13000.0]
    found = (await as_admin.get("/api/policies", params={"search": "2026/1"})).json()["data"]
    assert found["pagination"]["total"] == 1
    assert (await as_admin.get("/api/policy-types")).status_code == 200


async def test_reach_and_rights(client, as_role, as_admin) -> None:
    made = await add(as_admin)
    for path in ("/api/customers", "/api/policies", "/api/policy-types"):
        assert (await client.get(path)).status_code == 401
    agent, viewer = await as_role("agent"), await as_role("viewer")
    assert (await agent.get("/api/customers")).json()["data"]["customers"] == []
    assert (await agent.get(f"/api/customers/{made['id']}")).status_code == 404
    assert (await agent.put(f"/api/customers/{made['id']}", json={"firstName": "X"})).status_code == 404
    assert (await viewer.post("/api/customers", json={})).status_code == 403
    none = await as_role("all_modules_manager")
    assert (await none.get("/api/customers")).status_code == 403


async def test_the_view_shows_the_contact(as_admin) -> None:
    made = await add(as_admin)
    seen = await contact(made)
    assert (seen["full_name"], seen["phone"], seen["preferred_language"]) == ("Asha Rao", "+919820012345", "en")


async def test_lists_are_filtered_sorted_and_exported(as_admin) -> None:
    first = await add(as_admin, customerProfile="HNI", address={"city": "Pune", "state": "Maharashtra"})
    second = await add(as_admin, firstName="विक्रम", email="v@example.com", phone="9820054321", preferredLanguage="hi")

    async def codes(**params) -> list[str]:
        answer = await as_admin.get("/api/customers", params=params)
        assert answer.status_code == 200, answer.text
        return [row["id"] for row in answer.json()["data"]["customers"]]

    assert await codes(profile="hni") == [first["id"]]
    assert await codes(language="hi") == [second["id"]]
    assert await codes(city="pune", state="maharashtra") == [first["id"]]
    assert await codes(kycStatus="verified") == []
    assert await codes(sort="name") == [first["id"], second["id"]]
    for number, due in (("P-1", "2026-12-19"), ("P-2", "2027-02-01")):
        policy = {"customerId": first["id"], "policyNumber": number, "policyType": "motor", "premium": 12000}
        made = await as_admin.post("/api/policies", json={**policy, "startDate": "2025-12-20", "expiryDate": due})
        assert made.status_code == 201, made.text
    due = await as_admin.get("/api/policies", params={"renewalFrom": "2026-12-01", "renewalTo": "2026-12-31"})
    assert [row["policyNumber"] for row in due.json()["data"]["policies"]] == ["P-1"]
    file = await as_admin.get("/api/policies", params={"format": "csv", "type": "Motor", "sort": "-renewalDate"})
    assert [line.split(",")[0] for line in file.text.splitlines()[1:]] == ["P-2", "P-1"]
    assert (await as_admin.get("/api/customers", params={"format": "pdf"})).content.startswith(b"%PDF-")


async def test_there_are_policy_types_to_choose_from(as_admin) -> None:
    types = (await as_admin.get("/api/policy-types")).json()["data"]["policyTypes"]
    assert [each["name"] for each in types] == ["commercial", "health", "home", "life", "motor", "travel"]


async def test_codes_and_policy_numbers_are_a_clients_own(as_admin, as_role) -> None:
    """Another client may use the same ones, and sees nothing of ours."""
    other = (await as_admin.post("/api/clients", json={"clientName": "Other"})).json()["data"]["id"]
    stranger = await as_role("client_admin", client_id=other)
    for client in (as_admin, stranger):
        made = await add(client, customerCode="C-1", pan="ABCDE1234F", firstName="Asha")
        policy = {
            "policyNumber": "P-1", "customerId": made["customerId"], "policyType": "motor", "premium": 100,
            "startDate": "2026-01-01", "endDate": "2026-12-31",
        }  # fmt: skip
        assert (await client.post("/api/policies", json=policy)).status_code == 201
        assert (await client.post("/api/policies", json=policy)).status_code == 409
    mine = (await stranger.get("/api/customers/C-1")).json()["data"]
    assert mine["clientId"] == other
    for path in ("/api/customers/C-1", "/api/policies/P-1"):
        both = await as_admin.get(path)
        assert (both.status_code, both.json()["error"]["code"]) == (409, "several_clients")
        one = await as_admin.get(path, params={"clientId": other})
        assert one.json()["data"]["clientId"] == other


async def test_a_policy_has_an_agent_and_a_branch(as_admin, as_role) -> None:
    agent = await as_role("agent")
    above = None
    for kind in ("region", "state", "branch"):
        body = {"name": f"A {kind}", "type": kind, "parentId": above}
        node = (await as_admin.post("/api/hierarchy/nodes", json=body)).json()["data"]
        above = node["id"]
    person = {"firstName": "Asha", "lastName": "Rao", "phone": "9820000123"}
    customer = (await as_admin.post("/api/customers", json=person)).json()["data"]["id"]
    policy = {
        "policyNumber": "A/1", "customerId": customer, "policyType": "motor", "premium": 9_000, "startDate": "2026-01-01",
        "endDate": "2026-12-31", "agentId": agent.user["id"], "branchId": node["branchId"],
    }  # fmt: skip
    for field in ("agentId", "branchId"):
        refused = await as_admin.post("/api/policies", json=policy | {field: 999_999})
        assert (refused.status_code, refused.json()["error"]["details"][0]["field"]) == (422, field)
    assert (await as_admin.post("/api/policies", json=policy)).status_code == 201
    shown = (await as_admin.get("/api/policies/A/1")).json()["data"]
    assert (shown["agentId"], shown["branchId"]) == (agent.user["id"], node["branchId"])
    assert (await as_admin.put("/api/policies/A/1", json=shown | {"agentId": None})).status_code == 200
    assert (await as_admin.get("/api/policies/A/1")).json()["data"]["agentId"] is None
