"""Rows that a filter hides and policies that are marked as cancelled, renewed or lapsed: counted, asked about, remembered."""

import io
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import xlsxwriter

from py360.kit.resources import Resources
from tests.factories.policy_files import HEADINGS, Send, csv_of, imported, row


def filtered(*hidden: int, count: int = 4) -> bytes:
    """A workbook whose rows with these numbers a filter hides."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet()
    for at, line in enumerate([HEADINGS, *(row(number) for number in range(1, count + 1))]):
        sheet.write_row(at, 0, line)
        if at in hidden:
            sheet.set_row(at, options={"hidden": True})
    book.close()
    return buffer.getvalue()


async def answered(
    client: httpx.AsyncClient, run_jobs: Callable[[], Awaitable[None]], upload: str, **rows: str
) -> dict[str, Any]:
    """The state of an upload after its question was answered."""
    answer = await client.post(f"/api/upload/{upload}/mapping", json={"rows": rows})
    assert answer.status_code == 200, answer.text
    await run_jobs()
    data: dict[str, Any] = (await client.get(f"/api/upload/status/{upload}")).json()["data"]
    return data


@pytest.mark.parametrize(("choice", "count"), [("leave", 2), ("import", 4)])
async def test_hidden_rows_are_asked_about_once_per_layout(
    send: Send, as_admin: httpx.AsyncClient, run_jobs: Callable[[], Awaitable[None]], choice: str, count: int
) -> None:
    first = await send(filtered(2, 3), "list.xlsx")
    assert (first["status"], [question["id"] for question in first["questions"]]) == ("needs_input", ["rows.hidden"])
    assert "2 rows of this sheet are hidden" in first["questions"][0]["question"]
    assert first["questions"][0]["options"] == ["import", "leave"]
    done = await answered(as_admin, run_jobs, first["uploadId"], hidden=choice)
    skipped = {"heading": 1, "hidden": 2} if choice == "leave" else {"heading": 1}
    assert done["accounting"] == {"read": 5, "imported": count, "unchanged": 0, "failed": 0, "skipped": skipped}
    second = await send(filtered(2, count=5), "next.xlsx")
    assert second["status"] == "completed"
    decision = second["mapping"]["decisions"][-1]
    assert (decision["id"], decision["value"], decision["how"]) == ("rows.hidden", choice, "remembered")


MARKS = [
    ("Policy Status", ["Canc", "Renew ho gaya", "Inactive", "Not renewed"], {"cancelled": 1, "renewed": 1, "lapsed": 1}),
    ("Is Active", ["Y", "N", "No", ""], {"lapsed": 2}),
    ("Renewed Policy No", ["", "DM/2027/1", "NA", "-"], {"renewed": 1}),
    ("Renewal Status", ["Done", "Pending", "Completed", ""], {"renewed": 2}),
    ("Cancellation Reason", ["", "Duplicate", "nil", ""], {"cancelled": 1}),
    ("Policy Status", ["Active", "Cancelled", "Renewed", "Lapsed"], {"cancelled": 1, "renewed": 1, "lapsed": 1}),
    ("Status", ["Issued - cancelled flat", "CANCELLED - CHEQUE BOUNCE", "renewed", "Surrendered"], {"cancelled": 2, "renewed": 1, "lapsed": 1}),
    ("Renewed (Y/N)", ["N", "Y", "yes", ""], {"renewed": 2}),
    ("Cancellation Date", ["", "01/02/2026", "", "-"], {"cancelled": 1}),
    ("Remarks", ["call later", "policy cancelled", "Already renewed", ""], {"cancelled": 1, "renewed": 1}),
    ("स्थिति", ["चालू", "रद्द", "नवीनीकृत", ""], {"cancelled": 1, "renewed": 1}),
    ("Column 9", ["A", "Cancelled", "B", "Renewed"], {"cancelled": 1, "renewed": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("heading", "cells", "left"), MARKS, ids=[mark[0] for mark in MARKS])
async def test_marked_policies_are_left_where_the_office_says_so(
    send: Send,
    as_admin: httpx.AsyncClient,
    run_jobs: Callable[[], Awaitable[None]],
    resources: Resources,
    heading: str,
    cells: list[str],
    left: dict[str, int],
) -> None:
    rows = [[*row(at), cell] for at, cell in enumerate(cells, 1)]
    first = await send(csv_of(rows, [*HEADINGS, heading]))
    assert [question["id"] for question in first["questions"]] == ["rows.status"]
    assert heading in first["questions"][0]["question"]
    done = await answered(as_admin, run_jobs, first["uploadId"], status="leave")
    assert done["accounting"]["skipped"] == {"heading": 1, **left}
    assert done["accounting"]["imported"] == 4 - sum(left.values()) == len(await imported(resources.reads))


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("Policy Status", ["Active", "Due", "Not renewed", "Renewable"]),
        ("Claim Status", ["Cancelled", "Closed", "", ""]),
        ("Renewed (Y/N)", ["N", "No", "", "-"]),
        ("Renewal Status", ["Pending", "Open", "Due for renewal", ""]),
    ],
)
async def test_what_marks_nothing_is_not_asked_about(send: Send, heading: str, cells: list[str]) -> None:
    rows = [[*row(at), cell] for at, cell in enumerate(cells, 1)]
    data = await send(csv_of(rows, [*HEADINGS, heading]))
    assert (data["status"], data["successfulRecords"]) == ("completed", 4)
