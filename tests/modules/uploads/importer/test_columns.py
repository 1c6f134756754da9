"""Where several columns or readings fit, the values decide; where they cannot, the office is asked, with samples."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any

import httpx
import pytest

from py360.kit.resources import Resources
from tests.factories.policy_files import Send, csv_of, imported, xlsx_of

BASE = {
    "Policy No": "FX/1",
    "Customer Name": "Asha Rao",
    "Mobile No": "9500000001",
    "Product": "Private Car",
    "Start Date": "20/12/2025",
    "Expiry Date": "19/12/2026",
    "Premium": "10000",
}


def listed(*rows: dict[str, str], without: Sequence[str] = ()) -> bytes:
    """A CSV whose columns are in the order of the first row; what it does not name follows from `BASE`."""
    heads = [*rows[0], *(name for name in BASE if name not in rows[0] and name not in without)]
    lines = [
        [row.get(head, f"FX/{at}" if head == "Policy No" else BASE.get(head, "")) for head in heads]
        for at, row in enumerate(rows, 1)
    ]
    return csv_of(lines, heads)


def column(data: dict[str, Any], field: str) -> dict[str, str]:
    """How one of our columns is fed."""
    return next(dict(item) for item in data["mapping"]["columns"] if item["field"] == field)


async def test_the_column_with_mobiles_is_the_mobile(send: Send, resources: Resources) -> None:
    """A landline of Ahmedabad has ten digits and begins with 7, as a mobile could."""
    rows = [{"Phone": f"079-2640123{at}", "Mobile No": f"950000000{at}"} for at in range(3)]
    data = await send(listed(*rows))
    assert (column(data, "phone")["column"], column(data, "phone")["how"]) == ("Mobile No", "values")
    assert "“Phone” holds a value that can be used in 0 of 3 rows" in column(data, "phone")["why"]
    assert {policy.phone for policy in (await imported(resources.reads)).values()} == {
        f"+91950000000{at}" for at in range(3)
    }


async def test_an_empty_column_of_the_same_heading_is_not_taken(send: Send, resources: Resources) -> None:
    heads = ["Policy No", "Customer Name", "E-mail", "E-mail", "Product", "Start Date", "Expiry Date", "Premium"]
    line = ["FX/1", "Asha Rao", "", "asha@example.com", "Car", "20/12/2025", "19/12/2026", "900"]
    await send(csv_of([line], heads))
    assert (await imported(resources.reads))["FX/1"].email == "asha@example.com"


async def test_what_one_column_leaves_blank_is_taken_from_another_that_says_the_same(
    send: Send, resources: Resources
) -> None:
    rows = [
        {"Mobile No": f"950000000{at}" if at % 2 else "NA", "Phone": "" if at % 2 else f"960000000{at}"}
        for at in range(4)
    ]
    data = await send(listed(*rows))
    assert "“Mobile No” says the same, and is taken where this one is blank" in column(data, "phone")["why"]
    phones = {policy.phone for policy in (await imported(resources.reads)).values()}
    assert phones == {"+919600000000", "+919500000001", "+919600000002", "+919500000003"}


async def test_a_remembered_column_that_holds_nothing_usable_is_not_taken(
    send: Send, as_admin: httpx.AsyncClient, run_jobs: Callable[[], Awaitable[None]], resources: Resources
) -> None:
    first = await send(listed({"Contact No": "9600000001", "Mobile No": "9500000001"}))
    url = f"/api/upload/{first['uploadId']}/mapping"
    assert (await as_admin.post(url, json={"columns": {"phone": "Contact No"}})).status_code == 200
    await run_jobs()
    rows = [{"Policy No": f"GX/{at}", "Contact No": "022-26401234", "Mobile No": f"950000000{at}"} for at in (2, 3)]
    second = await send(listed(*rows))
    assert column(second, "phone")["column"] == "Mobile No"
    policies = await imported(resources.reads)
    assert (policies["FX/1"].phone, policies["GX/2"].phone) == ("+919600000001", "+919500000002")


@pytest.mark.parametrize("second", ["Policy No", "Policy Number"])
async def test_policy_numbers_of_two_columns_that_differ_are_asked_about(send: Send, second: str) -> None:
    heads = ["Policy No", second, *list(BASE)[1:]]
    lines = [[f"FX/{at}", f"OLD/{at}", *list(BASE.values())[1:]] for at in range(3)]
    data = await send(csv_of(lines, heads))
    (question,) = data["questions"]
    assert (question["id"], len(question["options"])) == ("columns.policy_number", 2)


@pytest.mark.parametrize("heading", ["Total Premium", "Gross Premium", "Premium with GST"])
async def test_the_premium_with_tax_is_what_the_customer_pays(send: Send, resources: Resources, heading: str) -> None:
    rows = [{"Premium": f"{10000 + at}", heading: f"{(10000 + at) * 118 // 100}"} for at in range(4)]
    data = await send(listed(*rows))
    assert column(data, "premium_amount")["column"] == heading
    assert (await imported(resources.reads))["FX/1"].premium == 11800


async def test_premiums_that_differ_otherwise_are_asked_about(
    send: Send, as_admin: httpx.AsyncClient, run_jobs: Callable[[], Awaitable[None]], resources: Resources
) -> None:
    rows = [{"Last Premium": f"{9000 - at * 700}", "Premium": f"{10000 + at * 300}"} for at in range(4)]
    data = await send(listed(*rows))
    assert data["status"] == "needs_input"
    question = data["questions"][0]
    assert (question["id"], question["options"]) == ("columns.premium_amount", ["Last Premium", "Premium"])
    assert question["samples"]["Premium"] == ["10000", "10300", "10600"]
    url = f"/api/upload/{data['uploadId']}/mapping"
    answer = await as_admin.post(url, json={"columns": {"premium_amount": "Premium"}})
    assert answer.status_code == 200, answer.text
    await run_jobs()
    assert (await imported(resources.reads))["FX/1"].premium == 10000


async def test_a_member_is_not_taken_for_the_proposer(send: Send) -> None:
    rows = [
        {"Insured Name": "Baby Aarav Nair", "Proposer Name": "Girish Nair"},
        {"Insured Name": "Leela Menon", "Proposer Name": "Leela Menon"},
    ]
    data = await send(listed(*rows, without=["Customer Name"]))
    assert [question["id"] for question in data["questions"]] == ["columns.customer_name"]


async def test_two_columns_that_say_the_same_raise_no_question(send: Send) -> None:
    rows = [
        {"Insured Name": "ASHA RAO", "Proposer Name": "Asha  Rao"},
        {"Insured Name": "", "Proposer Name": "Uma Iyer"},
    ]
    data = await send(listed(*rows, without=["Customer Name"]))
    assert (data["status"], data["successfulRecords"]) == ("completed", 2)


async def test_short_headings_are_decided_by_their_values(send: Send, resources: Resources) -> None:
    rows = [
        {"Client": f"Uma Iyer {chr(65 + at)}", "From": "20/12/2025", "To": "19/12/2026", "Cell": "9500000001"}
        for at in range(3)
    ]
    data = await send(listed(*rows, without=["Customer Name", "Start Date", "Expiry Date", "Mobile No"]))
    assert data["status"] == "completed", data["questions"]
    assert column(data, "start_date")["column"] == "From"
    assert (await imported(resources.reads))["FX/1"].end == date(2026, 12, 19)


async def test_a_row_of_nothing_but_short_headings_is_one(send: Send) -> None:
    rows = [
        [f"CG/{at:04d}", f"Asha Rao{'.' * at}", f"98111{at:05d}", "Private Car", "20/12/2025", "19/12/2026", 900 + at]
        for at in range(1, 5)
    ]
    data = await send(csv_of(rows, ["Certificate", "Party", "Contact", "Class", "From", "To", "Amount"]))
    assert column(data, "start_date")["column"] == "From"
    assert column(data, "phone")["column"] == "Contact"
    assert {question["id"] for question in data["questions"]} == {"columns.policy_number", "columns.premium_amount"}


async def test_short_headings_whose_values_do_not_fit_are_asked_about(send: Send) -> None:
    """A journey: the two columns hold places."""
    rows = [{"From": "Pune", "To": "Mumbai"}]
    data = await send(listed(*rows, without=["Start Date", "Expiry Date"]))
    assert {question["id"] for question in data["questions"]} == {"columns.start_date", "columns.end_date"}
    assert data["questions"][0]["samples"]["From"] == ["Pune"]


@pytest.mark.parametrize(
    "period",
    [
        "20/12/2025 to 19/12/2026",
        "20-Dec-2025 - 19-Dec-2026",
        "From 20.12.2025 00:00 To 19.12.2026 midnight",
        "From 00:00 Hrs 20/12/2025 To 23:59 Hrs 19/12/2026",
        "2025-12-19T18:30:00Z - 2026-12-18T18:30:00Z",
        "20251220-20261219",
    ],
)
async def test_a_period_in_one_column_is_read(send: Send, resources: Resources, period: str) -> None:
    await send(listed({"Period of Insurance": period}, without=["Start Date", "Expiry Date"]))
    policy = (await imported(resources.reads))["FX/1"]
    assert (policy.start, policy.end) == (date(2025, 12, 20), date(2026, 12, 19))


@pytest.mark.parametrize("first", ["Previous Policy Period", "Own Damage Period"])
async def test_periods_of_two_columns_that_differ_are_asked_about(send: Send, first: str) -> None:
    rows = [{first: "20/12/2024 to 19/12/2025", "Policy Period": "20/12/2025 to 19/12/2026"}]
    data = await send(listed(*rows, without=["Start Date", "Expiry Date"]))
    assert {question["id"] for question in data["questions"]} == {"columns.start_date", "columns.end_date"}
    assert data["questions"][0]["options"] == [first, "Policy Period"]


async def test_an_order_of_dates_is_remembered_only_with_its_reason_and_never_against_the_terms(send: Send) -> None:
    first = [{"Start Date": "12/20/2025", "Expiry Date": "12/19/2026"}]
    assert (await send(listed(*first)))["mapping"]["dateOrders"]["start_date"] == "MDY"
    fits = await send(listed({"Start Date": "11/08/2025", "Expiry Date": "11/07/2026"}))
    assert fits["status"] == "completed"
    decision = fits["mapping"]["decisions"][0]
    assert (decision["id"], decision["value"], decision["how"]) == ("dateOrders.start_date", "MDY", "remembered")
    assert decision["why"]
    against = await send(listed({"Start Date": "10/12/2025", "Expiry Date": "09/12/2026"}))
    assert [question["id"] for question in against["questions"]] == ["dateOrders.start_date", "dateOrders.end_date"]


def dated(pairs: Sequence[tuple[date | str, date | str]]) -> bytes:
    """A workbook in whose columns a program has read some dates and left the others as texts."""
    heads = ["Policy No", "Customer Name", "Mobile No", "Product", "Start Date", "Expiry Date", "Premium"]
    lines = [[f"FX/{at}", "Asha Rao", "9500000001", "Car", *pair, 900] for at, pair in enumerate(pairs, 1)]
    return xlsx_of([heads, *lines])


async def test_half_swapped_dates_are_exchanged_where_the_terms_show_it(
    send: Send, as_admin: httpx.AsyncClient, resources: Resources
) -> None:
    """13/06/2025 to 12/06/2026, typed into a program of months first: the 12th of June becomes the 6th of December."""
    data = await send(
        dated([("13/06/2025", date(2026, 12, 6)), ("14/06/2025", "13/06/2026"), ("15/06/2025", "14/06/2026")])
    )
    assert data["status"] == "completed"
    assert (await imported(resources.reads))["FX/1"].end == date(2026, 6, 12)
    assert {"id": "dateCells.end_date", "value": "swap"}.items() <= data["mapping"]["decisions"][-1].items()
    listed_ = await as_admin.get(data["errorsUrl"], params={"severity": "warning"})
    assert [item["code"] for item in listed_.json()["data"]["warnings"]] == ["day_and_month_exchanged"]


@pytest.mark.parametrize(("choice", "month"), [("swap", 12), ("keep", 1)])
async def test_half_swapped_dates_are_asked_about_where_nothing_shows_it(
    send: Send,
    as_admin: httpx.AsyncClient,
    run_jobs: Callable[[], Awaitable[None]],
    resources: Resources,
    choice: str,
    month: int,
) -> None:
    cells = [(date(2025, month, 12), date(2026, month, 12)) for month in range(1, 9)]
    texts = [(f"{day}/12/2025", f"{day}/12/2026") for day in range(13, 20)]
    data = await send(dated([*cells, *texts]))
    assert [question["id"] for question in data["questions"]] == ["dateCells.start_date", "dateCells.end_date"]
    assert data["questions"][0]["examples"] == ["2025-01-12", "2025-02-12", "2025-03-12"]
    answer = await as_admin.post(
        f"/api/upload/{data['uploadId']}/mapping", json={"dateCells": {"start_date": choice, "end_date": choice}}
    )
    assert answer.status_code == 200, answer.text
    await run_jobs()
    assert (await imported(resources.reads))["FX/1"].end.month == month
    assert (await send(dated([*cells, *texts, ("21/12/2025", "21/12/2026")])))["status"] == "needs_input"


@pytest.mark.parametrize("shown", ["%d-%b-%y", "%d-%m-%Y", "%Y/%m/%d"])
async def test_half_swapped_dates_of_an_export_are_asked_about(
    send: Send, as_admin: httpx.AsyncClient, run_jobs: Callable[[], Awaitable[None]], resources: Resources, shown: str
) -> None:
    """An export has the display format of the dates that a program had read, and the others as they were typed."""
    cells = [{"Expiry Date": date(2026, month, 12).strftime(shown)} for month in range(1, 9)]
    data = await send(listed(*cells, *({"Expiry Date": f"{day}/12/2026"} for day in range(13, 20))))
    assert [question["id"] for question in data["questions"]] == ["dateCells.end_date"]
    url = f"/api/upload/{data['uploadId']}/mapping"
    assert (await as_admin.post(url, json={"dateCells": {"end_date": "swap"}})).status_code == 200
    await run_jobs()
    assert (await imported(resources.reads))["FX/1"].end == date(2026, 12, 1)


async def test_dates_of_a_workbook_beside_texts_are_kept_where_nothing_is_wrong(
    send: Send, resources: Resources
) -> None:
    await send(
        dated([(date(2025, 12, 20), date(2026, 12, 19)), ("05/06/2025", "04/06/2026"), ("15/06/2025", "14/06/2026")])
    )
    assert (await imported(resources.reads))["FX/1"].end == date(2026, 12, 19)
