"""Uploads over HTTP: what an office does with a file, from sending it to taking it back."""

import csv
import io
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from py360.kit import db
from py360.kit.resources import Resources
from py360.kit.settings import Settings
from py360.modules.uploads.settings import upload_settings
from tests.factories.policy_files import HEADINGS, Send, csv_of, row, xlsx_of
from tests.factories.stored import read_rows, read_value


async def test_a_file_becomes_customers_policies_and_cases(send: Send, as_admin: httpx.AsyncClient) -> None:
    told = await send(csv_of([row(1), row(2), row(3)]))
    assert told["status"] == "completed"
    assert (told["totalRecords"], told["successfulRecords"], told["failedRecords"], told["newRecords"]) == (3, 3, 0, 3)
    assert told["batchId"].startswith("BATCH-")
    cases = (await as_admin.get("/api/cases", params={"uploadId": told["uploadId"]})).json()["data"]
    assert cases["pagination"]["total"] == 3
    history = (await as_admin.get("/api/upload/history")).json()["data"]
    assert [upload["uploadId"] for upload in history["uploads"]] == [told["uploadId"]]
    original = await as_admin.get(told["downloadUrl"])
    assert original.content == csv_of([row(1), row(2), row(3)])


async def test_what_was_imported_is_sorted_into_the_search_at_once(send: Send, resources: Resources) -> None:
    await send(csv_of([row(number) for number in range(40)]))
    async with db.unit_of_work() as session:
        await db.execute(session, "create extension if not exists pgstattuple")
        waiting = await read_rows(
            session,
            "select c.relname, pending_tuples from pg_class c join pg_am a on a.oid = c.relam and a.amname = 'gin'"
            " cross join pgstatginindex(c.oid) where relname in ('idx_customers_name_search', 'idx_policies_number_search')",
        )
    assert {each["relname"]: each["pending_tuples"] for each in waiting} == {
        "idx_customers_name_search": 0,
        "idx_policies_number_search": 0,
    }


async def test_the_history_by_status_and_a_file_by_its_name(send: Send, as_admin: httpx.AsyncClient) -> None:
    content = csv_of([row(1)])
    told = await send(content, "december list.csv")
    for status in ("completed", "Completed", "all"):
        found = await as_admin.get("/api/upload/history", params={"status": status})
        assert [upload["uploadId"] for upload in found.json()["data"]["uploads"]] == [told["uploadId"]]
    failed = await as_admin.get("/api/upload/history", params={"status": "Needs input"})
    assert failed.json()["data"]["uploads"] == []
    assert (await as_admin.get("/api/upload/history", params={"status": "complete"})).status_code == 422
    assert (await as_admin.get("/api/downloads/december list.csv")).content == content
    assert (await as_admin.get("/api/downloads/january.csv")).status_code == 404


async def test_the_answer_of_an_upload_is_the_specifications(as_admin: httpx.AsyncClient) -> None:
    answer = await as_admin.post(
        "/api/upload/file", files={"file": ("may.csv", csv_of([row(1)]))}, data={"metadata": '{"description": "May"}'}
    )
    data = answer.json()["data"]
    assert data["uploadId"].startswith("upload-")
    assert (data["filename"], data["status"], data["totalRecords"]) == ("may.csv", "processing", 1)
    assert data["estimatedProcessingTime"]


async def test_the_same_file_is_refused_unless_forced(send: Send, as_admin: httpx.AsyncClient) -> None:
    content = csv_of([row(1)])
    await send(content)
    again = await as_admin.post("/api/upload/file", files={"file": ("other name.csv", content)})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "same_file")
    forced = await send(content, metadata='{"force": true}')
    assert (forced["successfulRecords"], forced["unchangedRecords"], forced["newRecords"]) == (1, 1, 0)


