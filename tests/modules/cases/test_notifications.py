"""Notifications to agents about their cases, and what an officer's correction changes along with it."""

from datetime import date, timedelta

from py360.kit import live
from py360.kit.db import unit_of_work
from py360.modules.cases.service import notify
from tests.modules.conftest import heard


async def notified(person) -> list[tuple[str, str]]:
    rows = (await person.get("/api/notifications")).json()["data"]["notifications"]
    return [(row["title"], row["priority"]) for row in rows]


async def test_agent_is_notified_of_changes_by_others(as_admin, as_role, make_case) -> None:
    agent = await as_role("agent")
    case = await make_case("assigned", agent=agent.user["id"])
    await as_admin.put(f"{case.path}/priority", json={"isPriority": True})
    await as_admin.put(f"{case.path}/priority", json={"isPriority": False})
    await as_admin.patch(f"{case.path}/quick-edit", json={"status": "in progress"})
    comment = {"text": "No answer", "updateStatus": True, "status": "pending"}
    await as_admin.post(f"{case.path}/comments", json=comment)
    assert await notified(agent) == [
        (f"{case.number}: Pending", "medium"),
        (f"{case.number}: In Progress", "medium"),
        (f"{case.number}: marked as priority", "high"),
    ]


async def test_own_changes_notify_no_one(as_role, make_case) -> None:
    agent = await as_role("agent")
    case = await make_case("assigned", agent=agent.user["id"])
    await agent.put(f"{case.path}/priority", json={"isPriority": True})
    await agent.patch(f"{case.path}/quick-edit", json={"status": "in progress"})
    assert await notified(agent) == []


async def test_bulk_change_is_one_notification_per_agent(as_admin, as_role, make_case) -> None:
    agent, other = await as_role("agent"), await as_role("agent")
    cases = [await make_case("assigned", agent=agent.user["id"]) for _ in range(3)]
    lone = await make_case("assigned", agent=other.user["id"])
    body = {"caseIds": [case.number for case in (*cases, lone)], "status": "failed"}
    await as_admin.put("/api/cases/bulk-update-status", json=body)
    assert await notified(agent) == [("3 of your cases: Failed", "medium")]
    assert await notified(other) == [(f"{lone.number}: Failed", "medium")]


async def test_agent_is_reminded_of_cases_due_in_five_days(as_role, make_case, resources) -> None:
    agent = await as_role("agent")
    today = resources.clock.today()
    soon = [await make_case("assigned", agent=agent.user["id"], due=today + timedelta(days=5)) for _ in range(2)]
    for days, status in ((4, "assigned"), (6, "assigned"), (5, "cancelled")):
        await make_case(status, agent=agent.user["id"], due=today + timedelta(days=days))
    async with unit_of_work() as session:
        assert await notify.remind(session, today) == 1
    [row] = (await agent.get("/api/notifications", params={"type": "reminder"})).json()["data"]["notifications"]
    assert (row["title"], row["priority"]) == ("2 cases are due in 5 days", "high")
    assert row["data"]["caseIds"] == [case.number for case in soon]


async def test_bulk_change_sends_a_live_update_for_every_case(as_admin, make_case, run_jobs, monkeypatch) -> None:
    monkeypatch.setattr("py360.modules.cases.live_updates.CASES_PER_JOB", 2)  # a limit, so that five cases are many
    cases = [await make_case("assigned") for _ in range(5)]
    start = await live.last_seq()
    body = {"caseIds": [case.number for case in cases], "status": "failed"}
    await as_admin.put("/api/cases/bulk-update-status", json=body)
    await run_jobs()
    updated = [message.data["caseId"] for message in await heard(start) if message.type == "case.updated"]
    assert sorted(updated) == sorted(case.number for case in cases)


async def _edit(person, case, **fields):
    tag = (await person.get(case.path)).headers["etag"]
    return await person.put(case.path, json=fields, headers={"If-Match": tag})


async def test_amount_due_can_be_corrected(as_admin, make_case) -> None:
    case = await make_case("in_progress")  # premium 11,000, renewal 12,500
    assert (await _edit(as_admin, case, renewalAmount=13000)).status_code == 200
    data = (await as_admin.get(case.path)).json()["data"]
    assert (data["premium"], data["renewalAmount"]) == (11000.0, 13000.0)
    assert data["history"][0]["details"] == "renewal amount: 12500.00 → 13000"
    assert (await _edit(as_admin, case, premium=11500)).status_code == 200
    assert (await as_admin.get(case.path)).json()["data"]["renewalAmount"] == 13000.0


async def test_premium_equal_to_amount_due_changes_both(as_admin, make_case) -> None:
    case = await make_case("in_progress", amount=11000)
    assert (await _edit(as_admin, case, premium=11500)).status_code == 200
    data = (await as_admin.get(case.path)).json()["data"]
    assert (data["premium"], data["renewalAmount"]) == (11500.0, 11500.0)


async def test_due_date_follows_the_expiry(as_admin, make_case, rows) -> None:
    """Else the next file, with the corrected date, would open a second case beside this one."""
    case = await make_case("in_progress", due=date(2027, 1, 19))
    assert (await _edit(as_admin, case, expiryDate="2027-01-20")).status_code == 200
    data = (await as_admin.get(case.path)).json()["data"]
    assert (data["renewalDate"], data["policyDetails"]["renewalDate"]) == ("2027-01-20", "2027-01-20")
    [stored] = await rows("select due_date from renewal_cases where id = %(id)s", id=case.id)
    assert stored["due_date"] == date(2027, 1, 20)
    await rows(
        "insert into renewal_cases (client_id, policy_id, customer_id, due_date) select client_id, policy_id, customer_id,"
        " '2027-01-25' from renewal_cases where id = %(id)s returning id",
        id=case.id,
    )
    taken = await _edit(as_admin, case, expiryDate="2027-01-25")
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "case_exists")


async def test_answer_names_the_new_agent(as_admin, as_role, make_case) -> None:
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


async def test_read_only_user_cannot_be_assigned(as_admin, as_role, make_case) -> None:
    viewer = await as_role("viewer")
    case = await make_case("validated")
    refused = await as_admin.put(f"{case.path}/assign", json={"agentId": viewer.user["id"]})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "unknown_agent")


async def test_former_agent_gets_a_live_update_of_the_withdrawal(as_admin, as_role, make_case, run_jobs) -> None:
    before, after = await as_role("agent"), await as_role("agent")
    case = await make_case("assigned", agent=before.user["id"])
    start = await live.last_seq()
    await as_admin.put(f"{case.path}/assign", json={"agentId": after.user["id"]})
    await run_jobs()
    sent = [message for message in await heard(start) if message.type == "case.updated"]
    received = [(message.user_id, message.data.get("withdrawn", False)) for message in sent]
    assert received == [(None, False), (before.user["id"], True)]
