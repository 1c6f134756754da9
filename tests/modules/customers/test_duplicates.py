"""The same person twice: found, merged with everything they have, and parted again."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.modules.customers.duplicates import merge
from py360.modules.customers.duplicates.scan import scan
from tests.factories.book import merge as import_rows
from tests.factories.book import row
from tests.factories.cases import MadeCase, make_case
from tests.factories.claims import data, report
from tests.modules.conftest import AsRole

RunJobs = Callable[[], Awaitable[None]]


async def set_contact(case: MadeCase, **values: str) -> str:
    """Set columns of the customer of a case; their code."""
    async with unit_of_work() as session:
        sets = ", ".join(f"{name} = %({name})s" for name in {"phone": "", **values})
        sql = f"update customers set {sets} where id = %(id)s returning customer_code"
        return await db.fetch_only(session, str, sql, {"phone": "+919820012345", **values, "id": case.customer_id})


async def two(**second: str) -> tuple[MadeCase, MadeCase, str, str]:
    """Two records of one person, who share a phone."""
    one, other = await make_case(name="Asha Rao"), await make_case(name="Asha  Rao")
    return one, other, await set_contact(one), await set_contact(other, **second)


async def test_duplicates_are_found_with_their_reasons(as_admin: httpx.AsyncClient) -> None:
    _, _, kept, other = await two()
    stranger = await make_case(name="Vikram Mehta")
    family = await make_case(name="Ravi Kulkarni")
    await set_contact(family)
    found = data(await as_admin.get(f"/api/customers/{kept}/duplicates"))["duplicates"]
    assert [(each["customerId"], each["reasons"]) for each in found] == [(other, ["phone", "name"])]
    assert data(await as_admin.get(f"/api/customers/{stranger.customer_id}/duplicates"))["duplicates"] == []


async def test_merged_customers_are_one_until_they_are_parted(as_admin: httpx.AsyncClient, run_jobs: RunJobs) -> None:
    one, other, kept, duplicate = await two(pan="ABCPR1234F")
    claim = await report(as_admin, other)
    consent = {
        "customerId": duplicate,
        "channel": "email",
        "purpose": "service",
        "state": "opted_out",
        "source": "letter",
    }
    assert (await as_admin.post("/api/consents", json=consent)).status_code in (200, 201)
    made = data(
        await as_admin.post(f"/api/customers/{kept}/merge", json={"duplicateId": duplicate, "reason": "Same PAN"})
    )
    assert (made["policies"], made["filled"]) == (1, ["pan"])
    await run_jobs()
    assert {each["id"] for each in data(await as_admin.get(f"/api/customers/{kept}/policies"))["policies"]} == {
        one.policy_id, other.policy_id,
    }  # fmt: skip
    assert data(await as_admin.get(f"/api/claims/{claim}"))["customerId"] == kept
    assert data(await as_admin.get(f"/api/customers/{duplicate}"))["id"] == kept
    listed = data(await as_admin.get("/api/customers"))["customers"]
    assert [each["id"] for each in listed] == [kept]
    async with unit_of_work() as session:
        sql = "select state from consents where customer_id = %(id)s and channel = 'email'"
        assert await db.fetch_all(session, str, sql, {"id": one.customer_id}) == ["opted_out"]
    again = await as_admin.post(f"/api/customers/{kept}/merge", json={"duplicateId": duplicate})
    assert again.status_code == 409

    path = f"/api/customers/{kept}/merges/{made['mergeId']}/undo"
    data(await as_admin.post(path))
    await run_jobs()
    assert data(await as_admin.get(f"/api/claims/{claim}"))["customerId"] == duplicate
    assert data(await as_admin.get(f"/api/customers/{duplicate}"))["pan"] == "ABCPR1234F"
    assert data(await as_admin.get(f"/api/customers/{kept}"))["pan"] is None
    assert (await as_admin.post(path)).json()["error"]["code"] == "merge_undone"


async def test_a_file_that_names_the_merged_customer_means_the_kept_one(as_admin: httpx.AsyncClient) -> None:
    await import_rows(row(1, customer_code="C-1"), row(2, customer_code="C-2", last_name="Sharma 1"))
    data(await as_admin.post("/api/customers/C-1/merge", json={"duplicateId": "C-2"}))
    (staged,) = await import_rows(row(3, customer_code="C-2", last_name="Sharma 1"))
    policies = data(await as_admin.get("/api/customers/C-1/policies"))["policies"]
    assert {each["policyNumber"] for each in policies} == {"POL-00001", "POL-00002", "POL-00003"}
    assert staged


async def test_nightly_scan_lists_pairs_until_they_are_merged_or_two_people(as_admin: httpx.AsyncClient) -> None:
    _, _, kept, other = await two()
    one, third = await make_case(name="Vikram Mehta"), await make_case(name="V. K. Mehta")
    for case, column in ((one, "pan"), (third, "kyc_documents")):
        value = "ABCPM1234F" if column == "pan" else '[{"type": "pan", "number": "ABCPM1234F"}]'
        await set_contact(case, phone=f"+9198200{case.customer_id:05}", **{column: value})
    family = await make_case(name="Ravi Kulkarni")
    await set_contact(family)
    assert await scan() == 2
    assert await scan() == 2
    listed = data(await as_admin.get("/api/customers/duplicates", params={"limit": 1}))
    (second,) = listed["duplicates"]
    assert (second["customer"]["name"], second["reasons"]) == ("Vikram Mehta", ["pan"])
    cursor = listed["pagination"]["nextCursor"]
    (first,) = data(await as_admin.get("/api/customers/duplicates", params={"cursor": cursor}))["duplicates"]
    assert (first["customer"]["id"], first["other"]["id"], first["reasons"]) == (kept, other, ["phone", "name"])
    surest = data(await as_admin.get("/api/customers/duplicates", params={"sort": "-score", "search": "asha"}))
    assert [each["id"] for each in surest["duplicates"]] == [first["id"]]
    wrong = await as_admin.get("/api/customers/duplicates", params={"sort": "-score", "cursor": cursor})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "bad_cursor")

    path = f"/api/customers/duplicates/{first['id']}"
    assert (await as_admin.post(f"{path}/reopen")).status_code == 409
    data(await as_admin.post(f"{path}/dismiss", json={"reason": "Mother and daughter"}))
    assert (await as_admin.post(f"{path}/dismiss", json={})).json()["error"]["code"] == "duplicate_dismissed"
    assert data(await as_admin.get(f"/api/customers/{kept}/duplicates"))["duplicates"] == []
    data(await as_admin.post(f"/api/customers/{one.customer_id}/merge", json={"duplicateId": third.customer_id}))
    assert await scan() == 1
    assert data(await as_admin.get("/api/customers/duplicates"))["duplicates"] == []
    (dismissed,) = data(await as_admin.get("/api/customers/duplicates", params={"status": "dismissed"}))["duplicates"]
    assert dismissed["dismissReason"] == "Mother and daughter"
    assert dismissed["dismissedBy"]
    data(await as_admin.post(f"{path}/reopen"))
    assert len(data(await as_admin.get("/api/customers/duplicates"))["duplicates"]) == 1


async def test_crowded_contact_pairs_the_same_name_only(as_admin: httpx.AsyncClient) -> None:
    for n in range(28):  # of an agent who gives his own phone for everybody
        await set_contact(await make_case(name=f"Asha Rao {n:02}" if n > 1 else "Asha Rao"))
    assert await scan() == 1


async def test_two_pans_are_two_people(as_admin: httpx.AsyncClient) -> None:
    one, _, kept, duplicate = await two(pan="ABCPR1234F")
    await set_contact(one, pan="ABCPR9999F")
    refused = await as_admin.post(f"/api/customers/{kept}/merge", json={"duplicateId": duplicate})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "different_pan")
    assert (await as_admin.post(f"/api/customers/{kept}/merge", json={"duplicateId": kept})).status_code == 409


async def test_duplicates_out_of_reach_are_not_shown(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    agent = await as_role("agent")
    mine = await make_case(agent=agent.user["id"], name="Asha Rao")
    other = await make_case(name="Asha Rao")
    code, foreign = await set_contact(mine), await set_contact(other)
    assert data(await agent.get(f"/api/customers/{code}/duplicates"))["duplicates"] == []
    assert (await agent.post(f"/api/customers/{code}/merge", json={"duplicateId": foreign})).status_code == 404
    assert await scan() == 1
    assert data(await agent.get("/api/customers/duplicates"))["duplicates"] == []
    (pair,) = data(await as_admin.get("/api/customers/duplicates"))["duplicates"]
    path = f"/api/customers/duplicates/{pair['id']}/dismiss"
    assert (await agent.post(path, json={})).status_code == 404


async def test_opt_outs_of_both_count_for_good(as_admin: httpx.AsyncClient) -> None:
    _, _, kept, duplicate = await two()
    first, second = {"email": "Preferred", "sms": "Accepted"}, {"sms": "Opted Out", "whatsapp": "Opted Out"}
    for code, choices in ((kept, first), (duplicate, second)):
        data(await as_admin.put(f"/api/customers/{code}/preferences", json={"communication": choices}))
    path = f"/api/customers/{kept}"
    made = data(await as_admin.post(f"{path}/merge", json={"duplicateId": duplicate}))
    both = {"email": "Preferred", "sms": "Opted Out", "whatsapp": "Opted Out"}
    assert data(await as_admin.get(f"{path}/preferences"))["communication"] == both
    data(await as_admin.post(f"{path}/merges/{made['mergeId']}/undo"))
    assert data(await as_admin.get(f"{path}/preferences"))["communication"] == both  # an opt-out is never lost


async def test_documents_and_profile_go_to_whoever_has_none_and_back(as_admin: httpx.AsyncClient) -> None:
    _, _, kept, duplicate = await two()
    aadhaar = {"documents": [{"type": "Aadhaar", "number": "1234 5678 9012", "status": "verified"}]}
    data(await as_admin.put(f"/api/customers/{duplicate}/kyc", json=aadhaar))
    data(await as_admin.put(f"/api/customers/{duplicate}/profile", json={"annualIncome": {"amount": 900_000}}))
    path = f"/api/customers/{kept}"
    made = data(await as_admin.post(f"{path}/merge", json={"duplicateId": duplicate}))
    assert made["filled"] == ["kyc_documents", "profile"]
    shown = data(await as_admin.get(path))
    assert (shown["kycStatus"], shown["kycDocuments"][0]["type"]) == ("verified", "aadhaar")
    assert data(await as_admin.get(f"{path}/profile"))["annualIncome"]["amount"] == 900_000
    data(await as_admin.post(f"{path}/merges/{made['mergeId']}/undo"))
    assert data(await as_admin.get(path))["kycStatus"] == "pending"
    assert data(await as_admin.get(f"{path}/profile"))["annualIncome"] is None
    assert data(await as_admin.get(f"/api/customers/{duplicate}/profile"))["annualIncome"]["amount"] == 900_000
    assert data(await as_admin.get(f"/api/customers/{duplicate}"))["kycStatus"] == "verified"


async def test_a_profile_is_written_while_its_customer_is_merged(as_admin: httpx.AsyncClient) -> None:
    one, other, kept, _ = await two()
    async with unit_of_work() as session:
        await db.fetch_all(session, merge.Person, merge._LOCK, {"ids": [one.customer_id, other.customer_id]})
        async with asyncio.timeout(60):  # they waited for each other, until the database broke one off
            data(await as_admin.put(f"/api/customers/{kept}/profile", json={"annualIncome": {"amount": 900_000}}))
