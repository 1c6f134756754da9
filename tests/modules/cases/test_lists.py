"""The tracking list, the closed list, the logs and the export, through HTTP."""

import asyncio
import csv
import io
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from py360.kit import reads
from py360.kit.resources import Resources


def numbers(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["data"]["cases"]]


async def test_the_list_has_all_but_renewed_cases_newest_first(as_admin, make_case) -> None:
    first, second = await make_case(), await make_case("in_progress")
    await make_case("renewed")
    answer = await as_admin.get("/api/cases")
    assert numbers(answer) == [second.number, first.number]
    assert answer.json()["data"]["pagination"] == {"page": 1, "limit": 20, "total": 2, "totalPages": 1}
    row = answer.json()["data"]["cases"][1]
    assert row["customerName"] == "Asha Rao"
    assert row["policyNumber"] == first.policy_number
    assert (row["status"], row["statusCode"], row["policyStatus"]) == ("Validated", "validated", "Pre Due Stage")
    assert (row["agent"], row["isPriority"], row["renewalAmount"]) == ("Unassigned", False, 12500.0)


@pytest.mark.parametrize("spelling", ["inProgress", "in progress", "IN_PROGRESS", "In-Progress", "in_progress"])
async def test_status_in_any_spelling(as_admin, make_case, spelling: str) -> None:
    await make_case()
    wanted = await make_case("in_progress")
    assert numbers(await as_admin.get("/api/cases", params={"status": spelling})) == [wanted.number]


async def test_every_filter_narrows(as_admin, make_case, rows, as_role, resources: Resources) -> None:
    agent = await as_role("agent", name="Ravi Menon")
    today = resources.clock.today()
    plain = await make_case(due=today + timedelta(days=40))
    other = await make_case(
        "in_progress", agent=agent.user["id"], priority="high", channel="Branch", due=today - timedelta(days=3)
    )
    old = await make_case(due=today - timedelta(days=33))
    await rows("update renewal_cases set payment_status = 'partial' where id = %(id)s returning 1", id=other.id)
    await rows(
        "update renewal_cases set created_at = created_at - interval '9 days' where id = %(id)s returning 1", id=old.id
    )
    for params, found in (
        ({"agent": "Ravi Menon"}, [other]),
        ({"agent": str(agent.user["id"])}, [other]),
        ({"agent": "Unassigned"}, [old, plain]),
        ({"agent": "Nobody Knows"}, []),
        ({"priority": "true"}, [other]),
        ({"priority": "high"}, [other]),
        ({"priority": "false"}, [old, plain]),
        ({"channel": "Branch"}, [other]),
        ({"paymentStatus": "partial"}, [other]),
        ({"policyStatus": "Policy Due"}, [other]),
        ({"policyStatus": "reinstatement"}, [old]),
        ({"policyStatus": "Pre Due Stage"}, [plain]),
        ({"policyStatus": "Active"}, []),
        ({"date": "today"}, [other, plain]),
        ({"date": "lastMonth"}, [other, plain, old]),
        ({"dateTo": (today - timedelta(days=5)).isoformat()}, [old]),
        ({"dueFrom": (today - timedelta(days=5)).isoformat()}, [other, plain]),
        ({"dueTo": (today + timedelta(days=5)).isoformat()}, [old, other]),
        ({"status": "validated,in progress", "priority": "high"}, [other]),
        ({"batchId": "BATCH-none"}, []),
        ({"uploadId": "upload-1"}, []),
    ):
        assert numbers(await as_admin.get("/api/cases", params=params)) == [case.number for case in found], params


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"status": "sleeping"}, "unknown_status"),
        ({"policyStatus": "sleeping"}, "unknown_policy_status"),
        ({"date": "someday"}, "unknown_date"),
        ({"sort": "shoeSize"}, "unknown_sort"),
        ({"priority": "soon"}, "unknown_value"),
    ],
)
async def test_words_that_mean_nothing_are_refused(as_admin, params, code: str) -> None:
    answer = await as_admin.get("/api/cases", params=params)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)


