"""The demo's sums: every count that does not add up is named in a sentence."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from py360.entrypoints.demo.answers import ClosedCase
from py360.entrypoints.demo.funnel import Channel, Funnel, table

EMAIL = Channel(
    "email",
    planned=90,
    listed=90,
    sent=80,
    skipped=5,
    refused=4,
    unknown=1,
    delivered=70,
    opened=40,
    clicked=9,
    failed=7,  # 3 of them later, of the messages sent
)
GOOD = Funnel(
    file="renewals.xlsx",
    rows=100,
    accepted=95,
    failed=5,
    new=60,
    changed=5,
    unchanged=30,
    channels=(EMAIL,),
    payments=4,
    renewed=4,
    rolled=4,
    gateway_payments=4,
    paid_amount=Decimal("1000.50"),
    renewed_amount=Decimal("1000.50"),
    gateway_amount=Decimal("1000.50"),
)


def test_sums_that_are_right_have_no_problems() -> None:
    assert GOOD.problems() == []
    assert GOOD.as_json()["addsUp"] is True
    assert GOOD.as_json()["channels"][0]["optedOut"] == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"failed": 6}, "100 rows, but 95 accepted + 6 failed = 101"),
        ({"new": 59}, "95 rows were accepted, but 59 new + 5 changed + 30 unchanged = 94"),
        ({"payments": 5, "gateway_payments": 5}, "5 payments were captured, but 4 cases were renewed"),
        ({"rolled": 3}, "4 cases were renewed, but 3 policies are in their next term"),
        ({"gateway_payments": 6}, "The gateway captured 6 payments, but 4 are in the books"),
        ({"renewed_amount": Decimal(900)}, "₹1,000.50, but the renewed cases' premiums to ₹900.00"),
        ({"gateway_amount": Decimal(900)}, "The gateway collected ₹900.00, but ₹1,000.50"),
    ],
)
def test_a_broken_sum_of_the_file_or_the_payments_is_named(change: dict[str, Any], words: str) -> None:
    (problem,) = replace(GOOD, **change).problems()
    assert words in problem


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sent": 79}, "90 messages were planned, but 79 sent + 5 skipped + 4 refused + 1 unknown = 89"),
        ({"skipped": 6}, "= 91"),
        ({"unknown": 0}, "0 unknown = 89"),
        ({"listed": 89}, "the report lists 89 recipients"),
        ({"delivered": 99}, "more messages were delivered (99) than sent (81)"),
        ({"opened": 71}, "more messages were opened (71) than delivered (70)"),
        ({"clicked": 41}, "more messages were clicked (41) than opened (40)"),
    ],
)
def test_a_broken_sum_of_a_channel_is_named(change: dict[str, int], words: str) -> None:
    (problem,) = replace(GOOD, channels=(replace(EMAIL, **change),)).problems()
    assert problem.startswith("e-mail: ")
    assert words in problem


def test_the_table_has_a_column_per_channel() -> None:
    assert [column.header for column in table(GOOD).columns] == ["", "e-mail", "All"]
    assert table(replace(GOOD, channels=())).row_count == table(GOOD).row_count


def test_a_case_that_was_opened_by_hand_has_no_renewal_amount() -> None:
    """An office that works already may run the demo too; its closed cases are looked through."""
    row = {"id": "CASE-1", "closedDate": "2026-11-26T00:00:00Z", "renewalAmount": None}
    assert ClosedCase.model_validate(row).renewal_amount is None
