"""What dates do: opening by lead days, stages, grace by the table, lapse and reinstatement, directions, the notice register."""

import asyncio
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from py360.kit import db
from py360.kit.clock import FixedClock
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.cases.renewals.scheduler import open_due_cases
from py360.modules.cases.service.lapse import lapse_overdue
from tests.factories.cases import MakeCase
from tests.modules.cases.conftest import in_india
from tests.modules.conftest import AsRole, Sandbox, sandbox

__all__ = ["sandbox"]  # the fixture


async def add_policy(caller: httpx.AsyncClient, number: str, due: date, **fields: Any) -> dict[str, Any]:
    """A policy entered by hand, of a customer of its own."""
    customer = await caller.post(
        "/api/customers", json={"firstName": "Asha", "lastName": number, "email": f"{number.lower()}@example.com"}
    )
    assert customer.status_code == 201, customer.text
    body = {
        "policyNumber": number,
        "customerId": customer.json()["data"]["id"],
        "policyType": "motor",
        "premium": 12000,
        "startDate": (due - timedelta(days=364)).isoformat(),
        "endDate": due.isoformat(),
        **fields,
    }
    answer = await caller.post("/api/policies", json=body)
    assert answer.status_code == 201, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


async def cases_of(caller: httpx.AsyncClient, number: str) -> list[dict[str, Any]]:
    """The cases of a policy, renewed ones left out."""
    answer = await caller.get("/api/cases", params={"search": number})
    found: list[dict[str, Any]] = answer.json()["data"]["cases"]
    return found


async def test_a_case_is_opened_by_the_lead_days_of_its_product(as_admin: httpx.AsyncClient, clock: FixedClock) -> None:
    today = in_india(clock)
    rules = {
        "defaultLeadDays": 60,
        "leadDays": [{"product": "Marine Hull", "days": 90}, {"product": "health", "days": 45}],
    }
    assert (await as_admin.put("/api/renewal-rules", json=rules)).status_code == 200
    await add_policy(as_admin, "IN-60", today + timedelta(days=60))
    await add_policy(as_admin, "IN-61", today + timedelta(days=61))
    await add_policy(as_admin, "IN-90", today + timedelta(days=90), productName="Marine Hull")
    await add_policy(as_admin, "IN-46", today + timedelta(days=46), policyType="health")
    assert await open_due_cases() == 2
    (case,) = await cases_of(as_admin, "IN-60")
    assert (case["status"], case["stage"], case["renewalDate"]) == (
        "Validated", "pre_due", (today + timedelta(days=60)).isoformat(),
    )  # fmt: skip
    assert case["renewalAmount"] == 12000
    assert len(await cases_of(as_admin, "IN-90")) == 1
    assert await cases_of(as_admin, "IN-61") == await cases_of(as_admin, "IN-46") == []
    history = (await as_admin.get(f"/api/cases/{case['id']}/history")).json()["data"]["history"]
    assert [line["action"] for line in history] == ["Case Created"]


async def test_a_clock_that_jumped_and_a_week_off_change_nothing(
    as_admin: httpx.AsyncClient, clock: FixedClock
) -> None:
    today = in_india(clock)
    for days in (58, 61, 64, 66, 70):
        await add_policy(as_admin, f"DUE-{days}", today + timedelta(days=days))
    assert await open_due_cases() == 1
    clock.moment += timedelta(days=7)  # off for a week
    assert await open_due_cases() == 3
    clock.moment -= timedelta(days=9)  # back before it began
    assert await open_due_cases() == 0
    clock.moment += timedelta(days=12)
    assert await open_due_cases() == 1
    assert await open_due_cases() == 0


async def test_a_policys_agent_and_place_are_its_cases(
    as_admin: httpx.AsyncClient, as_role: AsRole, clock: FixedClock, rows
) -> None:
    agent = await as_role("agent", name="Meena Iyer")
    await add_policy(as_admin, "WITH-AGENT", in_india(clock) + timedelta(days=5))
    await rows("update policies set agent_id = %(agent)s returning id", agent=agent.user["id"])
    assert await open_due_cases() == 1
    (case,) = await cases_of(agent, "WITH-AGENT")
    assert (case["status"], case["agent"]) == ("Assigned", "Meena Iyer")


