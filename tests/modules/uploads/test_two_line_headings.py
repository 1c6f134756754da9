"""Headings on two lines: groups over headings, headings cut in two, the same in two languages. Read right, or asked about."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from py360.modules.uploads.importer.mapping import map_headings
from py360.modules.uploads.reading.tables import Table
from tests.factories.policy_files import HEADINGS, Send, row, xlsx_of
from tests.factories.portal_files import book_of, page_of
from tests.factories.tables import rows_in, table_in

ROW = [
    "P1",
    "C1",
    "Asha Rao",
    "9876543210",
    "a@b.in",
    "Private Car",
    "20/12/2025",
    "19/12/2026",
    10000,
    11000,
    "Annual",
]
FIELDS = ["policy_number", "customer_code", "customer_name", "phone", "email", "product_name", "start_date", "end_date",
          "premium_amount", "renewal_amount", "payment_frequency"]  # fmt: skip


def text_of(*lines: list[Any]) -> bytes:
    return "\n".join(",".join("" if cell is None else str(cell) for cell in line) for line in lines).encode()


def opened(path: Path, *lines: list[Any], write: Any = text_of) -> Table:
    content = write(*lines) if write is not xlsx_of else xlsx_of(lines)
    (path / "file").write_bytes(content.encode() if isinstance(content, str) else content)
    return table_in(path / "file")


def fields(table: Table) -> list[str | None]:
    """What each column was taken for."""
    taken = {match.column: match.field for match in map_headings(table.headings).matches}
    return [taken.get(at) for at in range(len(table.headings))]


SPLIT = (
    ["Policy", "Customer", "Insured", "Mobile", "E-mail", "Product", "Start", "Expiry", "Last", "Renewal", "Pay"],
    ["Number", "Code", "Name", "No.", "ID", None, "Date", "Date", "Premium", "Premium", "Freq"],
)
GROUPS = (
    ["Policy", None, "Customer Details", None, None, "Product", "Policy Period", None, "Premium", None, "Payment"],
    ["No.", "Cust Code", "Name", "Mobile No", "E-mail", "Name", "From", "To", "Last", "Renewal", "Frequency"],
)
MERGED_DOWN = (
    ["Policy No.", "Cust Code", "Insured Name", "Mobile No", "E-mail ID", "Product", "Policy Period", None, "Premium", None, "Pay Freq"],
    [None, None, None, None, None, None, "From", "To", "Last", "Renewal", None],
)  # fmt: skip
TWO_LANGUAGES = (
    list(HEADINGS),
    ["पॉलिसी नंबर", "ग्राहक कोड", "ग्राहक का नाम", "मोबाइल नंबर", "ईमेल", "उत्पाद", "प्रारंभ तिथि", "समाप्ति तिथि", "पिछला प्रीमियम", "नवीनीकरण प्रीमियम", "भुगतान आवृत्ति"],
)  # fmt: skip


@pytest.mark.parametrize("write", [text_of, xlsx_of, page_of, book_of])
@pytest.mark.parametrize("heads", [SPLIT, GROUPS, MERGED_DOWN, TWO_LANGUAGES])
def test_two_lines_are_read_as_one(tmp_path: Path, heads: tuple[list[Any], list[Any]], write: Any) -> None:
    if write in (page_of, book_of):
        heads = tuple(["" if cell is None else cell for cell in line] for line in heads)  # still two lines
    table = opened(tmp_path, ["Renewal list"], *heads, ROW, write=write)
    assert (fields(table), table.header_row) == (FIELDS, 3)
    lines = rows_in(table)
    assert [(line[0], line[1], line[4]) for line in lines] == [(4, "P1", "9876543210")]


async def test_another_persons_name_and_phone_are_not_the_customers(send: Send, as_admin: httpx.AsyncClient) -> None:
    """Read by the lower line alone, the agent's mobile would be written to about other people's policies."""
    upper = ["Agent", None, "Policy", None, None, "Insured", None, None, "Nominee"]
    lower = ["Name", "Mobile", "Policy No", "Start Date", "Expiry Date", "Name", "Mobile", "Premium", "Name"]
    line = ["Suresh Agent", "9000000001", "P1", "20/12/2025", "19/12/2026", "Asha Rao", "9876543210", "10000", "Ravi"]
    told = await send(text_of([*upper, "Plan"], [*lower, "Product"], [*line, "Private Car"]))
    assert told["status"] == "completed", told
    case = (await as_admin.get("/api/cases")).json()["data"]["cases"][0]
    assert (case["customerName"], case["customerMobile"]) == ("Asha Rao", "+919876543210"), case


async def test_what_a_group_leaves_open_is_asked(send: Send) -> None:
    upper = ["Policy", None, None, None, None, "Nominee", None]
    lower = ["Policy No", "Start Date", "Expiry Date", "Premium", "Product", "Name", "Mobile"]
    told = await send(text_of(upper, lower, ["P1", "20/12/2025", "19/12/2026", "10000", "Car", "Ravi", "9876543210"]))
    assert told["status"] == "needs_input"
    assert {question["id"] for question in told["questions"]} == {"columns.customer_name", "columns.email"}
    assert told["questions"][0]["options"] == ["Nominee Mobile"]  # the other is the nominee's own field


@pytest.mark.parametrize(
    "title", [["Zenith Broking", "Pune"], ["Branch: Pune", "24/11/2026"], ["Branch Pune", None, None, None, None, "December list"], ["List of renewals", None, "December"], [None, None]]
)  # fmt: skip
def test_a_title_is_no_group(tmp_path: Path, title: list[Any]) -> None:
    assert fields(opened(tmp_path, title, list(HEADINGS), row(1), write=xlsx_of)) == FIELDS


def test_columns_that_are_nobodys_are_read_under_any_group(tmp_path: Path) -> None:
    upper = ["Policy", None, None, None, None, "Insured", None, "Others", None, None]
    lower = [
        "Policy No",
        "Product",
        "Start Date",
        "Expiry Date",
        "Premium",
        "Name",
        "Mobile",
        "Region",
        "Channel",
        "Name",
    ]
    table = opened(
        tmp_path,
        upper,
        lower,
        ["P1", "Car", "20/12/2025", "19/12/2026", 9, "Asha Rao", "9876543210", "West", "Web", "x"],
    )
    assert fields(table)[5:] == ["customer_name", "phone", "region", "channel", None]


def test_a_first_row_with_few_cells_is_no_second_line_of_headings(tmp_path: Path) -> None:
    table = opened(tmp_path, list(HEADINGS), ["P1", None, "Asha", None, None, "Car"], row(1))
    assert (fields(table), table.header_row) == (FIELDS, 1)
