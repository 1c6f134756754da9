"""Merging policy rows: who is the same customer, what a later file changes, and what it must not."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from py360.kit import resources
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from tests.factories.book import merge, row
from tests.factories.stored import read_row, read_rows, read_value


async def customers_of() -> list[dict[str, object]]:
    return await read_rows(
        resources.current().reads, "select customer_code, full_name, phone, pan, email from customers order by id"
    )


async def test_a_new_row_makes_customer_policy_and_case(resources: Resources) -> None:
    (made,) = await merge(row(1))
    assert (made["outcome"], made["customer_is_new"], made["policy_is_new"], made["case_is_new"]) == (
        "new",
        True,
        True,
        True,
    )
    case = await read_row(resources.reads, "select * from renewal_cases")
    assert case is not None
    assert (case["case_number"], case["status"], case["renewal_amount"]) == (f"CASE-{case['id']}", "validated", 12500)
    history = await read_rows(resources.reads, "select action from case_history order by id")
    assert [entry["action"] for entry in history] == ["Case Created", "Validation"]


async def test_the_same_file_again_changes_nothing(resources: Resources) -> None:
    await merge(row(1), row(2))
    again = await merge(row(1), row(2))
    assert [one["outcome"] for one in again] == ["unchanged", "unchanged"]
    assert await read_value(resources.reads, "select count(*) from renewal_cases") == 2


async def test_a_later_file_updates_premium_and_contact(resources: Resources) -> None:
    await merge(row(1))
    (changed,) = await merge(row(1, renewal_amount=13000, email="new@example.com"))
    assert changed["outcome"] == "changed"
    assert await read_value(resources.reads, "select renewal_amount from renewal_cases") == 13000
    assert (await customers_of())[0]["email"] == "new@example.com"


async def test_a_corrected_due_date_moves_the_open_case(resources: Resources) -> None:
    (first,) = await merge(row(1))
    later = first["end_date"] + timedelta(days=1)
    (moved,) = await merge(row(1, end_date=later, renewal_date=later))
    assert (moved["outcome"], moved["case_is_new"], moved["case_id"]) == ("changed", False, first["case_id"])
    assert await read_rows(resources.reads, "select due_date from renewal_cases") == [{"due_date": later}]
    history = await read_rows(resources.reads, "select action from case_history order by id")
    assert history[-1]["action"] == "Due Date Changed"
    again = later + timedelta(days=365)  # the next term
    (opened,) = await merge(row(1, start_date=later + timedelta(days=1), end_date=again, renewal_date=again))
    assert (opened["outcome"], opened["case_is_new"]) == ("changed", True)
    assert await read_value(resources.reads, "select count(*) from renewal_cases") == 2


async def test_found_by_code_else_pan_else_phone_and_name(resources: Resources) -> None:
    await merge(row(1, pan="ABCDE1234F"))
    await merge(row(2, customer_code="C00001", phone="+919800000099"))  # the code says who it is
    await merge(row(3, customer_code=None, pan="ABCDE1234F", phone=None, first_name="A.", last_name="Sharma"))
    await merge(row(4, customer_code=None, pan=None, phone="+919800000099", first_name="asha", last_name="SHARMA 1"))
    assert len(await customers_of()) == 1
    await merge(row(5, customer_code=None, phone="+919800000099", first_name="Rohan", last_name="Sharma"))
    assert len(await customers_of()) == 2  # the family's phone alone is not the person


async def test_one_customer_with_several_policies_in_one_file(resources: Resources) -> None:
    made = await merge(
        row(1, customer_code=None, first_name="Ravi", last_name="Rao", phone="+919811111111"),
        row(2, customer_code=None, first_name="Ravi", last_name="Rao", phone="+919811111111"),
        row(3, customer_code="RR1", first_name="Ravi", last_name="Rao", phone="+919811111111"),
    )
    assert len({one["customer_id"] for one in made}) == 1


async def test_two_codes_with_one_pan_are_one_customer(resources: Resources) -> None:
    made = await merge(row(1, pan="ABCDE1234F"), row(2, pan="ABCDE1234F"))
    assert len({one["customer_id"] for one in made}) == 1


async def test_an_older_term_moves_nothing_back(resources: Resources) -> None:
    due = resources.clock.today() + timedelta(days=30)
    await merge(row(1, due=due))
    (older,) = await merge(row(1, due=due - timedelta(days=365), renewal_amount=1))
    assert (older["outcome"], older["outcome_code"], older["case_id"]) == ("unchanged", "older_term", None)
    assert await read_value(resources.reads, "select end_date from policies") == due


async def test_a_closed_term_stays_closed(resources: Resources) -> None:
    await merge(row(1))
    async with unit_of_work() as session:
        await read_rows(session, "update renewal_cases set status = 'cancelled', closed_at = now() returning 1")
    (again,) = await merge(row(1, premium_amount=99))
    assert (again["outcome"], again["outcome_code"]) == ("unchanged", "term_closed")
    assert await read_value(resources.reads, "select premium_amount from policies") == 12000


async def test_the_next_term_opens_the_next_case(resources: Resources) -> None:
    due = resources.clock.today()
    await merge(row(1, due=due))
    (later,) = await merge(row(1, due=due + timedelta(days=365)))
    assert (later["outcome"], later["case_is_new"]) == ("changed", True)
    assert await read_value(resources.reads, "select count(*) from renewal_cases") == 2


async def test_the_same_numbers_in_another_clients_book_are_its_own(resources: Resources) -> None:
    await merge(row(1))
    async with unit_of_work() as session:
        await read_rows(
            session, "insert into clients (id, client_code, client_name) values (77, 'CLIENT-77', 'Other') returning 1"
        )
    theirs = await merge(row(1, client_id=77, first_name="Ravi"), row(2, client_id=77, customer_code="C00001"))
    assert [one["outcome"] for one in theirs] == ["new", "new"]
    await merge(row(1, premium_amount=13000))
    books = await read_rows(
        resources.reads,
        "select p.client_id, c.first_name, p.premium_amount from policies p join customers c on c.id = p.customer_id"
        " where p.policy_number = 'POL-00001' order by p.client_id",
    )
    assert [tuple(book.values()) for book in books] == [(1, "Asha", 13000), (77, "Ravi", 12000)]


PEOPLE = st.lists(
    st.tuples(st.sampled_from([None, "K1", "K2"]), st.sampled_from([None, "ABCDE1234F"]), st.sampled_from(["1", "2"])),
    min_size=1,
    max_size=6,
)


@pytest.mark.slow
@pytest.mark.parametrize("split", [False, True])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=PEOPLE)
async def test_one_case_per_policy_however_rows_repeat(
    resources: Resources, split: bool, people: list[tuple[str | None, str | None, str]]
) -> None:
    """Any mix of codes, PANs and phones, in one chunk or row by row: every policy ends with one customer and one case."""
    async with unit_of_work() as session:
        await read_rows(session, "truncate customers cascade")
    rows = [
        row(number, customer_code=code, pan=pan, phone=f"+91980000000{phone}", last_name=f"Rao {phone}", email=None)
        for number, (code, pan, phone) in enumerate(people, 1)
    ]
    for chunk in [[one] for one in rows] if split else [rows]:
        await merge(*chunk)
    await merge(*rows)
    counts = await read_row(
        resources.reads,
        "select (select count(*) from policies) as policies, (select count(*) from renewal_cases) as cases,"
        " (select count(*) from customers) as people, (select count(distinct pan) from customers) as pans",
    )
    assert counts is not None
    assert counts["policies"] == counts["cases"] == len(rows)
    assert counts["people"] <= len(rows)