async def test_a_wrong_parameter_is_named(as_admin) -> None:
    for params, field in (({"page": "-1"}, "page"), ({"dueFrom": "soon"}, "dueFrom"), ({"limit": "many"}, "limit")):
        answer = await as_admin.get("/api/cases", params=params)
        assert answer.status_code == 422
        assert [detail["field"] for detail in answer.json()["error"]["details"]] == [field]


async def test_a_batch_by_its_code_number_or_upload(as_admin, make_case, rows) -> None:
    await make_case()
    ours = await make_case()
    (batch,) = await rows(
        "with upload as (insert into file_uploads (client_id, filename, original_filename, file_size, file_type, sha256)"
        " select min(id), 'f', 'f.csv', 1, 'csv', 'x' from clients returning id)"
        " insert into upload_batches (upload_id, batch_code, file_name, total_records) select id, 'BATCH-May', 'f.csv', 1"
        " from upload returning id, upload_id"
    )
    await rows(
        "update renewal_cases set batch_id = %(batch)s where id = %(id)s returning 1", batch=batch["id"], id=ours.id
    )
    for params in (
        {"batchId": "BATCH-May"},
        {"batchId": str(batch["id"])},
        {"uploadId": f"upload-{batch['upload_id']}"},
        {"batchId": "BATCH-May", "uploadId": str(batch["upload_id"])},
    ):
        assert numbers(await as_admin.get("/api/cases", params=params)) == [ours.number], params


async def test_searches_take_turns_and_lists_pass_them(as_admin, make_case, resources: Resources) -> None:
    case = await make_case()
    async with AsyncExitStack() as others:
        for _ in range(reads.SEARCHES_AT_ONCE):
            await others.enter_async_context(resources.reads.searches)
        late = asyncio.create_task(as_admin.get("/api/cases", params={"search": "rao"}))
        assert numbers(await as_admin.get("/api/cases")) == [case.number]
        assert not late.done()
    assert numbers(await late) == [case.number]


async def test_search_takes_pieces_with_commas_between(as_admin, make_case) -> None:
    asha = await make_case(name="Asha Rao", policy="MOT/2026/0001")
    vikram = await make_case(name="Vikram D'Souza", policy="MOT/2026/0002")
    percent = await make_case(name="100% Sure", policy="MOT/2026/0003")
    for text, found in (
        ("asha", [asha]),
        ("d'sou", [vikram]),
        ("2026/0002", [vikram]),
        ("mot/2026", [percent, vikram, asha]),
        ("asha, 2026/0003", [percent, asha]),
        (asha.number.lower(), [asha]),
        ("0%", [percent]),
        ("sha ra", [asha]),
        ("vikram d'souza", [vikram]),
        ("mot 2026 0001", []),  # its words are in that order, the text does not
        ("vikram_d'souza", []),
        ("_sha", []),
        ("nobody", []),
        (" , ", [percent, vikram, asha]),
        ("a", [vikram, asha]),
    ):
        answer = await as_admin.get("/api/cases", params={"search": text})
        shown = [case.number for case in found]
        assert [number for number in numbers(answer) if number in shown] == shown, text
        if text != "a":
            assert answer.json()["data"]["pagination"]["total"] == len(found), text


async def test_common_pieces_are_found_page_by_page(as_admin, make_case, monkeypatch) -> None:
    from py360.modules.cases.queries import search

    monkeypatch.setattr(search, "FEW", 2)
    cases = [await make_case(name=f"Kumar {n}") for n in range(5)]
    seen: list[str] = []
    for page in (1, 2, 3):
        seen += numbers(await as_admin.get("/api/cases", params={"search": "kumar", "limit": 2, "page": page}))
    assert seen == [case.number for case in reversed(cases)]


SORTS = [
    "id",
    "-id",
    "dueDate",
    "-renewalDate",
    "renewalAmount",
    "-lastActionDate",
    "status",
    "-priority",
    "closedDate",
    "customerName",
    "-customerName",
    "policyNumber",
    "-policyNumber",
    "agent",
    "-agent",
]


