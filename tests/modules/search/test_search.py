"""One search across customers, cases, policies, claims and campaigns."""

from typing import Any

import httpx
import pytest

from tests.factories.cases import MadeCase, make_case
from tests.factories.claims import data
from tests.modules.conftest import AsRole


async def found(client: httpx.AsyncClient, text: str, **params: Any) -> dict[str, list[dict[str, Any]]]:
    """What is found, by kind."""
    answer = data(await client.get("/api/search", params={"q": text, **params}))
    assert answer["total"] == sum(len(group["results"]) for group in answer["groups"])
    return {group["type"]: group["results"] for group in answer["groups"]}


async def claim_of(admin: httpx.AsyncClient, case: MadeCase) -> str:
    body = {
        "type": "vehicle", "policyNumber": case.policy_number, "incidentDate": "2026-11-20", "claimAmount": 1000,
        "description": "Hail", "claimant": {"name": "Asha Rao"},
    }  # fmt: skip
    return str(data(await admin.post("/api/claims", json=body), 201)["claimNumber"])


async def test_a_name_a_number_and_a_code_are_found(as_admin: httpx.AsyncClient) -> None:
    case = await make_case(name="Meenakshi Sundaram", policy="HLT/77/00123")
    await make_case(name="Asha Rao")
    claim = await claim_of(as_admin, case)
    by_name = await found(as_admin, "sundar")
    assert [each["title"] for each in by_name["customer"]] == ["Meenakshi Sundaram"]
    assert [each["id"] for each in by_name["case"]] == [f"CASE-{case.id}"]
    assert [each["id"] for each in by_name["claim"]] == [claim]
    by_number = await found(as_admin, "77/001")
    assert [each["id"] for each in by_number["policy"]] == ["HLT/77/00123"]
    assert [each["id"] for each in by_number["case"]] == [f"CASE-{case.id}"]
    assert [each["id"] for each in (await found(as_admin, f"case-{case.id}"))["case"]] == [f"CASE-{case.id}"]
    assert [each["id"] for each in (await found(as_admin, claim.lower()))["claim"]] == [claim]
    phone = by_name["customer"][0]["details"].partition(",")[0].removeprefix("+91")
    assert [each["title"] for each in (await found(as_admin, phone))["customer"]] == ["Meenakshi Sundaram"]
    assert list(await found(as_admin, "sundar", types=["claim", "case"])) == ["case", "claim"]


async def test_more_hits_than_were_asked_for_are_counted(as_admin: httpx.AsyncClient) -> None:
    for _ in range(3):
        await make_case(name="Asha Rao")
    groups = data(await as_admin.get("/api/search", params={"q": "asha", "perKind": 2}))["groups"]
    assert {group["type"]: (len(group["results"]), group["more"]) for group in groups} == {
        "customer": (2, True), "case": (2, True), "policy": (0, False), "claim": (0, False), "campaign": (0, False),
    }  # fmt: skip


async def test_the_caller_sees_what_is_within_reach_and_permitted(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    agent = await as_role("agent", name="Ravi Kumar")
    own = await make_case(name="Asha Rao", agent=agent.user["id"])
    other = await make_case(name="Asha Rao")
    await claim_of(as_admin, other)
    seen = await found(agent, "asha")
    assert [each["id"] for each in seen["case"]] == [f"CASE-{own.id}"]
    assert len(seen["customer"]) == 1
    assert seen.get("claim", []) == []
    assert [each["id"] for each in (await found(agent, "POL-"))["policy"]] == [own.policy_number]
    assert (await found(agent, f"CASE-{other.id}"))["case"] == []


@pytest.mark.parametrize("text", ["a", "", "x" * 101])
async def test_too_short_or_long_a_text_is_refused(as_admin: httpx.AsyncClient, text: str) -> None:
    answer = await as_admin.get("/api/search", params={"q": text})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"][0]["field"] == "q"


@pytest.mark.parametrize("text", ["%%", "__", "a'b", "{reach}", "क्या", "CASE-99999999999999999999"])
async def test_odd_texts_find_nothing(as_admin: httpx.AsyncClient, text: str) -> None:
    await make_case()
    assert not any((await found(as_admin, text)).values())
