"""The customer's whole picture: profile, timeline, insights, members, and the people of a policy."""

from datetime import timedelta
from typing import Any

import httpx

from py360.kit import db, resources
from py360.kit.db import unit_of_work
from tests.factories.cases import MadeCase, make_case
from tests.factories.claims import cover, data, report
from tests.modules.conftest import AsRole

PROFILE: dict[str, Any] = {
    "annualIncome": {"amount": 1_200_000, "currency": "INR", "source": "Self-declared"},
    "demographics": {"maritalStatus": "Married", "dependents": 2, "occupation": "Engineer"},
    "location": {"city": "Pune", "state": "Maharashtra", "pincode": "411001", "areaRating": "Good"},
    "residence": {"ownership": "owned", "type": "Row House", "builtUpArea": 1200, "securityFeatures": ["CCTV"]},
    "vehicles": [{"type": "Car", "make": "Maruti", "registrationNumber": "mh12ab1234", "currentValue": 450_000}],
    "riskProfile": {"category": "safe", "riskTolerance": 4, "investmentHorizon": "long_term", "lifestyle": "active"},
    "policyPreferences": {"avoidedTypes": ["ULIP"], "maxBudget": 50_000},
    "familyHistory": {"medicalHistory": {"diabetes": {"present": True, "relation": "father", "ageOfOnset": 50}}},
    "otherPolicies": [{"policyType": "Health", "provider": "Star", "coverage": 500_000}],
    "policyCapacity": {"maxRecommended": 4},
}


async def customer(case: MadeCase) -> str:
    async with unit_of_work() as session:
        sql = "select customer_code from customers where id = %(id)s"
        return await db.fetch_only(session, str, sql, {"id": case.customer_id})


async def pay(case: MadeCase, amount: int, days_late: int) -> None:
    """Money that came in so many days after the due date."""
    async with unit_of_work() as session:
        await db.execute(
            session,
            "insert into payments (client_id, case_id, policy_id, customer_id, gateway, amount, captured_amount, method, status,"
            " captured_at) select client_id, id, policy_id, customer_id, 'manual', %(amount)s, %(amount)s, 'UPI', 'captured',"
            " due_date + make_interval(days => %(late)s) + interval '10 hours' from renewal_cases where id = %(id)s",
            {"id": case.id, "amount": amount, "late": days_late},
        )


async def test_a_profile_is_set_block_by_block(as_admin: httpx.AsyncClient) -> None:
    path = f"/api/customers/{await customer(await make_case())}/profile"
    empty = await as_admin.get(path)
    assert data(empty)["annualIncome"] is None
    assert empty.headers["etag"] == '"0"'
    data(await as_admin.put(path, json=PROFILE))
    seen = data(await as_admin.get(path))
    assert seen["vehicles"][0]["registrationNumber"] == "MH12AB1234"
    assert (seen["residence"]["type"], seen["location"]["areaRating"]) == ("row_house", "good")
    assert seen["completeness"] == 100
    capacity = seen["policyCapacity"]
    assert (capacity["currentlyHeld"], capacity["utilizationPercentage"], capacity["availableCapacity"]) == (2, 50, 2)
    assert (capacity["maxCoverage"], capacity["utilizedCoverage"]) == (12_000_000, 500_000)
    data(await as_admin.put(path, json={"vehicles": None}))
    assert data(await as_admin.get(path))["vehicles"] == []
    assert data(await as_admin.get(path))["residence"] is not None


async def test_a_profile_as_it_is_shown_may_be_sent_back(as_admin: httpx.AsyncClient) -> None:
    path = f"/api/customers/{await customer(await make_case())}/profile"
    data(await as_admin.put(path, json=PROFILE))
    shown = await as_admin.get(path)
    data(await as_admin.put(path, json=data(shown), headers={"If-Match": shown.headers["etag"]}))
    stale = await as_admin.put(path, json={"vehicles": []}, headers={"If-Match": shown.headers["etag"]})
    assert stale.status_code == 412


async def test_wrong_profile_fields_are_named(as_admin: httpx.AsyncClient) -> None:
    path = f"/api/customers/{await customer(await make_case())}/profile"
    for body, field in (
        ({"riskProfile": {"riskTolerance": 11}}, "riskProfile.riskTolerance"),
        ({"location": {"pincode": "012345"}}, "location.pincode"),
        ({"annualIncome": {"amount": -1}}, "annualIncome.amount"),
        ({"shoes": 1}, "shoes"),
    ):
        refused = await as_admin.put(path, json=body)
        assert refused.status_code == 422, refused.text
        assert refused.json()["error"]["details"][0]["field"] == field


