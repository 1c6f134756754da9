"""Which policies suit a customer, by the rules of 9.3, and what became of what was recommended."""

from datetime import timedelta
from typing import Any

import httpx

from py360.kit.clock import FixedClock
from py360.modules.recommendations.jobs import note_conversions
from tests.conftest import RunJobs
from tests.factories.book import merge, row
from tests.modules.conftest import AsRole

PROFILE: dict[str, Any] = {
    "annualIncome": {"amount": 12_00_000},
    "demographics": {"age": 35, "dependents": 2},
    "residence": {"ownership": "owned", "builtUpArea": 1_000},
    "vehicles": [{"type": "Car", "currentValue": 6_00_000}],
    "riskProfile": {
        "category": "safe",
        "investmentHorizon": "long_term",
        "healthConditions": "minor",
        "lifestyle": "sedentary",
    },
    "policyPreferences": {"avoidedTypes": ["ULIP"]},
    "familyHistory": {"medicalHistory": {"diabetes": {"present": True}}},
}


async def customer(admin: httpx.AsyncClient, number: int = 1, **changed: Any) -> str:
    await merge(row(number))
    code = f"C{number:05d}"
    answer = await admin.put(f"/api/customers/{code}/profile", json=PROFILE | changed)
    assert answer.status_code == 200, answer.text
    return code


async def recommended(person: httpx.AsyncClient, code: str, limit: int = 6) -> list[dict[str, Any]]:
    answer = await person.post("/api/ai/policy-recommendations", json={"customerId": code, "limit": limit})
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["source"] == "rules"
    found: list[dict[str, Any]] = answer.json()["data"]["recommendations"]
    return found


async def test_policies_are_recommended_by_priority_with_reasons(as_admin: httpx.AsyncClient) -> None:
    code = await customer(as_admin)
    found = await recommended(as_admin, code)
    assert [(each["type"], each["priority"]) for each in found] == [
        ("Comprehensive Health Insurance", "Critical"), ("Critical Illness Insurance", "High"), ("Term Life Insurance", "High"),
        ("Home Insurance", "Medium"), ("Child Education Plan", "Medium"),
    ]  # fmt: skip
    by_type = {each["type"]: each for each in found}
    assert by_type["Critical Illness Insurance"]["suggestedCoverage"] == 60_00_000
    assert by_type["Term Life Insurance"]["estimatedPremium"] == 9_600
    assert by_type["Home Insurance"]["suggestedCoverage"] == 30_00_000
    assert len(await recommended(as_admin, code, 3)) == 3


async def test_what_is_held_avoided_too_dear_or_beyond_capacity_is_left_out(as_admin: httpx.AsyncClient) -> None:
    held = await customer(
        as_admin, 1, otherPolicies=[{"policyType": "Health Insurance"}, {"policyType": "Home", "status": "lapsed"}]
    )
    assert "Comprehensive Health Insurance" not in [each["type"] for each in await recommended(as_admin, held)]
    dear = await customer(as_admin, 2, policyPreferences={"avoidedTypes": ["ULIP", "child"], "maxBudget": 10_000})
    assert [each["type"] for each in await recommended(as_admin, dear)] == ["Term Life Insurance", "Home Insurance"]
    full = await customer(as_admin, 3, policyCapacity={"maxRecommended": 2})
    assert len(await recommended(as_admin, full)) == 1


async def test_an_answer_is_kept_and_counted(as_admin: httpx.AsyncClient) -> None:
    code = await customer(as_admin)
    health, illness, *_ = await recommended(as_admin, code)
    address = "/api/ai/policy-recommendations"
    for number, outcome in ((health["id"], "accepted"), (health["id"], "converted"), (illness["id"], "declined")):
        assert (await as_admin.put(f"{address}/{number}/outcome", json={"outcome": outcome})).status_code == 200
    late = await as_admin.put(f"{address}/{illness['id']}/outcome", json={"outcome": "accepted"})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "recommendation_answered")
    again = await recommended(as_admin, code)
    assert "Critical Illness Insurance" not in [each["type"] for each in again]
    rules = {each["rule"]: each for each in (await as_admin.get(f"{address}/effectiveness")).json()["data"]["rules"]}
    assert (rules["family_health"]["converted"], rules["critical_illness"]["declined"]) == (1, 1)
    listed = (await as_admin.get(address, params={"status": "declined"})).json()["data"]["recommendations"]
    assert [each["type"] for each in listed] == ["Critical Illness Insurance"]


async def test_risk_is_a_score_with_its_factors(as_admin: httpx.AsyncClient) -> None:
    code = await customer(as_admin)
    risk = (await as_admin.post("/api/ai/risk-assessment", json={"customerId": code})).json()["data"]
    assert (risk["score"], risk["category"]) == (80, "safe")
    assert {each["name"]: each["points"] for each in risk["factors"]} == {
        "healthConditions": 10,
        "lifestyle": 5,
        "familyHistory": 5,
    }


