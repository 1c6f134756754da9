"""Proposer, life assured, members and channel details come with a policy file, and go with its undoing."""

from typing import Any

import httpx

from tests.conftest import RunJobs

HEAD = (
    "Policy Number,Customer Name,Mobile No,Policy Type,Premium,Start Date,Expiry Date,Proposer Name,Proposer Relation,"
    "Life Assured,Life Assured DOB,Members Covered,Sales Manager,Channel,Nominee"
)
TERM = "2025-12-01,2026-11-30"
HEALTH = f'P-1,Asha Rao,9820000001,health,12000,{TERM},Vikram Rao,spouse,,,"Asha Rao (self, 30/07/1985); Ravi Rao (Son)",Meera Iyer,Branch,'
LIFE = f"P-2,Ravi Kumar,9820000002,life,9000,{TERM},,,Lata Kumar,1960-02-29,,,,Meera (Daughter)"
MOTOR = f"P-3,Om Das,9820000003,motor,9000,{TERM},,brother,,31/02/1990,Om Das (self),,,Asha Das (Mother)"
ODD = f"P-4,Uma Das,9820000004,health,9000,{TERM},,,,,Uma Das and family,,,"


async def put(client: httpx.AsyncClient, run_jobs: RunJobs, *lines: str, head: str = HEAD) -> str:
    """Import a file; its number."""
    content = "\n".join([head, *lines]).encode()
    answer = await client.post("/api/upload/file", files={"file": ("policies.csv", content)})
    assert answer.status_code == 201, answer.text
    await run_jobs()
    status = await client.get(f"/api/upload/status/{answer.json()['data']['uploadId']}")
    assert status.json()["data"]["status"] == "completed", status.text
    return str(answer.json()["data"]["uploadId"])


async def policy(client: httpx.AsyncClient, number: str) -> dict[str, Any]:
    answer = await client.get(f"/api/policies/{number}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found.get("policy", found)


async def members(client: httpx.AsyncClient, number: str) -> list[tuple[str, str, str | None]]:
    found = (await client.get(f"/api/policies/{number}/members")).json()["data"]["members"]
    return [(each["name"], each["relationship"], each["dateOfBirth"]) for each in found]


async def test_people_of_a_policy_are_imported_and_read(as_admin: httpx.AsyncClient, run_jobs: RunJobs) -> None:
    upload = await put(as_admin, run_jobs, HEALTH, LIFE, MOTOR, ODD)
    health, life = await policy(as_admin, "P-1"), await policy(as_admin, "P-2")
    assert health["proposer"] == {"name": "Vikram Rao", "relationship": "spouse"}
    assert health["channelDetails"] == {"salesManager": "Meera Iyer", "businessChannel": "Branch"}
    assert await members(as_admin, "P-1") == [("Asha Rao", "self", "1985-07-30"), ("Ravi Rao", "son", None)]
    assert (life["lifeAssured"]["name"], life["lifeAssured"]["dateOfBirth"]) == ("Lata Kumar", "1960-02-29")
    assert life["lifeAssured"]["nomineeDetails"] == "Meera (Daughter)"
    motor = await policy(as_admin, "P-3")
    assert motor["proposer"] is None
    assert motor["lifeAssured"] == {"name": "Om Das", "nomineeDetails": "Asha Das (Mother)"}
    errors = await as_admin.get(f"/api/upload/{upload}/errors", params={"limit": 100, "severity": "warning"})
    told = errors.json()["data"]
    found = {(each["column"], each["code"]) for each in told["warnings"]}
    assert {
        ("Proposer Relation", "person_without_name"), ("Life Assured DOB", "date_of_birth_invalid"),
        ("Members Covered", "members_not_health"), ("Members Covered", "members_invalid"),
    } <= found  # fmt: skip


async def test_a_second_file_changes_people_and_its_undoing_puts_them_back(
    as_admin: httpx.AsyncClient, run_jobs: RunJobs
) -> None:
    await put(as_admin, run_jobs, HEALTH)
    again = HEALTH.replace("Ravi Rao (Son)", "Ravi Rao (Son, 01/01/2010); Tara Rao (daughter)").replace(
        "spouse", "father"
    )
    upload = await put(as_admin, run_jobs, again)
    assert (await policy(as_admin, "P-1"))["proposer"]["relationship"] == "father"
    assert await members(as_admin, "P-1") == [
        ("Asha Rao", "self", "1985-07-30"), ("Ravi Rao", "son", "2010-01-01"), ("Tara Rao", "daughter", None),
    ]  # fmt: skip
    undone = await as_admin.post(f"/api/upload/{upload}/undo")
    assert undone.status_code == 200, undone.text
    assert (await policy(as_admin, "P-1"))["proposer"]["relationship"] == "spouse"
    assert await members(as_admin, "P-1") == [("Asha Rao", "self", "1985-07-30"), ("Ravi Rao", "son", None)]
    await put(as_admin, run_jobs, HEALTH.replace("9820000001", "+91 98200 00001"))
    assert await members(as_admin, "P-1") == [("Asha Rao", "self", "1985-07-30"), ("Ravi Rao", "son", None)]


async def test_a_file_with_a_proposer_only_takes_them_for_the_customer(
    as_admin: httpx.AsyncClient, run_jobs: RunJobs
) -> None:
    head = "Policy Number,Proposer Name,Mobile No,Policy Type,Premium,Start Date,Expiry Date"
    await put(as_admin, run_jobs, f"P-9,Lata Rao,9820000009,motor,9000,{TERM}", head=head)
    found = await policy(as_admin, "P-9")
    assert (found["customerName"], found["proposer"]) == ("Lata Rao", None)
