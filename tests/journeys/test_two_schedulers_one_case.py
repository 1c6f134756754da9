"""Two schedulers, a clock that jumps, a week off, an import and a user beside them: every term has one case, once."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from py360.kit import db
from py360.kit.clock import FixedClock
from py360.kit.db import unit_of_work
from py360.modules.cases.renewals.scheduler import open_due_cases
from py360.modules.cases.service.lapse import lapse_overdue
from tests.factories.stored import read_rows

RunJobs = Callable[[], Awaitable[None]]
POLICIES = 40


async def fetch(sql: str, **params: Any) -> list[dict[str, Any]]:
    """Rows of the database."""
    async with unit_of_work() as session:
        return await read_rows(session, sql, params)


async def import_policies(admin: httpx.AsyncClient, run_jobs: RunJobs, first_due: date) -> None:
    """Upload a policy file whose policies fall due a day apart."""
    rows = ["Policy Number,Customer Name,Mobile No,Product,Premium,Start Date,Expiry Date"]
    for at in range(POLICIES):
        due = first_due + timedelta(days=at)
        start = due - timedelta(days=364)
        rows.append(f"P-{at:03d},Asha Rao {at},98200{at:05d},Motor,12000,{start:%d/%m/%Y},{due:%d/%m/%Y}")
    content = "\n".join(rows)
    answer = await admin.post("/api/upload/file", files={"file": ("policies.csv", content.encode())})
    assert answer.status_code == 201, answer.text
    await run_jobs()


async def test_two_schedulers_one_case(as_admin: httpx.AsyncClient, clock: FixedClock, run_jobs: RunJobs) -> None:
    today = clock.today()
    await import_policies(as_admin, run_jobs, today - timedelta(days=35))  # cases of this term come with the file
    assert await open_due_cases() == 0, "the import opened them"
    page = (await as_admin.get("/api/cases", params={"limit": 100})).json()["data"]["cases"]
    assert len(page) == POLICIES
    paid = next(case for case in page if case["policyNumber"] == "P-039")
    for status in ("assigned", "in_progress", "renewed"):
        moved = await as_admin.patch(f"/api/cases/{paid['id']}/quick-edit", json={"status": status})
        assert moved.status_code == 200, moved.text

    # the grace of the first five is over: both lapse them, once
    assert sum(await asyncio.gather(lapse_overdue(), lapse_overdue())) == 5
    await run_jobs()
    lapsed = await fetch("select count(*) from case_history where new_status = 'lapsed'")
    assert lapsed == [{"count": 5}]
    assert (await fetch("select count(*) from policies where status = 'expired'")) == [{"count": 5}]

    # the renewed policy's next term comes a year later; a week off in between, and the clock jumps there and back
    (term,) = await fetch("select coalesce(renewal_date, end_date) as due from policies where policy_number = 'P-039'")
    clock.moment += term["due"] - today - timedelta(days=67)
    assert await open_due_cases() == 0
    clock.moment += timedelta(days=7)  # nobody looked for a week
    assert sum(await asyncio.gather(open_due_cases(), open_due_cases(), open_due_cases())) == 1
    clock.moment += timedelta(days=400)
    await asyncio.gather(open_due_cases(), lapse_overdue(), open_due_cases())
    clock.moment -= timedelta(days=400)
    await asyncio.gather(open_due_cases(), open_due_cases())
    terms = Counter(
        (row["policy_id"], row["due_date"]) for row in await fetch("select policy_id, due_date from renewal_cases")
    )
    assert set(terms.values()) == {1}
    assert len([key for key in terms if key[1] == term["due"]]) == 1
    created = await fetch(
        "select case_id, count(*) from case_history where action = 'Case Created' group by 1 having count(*) > 1"
    )
    assert created == []


steps = st.lists(
    st.tuples(st.sampled_from(["open", "lapse", "both", "two"]), st.integers(-20, 45)), min_size=1, max_size=8
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
async def test_any_order_of_runs_and_clocks_ends_alike(clock: FixedClock, taken: list[tuple[str, int]]) -> None:
    """Whatever ran before, one run on the last day leaves the cases that this one run alone would have opened."""
    start = clock.moment
    async with unit_of_work() as session:
        for statement in ("delete from case_history", "delete from renewal_cases", "delete from policies"):
            await db.execute(session, statement)
        await db.execute(
            session,
            "insert into customers (client_id, customer_code, first_name, last_name) values (1, 'C-STEPS', 'A', 'B')"
            " on conflict do nothing",
        )
        await db.execute(
            session,
            "insert into policies (client_id, policy_number, customer_id, policy_type, premium_amount, start_date, end_date)"
            " select 1, 'S-' || n, (select id from customers where customer_code = 'C-STEPS'), 'motor', 1000,"
            " %(today)s::date + n * 10 - 365, %(today)s::date + n * 10 from generate_series(1, 20) n",
            {"today": clock.today()},
        )
    runs = {
        "open": open_due_cases,
        "lapse": lapse_overdue,
        "both": lambda: asyncio.gather(open_due_cases(), lapse_overdue()),
        "two": lambda: asyncio.gather(open_due_cases(), open_due_cases()),
    }
    try:
        for step, days in taken:
            clock.moment += timedelta(days=days)
            await runs[step]()
        latest = max(start, clock.moment) + timedelta(days=300)
        clock.moment = latest
        await asyncio.gather(open_due_cases(), open_due_cases())
        await asyncio.gather(lapse_overdue(), lapse_overdue())
        found = await fetch("select policy_id, count(*), max(status) as status from renewal_cases group by 1")
        assert len(found) == 20
        assert {row["count"] for row in found} == {1}
        today = clock.today()
        lapsed = await fetch("select due_date from renewal_cases where status = 'lapsed'")
        over = await fetch("select due_date from renewal_cases where due_date + 30 < %(today)s", today=today)
        assert len(lapsed) == len(over)
        lines = await fetch("select case_id, action, count(*) from case_history group by 1, 2 having count(*) > 1")
        assert lines == []
    finally:
        clock.moment = start
