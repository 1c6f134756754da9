"""The page of a case shows the people of its policy as they were stated; the customer stands in where nobody was."""

import httpx

from tests.factories.cases import make_case
from tests.factories.claims import cover, data, report


async def test_the_customer_is_proposer_and_life_assured_until_others_are_stated(as_admin: httpx.AsyncClient) -> None:
    case = await make_case()
    data(
        await as_admin.put(f"/api/customers/{case.customer_id}", json={"dateOfBirth": "1985-07-30", "gender": "Female"})
    )
    income = {"annualIncome": {"amount": 1_200_000}, "demographics": {"occupation": "Engineer"}}
    data(await as_admin.put(f"/api/customers/{case.customer_id}/profile", json=income))
    shown = data(await as_admin.get(case.path))
    proposer, life = shown["policyProposer"], shown["lifeAssured"]
    assert (proposer["name"], proposer["relationship"], proposer["gender"]) == ("Asha Rao", "Self", "female")
    assert (proposer["occupation"], proposer["annualIncome"]) == ("Engineer", 1_200_000)
    assert life["age"] == proposer["age"] >= 41
    assert (shown["policyMembers"], shown["familySummary"]) == ([], None)
    stated = {
        "proposer": {"name": "Vikram Rao", "relationship": "Father", "age": 71, "annualIncome": 900_000},
        "lifeAssured": {"name": "Ravi Rao", "dateOfBirth": "1990-01-02", "age": 3, "sumAssured": 750_000, "nomineeDetails": "Meera (Spouse)"},
        "channelDetails": {"businessChannel": "Agent Network", "salesManager": "Meera Iyer", "agentStatus": "Active"},
    }  # fmt: skip
    data(await as_admin.put(f"/api/policies/{case.policy_number}", json=stated))
    shown = data(await as_admin.get(case.path))
    proposer, life, channel = shown["policyProposer"], shown["lifeAssured"], shown["channelDetails"]
    assert (proposer["name"], proposer["age"], proposer["annualIncome"]) == ("Vikram Rao", 71, 900_000)
    assert (life["dateOfBirth"], life["sumAssured"], life["nomineeDetails"]) == (
        "1990-01-02",
        750_000,
        "Meera (Spouse)",
    )
    assert life["age"] >= 36  # it follows from the date of birth
    assert (channel["businessChannel"], channel["salesManager"]) == ("Agent Network", "Meera Iyer")
    policy = data(await as_admin.get(f"/api/policies/{case.policy_number}"))
    assert policy["lifeAssured"]["age"] == life["age"]
    assert policy["proposer"]["annualIncome"] == 900_000
    data(await as_admin.put(case.path, json=shown | {"agent": None}))  # as it was shown, it may be sent back


async def test_a_health_case_shows_its_family(as_admin: httpx.AsyncClient) -> None:
    case = await make_case()
    await cover(case, "health")
    path = f"/api/policies/{case.policy_number}/members"
    family = [
        {"name": "Asha Rao", "relationship": "Self", "dateOfBirth": "1985-07-30", "sumInsured": 500_000},
        {"name": "Ravi Rao", "relationship": "Spouse", "medicalHistory": ["Asthma"], "premiumContribution": 4_000},
    ]
    data(await as_admin.put(path, json={"members": family}))
    sent = data(await as_admin.get(path))
    data(await as_admin.put(path, json=sent))  # as they were shown
    await report(as_admin, case, type="health", memberId=sent["members"][1]["id"], claimAmount=20_000)
    shown = data(await as_admin.get(case.path))
    assert [each["name"] for each in shown["policyMembers"]] == ["Asha Rao", "Ravi Rao"]
    second = shown["policyMembers"][1]
    assert (second["medicalHistory"], second["premiumContribution"], second["lastClaimAmount"]) == (
        ["Asthma"],
        4_000,
        20_000,
    )
    assert (shown["familySummary"]["members"], shown["familySummary"]["totalClaims"]) == (2, 1)
    assert shown["familySummary"]["annualPremium"] == 11_000