@pytest.mark.parametrize(
    ("type", "frequency", "own", "days"),
    [
        ("motor", "annual", None, 30),
        ("motor", "monthly", None, 30),
        ("health", "annual", None, 30),
        ("health", "monthly", None, 15),
        ("health", "monthly", 30, 30),
        ("life", "monthly", None, 7),  # of the office's table
        ("life", "monthly", 0, 0),
    ],
)
async def test_grace_comes_from_the_table_unless_somebody_set_it(
    as_admin: httpx.AsyncClient, clock: FixedClock, type: str, frequency: str, own: int | None, days: int
) -> None:
    table = {"gracePeriods": [{"line": "Life", "paymentFrequency": "monthly", "days": 7}]}
    assert (await as_admin.put("/api/renewal-rules", json=table)).status_code == 200
    due = in_india(clock) - timedelta(days=days)
    fields: dict[str, Any] = {"policyType": type, "paymentFrequency": frequency}
    await add_policy(as_admin, "GRACE", due, **fields, **({} if own is None else {"gracePeriodDays": own}))
    assert await open_due_cases() == 1
    (case,) = await cases_of(as_admin, "GRACE")
    assert case["graceEndsOn"] == in_india(clock).isoformat()
    assert case["stage"] == ("grace" if days else "due")
    assert await lapse_overdue() == 0
    clock.moment += timedelta(days=1)
    assert await lapse_overdue() == 1


async def test_grace_of_a_plan_counts_from_its_oldest_unpaid_instalment(
    as_admin: httpx.AsyncClient, clock: FixedClock
) -> None:
    await add_policy(as_admin, "PLAN", in_india(clock) - timedelta(days=25))
    assert await open_due_cases() == 1
    (case,) = await cases_of(as_admin, "PLAN")
    plan = {"frequency": "monthly", "count": 3, "startDate": in_india(clock).isoformat()}
    assert (await as_admin.post(f"/api/cases/{case['id']}/payment-plans", json=plan)).status_code == 201
    clock.moment += timedelta(days=30)
    assert await lapse_overdue() == 0
    clock.moment += timedelta(days=1)
    assert await lapse_overdue() == 1


async def test_a_changed_table_reaches_the_policies_without_days_of_their_own(
    as_admin: httpx.AsyncClient, clock: FixedClock
) -> None:
    due = in_india(clock) + timedelta(days=5)
    await add_policy(as_admin, "TABLE", due)
    await add_policy(as_admin, "OWN", due, gracePeriodDays=10)
    table = {"gracePeriods": [{"line": "motor", "paymentFrequency": "annual", "days": 3}], "reinstatementDays": 20}
    saved = await as_admin.put("/api/renewal-rules", json=table)
    assert saved.json()["data"]["changedPolicies"] == 1
    days = [
        (await as_admin.get(f"/api/policies/{number}")).json()["data"]["gracePeriodDays"] for number in ("TABLE", "OWN")
    ]
    assert days == [3, 10]
    rules = await as_admin.get("/api/renewal-rules")
    assert rules.json()["data"]["gracePeriods"] == table["gracePeriods"]
    stale = await as_admin.put("/api/renewal-rules", json=table, headers={"If-Match": '"0"'})
    assert stale.status_code == 412
    again = await as_admin.put(
        "/api/renewal-rules", json=rules.json()["data"], headers={"If-Match": rules.headers["etag"]}
    )
    assert again.status_code == 200
    twice = await as_admin.put("/api/renewal-rules", json={"gracePeriods": table["gracePeriods"] * 2})
    assert (twice.status_code, twice.json()["error"]["code"]) == (422, "named_twice")


async def test_a_lapsed_case_that_is_opened_again_has_time_to_be_paid(
    make_case: MakeCase, as_admin: httpx.AsyncClient, clock: FixedClock
) -> None:
    case = await make_case("in_progress", due=in_india(clock) - timedelta(days=40))
    assert await lapse_overdue() == 1
    assert (await as_admin.get(case.path)).json()["data"]["stage"] == "lapsed"
    body = {"status": "in_progress", "reason": "The customer wants it back"}
    assert (await as_admin.patch(f"{case.path}/quick-edit", json=body)).status_code == 200
    again = (await as_admin.get(case.path)).json()["data"]
    assert (again["stage"], again["graceEndsOn"]) == (
        "reinstatement",
        (in_india(clock) + timedelta(days=30)).isoformat(),
    )
    clock.moment += timedelta(days=30)
    assert await lapse_overdue() == 0
    clock.moment += timedelta(days=1)
    assert await lapse_overdue() == 1


@pytest.mark.parametrize("direction", ["do_not_renew", "not_taken"])
async def test_a_term_that_is_not_renewed_gets_no_case(
    as_admin: httpx.AsyncClient, clock: FixedClock, direction: str
) -> None:
    await add_policy(as_admin, "NOT", in_india(clock) + timedelta(days=50))
    body = {"policyNumber": "NOT", "direction": direction, "reason": "Sold the car"}
    made = await as_admin.post("/api/renewal-directions", json=body)
    assert made.status_code == 201, made.text
    assert await open_due_cases() == 0
    assert (await as_admin.delete(f"/api/renewal-directions/{made.json()['data']['id']}")).status_code == 200
    assert await open_due_cases() == 1