async def test_one_timeline_across_everything(as_admin: httpx.AsyncClient) -> None:
    case = await make_case()
    code = await customer(case)
    claim = await report(as_admin, case)
    await pay(case, 12_500, -2)
    data(await as_admin.post(f"{case.path}/comments", json={"text": "Will pay on Friday"}), 201)
    upload = {"entityType": "claim", "entityId": claim, "documentType": "fir"}
    data(
        await as_admin.post("/api/files", data=upload, files={"file": ("fir.pdf", b"%PDF-1.4 x", "application/pdf")}),
        201,
    )
    path = f"/api/customers/{code}/timeline"
    page = data(await as_admin.get(path))
    (policy,) = page["policies"]
    assert {event["type"] for event in policy["events"]} == {
        "policy_created", "claim", "payment", "communication", "document",
    }  # fmt: skip
    dates = [event["date"] for event in policy["events"]]
    assert dates == sorted(dates, reverse=True)
    assert page["insight"]["claimLikelihood"] == "Moderate"
    created = data(await as_admin.get(path, params={"type": "creation"}))["policies"][0]["events"]
    assert [event["type"] for event in created] == ["policy_created"]
    found = data(await as_admin.get(path, params={"search": "friday"}))["policies"][0]["events"]
    assert [event["description"] for event in found] == ["Will pay on Friday"]
    assert (await as_admin.get(path, params={"type": "shoes"})).status_code == 422


async def test_the_timeline_is_gone_through_by_cursor(as_admin: httpx.AsyncClient) -> None:
    case = await make_case()
    path = f"/api/customers/{await customer(case)}/timeline"
    for number in range(5):
        data(await as_admin.post(f"{case.path}/comments", json={"text": f"Call {number}"}), 201)
    seen: list[str] = []
    cursor = None
    while True:
        params = {"maxEvents": 2} | ({"cursor": cursor} if cursor else {})
        page = data(await as_admin.get(path, params=params))
        seen += [event["id"] for event in page["policies"][0]["events"]]
        if not (cursor := page["nextCursor"]):
            break
    assert len(seen) == len(set(seen)) == 6
    of_policy = data(await as_admin.get(f"/api/policies/{case.policy_number}/timeline"))
    assert sorted(event["id"] for event in of_policy["events"]) == sorted(seen)


async def test_a_policy_of_a_fleet_has_its_timeline(as_admin: httpx.AsyncClient) -> None:
    case = await make_case()
    async with unit_of_work() as session:
        await db.execute(
            session,
            "insert into policies (client_id, policy_number, customer_id, policy_type, premium_amount, start_date, end_date, renewal_date)"
            " select client_id, 'FLEET-' || n, customer_id, 'motor', 1, start_date, end_date, renewal_date"
            " from policies, generate_series(1, 205) n where policy_number = %(number)s",
            {"number": case.policy_number},
        )
    shown = data(await as_admin.get("/api/policies/FLEET-205/timeline"))
    assert shown["policyNumber"] == "FLEET-205"
    fleet = data(await as_admin.get(f"/api/customers/{await customer(case)}/timeline"))["policies"]
    assert len(fleet) == 206


async def test_insights_follow_the_formulas(as_admin: httpx.AsyncClient) -> None:
    today = resources.current().clock.today()
    case = await make_case(due=today - timedelta(days=20))
    await pay(case, 3_000, -4)
    await pay(case, 3_000, -2)
    await pay(case, 3_000, 3)
    seen = data(await as_admin.get(f"/api/customers/{await customer(case)}/insights"))
    assert seen["summary"] == {
        "totalPaid": 9_000, "onTimePercentage": 66.7, "paymentCount": 3, "mostUsedMode": "UPI",
    }  # fmt: skip
    assert seen["behaviour"] == {"averageTimingDays": 1.0, "preferredMethod": "UPI", "reliability": "Poor"}
    async with unit_of_work() as session:  # more than a page of them: every one counts
        copies = (
            "insert into payments (client_id, case_id, policy_id, customer_id, gateway, amount, captured_amount, method, status, captured_at)"
            " select client_id, case_id, policy_id, customer_id, gateway, 1, 1, 'Cash', status, captured_at"
            " from (select * from payments order by captured_at limit 1) one, generate_series(1, 1200)"
        )
        await db.execute(session, copies)
    more = data(await as_admin.get(f"/api/customers/{await customer(case)}/insights"))
    assert more["summary"] | {"onTimePercentage": 0} == {
        "totalPaid": 10_200, "onTimePercentage": 0, "paymentCount": 1_203, "mostUsedMode": "Cash",
    }  # fmt: skip
    assert sum(year["count"] for year in more["premiumHistory"]) == 1_203
    assert sum(len(year["payments"]) for year in more["premiumHistory"]) <= 103
    (due,) = seen["upcomingPayments"]
    assert (due["amount"], due["daysLeft"]) == (3_500, -20)
    assert seen["claims"]["rating"] == "Low Risk"


