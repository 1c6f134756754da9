"""Instalments, plans and the ladder of reminders."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from py360.kit.clock import FixedClock
from py360.modules.payments.instalments.schedule import MONTHS, schedule, split
from tests.conftest import RunJobs
from tests.modules.conftest import AsRole, Sandbox
from tests.modules.payments.conftest import DUE, MakeCase, balances, outstanding, rows


async def make_plan(client: httpx.AsyncClient, case: Any, **body: Any) -> httpx.Response:
    wanted = {"frequency": "monthly", "count": 4, "startDate": "2026-12-01"} | body
    return await client.post(f"/api/cases/{case.number}/payment-plans", json=wanted)


async def test_a_plan_splits_what_is_left(as_admin: httpx.AsyncClient, clock: Any, make_case: MakeCase) -> None:
    case = await make_case("100000.01")
    made = await make_plan(as_admin, case, frequency="quarterly", count=3, startDate="2026-11-30")
    assert made.status_code == 201, made.text
    parts = made.json()["data"]["outstanding"]["installments"]
    assert [(each["period"], each["amount"], each["dueDate"]) for each in parts] == [
        ("Q4 2026 (Oct-Dec)", 33_333.33, "2026-11-30"),
        ("Q1 2027 (Jan-Mar)", 33_333.33, "2027-02-28"),
        ("Q2 2027 (Apr-Jun)", 33_333.35, "2027-05-30"),
    ]
    assert await balances(as_admin) == {"receivable": 100_000.01, "premium": -100_000.01}


async def test_what_is_paid_stays_paid_in_a_plan(as_admin: httpx.AsyncClient, clock: Any, make_case: MakeCase) -> None:
    case = await make_case("1000")
    path = f"/api/cases/{case.number}/payments"
    await as_admin.post(path, json={"amount": 400, "method": "cash"})
    assert (await make_plan(as_admin, case, count=2)).status_code == 201
    data = await outstanding(as_admin, case)
    assert [(each["amount"], each["paidAmount"]) for each in data["installments"]] == [(300, 0), (300, 0)]
    assert [(each["amount"], each["description"]) for each in data["paidInstallments"]] == [
        (400, "Paid before the plan")
    ]
    await as_admin.post(path, json={"amount": 350, "method": "cash"})
    assert (await make_plan(as_admin, case, count=5)).status_code == 201  # again: 250 is left
    data = await outstanding(as_admin, case)
    assert [each["amount"] for each in data["installments"]] == [50] * 5
    assert sum(each["amount"] for each in data["paidInstallments"]) == 750


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"count": 0}, "count"),
        ({"count": 61}, "count"),
        ({"startDate": "2050-01-01"}, "startDate"),
        ({"count": 2, "amounts": [1, 2]}, "amounts"),
        ({"frequency": "weekly"}, "frequency"),
    ],
)
async def test_a_plan_that_does_not_fit_is_refused(
    as_admin: httpx.AsyncClient, clock: Any, make_case: MakeCase, body: dict[str, Any], field: str
) -> None:
    answer = await make_plan(as_admin, await make_case("1000"), **body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["details"][0]["field"] == field


async def test_an_instalment_is_added_beside_what_is_due(
    as_admin: httpx.AsyncClient, clock: Any, make_case: MakeCase
) -> None:
    case = await make_case("1000")
    path = f"/api/cases/{case.number}/outstanding-amounts"
    added = await as_admin.post(path, json={"amount": 50, "dueDate": "2026-12-20", "description": "Late fee"})
    assert added.status_code == 201, added.text
    data = await outstanding(as_admin, case)
    assert [(each["period"], each["amount"]) for each in data["installments"]] == [
        ("December 2026", 1000), ("December 2026", 50),
    ]  # fmt: skip


async def test_an_instalment_is_changed_by_one_person_at_a_time(
    as_admin: httpx.AsyncClient, clock: Any, make_case: MakeCase
) -> None:
    case = await make_case()
    await rows(DUE, id=case.id)
    first = (await outstanding(as_admin, case))["installments"][0]
    path = f"/api/cases/{case.number}/outstanding-amounts/{first['id']}"
    mark = {"If-Match": f'"{first["version"]}"'}
    moved = await as_admin.put(path, json={"dueDate": "2026-12-30"}, headers=mark)
    assert moved.status_code == 200, moved.text
    assert (await as_admin.put(path, json={"dueDate": "2026-12-31"}, headers=mark)).status_code == 412
    paid = await as_admin.put(path, json={"paidAmount": 5_000, "method": "cheque", "reference": "123456"})
    assert paid.status_code == 200, paid.text
    row = next(each for each in paid.json()["data"]["outstanding"]["installments"] if each["id"] == first["id"])
    assert (row["remaining"], row["status"]) == (10_000, "partial")
    for body, status, code in (
        ({"paidAmount": 4_999}, 409, "already_paid"),
        ({"amount": 4_000}, 409, "already_paid"),
        ({"status": "pending"}, 422, "status_follows"),
        ({"paidAmount": 15_001}, 422, "overpayment"),
    ):
        answer = await as_admin.put(path, json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), body
    done = await as_admin.put(path, json={"status": "paid", "method": "cash"})
    assert [each["id"] for each in done.json()["data"]["outstanding"]["paidInstallments"]] == [first["id"]]
    gone = await as_admin.put(f"/api/cases/{case.number}/outstanding-amounts/due-999999", json={"amount": 1})
    assert gone.status_code == 404


async def test_a_lower_instalment_may_settle_the_case(
    as_admin: httpx.AsyncClient, clock: Any, make_case: MakeCase
) -> None:
    case = await make_case("1000")
    await as_admin.post(f"/api/cases/{case.number}/payments", json={"amount": 900, "method": "cash"})
    path = f"/api/cases/{case.number}/outstanding-amounts/renewal"
    assert (await as_admin.put(path, json={"amount": 900})).status_code == 200
    assert (await rows("select status from renewal_cases where id = %(id)s", id=case.id)) == [{"status": "renewed"}]
    assert (await as_admin.put(path, json={"amount": 800})).json()["error"]["code"] == "case_closed"


async def test_a_reminder_goes_through_the_send_gate(
    as_admin: httpx.AsyncClient, clock: Any, make_case: MakeCase, sandbox: Sandbox
) -> None:
    case = await make_case("1000", language="hi")
    path = f"/api/cases/{case.number}/outstanding-amounts/renewal/reminders"
    sent = await as_admin.post(path, json={"channel": "email"})
    assert sent.status_code == 201, sent.text
    (message,) = sandbox.received("email")
    assert "₹1,000.00" in message.body
    assert "देय तिथि" in message.body
    await rows(
        "insert into suppressions (client_id, channel, contact, reason) values (1, 'email', 'asha@example.com', 'manual')"
    )
    refused = await as_admin.post(path, json={"channel": "email"})
    assert refused.status_code == 409
    assert [row["status"] for row in await rows("select status from payment_reminders order by id")] == [
        "sent",
        "refused",
    ]
    assert (await as_admin.post(path, json={"channel": "pigeon"})).status_code == 422


async def test_the_ladder_follows_the_grace_of_the_policy(
    as_admin: httpx.AsyncClient, clock: FixedClock, make_case: MakeCase, sandbox: Sandbox, run_jobs: RunJobs
) -> None:
    from py360.modules.payments import jobs

    case = await make_case("1000")
    await rows("update policies set grace_period_days = 15 where policy_number = %(number)s", number=case.policy_number)
    assert (await make_plan(as_admin, case, count=2, startDate="2026-12-10")).status_code == 201

    async def steps_on(day: date) -> list[str]:
        clock.moment = clock.moment.replace(year=day.year, month=day.month, day=day.day)
        for _ in range(2):  # twice a day is as good as once
            await jobs.remind.func(timestamp=0)
        return [row["step"] for row in await rows("select step from payment_reminders order by id")]

    due = date(2026, 12, 10)
    assert await steps_on(due - timedelta(days=4)) == []
    assert await steps_on(due - timedelta(days=3)) == ["before"]
    assert await steps_on(due) == ["before", "due"]
    assert await steps_on(due + timedelta(days=4)) == ["before", "due"]
    assert await steps_on(due + timedelta(days=5)) == ["before", "due", "overdue"]
    assert await steps_on(due + timedelta(days=12)) == ["before", "due", "overdue", "final"]
    assert len(sandbox.received("email")) == 4
    assert await steps_on(due + timedelta(days=16)) == ["before", "due", "overdue", "final", "ended"]
    assert len(sandbox.received("email")) == 4
    assert [
        row["action"]
        for row in await rows("select action from case_history where case_id = %(id)s order by id", id=case.id)
    ][-1] == "Grace ended"
    assert {row["status"] for row in await rows("select status from payment_reminders where step <> 'ended'")} == {
        "sent"
    }


async def test_who_was_off_for_a_week_sends_only_the_step_reached(
    as_admin: httpx.AsyncClient, clock: FixedClock, make_case: MakeCase, sandbox: Sandbox
) -> None:
    from py360.modules.payments import jobs

    case = await make_case("1000")
    await make_plan(as_admin, case, count=1, startDate="2026-11-05")
    await jobs.remind.func(timestamp=0)
    assert [row["step"] for row in await rows("select step from payment_reminders")] == ["overdue"]
    await as_admin.put("/api/settings/payments", json={"dunningEnabled": False})
    clock.moment += timedelta(days=60)
    await jobs.remind.func(timestamp=0)
    assert len(await rows("select step from payment_reminders")) == 1


async def test_instalments_are_for_those_who_take_payments(
    as_admin: httpx.AsyncClient, as_role: AsRole, clock: Any, make_case: MakeCase
) -> None:
    case = await make_case("1000")
    viewer, agent = await as_role("viewer"), await as_role("agent")
    requests = (
        ("POST", f"/api/cases/{case.number}/outstanding-amounts", {"amount": 1, "dueDate": "2026-12-01"}),
        ("PUT", f"/api/cases/{case.number}/outstanding-amounts/renewal", {"amount": 1}),
        (
            "POST",
            f"/api/cases/{case.number}/payment-plans",
            {"frequency": "annual", "count": 1, "startDate": "2026-12-01"},
        ),
        ("POST", f"/api/cases/{case.number}/outstanding-amounts/renewal/reminders", {"channel": "email"}),
    )
    for method, path, body in requests:
        assert (await viewer.request(method, path, json=body)).status_code == 403
        assert (await agent.request(method, path, json=body)).status_code == 404  # not assigned to them


@given(st.integers(1, 10**12), st.integers(1, 60))
def test_equal_parts_lose_no_paise(paise: int, parts: int) -> None:
    from decimal import Decimal

    total = Decimal(paise) / 100
    amounts = split(total, parts)
    assert sum(amounts) == total
    assert len(amounts) == parts
    assert max(amounts) - min(amounts) < Decimal(parts) / 100


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.sampled_from(sorted(MONTHS)), st.integers(1, 24))
def test_due_dates_rise_and_keep_the_day(start: date, frequency: Any, count: int) -> None:
    from decimal import Decimal

    planned = schedule(Decimal(count), frequency, start, [Decimal(1)] * count)
    days = [each.due_date for each in planned]
    assert days[0] == start
    assert days == sorted(set(days))
    assert all(day.day == start.day or (day + timedelta(days=1)).day == 1 for day in days)