async def test_a_direction_cancels_the_case_and_its_withdrawal_opens_it_again(
    make_case: MakeCase, as_admin: httpx.AsyncClient
) -> None:
    case = await make_case("in_progress")
    body = {"policyNumber": case.policy_number, "direction": "Not Taken", "reason": "Went elsewhere"}
    first = (await as_admin.post("/api/renewal-directions", json=body)).json()["data"]["id"]
    assert (await as_admin.get(case.path)).json()["data"]["status"] == "Cancelled"
    listed = (await as_admin.get("/api/renewal-directions", params={"active": "true"})).json()["data"]["directions"]
    assert [(each["id"], each["reason"], each["caseId"]) for each in listed] == [(first, "Went elsewhere", case.number)]
    ended = await as_admin.request("DELETE", f"/api/renewal-directions/{first}", json={"reason": "Came back"})
    assert ended.status_code == 200
    detail = (await as_admin.get(case.path)).json()["data"]
    assert detail["status"] == "In Progress"
    assert "Came back" in detail["history"][0]["details"]
    assert (await as_admin.delete(f"/api/renewal-directions/{first}")).status_code == 409


async def test_a_referred_term_is_before_its_owner(
    as_admin: httpx.AsyncClient, as_role: AsRole, clock: FixedClock
) -> None:
    owner = await as_role("manager", name="Kiran Rao")
    await add_policy(as_admin, "REFER", in_india(clock) + timedelta(days=50))
    body = {"policyNumber": "REFER", "direction": "refer", "reason": "Three claims", "ownerId": owner.user["id"]}
    assert (await as_admin.post("/api/renewal-directions", json=body)).status_code == 201
    assert await open_due_cases() == 1
    (case,) = await cases_of(as_admin, "REFER")
    detail = (await as_admin.get(f"/api/cases/{case['id']}")).json()["data"]
    assert (detail["subStatus"], detail["escalatedTo"]) == ("Approval Required", "Kiran Rao")
    told = (await owner.get("/api/notifications")).json()["data"]["notifications"]
    assert any("REFER" in each["title"] for each in told)


async def test_only_a_manager_decides_not_to_renew(make_case: MakeCase, as_role: AsRole) -> None:
    agent = await as_role("agent")
    case = await make_case("in_progress", agent=agent.user["id"])
    body = {"policyNumber": case.policy_number, "direction": "do_not_renew", "reason": "Many claims"}
    assert (await agent.post("/api/renewal-directions", json=body)).status_code == 403
    other = await make_case()
    body |= {"policyNumber": other.policy_number, "direction": "not_taken"}
    assert (await agent.post("/api/renewal-directions", json=body)).status_code == 404


async def test_a_direction_and_schedulers_at_once_leave_no_open_case(
    as_admin: httpx.AsyncClient, clock: FixedClock, resources: Resources
) -> None:
    await add_policy(as_admin, "RACE", in_india(clock) + timedelta(days=50))
    body = {"policyNumber": "RACE", "direction": "not_taken", "reason": "Went elsewhere"}
    await asyncio.gather(open_due_cases(), as_admin.post("/api/renewal-directions", json=body), open_due_cases())
    assert [case["status"] for case in await cases_of(as_admin, "RACE")] in ([], ["Cancelled"])


async def test_the_notice_register_has_text_version_channel_time_and_proof(
    make_case: MakeCase, as_admin: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    case = await make_case("in_progress")
    body = {"channel": "sms", "message": "Your policy falls due."}
    sent = await as_admin.post(f"{case.path}/communications", json=body)
    assert sent.status_code == 201, sent.text
    (notice,) = (await as_admin.get(f"{case.path}/notices")).json()["data"]["notices"]
    assert (notice["text"], notice["textIs"], notice["channel"]) == ("Your policy falls due.", "as_sent", "sms")
    assert notice["sentAt"]
    assert notice["vendorMessageId"]
    (same,) = (await as_admin.get("/api/notices", params={"search": case.policy_number})).json()["data"]["notices"]
    assert same == notice


async def test_a_notice_of_a_template_names_its_version(
    make_case: MakeCase, as_admin: httpx.AsyncClient, client_id: int
) -> None:
    case = await make_case("in_progress")
    async with unit_of_work() as session:
        await db.execute(
            session,
            "insert into communication_delivery_status (client_id, case_id, communication_type, recipient_contact, status,"
            " sent_at, template_id, template_version) select client_id, %(case)s, 'sms', '+919820000001', 'delivered', now(),"
            " v.template_id, v.version from template_versions v join templates t on t.id = v.template_id"
            " where t.template_type = 'sms' and t.client_id = %(client)s order by v.template_id limit 1",
            {"case": case.id, "client": client_id},
        )
    (whole,) = (await as_admin.get("/api/notices")).json()["data"]["notices"]
    (own,) = (await as_admin.get(f"{case.path}/notices")).json()["data"]["notices"]
    assert (whole["textIs"], own["textIs"]) == ("template_version", "rendered_again")
    assert whole["templateVersion"] == own["templateVersion"] == 1
    assert "{{" in whole["text"]
    assert case.policy_number in own["text"]