async def test_risks_are_kept_with_their_factors(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    address = "/api/ai/risk-assessment"
    first, second = await customer(as_admin, 1), await customer(as_admin, 2, riskProfile={"drivingRecord": "speeding"})
    for code in (first, second):
        new = (await as_admin.post(address, json={"customerId": code})).json()["data"]
        assert new["previous"] is None
    await customer(
        as_admin, 1, riskProfile={"healthConditions": "major", "previousClaims": 4, "lifestyle": "sedentary"}
    )
    again = (await as_admin.post(address, json={"customerId": first})).json()["data"]
    assert (again["score"], again["category"], again["previous"]["score"]) == (35, "high", 80)
    listed = (await as_admin.get(address)).json()["data"]["risks"]
    assert [(each["customerId"], each["score"]) for each in listed] == [(first, 35), (second, 80)]
    assert [each["name"] for each in listed[0]["factors"]] == [each["name"] for each in again["factors"]]
    high = (await as_admin.get(address, params={"category": "high", "search": first})).json()["data"]["risks"]
    assert [each["customerId"] for each in high] == [first]
    assert (await as_admin.get(address, params={"category": "dreadful"})).status_code == 422
    assert "speeding" in (await as_admin.get(address, params={"format": "csv"})).text
    agent = await as_role("agent")
    assert (await agent.get(address)).json()["data"]["risks"] == []


async def test_risk_of_a_profile_that_was_entered(as_admin: httpx.AsyncClient) -> None:
    profile = {
        "riskProfile": {"previousClaims": 5, "drivingRecord": "speeding", "healthConditions": "major", "lifestyle": "sedentary"},
        "location": {"city": "Pune", "areaRating": "low"},
        "familyHistory": {"medicalHistory": {"diabetes": {"present": True}, "cancer": {"present": False}}},
        "demographics": {"age": 40},
    }  # fmt: skip
    risk = (await as_admin.post("/api/ai/risk-assessment", json={"profile": profile})).json()["data"]
    assert (risk["customerId"], risk["score"], risk["category"]) == (None, 10, "high")
    assert {each["name"]: each["points"] for each in risk["factors"]} == {
        "previousClaims": 30, "healthConditions": 25, "drivingRecord": 15, "lifestyle": 5, "areaRating": 10, "familyHistory": 5,
    }  # fmt: skip
    await merge(row(1))
    nothing_stated = (await as_admin.get("/api/customers/C00001/profile")).json()["data"]
    for unknown in (
        nothing_stated,
        {"riskProfile": {"previousClaims": None}, "familyHistory": {"medicalHistory": {"cancer": None}}},
    ):
        risk = await as_admin.post("/api/ai/risk-assessment", json={"profile": unknown})
        assert (risk.status_code, risk.json()["data"]["score"]) == (200, 100), risk.text
    for body in ({}, {"profile": profile, "customerId": "CUST-1"}):
        assert (await as_admin.post("/api/ai/risk-assessment", json=body)).status_code == 422


async def test_what_is_bought_later_counts_as_converted(as_admin: httpx.AsyncClient, clock: FixedClock) -> None:
    code = await customer(as_admin)
    shown = await recommended(as_admin, code)
    home = next(each for each in shown if each["type"] == "Home Insurance")
    policy = {
        "policyNumber": "NEW/1", "customerId": code, "policyType": "home", "productName": "Griha", "premium": "8000.00",
        "startDate": str(clock.today()), "endDate": str(clock.today() + timedelta(days=364)),
    }  # fmt: skip
    made = await as_admin.post("/api/policies", json=policy)
    assert made.status_code == 201, made.text
    for _ in range(2):
        await note_conversions(timestamp=0)
    listed = await as_admin.get("/api/ai/policy-recommendations", params={"status": "converted"})
    assert [each["id"] for each in listed.json()["data"]["recommendations"]] == [home["id"]]


async def test_somebody_elses_customer_is_not_there(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    code = await customer(as_admin)
    (first, *_) = await recommended(as_admin, code)
    agent = await as_role("agent")
    for method, path, body in (
        ("POST", "/api/ai/policy-recommendations", {"customerId": code}),
        ("POST", "/api/ai/risk-assessment", {"customerId": code}),
        ("PUT", f"/api/ai/policy-recommendations/{first['id']}/outcome", {"outcome": "accepted"}),
    ):
        refused = await agent.request(method, path, json=body)
        assert refused.status_code == 404, (path, refused.text)
    assert (await agent.get("/api/ai/policy-recommendations")).json()["data"]["recommendations"] == []


async def test_every_rule_as_the_reference_gives_it(as_admin: httpx.AsyncClient) -> None:
    """Domain reference, 9.3: condition, priority, coverage and premium of each rule, alone."""
    nothing: dict[str, Any] = {
        "annualIncome": None, "residence": None, "vehicles": [], "riskProfile": None, "policyPreferences": None,
        "familyHistory": None, "demographics": {"age": 45},
    }  # fmt: skip
    safe = {"category": "safe", "investmentHorizon": "long_term"}
    for number, (block, expected) in enumerate(
        (
            ({"annualIncome": {"amount": 10_00_000}}, None),
            ({"annualIncome": {"amount": 10_00_001}}, ("Critical Illness Insurance", "High", 50_00_005, 15_000.02)),
            ({"familyHistory": {"medicalHistory": {"hypertension": {"present": True}}}},
             ("Comprehensive Health Insurance", "Critical", 10_00_000, 35_000)),
            ({"familyHistory": {"medicalHistory": {"cancer": {"present": True}}}}, None),
            ({"vehicles": [{"type": "Car", "currentValue": 4_00_000}, {"type": "Two Wheeler", "currentValue": 50_000}]},
             ("Motor Insurance", "High", 4_50_000, 15_000)),
            ({"residence": {"ownership": "owned", "builtUpArea": 1_200}}, ("Home Insurance", "Medium", 36_00_000, 8_000)),
            ({"residence": {"ownership": "rented", "builtUpArea": 1_200}}, None),
            ({"annualIncome": {"amount": 8_00_000}, "riskProfile": safe, "policyPreferences": {"avoidedTypes": ["ULIP"]}},
             ("Term Life Insurance", "High", 80_00_000, 6_400)),
            ({"annualIncome": {"amount": 8_00_000}, "riskProfile": safe}, None),
            ({"demographics": {"age": 39, "dependents": 1}}, ("Child Education Plan", "Medium", 20_00_000, 50_000)),
            ({"demographics": {"age": 40, "dependents": 1}}, None),
        ), 1,
    ):  # fmt: skip
        kind = "life" if number < 11 else "travel"
        await merge(row(number, policy_type=kind, product_name="Endowment"))
        code = f"C{number:05d}"
        assert (await as_admin.put(f"/api/customers/{code}/profile", json=nothing | block)).status_code == 200
        found = [
            (each["type"], each["priority"], each["suggestedCoverage"], each["estimatedPremium"])
            for each in await recommended(as_admin, code)
        ]
        assert found == ([expected] if expected else []), block


async def test_policies_elsewhere_and_cover_in_force_count_as_the_reference_says(as_admin: httpx.AsyncClient) -> None:
    elsewhere = [
        {"policyType": "Health Insurance", "status": "Active"},
        {"policyType": "Life", "coverage": 90_00_000, "status": "Active"},
    ]
    found = [each["type"] for each in await recommended(as_admin, await customer(as_admin, otherPolicies=elsewhere))]
    assert "Comprehensive Health Insurance" not in found
    assert "Term Life Insurance" in found


async def test_recommendations_and_risks_follow_a_merge_and_its_undoing(
    as_admin: httpx.AsyncClient, run_jobs: RunJobs
) -> None:
    address, risks = "/api/ai/policy-recommendations", "/api/ai/risk-assessment"
    kept, other, last = [await customer(as_admin, number) for number in (1, 2, 3)]

    async def owners() -> tuple[dict[str, dict[str, str]], list[str]]:
        listed = (await as_admin.get(address, params={"limit": 100})).json()["data"]["recommendations"]
        owned: dict[str, dict[str, str]] = {}
        for each in listed:
            owned.setdefault(each["customerId"], {})[each["type"]] = each["status"]
        assert sum(map(len, owned.values())) == len(listed)
        return owned, [each["customerId"] for each in (await as_admin.get(risks)).json()["data"]["risks"]]

    await recommended(as_admin, kept, 2)
    (health, *_), home = await recommended(as_admin, other), "Home Insurance"
    await as_admin.put(f"{address}/{health['id']}/outcome", json={"outcome": "accepted"})
    await as_admin.post(risks, json={"customerId": other})
    before = await owners()
    made = await as_admin.post(f"/api/customers/{kept}/merge", json={"duplicateId": other})
    again = await as_admin.post(f"/api/customers/{last}/merge", json={"duplicateId": kept})
    await run_jobs()
    owned, at_risk = await owners()
    assert (owned.keys(), at_risk) == ({last}, [last])
    assert (owned[last]["Comprehensive Health Insurance"], owned[last][home]) == ("accepted", "shown")
    assert len(owned[last]) == 5, "what both were recommended counts once"
    assert len(await recommended(as_admin, last)) == 5
    await as_admin.post(risks, json={"customerId": last})
    for person, answer in ((last, again), (kept, made)):
        undone = await as_admin.post(f"/api/customers/{person}/merges/{answer.json()['data']['mergeId']}/undo")
        assert undone.status_code == 200, undone.text
        await run_jobs()
    owned, at_risk = await owners()
    assert (owned, sorted(at_risk)) == (before[0], [other, last])