async def test_cursors_visit_every_case_once(as_admin, as_role, make_case, resources: Resources) -> None:
    agents = [None, (await as_role("agent", name="Ravi Menon")).user["id"], (await as_role("agent")).user["id"]]
    today = resources.clock.today()
    made = [
        await make_case(
            ["validated", "in_progress"][n % 2],
            due=today + timedelta(days=n % 3),
            priority=["medium", "high"][n % 2],
            name=["Asha Rao", "asha rao", "Ürmila", "Zoya", "अमित"][n % 5],
            agent=agents[n % 3],
        )
        for n in range(7)
    ]
    for sort in SORTS:
        seen, cursor = [], None
        for _ in range(5):
            params = {"limit": 2, "sort": sort} | ({"cursor": cursor} if cursor else {})
            answer = await as_admin.get("/api/cases", params=params)
            seen += numbers(answer)
            cursor = answer.json()["data"]["pagination"].get("nextCursor")
            if not cursor:
                break
        assert sorted(seen) == sorted(case.number for case in made), sort
    wrong = await as_admin.get("/api/cases", params={"sort": "totalCalls", "cursor": "e30"})
    assert wrong.status_code == 400


@pytest.mark.parametrize("most", [2_000, 2], ids=["few", "many"])
async def test_list_sorts_by_columns_of_other_tables(as_admin, as_role, make_case, monkeypatch, most: int) -> None:
    """A short list is sorted, a long one is scanned in the order of an index; both answer the same."""
    from py360.modules.cases.queries import listing

    monkeypatch.setattr(listing, "SORTED_AT_MOST", most)
    ravi, zoya = await as_role("agent", name="ravi Menon"), await as_role("agent", name="Zoya Khan")
    first = await make_case(name="Bela Rao", policy="P-3", agent=zoya.user["id"])
    second = await make_case(name="asha Rao", policy="P-1")
    third = await make_case(name="Chand Rao", policy="P-2", agent=ravi.user["id"])
    fourth = await make_case(name="Asha Rao", policy="P-4", agent=ravi.user["id"])
    await make_case("renewed", name="Asha Rao", agent=ravi.user["id"])
    for sort, order in (
        ("customerName", [second, fourth, first, third]),
        ("policyNumber", [second, third, first, fourth]),
        ("agent", [third, fourth, second, first]),  # Ravi, Unassigned, Zoya
    ):
        for way, wanted in (("", order), ("-", order[::-1])):
            asked = {"sort": way + sort, "limit": 2}
            shown = [case.number for case in wanted]
            one = await as_admin.get("/api/cases", params=asked)
            two = await as_admin.get("/api/cases", params=asked | {"page": 2})
            assert numbers(one) + numbers(two) == shown, asked
            behind = asked | {"cursor": one.json()["data"]["pagination"]["nextCursor"]}
            assert numbers(await as_admin.get("/api/cases", params=behind)) == shown[2:], asked
            found = await as_admin.get("/api/cases", params=asked | {"search": "rao", "limit": 4})
            assert numbers(found) == shown, asked
    file = await as_admin.get("/api/cases", params={"format": "csv", "sort": "-customerName"})
    assert [line.partition(",")[0] for line in file.text.splitlines()[1:]] == [
        case.number for case in (third, first, fourth, second)
    ]


async def test_the_closed_list(as_admin, make_case) -> None:
    await make_case()
    renewed, lapsed = await make_case("renewed"), await make_case("lapsed")
    answer = await as_admin.get("/api/cases/closed")
    assert numbers(answer) == [renewed.number]
    assert answer.json()["data"]["cases"][0]["policyStatus"] == "Active"
    assert numbers(await as_admin.get("/api/cases/closed", params={"status": "lapsed"})) == [lapsed.number]
    both = await as_admin.get("/api/cases/closed", params={"status": "all", "date": "today"})
    assert set(numbers(both)) == {renewed.number, lapsed.number}
    refused = await as_admin.get("/api/cases/closed", params={"status": "assigned"})
    assert (refused.status_code, refused.json()["error"]["details"]) == (
        422,
        [{"field": "status", "message": "one of Renewed, Failed, Lapsed, Cancelled"}],
    )


