"""What an officer corrected by hand, when the file that had it wrong is uploaded again, or the next month's comes."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from py360.kit.resources import Resources
from tests.factories.book import merge, row
from tests.factories.stored import read_row, read_value


async def _corrected(as_admin: httpx.AsyncClient, resources: Resources, **fields: Any) -> dict[str, Any]:
    """A policy of a file, corrected through the edit dialog; its row."""
    first = row(1)
    await merge(first)
    number = await read_value(resources.reads, "select case_number from renewal_cases")
    path = f"/api/cases/{number}"
    version = (await as_admin.get(path)).json()["data"]["version"]
    answer = await as_admin.put(path, json=fields | {"version": version})
    assert answer.status_code == 200, answer.text
    return first


async def _held(resources: Resources) -> dict[str, Any]:
    found = await read_row(
        resources.reads,
        "select p.premium_amount, p.end_date, c.renewal_amount, c.due_date, u.email, u.phone,"
        " (select count(*) from renewal_cases) as cases"
        " from policies p join renewal_cases c on c.policy_id = p.id join customers u on u.id = p.customer_id",
    )
    assert found is not None
    return found


@pytest.mark.parametrize("days", [-20, 20], ids=["earlier", "later"])
async def test_the_old_row_again_does_not_undo_it(as_admin: httpx.AsyncClient, resources: Resources, days: int) -> None:
    expiry = resources.clock.today() + timedelta(days=30 + days)
    fields = {"premium": 15_000, "renewalAmount": 16_000, "expiryDate": f"{expiry}", "email": "right@example.com"}
    first = await _corrected(as_admin, resources, **fields)
    for _ in range(2):
        (again,) = await merge(first)
        assert (again["outcome"], again["outcome_code"]) == ("unchanged", None)
        held = await _held(resources)
        assert (held["premium_amount"], held["renewal_amount"]) == (15_000, 16_000)
        assert (held["end_date"], held["due_date"], held["cases"]) == (expiry, expiry, 1)
        assert (held["email"], held["phone"]) == ("right@example.com", first["phone"])


async def test_a_file_that_says_something_else_is_newer(as_admin: httpx.AsyncClient, resources: Resources) -> None:
    expiry = resources.clock.today() + timedelta(days=50)
    first = await _corrected(as_admin, resources, premium=15_000, renewalAmount=16_000, expiryDate=f"{expiry}")
    news = first | {"premium_amount": 13_000, "renewal_amount": 17_000, "email": "new@example.com"}
    (changed,) = await merge(news)
    assert (changed["outcome"], changed["outcome_code"]) == ("changed", None)
    held = await _held(resources)
    assert (held["premium_amount"], held["renewal_amount"], held["email"]) == (13_000, 17_000, "new@example.com")
    assert held["end_date"] == expiry  # of that the file says again what was corrected
    (again,) = await merge(first)  # a word of the files against another: the later one counts, as always
    assert again["outcome"] == "changed"
    held = await _held(resources)
    assert (held["premium_amount"], held["renewal_amount"], held["end_date"]) == (12_000, 12_500, expiry)


async def test_the_next_term_starts_afresh(as_admin: httpx.AsyncClient, resources: Resources) -> None:
    first = await _corrected(as_admin, resources, premium=15_000)
    due = first["end_date"] + timedelta(days=365)
    later = {"start_date": first["end_date"] + timedelta(days=1), "end_date": due, "renewal_date": due}
    (opened,) = await merge(first | later)
    assert (opened["outcome"], opened["case_is_new"]) == ("changed", True)
    assert await read_value(resources.reads, "select premium_amount from policies") == 12_000
    assert await read_value(resources.reads, "select corrected from policies") is None
