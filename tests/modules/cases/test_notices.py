"""What agents are told about their cases, and what an officer's correction takes along."""

from datetime import date, timedelta

from py360.kit import live
from py360.kit.db import unit_of_work
from py360.modules.cases import notices
from tests.modules.conftest import heard


async def told(person) -> list[tuple[str, str]]:
    rows = (await person.get("/api/notifications")).json()["data"]["notifications"]
    return [(row["title"], row["priority"]) for row in rows]


async def test_an_agent_hears_what_others_do_to_their_case(as_admin, as_role, make_case) -> None:
    agent = await as_role("agent")
    case = await make_case("assigned", agent=agent.user["id"])
    await as_admin.put(f"{case.path}/priority", json={"isPriority": True})
    await as_admin.put(f"{case.path}/priority", json={"isPriority": False})
    await as_admin.patch(f"{case.path}/quick-edit", json={"status": "in progress"})
    comment = {"text": "No answer", "updateStatus": True, "status": "pending"}
    await as_admin.post(f"{case.path}/comments", json=comment)
    assert await told(agent) == [
        (f"{case.number}: Pending", "medium"),
        (f"{case.number}: In Progress", "medium"),
        (f"{case.number}: marked as priority", "high"),
    ]


async def test_ones_own_changes_are_no_news(as_role, make_case) -> None:
    agent = await as_role("agent")
    case = await make_case("assigned", agent=agent.user["id"])
    await agent.put(f"{case.path}/priority", json={"isPriority": True})
    await agent.patch(f"{case.path}/quick-edit", json={"status": "in progress"})
    assert await told(agent) == []


async def test_many_at_once_are_one_notice(as_admin, as_role, make_case) -> None:
    agent, other = await as_role("agent"), await as_role("agent")
    cases = [await make_case("assigned", agent=agent.user["id"]) for _ in range(3)]
    lone = await make_case("assigned", agent=other.user["id"])
    body = {"caseIds": [case.number for case in (*cases, lone)], "status": "failed"}
    await as_admin.put("/api/cases/bulk-update-status", json=body)
    assert await told(agent) == [("3 of your cases: Failed", "medium")]
    assert await told(other) == [(f"{lone.number}: Failed", "medium")]


async def test_what_falls_due_in_five_days_is_reminded_of(as_role, make_case, resources) -> None:
    agent = await as_role("agent")
    today = resources.clock.today()
    soon = [await make_case("assigned", agent=agent.user["id"], due=today + timedelta(days=5)) for _ in range(2)]
    for days, status in ((4, "assigned"), (6, "assigned"), (5, "cancelled")):
        await make_case(status, agent=agent.user["id"], due=today + timedelta(days=days))
    async with unit_of_work() as session:
        assert await notices.remind(session, today) == 1
    [row] = (await agent.get("/api/notifications", params={"type": "reminder"})).json()["data"]["notifications"]
    assert (row["title"], row["priority"]) == ("2 cases are due in 5 days", "high")
    assert row["data"]["caseIds"] == [case.number for case in soon]


async def test_a_bulk_change_is_told_live_to_the_last_case(as_admin, make_case, run_jobs, monkeypatch) -> None:
    monkeypatch.setattr("py360.modules.cases.announcing.AT_ONCE", 2)  # a limit, so that five cases are many
    cases = [await make_case("assigned") for _ in range(5)]
    start = await live.last_seq()
    body = {"caseIds": [case.number for case in cases], "status": "failed"}
    await as_admin.put("/api/cases/bulk-update-status", json=body)
    await run_jobs()
    told_of = [message.data["caseId"] for message in await heard(start) if message.type == "case.updated"]
    assert sorted(told_of) == sorted(case.number for case in cases)


async def _edit(person, case, **fields):
    tag = (await person.get(case.path)).headers["etag"]
    return await person.put(case.path, json=fields, headers={"If-Match": tag})


async def test_the_amount_due_can_be_corrected(as_admin, make_case) -> None:
    case = await make_case("in_progress")  # premium 11,000, renewal 12,500
    assert (await _edit(as_admin, case, renewalAmount=13000)).status_code == 200
    data = (await as_admin.get(case.path)).json()["data"]
    assert (data["premium"], data["renewalAmount"]) == (11000.0, 13000.0)
    assert data["history"][0]["details"] == "renewal amount: 12500.00 → 13000"
    assert (await _edit(as_admin, case, premium=11500)).status_code == 200
    assert (await as_admin.get(case.path)).json()["data"]["renewalAmount"] == 13000.0


async def test_a_premium_that_stood_for_both_changes_both(as_admin, make_case) -> None:
    case = await make_case("in_progress", amount=11000)
    assert (await _edit(as_admin, case, premium=11500)).status_code == 200
    data = (await as_admin.get(case.path)).json()["data"]
    assert (data["premium"], data["renewalAmount"]) == (11500.0, 11500.0)


async def test_the_due_date_goes_with_the_expiry(as_admin, make_case, rows) -> None:
    """Else the next file, with the corrected date, would open a second case beside this one."""
    case = await make_case("in_progress", due=date(2027, 1, 19))
    assert (await _edit(as_admin, case, expiryDate="2027-01-20")).status_code == 200
    data = (await as_admin.get(case.path)).json()["data"]
    assert (data["renewalDate"], data["policyDetails"]["renewalDate"]) == ("2027-01-20", "2027-01-20")
    [held] = await rows("select due_date from renewal_cases where id = %(id)s", id=case.id)
    assert held["due_date"] == date(2027, 1, 20)
    await rows(
        "insert into renewal_cases (client_id, policy_id, customer_id, due_date) select client_id, policy_id, customer_id,"
        " '2027-01-25' from renewal_cases where id = %(id)s returning id",
        id=case.id,
    )
    taken = await _edit(as_admin, case, expiryDate="2027-01-25")
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "case_exists")


async def test_the_answer_says_who_has_it_now(as_admin, as_role, make_case) -> None:
    agent = await as_role("agent", name="Ravi Kumar")
    case = await make_case("validated")
    given = await as_admin.put(f"{case.path}/assign", json={"agentId": "Ravi Kumar"})
    assert given.json()["data"] == {
        "caseId": case.number,
        "agentId": agent.user["id"],
        "message": f"{case.number} is assigned to Ravi Kumar.",
    }
    taken = await as_admin.put(f"{case.path}/assign", json={"agentId": None})
    assert taken.json()["data"]["message"] == f"{case.number} is unassigned now."


async def test_who_may_only_look_is_given_no_case(as_admin, as_role, make_case) -> None:
    viewer = await as_role("viewer")
    case = await make_case("validated")
    refused = await as_admin.put(f"{case.path}/assign", json={"agentId": viewer.user["id"]})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "unknown_agent")


async def test_who_had_the_case_is_told_live_that_it_is_gone(as_admin, as_role, make_case, run_jobs) -> None:
    before, after = await as_role("agent"), await as_role("agent")
    case = await make_case("assigned", agent=before.user["id"])
    start = await live.last_seq()
    await as_admin.put(f"{case.path}/assign", json={"agentId": after.user["id"]})
    await run_jobs()
    sent = [message for message in await heard(start) if message.type == "case.updated"]
    told = [(message.user_id, message.data.get("withdrawn", False)) for message in sent]
    assert told == [(None, False), (before.user["id"], True)]