async def test_instalments_are_on_time_by_their_own_due_dates(as_admin: httpx.AsyncClient) -> None:
    today = resources.current().clock.today()
    case = await make_case(due=today - timedelta(days=40))
    plan = {"frequency": "monthly", "count": 3, "startDate": str(today - timedelta(days=40))}
    due = data(await as_admin.post(f"{case.path}/payment-plans", json=plan), 201)["outstanding"]["installments"]
    body = {"method": "cash", "amount": due[2]["amount"], "installmentIds": [due[2]["id"]]}
    data(
        await as_admin.post(f"{case.path}/payments", json=body), 201
    )  # the last one, which is due in the weeks to come
    seen = data(await as_admin.get(f"/api/customers/{await customer(case)}/insights"))
    assert seen["summary"]["onTimePercentage"] == 100
    assert seen["behaviour"]["averageTimingDays"] > 0
    assert [each["dueDate"] for each in seen["upcomingPayments"]] == [each["dueDate"] for each in due[:2]]


async def test_what_is_left_of_a_part_payment_is_upcoming(as_admin: httpx.AsyncClient) -> None:
    case = await make_case()
    data(await as_admin.post(f"{case.path}/payments", json={"method": "cash", "amount": 2_500}), 201)
    (due,) = data(await as_admin.get(f"/api/customers/{await customer(case)}/insights"))["upcomingPayments"]
    assert due["amount"] == 10_000


async def test_what_a_customer_turned_to_us_about(as_admin: httpx.AsyncClient) -> None:
    case = await make_case("in_progress")
    claim = await report(as_admin, case)
    for body in (
        {"type": "phone", "direction": "inbound", "callType": "complaint"},
        {"type": "phone", "direction": "inbound", "callType": "inquiry"},
        {"type": "chat", "direction": "inbound", "tags": ["Premium"]},
        {"type": "phone", "direction": "inbound", "claimNumber": claim, "customerSatisfaction": 4},
        {"type": "phone", "direction": "outbound"},
    ):
        data(await as_admin.post(f"{case.path}/contacts", json=body), 201)
    said = data(await as_admin.get(f"/api/customers/{await customer(case)}/insights"))["communications"]
    counts = {name: said[name]["count"] for name in ("inquiries", "billing", "coverage", "complaints")}
    assert counts == {"inquiries": 1, "billing": 1, "coverage": 1, "complaints": 1}
    assert said["complaints"]["lastContact"]
    history = data(await as_admin.get(f"{case.path}/claims-history"))
    assert history["summary"]["customerSatisfaction"] == 4
    events = data(await as_admin.get(f"/api/customers/{await customer(case)}/timeline"))["policies"][0]["events"]
    kinds = {each["title"]: each["details"] for each in events}
    assert set(kinds["Phone inbound"]) == {"channel", "outcome", "agent", "followUp"}
    assert {"claimAmount", "status", "deductible", "handledBy"} <= set(kinds[f"{claim} reported"])
    assert {"premium", "coverage", "agent"} <= set(kinds["Policy created"])


async def test_the_number_of_a_card_is_kept_nowhere(as_admin: httpx.AsyncClient) -> None:
    case = await make_case()
    path = f"/api/customers/{await customer(case)}/preferences"
    for primary in ("4111 1111 1111 1111", {"card": "5555-5555-5555-4444"}, [378282246310005]):
        refused = await as_admin.put(path, json={"payment": {"primary": primary}})
        assert (refused.status_code, refused.json()["error"]["details"][0]["field"]) == (422, "payment")
    kept = {
        "payment": {"primary": "XXXX-1111, 08/29", "alternates": ["Bank Transfer"]},
        "language": {"preferred": "Hindi", "alternatives": ["English"], "documentLanguage": "English"},
    }
    data(await as_admin.put(path, json=kept))
    assert data(await as_admin.get(path))["language"]["preferred"] == "Hindi"
    paid = {"method": "cash", "amount": 100, "reference": "4111111111111111"}
    assert (await as_admin.post(f"{case.path}/payments", json=paid)).status_code == 422


