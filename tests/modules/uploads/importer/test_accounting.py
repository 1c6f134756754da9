"""Nothing vanishes: every line of a file is imported, unchanged, failed or skipped for a reason, and the numbers add up."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from py360.kit import db
from py360.kit.db import unit_of_work
from tests.factories.policy_files import HEADINGS, Send, csv_of, row


def adds_up(accounting: dict[str, Any]) -> bool:
    """Whether what was read is the sum of what became of it."""
    became = accounting["imported"] + accounting["unchanged"] + accounting["failed"]
    return bool(accounting["read"] == became + sum(accounting["skipped"].values()))


async def test_every_line_of_a_file_is_accounted_for(send: Send) -> None:
    lines = csv_of([row(1), row(2), row(3, **{"Insured Name": ""})]).decode().split("\n")
    blanks = "," * (len(HEADINGS) - 1)
    content = "\n".join(["Renewals due" + blanks, *lines[:2], blanks, *lines[2:], "Total" + blanks, *lines[:1]])
    data = await send(content.encode())
    assert data["accounting"] == {
        "read": 8,
        "imported": 2,
        "unchanged": 0,
        "failed": 1,
        "skipped": {"title": 1, "heading": 2, "blank": 1, "total": 1},
    }


async def test_a_list_that_says_nothing_new_is_unchanged(send: Send) -> None:
    await send(csv_of([row(1), row(2)]))
    again = await send(csv_of([row(1), row(2), row(3)]))
    assert again["accounting"] == {"read": 4, "imported": 1, "unchanged": 2, "failed": 0, "skipped": {"heading": 1}}


async def test_rows_of_an_import_that_takes_all_or_nothing_are_accounted_for(send: Send) -> None:
    rows = [row(1), row(2), row(3, **{"Insured Name": ""})]
    data = await send(csv_of(rows), metadata='{"importPolicy": "all_or_nothing"}')
    assert data["accounting"] == {
        "read": 4,
        "imported": 0,
        "unchanged": 0,
        "failed": 1,
        "skipped": {"heading": 1, "not_imported": 2},
    }


async def test_an_import_whose_numbers_do_not_add_up_ends_as_failed(send: Send, as_admin: httpx.AsyncClient) -> None:
    """A row that the database loses between the staging table and the ledger is missed."""
    async with unit_of_work() as session:
        await db.execute(
            session,
            "create function lose() returns trigger language plpgsql as $$ begin"
            " if new.row_no = 3 then return null; end if; return new; end $$",
        )
        await db.execute(
            session, "create trigger lose before insert on upload_rows for each row execute function lose()"
        )
        await db.execute(session, "alter table upload_rows enable always trigger lose")
    data = await send(csv_of([row(1), row(2), row(3)]))
    assert (data["status"], data["errorDetails"]["code"]) == ("failed", "rows_do_not_add_up")
    assert "1 rows of this file are not accounted for" in data["errorDetails"]["message"]
    assert data["accounting"]["skipped"] == {"heading": 1, "unaccounted": 1}


async def test_a_preview_accounts_for_the_file_too(as_admin: httpx.AsyncClient) -> None:
    content = csv_of([row(1), row(2, **{"Insured Name": ""})])
    answer = await as_admin.post("/api/upload/preview", files={"file": ("policies.csv", content)})
    accounting = answer.json()["data"]["accounting"]
    assert accounting == {"read": 3, "imported": 1, "unchanged": 0, "failed": 1, "skipped": {"heading": 1}}


async def test_a_cancelled_import_says_how_many_rows_it_did_not_reach(
    as_admin: httpx.AsyncClient, run_jobs: Callable[[], Awaitable[None]]
) -> None:
    over = {"Policy Start Dt": "05/06/2025", "Policy Expiry Dt": "04/06/2026"}
    answer = await as_admin.post("/api/upload/file", files={"file": ("open.csv", csv_of([row(1, **over)]))})
    upload = answer.json()["data"]["uploadId"]
    await run_jobs()
    await as_admin.post(f"/api/upload/{upload}/cancel")
    data = (await as_admin.get(f"/api/upload/status/{upload}")).json()["data"]
    assert (data["status"], data["accounting"]) == ("cancelled", None)
