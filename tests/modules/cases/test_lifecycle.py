"""The table of moves, and the two moves of the system."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from py360.kit import events, live
from py360.kit.db import unit_of_work
from py360.kit.errors import Conflict, Invalid
from py360.kit.jobs import app, module_jobs
from py360.kit.resources import Resources
from py360.modules.cases import api, statuses
from py360.modules.cases.events import CaseClosed
from py360.modules.cases.service.lapse import lapse_overdue
from tests.modules.conftest import heard

PAID_AT = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
codes = st.sampled_from(sorted(statuses.LABELS))


@given(codes, codes, st.booleans(), st.sampled_from([None, "the bank returned the cheque"]))
def test_users_move_cases_only_by_the_table(old: str, new: str, manager: bool, reason: str | None) -> None:
    reopens = old in statuses.CLOSED and new == "in_progress"
    allowed = new in statuses.TRANSITIONS[old] or (reopens and manager and reason is not None)
    try:
        statuses.check_move("CASE-1", old, new, manager=manager, reason=reason)
    except Conflict as refused:
        assert not allowed
        if refused.code == "status_not_allowed":
            shown = {statuses.status_code(label) for label in refused.details[0]["allowed"]}
            assert new not in shown
            assert shown == statuses.TRANSITIONS[old] or (manager and old in statuses.CLOSED)
    except Invalid:
        assert reopens
        assert manager
        assert reason is None
    else:
        assert allowed


@given(st.lists(codes, max_size=30))
def test_agents_never_leave_a_closed_status(wanted: list[str]) -> None:
    status = "uploaded"
    for new in wanted:
        closed = status in statuses.CLOSED
        try:
            statuses.check_move("CASE-1", status, new, manager=False, reason="because")
        except Conflict:
            continue
        assert not closed
        status = new


@given(
    codes,
    st.sampled_from([str.upper, str.title, lambda text: text.replace(" ", "-"), lambda text: text.replace(" ", "")]),
)
def test_any_spelling_of_a_status_is_understood(code: str, spell) -> None:
    assert statuses.status_code(spell(statuses.LABELS[code])) == code


# A term and the end of the next one: a year stays a year and half a year half a year, whatever the calendar does in between.
ENDS = (
    ("2025-01-01", "2025-12-31", "2026-12-31"),
    ("2024-02-29", "2025-02-28", "2026-02-28"),
    ("2024-02-29", "2025-02-27", "2026-02-27"),
    ("2025-08-31", "2026-02-27", "2026-08-27"),
    ("2025-08-31", "2026-02-28", "2026-08-31"),
    ("2025-01-31", "2025-02-27", "2025-03-27"),
    ("2025-01-01", "2026-01-01", "2027-01-02"),
    ("2025-03-10", "2025-04-25", "2025-06-10"),
)
TERMS = {start: ENDS[at % len(ENDS)] for at, start in enumerate(sorted(statuses.OPEN))}


@pytest.mark.parametrize("start", sorted(statuses.OPEN))
async def test_full_payment_renews_from_every_open_status(make_case, rows, start: str) -> None:
    case = await make_case(start)
    public = "select * from cases_public_case where id = %(id)s"
    term = {"id": case.policy_id, "start": TERMS[start][0], "end": TERMS[start][1]}
    sql = "update policies set start_date = %(start)s, end_date = %(end)s, renewal_date = %(end)s where id = %(id)s returning id"
    await rows(sql, **term)
    await rows("update renewal_cases set due_date = %(end)s where policy_id = %(id)s returning id", **term)
    (before,) = await rows(public, id=case.id)
    async with unit_of_work() as session:
        await api.settle(session, [api.Paid(case.id, "upi", PAID_AT, "pay_1")])
    once = await rows("select count(*) from case_history where case_id = %(id)s", id=case.id)
    async with unit_of_work() as session:
        await api.settle(session, [api.Paid(case.id, "upi", PAID_AT, "pay_1")])
    assert await rows("select count(*) from case_history where case_id = %(id)s", id=case.id) == once
    (after,) = await rows(public, id=case.id)
    assert (after["status"], after["is_open"], after["payment_status"]) == ("renewed", False, "completed")
    assert after["start_date"] == before["end_date"] + timedelta(days=1)
    assert str(after["end_date"]) == TERMS[start][2]
    steps = [
        row["new_status"]
        for row in await rows("select new_status from case_history where case_id = %(id)s order by id", id=case.id)
    ]
    assert steps == (["renewed"] if start == "payment_processed" else ["payment_processed", "renewed"])
    (policy,) = await rows("select status, renewal_date, end_date from policies where id = %(id)s", id=case.policy_id)
    assert policy["renewal_date"] == policy["end_date"]


@pytest.mark.parametrize("closed", sorted(statuses.CLOSED))
async def test_payment_on_closed_case_keeps_status_and_is_in_the_history(make_case, rows, closed: str) -> None:
    case = await make_case(closed)
    async with unit_of_work() as session:
        await api.settle(session, [api.Paid(case.id, "upi", PAID_AT, "pay_1")])
        await api.partly_paid(session, api.Paid(case.id, "upi", PAID_AT + timedelta(minutes=1)), Decimal(5))
    (now,) = await rows("select status, payment_status from renewal_cases where id = %(id)s", id=case.id)
    assert now == {"status": closed, "payment_status": "completed"}
    lines = await rows("select level, details from case_history where case_id = %(id)s order by id", id=case.id)
    assert [line["level"] for line in lines] == ["warning", "warning"]
    assert "Paid in full by upi (reference pay_1), but the case is" in lines[0]["details"]
    assert "₹5" in lines[1]["details"]


async def test_two_terms_paid_at_once_roll_the_policy_on_twice(make_case, rows) -> None:
    case = await make_case("in_progress")
    (term,) = await rows(
        "select id, client_id, customer_id, end_date from policies where id = %(id)s", id=case.policy_id
    )
    (later,) = await rows(
        "insert into renewal_cases (client_id, policy_id, customer_id, due_date, status)"
        " values (%(client_id)s, %(id)s, %(customer_id)s, %(end_date)s::date + 366, 'in_progress') returning id",
        **term,
    )
    async with unit_of_work() as session:
        await api.settle(session, [api.Paid(later["id"], "upi", PAID_AT), api.Paid(case.id, "upi", PAID_AT)])
    (now,) = await rows("select end_date from policies where id = %(id)s", id=case.policy_id)
    assert now["end_date"].year == term["end_date"].year + 2


async def test_part_payment_keeps_the_case_open(make_case, rows) -> None:
    case = await make_case("in_progress")
    async with unit_of_work() as session:
        await api.partly_paid(session, api.Paid(case.id, "upi", PAID_AT), Decimal("1250.50"))
    (now,) = await rows("select status, payment_status from renewal_cases where id = %(id)s", id=case.id)
    assert now == {"status": "in_progress", "payment_status": "partial"}
    (line,) = await rows("select action, details from case_history where case_id = %(id)s", id=case.id)
    assert "₹1,250.50" in line["details"]


async def test_end_of_grace_lapses_every_open_status(make_case, rows, resources: Resources) -> None:
    today = resources.clock.today()
    over = [await make_case(status, due=today - timedelta(days=31)) for status in sorted(statuses.OPEN)]
    within = await make_case("in_progress", due=today - timedelta(days=30))
    paid = await make_case("in_progress", due=today - timedelta(days=90))
    closed = await make_case("cancelled", due=today - timedelta(days=90))
    await rows("update renewal_cases set payment_status = 'completed' where id = %(id)s returning 1", id=paid.id)
    assert await lapse_overdue() == len(over)
    assert await lapse_overdue() == 0
    now = {row["id"]: row for row in await rows("select id, status, closed_at from renewal_cases")}
    assert {now[case.id]["status"] for case in over} == {"lapsed"}
    assert all(now[case.id]["closed_at"] for case in over)
    assert [now[case.id]["status"] for case in (within, paid, closed)] == ["in_progress", "in_progress", "cancelled"]
    (policy,) = await rows("select status from policies where id = %(id)s", id=over[0].policy_id)
    assert policy["status"] == "expired"


@pytest.fixture
def closed_events(resources: Resources) -> Iterator[list[tuple[int, str]]]:
    """The `CaseClosed` events that a subscriber gets."""
    received: list[tuple[int, str]] = []

    @module_jobs("cases").task(name="cases.test_closed")
    async def note(case_id: int, status: str) -> None:
        received.append((case_id, status))

    events.subscribe(CaseClosed, note)
    yield received
    events._subscribers[CaseClosed].remove(note)
    del app.tasks["cases.test_closed"]


async def test_lapsing_publishes_the_same_events_as_any_other_closing(
    make_case, rows, resources: Resources, run_jobs, closed_events
) -> None:
    agent_case = await make_case("pending", due=resources.clock.today() - timedelta(days=40))
    start = await live.last_seq()
    await lapse_overdue()
    await run_jobs()
    assert closed_events == [(agent_case.id, "lapsed")]
    updates = [message for message in await heard(start) if message.type == "case.updated"]
    assert [message.data["statusCode"] for message in updates] == ["lapsed"]
    (line,) = await rows("select * from case_history where case_id = %(id)s", id=agent_case.id)
    assert (line["old_status"], line["new_status"], line["level"]) == ("pending", "lapsed", "warning")


async def test_contacts_are_noted_for_a_whole_batch(make_case, rows) -> None:
    cases = [await make_case() for _ in range(3)]
    async with unit_of_work() as session:
        await api.note_contacts(session, [case.id for case in cases], "email")
        await api.note_contacts(session, [cases[0].id], "call", "Call made")
    now = await rows(
        "select communication_attempts, total_calls, last_contact_date, version from renewal_cases order by id"
    )
    assert [row["communication_attempts"] for row in now] == [2, 1, 1]
    assert [row["total_calls"] for row in now] == [1, 0, 0]
    assert all(row["last_contact_date"] and row["version"] == 1 for row in now)
    lines = await rows("select action from case_history where case_id = %(id)s order by id", id=cases[0].id)
    assert [line["action"] for line in lines] == ["Renewal notice Sent", "Call made"]