async def test_failed_rows_come_back_as_they_were_and_can_be_mended(send: Send, as_admin: httpx.AsyncClient) -> None:
    rows = [
        row(1),
        row(2, **{"Mobile No": "12", "E-mail ID": ""}),
        row(3, **{"Last Premium (INR)": "N.A."}),
        row(1, **{"Insured Name": "Second"}),
        row(5, **{"Policy Expiry Dt": "19/12/2024"}),
        row(6, **{"E-mail ID": "no address", "Insured Name": "=HYPERLINK(1)"}),
    ]
    told = await send(csv_of(rows))
    assert (told["successfulRecords"], told["failedRecords"]) == (2, 4)
    listed = (await as_admin.get(told["errorsUrl"])).json()["data"]
    assert [(item["row"], item["code"]) for item in listed["errors"]] == [
        (3, "no_valid_contact"),
        (4, "premium_not_a_number"),
        (5, "policy_number_repeated"),
        (6, "expiry_before_start"),
    ]
    assert all(item["message"] for item in listed["errors"])
    file = await as_admin.get(told["errorsUrl"], params={"format": "csv"})
    lines = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert lines[0][: len(HEADINGS)] == list(HEADINGS)
    assert [line[: len(HEADINGS)] for line in lines[1:]] == [[str(cell) for cell in rows[at]] for at in (1, 2, 3, 4)]
    mended = file.content.decode("utf-8-sig").replace(",12,", ",+91 98765 43210,").replace("N.A.", "9000")
    second = await send(mended.encode())
    assert (second["successfulRecords"], second["failedRecords"]) == (3, 1)
    workbook = await as_admin.get(told["errorsUrl"], params={"format": "xlsx"})
    assert workbook.content.startswith(b"PK")


async def test_errors_are_sorted_as_asked(send: Send, as_admin: httpx.AsyncClient) -> None:
    rows = [row(1, **{"Last Premium (INR)": "N.A."}), row(2, **{"Mobile No": "12", "E-mail ID": ""})]
    told = await send(csv_of(rows))

    async def numbers(**params: str) -> list[int]:
        listed = (await as_admin.get(told["errorsUrl"], params=params)).json()["data"]
        return [item["row"] for item in listed["errors"]]

    assert await numbers() == [2, 3]
    assert await numbers(sort="-row") == [3, 2]
    assert await numbers(sort="code") == [3, 2]
    assert (await as_admin.get(told["errorsUrl"], params={"sort": "shoeSize"})).status_code == 422


async def test_all_or_nothing(send: Send, as_admin: httpx.AsyncClient) -> None:
    told = await send(csv_of([row(1), row(2, **{"Insured Name": ""})]), metadata='{"importPolicy": "all_or_nothing"}')
    assert (told["status"], told["successfulRecords"], told["failedRecords"]) == ("failed", 0, 1)
    assert told["errorDetails"]["code"] == "all_or_nothing"
    assert (await as_admin.get("/api/cases")).json()["data"]["pagination"]["total"] == 0


async def test_dates_that_can_be_read_both_ways_are_asked_about(
    send: Send, as_admin: httpx.AsyncClient, run_jobs: Callable[[], Awaitable[None]]
) -> None:
    over = {"Policy Start Dt": "05/06/2025", "Policy Expiry Dt": "04/06/2026"}
    told = await send(csv_of([row(1, **over), row(2, **over)]))
    assert told["status"] == "needs_input"
    assert {question["id"] for question in told["questions"]} == {"dateOrders.start_date", "dateOrders.end_date"}
    url = f"/api/upload/{told['uploadId']}/mapping"
    wrong = await as_admin.post(url, json={"columns": {"policy_number": "No such column"}})
    assert wrong.status_code == 422
    answer = await as_admin.post(url, json={"dateOrders": {"start_date": "DMY", "end_date": "DMY"}})
    assert answer.status_code == 200, answer.text
    await run_jobs()
    done = (await as_admin.get(f"/api/upload/status/{told['uploadId']}")).json()["data"]
    assert (done["status"], done["successfulRecords"]) == ("completed", 2)
    case = (await as_admin.get("/api/cases")).json()["data"]["cases"][0]
    assert "2026-06-04" in str(case)
    remembered = await send(csv_of([row(3, **over)]))
    assert remembered["status"] == "completed"