async def test_health_members_and_their_claims(as_admin: httpx.AsyncClient) -> None:
    case = await make_case()
    path = f"/api/policies/{case.policy_number}/members"
    body = {"members": [
        {"name": "Asha Rao", "relationship": "Self", "dateOfBirth": "1985-07-30", "gender": "Female", "sumInsured": 500_000},
        {"name": "Ravi Rao", "relationship": "Spouse", "medicalHistory": ["Asthma"]},
    ]}  # fmt: skip
    refused = await as_admin.put(path, json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "no_members")
    await cover(case, "health")
    data(await as_admin.put(path, json=body))
    first, second = data(await as_admin.get(path))["members"]
    await report(as_admin, case, type="health", memberId=second["id"], claimAmount=20_000)
    seen = data(await as_admin.get(path))
    assert seen["summary"]["members"] == 2
    assert (seen["summary"]["totalClaims"], seen["summary"]["recentClaimsValue"]) == (1, 20_000)
    assert seen["members"][0]["age"] >= 41
    kept = {"members": [{"id": second["id"], "name": "Ravi Rao", "relationship": "Spouse"}]}
    data(await as_admin.put(path, json=kept))
    assert [each["id"] for each in data(await as_admin.get(path))["members"]] == [second["id"]]
    assert (await as_admin.put(path, json={"members": [{**kept["members"][0], "id": first["id"]}]})).status_code == 404


async def test_the_people_of_a_policy(as_admin: httpx.AsyncClient) -> None:
    case = await make_case()
    path = f"/api/policies/{case.policy_number}"
    body = {
        "proposer": {"name": "Asha Rao", "relationship": "Self", "annualIncome": 900_000},
        "lifeAssured": {"name": "Ravi Rao", "dateOfBirth": "1990-01-02", "nomineeDetails": "Meera (Spouse)"},
        "channelDetails": {"businessChannel": "Agent Network", "region": "West India", "agentStatus": "Active"},
    }
    data(await as_admin.put(path, json=body))
    seen = data(await as_admin.get(path))
    assert seen["proposer"]["annualIncome"] == 900_000
    assert seen["lifeAssured"]["dateOfBirth"] == "1990-01-02"
    assert seen["channelDetails"]["agentStatus"] == "active"
    data(await as_admin.put(path, json=seen))


async def test_kyc_follows_from_the_documents(as_admin: httpx.AsyncClient) -> None:
    code = await customer(await make_case())
    path = f"/api/customers/{code}/kyc"
    assert data(await as_admin.get(path))["missing"] == ["identity", "address"]
    pan = {"type": "PAN", "number": "abcpr1234f", "status": "verified"}
    saved = data(await as_admin.put(path, json={"documents": [pan]}))
    assert (saved["kycStatus"], saved["missing"]) == ("pending", ["address"])
    aadhaar = {"type": "Aadhaar", "number": "1234 5678 9012", "status": "verified"}
    assert data(await as_admin.put(path, json={"documents": [pan, aadhaar]}))["kycStatus"] == "verified"
    shown = data(await as_admin.get(path))
    assert shown["documents"][1]["number"] == "XXXX-XXXX-9012"
    data(await as_admin.put(path, json=shown))
    over = {"type": "passport", "status": "verified", "expiresOn": "2020-01-01"}
    assert data(await as_admin.put(path, json={"documents": [over]}))["kycStatus"] == "pending"
    bad = {"type": "passport", "status": "rejected", "note": "Unreadable"}
    assert data(await as_admin.put(path, json={"documents": [bad]}))["kycStatus"] == "rejected"
    refused = await as_admin.put(path, json={"documents": [{**bad, "fileId": "file-999"}]})
    assert refused.json()["error"]["details"][0]["field"] == "documents.0.fileId"
    assert data(await as_admin.get(f"/api/customers/{code}"))["kycStatus"] == "rejected"


async def test_an_agent_sees_their_part_of_a_customer(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    agent = await as_role("agent")
    mine, other = await make_case(agent=agent.user["id"]), await make_case()
    async with unit_of_work() as session:  # both policies are one customer's
        for table in ("policies", "renewal_cases"):
            sql = f"update {table} set customer_id = %(to)s where customer_id = %(from)s"
            await db.execute(session, sql, {"to": mine.customer_id, "from": other.customer_id})
    path = f"/api/customers/{await customer(mine)}/timeline"
    assert [each["policyId"] for each in data(await agent.get(path))["policies"]] == [mine.policy_id]
    assert len(data(await as_admin.get(path))["policies"]) == 2