async def test_the_closed_list_shows_failed_cases_when_asked(as_admin, make_case, rows, resources: Resources) -> None:
    """They may still be reinstated and have no day of closing: what was done last stands for it."""
    await make_case()
    failed, renewed, declined = await make_case("failed"), await make_case("renewed"), await make_case("cancelled")
    long_ago = await make_case("failed")
    await rows(
        "update renewal_cases set last_action_date = now() - interval '9 days' where id = %(id)s returning 1",
        id=long_ago.id,
    )
    for params, found in (
        ({"status": "failed"}, {failed, long_ago}),
        ({"status": "Failed", "date": "today"}, {failed}),
        ({"status": "failed,Declined"}, {failed, long_ago, declined}),
        ({"status": "all"}, {failed, long_ago, renewed, declined}),
        ({"status": "all", "date": "today"}, {failed, renewed, declined}),
    ):
        answer = await as_admin.get("/api/cases/closed", params=params)
        assert set(numbers(answer)) == {case.number for case in found}, params
    shown = (await as_admin.get("/api/cases/closed", params={"status": "failed"})).json()["data"]["cases"]
    assert {row["closedDate"] for row in shown} == {None}
    exported = {"format": "csv", "filters": {"status": "failed", "closed": True}}
    assert (await as_admin.post("/api/export/cases", json=exported)).status_code == 200


async def test_logs_by_case_or_policy(as_admin, make_case) -> None:
    case = await make_case("in_progress")
    await as_admin.put(f"{case.path}/priority", json={"isPriority": True})
    for params in (
        {"type": "caseId", "value": case.number},
        {"type": "policyNumber", "value": case.policy_number},
        {"caseId": case.number},
    ):
        (line,) = (await as_admin.get("/api/logs", params=params)).json()["data"]["logs"]
        assert (line["action"], line["user"], line["level"]) == ("Priority", "First Administrator", "info")
    assert (await as_admin.get("/api/logs", params={"value": "CASE-9999"})).status_code == 404
    assert (await as_admin.get("/api/logs", params={"type": "policyNumber", "value": "none"})).status_code == 404
    assert (await as_admin.get("/api/logs")).status_code == 422


async def test_export_has_the_24_columns_and_no_formulas(as_admin, client, make_case, clock) -> None:
    case = await make_case(name="=cmd|'/c calc' Rao")
    await make_case("in_progress")
    asked = await as_admin.post("/api/export/cases", json={"format": "csv", "filters": {"status": "validated"}})
    address = asked.json()["data"]["downloadUrl"]
    answer = await client.get(address)
    assert answer.headers["content-disposition"] == 'attachment; filename="case_tracking.csv"'
    head, row = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert (len(head), head[0], head[15], head[22], head[23]) == (
        24,
        "Case ID",
        "Priority",
        "Comments Count",
        "Upload Date",
    )
    assert (row[0], row[1], row[15]) == (case.number, "'=cmd|'/c calc' Rao", "Normal")
    listed = await as_admin.get("/api/cases", params={"format": "csv", "status": "validated"})
    assert listed.content == answer.content
    for format in ("xls", "pdf"):
        assert (await as_admin.get("/api/cases", params={"format": format, "search": "rao"})).status_code == 200
    await make_case("renewed")
    closed = await as_admin.get("/api/cases/closed", params={"format": "csv"})
    head, row = list(csv.reader(io.StringIO(closed.text)))
    assert (len(head), head[20], row[11]) == (25, "Closed Date", "Renewed")
    assert (await as_admin.post("/api/export/cases", json={"format": "doc"})).status_code == 422
    assert (await as_admin.post("/api/export/cases", json={"filters": {"shoe": "9"}})).status_code == 422
    assert (await client.get(address[:-3] + "xxx")).status_code == 404
    clock.moment += timedelta(minutes=11)
    assert (await client.get(address)).status_code == 410