async def test_a_mended_error_file_is_read_as_the_list_it_came_from(send: Send, as_admin: httpx.AsyncClient) -> None:
    """Its one row's dates can be read both ways; the list's could not, and what they showed holds for its layout."""
    over = {"Policy Start Dt": "05/06/2025", "Policy Expiry Dt": "04/06/2026"}
    told = await send(csv_of([row(1), row(2, **over, **{"Last Premium (INR)": "N.A."})]))
    assert told["mapping"]["dateOrders"] == {"start_date": "DMY", "end_date": "DMY"}
    errors = await as_admin.get(told["errorsUrl"], params={"format": "csv"})
    mended = await send(errors.content.replace(b"N.A.", b"9000"), "mended.csv")
    assert (mended["status"], mended["successfulRecords"]) == ("completed", 1)
    case = (await as_admin.get("/api/cases", params={"uploadId": mended["uploadId"]})).json()["data"]["cases"][0]
    assert "2026-06-04" in str(case)
    other = await send(csv_of([row(3, **over)], ["Our Ref", *HEADINGS]), "another layout.csv")
    assert other["status"] == "needs_input"


async def test_too_many_rows_are_refused_before_anything_is_stored(
    as_admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blank lines are no rows, so a file is counted before it is refused."""
    for name in ("PY360_UPLOAD_MAX_ROWS", "PY360_UPLOAD_COUNT_NOW_ROWS"):
        monkeypatch.setenv(name, "100")
    upload_settings.cache_clear()
    try:
        many = csv_of([row(number) for number in range(1, 1_300)])
        refused = await as_admin.post("/api/upload/file", files={"file": ("many.csv", many)})
        few = await as_admin.post("/api/upload/file", files={"file": ("few.csv", csv_of([row(1)]) + b"\n" * 1_300)})
    finally:
        monkeypatch.undo()
        upload_settings.cache_clear()
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "too_many_rows")
    assert (few.status_code, few.json()["data"]["totalRecords"]) == (201, 1)
    assert (await as_admin.get("/api/upload/history")).json()["data"]["pagination"]["total"] == 1


async def test_a_missing_column_is_asked_for(
    send: Send, as_admin: httpx.AsyncClient, run_jobs: Callable[[], Awaitable[None]]
) -> None:
    headings = ["Unser Zeichen", *HEADINGS[1:]]
    told = await send(csv_of([row(1)], headings))
    assert told["status"] == "needs_input"
    assert told["questions"][0]["options"] == ["Unser Zeichen"]
    answer = await as_admin.post(
        f"/api/upload/{told['uploadId']}/mapping", json={"columns": {"policy_number": "Unser Zeichen"}}
    )
    assert answer.status_code == 200, answer.text
    await run_jobs()
    assert (await send(csv_of([row(2)], headings)))["status"] == "completed"


async def test_a_mapping_given_with_a_file_is_remembered_for_the_next_and_for_its_error_file(
    send: Send, as_admin: httpx.AsyncClient
) -> None:
    headings = ["Ref X", "Kunde", "Party", "Handy", "Post", "Was", "Von", "Bis", "Geld", "Neu", "Takt"]
    names = (
        "policy_number",
        "customer_code",
        "customer_name",
        "phone",
        "email",
        "product_name",
        "start_date",
        "end_date",
    )
    columns = dict(zip(names, headings, strict=False)) | {"premium_amount": "Geld", "renewal_amount": "Neu"}
    told = await send(csv_of([row(1)], headings), metadata=json.dumps({"columns": columns}))
    assert told["status"] == "completed"
    told = await send(csv_of([row(2), row(3, **{"Insured Name": ""})], headings))
    assert (told["successfulRecords"], told["failedRecords"]) == (1, 1)
    assert {match["how"] for match in told["mapping"]["columns"]} == {"remembered"}
    errors = await as_admin.get(f"/api/upload/{told['uploadId']}/errors", params={"format": "csv"})
    assert errors.status_code == 200, errors.text
    mended = await send(errors.content.replace(b",,", b",Asha,", 1), "mended.csv")
    assert (mended["status"], mended["successfulRecords"], mended["warningRecords"]) == ("completed", 1, 0)


async def test_a_preview_changes_nothing(send: Send, as_admin: httpx.AsyncClient) -> None:
    await send(csv_of([row(1), row(2)]))
    changed = csv_of([row(1), row(2, **{"Last Premium (INR)": 5000}), row(3), row(4, **{"Insured Name": ""})])
    answer = await as_admin.post("/api/upload/preview", files={"file": ("next.csv", changed)})
    data = answer.json()["data"]
    assert data["counts"] == {"new": 1, "changed": 1, "unchanged": 1, "rejected": 1}
    assert data["differences"][0]["changes"] == [{"field": "premium_amount", "from": 10002.0, "to": 5000.0}]
    assert (await as_admin.get("/api/cases")).json()["data"]["pagination"]["total"] == 2
    assert (await as_admin.get("/api/upload/history")).json()["data"]["pagination"]["total"] == 1


async def test_undo_takes_back_what_nobody_has_touched(send: Send, as_admin: httpx.AsyncClient) -> None:
    first = await send(csv_of([row(1)]))
    second = await send(csv_of([row(1, **{"Last Premium (INR)": 5000}), row(2), row(3)]))
    listed = (await as_admin.get("/api/cases", params={"uploadId": second["uploadId"]})).json()["data"]["cases"]
    touched = listed[0]["id"]
    comment = await as_admin.post(f"/api/cases/{touched}/comments", json={"text": "Called"})
    assert comment.status_code == 201, comment.text
    early = await as_admin.post(f"/api/upload/{first['uploadId']}/undo")
    assert early.json()["error"]["code"] == "nothing_to_undo"
    answer = await as_admin.post(f"/api/upload/{second['uploadId']}/undo")
    data = answer.json()["data"]
    assert (data["casesRemoved"], data["policiesRestored"], data["keptRecords"]) == (1, 1, 1), data
    assert data["kept"][0]["caseId"] == touched
    assert (await as_admin.get("/api/cases")).json()["data"]["pagination"]["total"] == 2
    again = await as_admin.post(f"/api/upload/{second['uploadId']}/undo")
    assert again.status_code == 409


async def test_a_file_that_was_uploaded_twice_can_be_undone(send: Send, as_admin: httpx.AsyncClient) -> None:
    content = csv_of([row(1), row(2)])
    first = await send(content)
    again = await send(content, metadata='{"force": true}')
    assert again["unchangedRecords"] == 2
    refused = await as_admin.post(f"/api/upload/{first['uploadId']}/undo")
    assert (refused.status_code, refused.json()["error"]["details"][0]["reason"]) == (409, "later_upload")
    second = (await as_admin.post(f"/api/upload/{again['uploadId']}/undo")).json()["data"]
    assert (second["status"], second["casesRemoved"], second["keptRecords"]) == ("undone", 0, 0)
    undone = (await as_admin.post(f"/api/upload/{first['uploadId']}/undo")).json()["data"]
    assert (undone["casesRemoved"], undone["policiesRemoved"], undone["customersRemoved"]) == (2, 2, 2)


async def test_cancel(as_admin: httpx.AsyncClient, run_jobs: Callable[[], Awaitable[None]]) -> None:
    answer = await as_admin.post("/api/upload/file", files={"file": ("a.csv", csv_of([row(1)]))})
    upload = answer.json()["data"]["uploadId"]
    assert (await as_admin.post(f"/api/upload/{upload}/cancel")).json()["data"]["importedRecords"] == 0
    await run_jobs()
    told = (await as_admin.get(f"/api/upload/status/{upload}")).json()["data"]
    assert (told["status"], told["successfulRecords"]) == ("cancelled", 0)
    assert (await as_admin.post(f"/api/upload/{upload}/cancel")).status_code == 409


async def test_a_file_that_is_no_longer_stored_is_said_to_be_missing(
    send: Send, as_admin: httpx.AsyncClient, configured: Settings
) -> None:
    told = await send(csv_of([row(1)]))
    for stored in (configured.home / "files").rglob("*"):
        if stored.is_file():
            stored.unlink()
    for path in (told["downloadUrl"], f"/api/upload/{told['uploadId']}/errors?format=csv"):
        answer = await as_admin.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (410, "stored_file_missing")


async def test_several_files_at_once(as_admin: httpx.AsyncClient) -> None:
    files = [
        ("file", ("a.csv", csv_of([row(1)]))),
        ("file", ("b.pdf", b"%PDF-1.7")),
        ("file", ("c.xlsx", xlsx_of([HEADINGS, row(2)]))),
    ]
    data = (await as_admin.post("/api/upload/file", files=files)).json()["data"]
    assert [item["filename"] for item in data["uploads"]] == ["a.csv", "c.xlsx"]
    assert [item["code"] for item in data["refused"]] == ["wrong_file_type"]


async def test_the_template_can_be_filled_in_and_uploaded(send: Send, as_admin: httpx.AsyncClient) -> None:
    answer = await as_admin.get("/api/upload/template")
    assert "policy_upload_template.xlsx" in answer.headers["content-disposition"]
    told = await send(answer.content, "template.xlsx")
    assert (told["status"], told["successfulRecords"]) == ("completed", 1), told


async def test_nobody_gets_in_without_the_right(
    client: httpx.AsyncClient, as_role: Callable[[str], Awaitable[Any]]
) -> None:
    agent = await as_role("agent")
    for method, path in (
        ("POST", "/api/upload/file"),
        ("POST", "/api/upload/preview"),
        ("GET", "/api/upload/status/upload-1"),
        ("GET", "/api/upload/history"),
        ("GET", "/api/upload/template"),
        ("GET", "/api/upload/download/upload-1"),
        ("GET", "/api/upload/upload-1/errors"),
        ("GET", "/api/upload/upload-1/mapping"),
        ("POST", "/api/upload/upload-1/mapping"),
        ("POST", "/api/upload/upload-1/cancel"),
        ("POST", "/api/upload/upload-1/undo"),
        ("GET", "/api/batches/status"),
    ):
        assert (await client.request(method, path)).status_code == 401, path
        may_look = path == "/api/batches/status"
        assert (await agent.request(method, path)).status_code == (200 if may_look else 403), path


async def test_another_clients_upload_is_not_there(
    send: Send, resources: Resources, as_role: Callable[..., Awaitable[Any]]
) -> None:
    told = await send(csv_of([row(1)]))
    async with resources.sessions() as session, session.begin():
        other = await read_value(
            session, "insert into clients (client_code, client_name) values ('C2', 'Another insurer') returning id"
        )
    stranger = await as_role("client_admin", client_id=other)
    for path in (f"status/{told['uploadId']}", f"download/{told['uploadId']}", f"{told['uploadId']}/errors"):
        assert (await stranger.get(f"/api/upload/{path}")).status_code == 404
    assert (await stranger.get("/api/upload/history")).json()["data"]["uploads"] == []
    assert (await stranger.post(f"/api/upload/{told['uploadId']}/undo")).status_code == 404


async def test_a_corrected_due_date_is_taken_back_with_its_upload(
    as_admin: httpx.AsyncClient, resources: Resources, send: Send
) -> None:
    async def due() -> list[str]:
        return [
            case["due"] for case in await read_rows(resources.reads, "select due_date::text as due from renewal_cases")
        ]

    await send(csv_of([row(1)]))
    later = await send(csv_of([row(1, **{"Policy Expiry Dt": "24/12/2026"})]))
    assert await due() == ["2026-12-24"]
    assert (await as_admin.post(f"/api/upload/{later['uploadId']}/undo")).status_code == 200
    assert await due() == ["2026-12-19"]
    case = (await as_admin.get("/api/cases")).json()["data"]["cases"][0]["id"]
    history = (await as_admin.get(f"/api/cases/{case}/history")).json()["data"]["history"]
    assert [line["details"] for line in history if line["action"] == "Due Date Changed"] == [
        "Back from 24/12/2026 to 19/12/2026, as the upload that changed it was undone",
        "From 19/12/2026 to 24/12/2026, as the later file says",
    ]
