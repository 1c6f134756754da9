"""Policy numbers and customer codes: one spelling everywhere, and nothing that stands for "nothing" taken for one."""

import httpx
import pytest

from py360.kit.resources import Resources
from py360.modules.uploads.settings import upload_settings
from tests.factories.policy_files import HEADINGS, Send, csv_of, imported, row, xlsx_of

NOTHING = (
    "(blank)", "#NAME?", "#DIV/0!", "#N/A N/A", "#SPILL!", "N/a", "n.a.", "—", "--", "?", "TBA", "Tbd", "Not Available", "NOT APPLICABLE",
    "not yet issued", "To be advised", "\\N", "ditto", "-do-", "Same as above", "null null", "Not Avl", "#NV", "Error 2042", "இல்லை", "নেই",
    "[object Object]", "PENDING", "Awaited", "Nil.", "<null>", "0000", "XXXX", "उपलब्ध नहीं", "लागू नहीं",
)  # fmt: skip


SPELLINGS = (
    "FX/{}\u200b", "FX/\u200d{}", "\ufeffFX/{}", "fx/{}", "FX / {}", "ＦＸ／{wide}", "'FX/{}", "FX/{}\u00a0", '"=""FX/{}"""',
    "FX\u00ad/{}", "FX\u2044\u034f{}.",
)  # fmt: skip
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


async def codes(client: httpx.AsyncClient, errors_url: str) -> list[tuple[int, str]]:
    """Row and code of every error."""
    listed = (await client.get(errors_url, params={"limit": 100})).json()["data"]["errors"]
    return [(item["row"], item["code"]) for item in listed]


async def test_a_number_in_another_spelling_is_a_repeat(
    send: Send, as_admin: httpx.AsyncClient, resources: Resources
) -> None:
    rows = []
    for place, spelling in enumerate(SPELLINGS):
        number = f"{place + 1:04}"
        again = spelling.format(number, wide=number.translate(WIDE))
        rows += [row(2 * place + 1, **{"Policy No.": f"FX/{number}"}), row(2 * place + 2, **{"Policy No.": again})]
    data = await send(csv_of(rows))
    assert (data["status"], data["successfulRecords"]) == ("completed", len(SPELLINGS))
    repeats = [(2 * place + 3, "policy_number_repeated") for place in range(len(SPELLINGS))]
    assert await codes(as_admin, data["errorsUrl"]) == repeats
    policies = await imported(resources.reads)
    assert {number: policy.name for number, policy in policies.items()} == {
        f"FX/{place + 1:04}": f"Asha Sharma {2 * place + 1}" for place in range(len(SPELLINGS))
    }


async def test_a_repeat_in_another_chunk_changes_nobodys_policy(
    send: Send, as_admin: httpx.AsyncClient, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PY360_UPLOAD_CHUNK_ROWS", "10")
    upload_settings.cache_clear()
    try:
        rows = [row(number) for number in range(1, 41)]
        rows[35] = row(36, **{"Policy No.": "DM/2026/00002\u200b"})
        data = await send(csv_of(rows))
    finally:
        monkeypatch.undo()
        upload_settings.cache_clear()
    assert (data["successfulRecords"], data["failedRecords"], data["newRecords"]) == (39, 1, 39)
    assert (await imported(resources.reads))["DM/2026/00002"].name == "Asha Sharma 2"


async def test_a_number_that_an_earlier_file_spelled_otherwise_is_the_same_policy(
    send: Send, resources: Resources
) -> None:
    await send(csv_of([row(1, **{"Policy No.": "fx 0001 a"}), row(2, **{"Policy No.": "FX/0002"})]))
    later = await send(csv_of([row(1, **{"Policy No.": "FX0001A"}), row(2, **{"Policy No.": "fx/0002"})]))
    assert (later["unchangedRecords"], later["newRecords"]) == (2, 0)
    assert set(await imported(resources.reads)) == {"fx 0001 a", "FX/0002"}


async def test_one_customer_whose_code_is_spelled_in_several_ways(send: Send, resources: Resources) -> None:
    same = {"Insured Name": "Meera Rao", "Mobile No": "9876543210", "E-mail ID": ""}
    rows = [row(1, **same, **{"Cust Code": "c 12"}), row(2, **same, **{"Cust Code": "C12"})]
    await send(csv_of(rows))
    assert len({policy.customer_id for policy in (await imported(resources.reads)).values()}) == 1


async def test_what_stands_for_nothing_is_no_code_name_or_number(
    send: Send, as_admin: httpx.AsyncClient, resources: Resources
) -> None:
    rows = []
    for place, nothing in enumerate(NOTHING):
        first = 4 * place + 1
        rows += [
            row(first, **{"Cust Code": nothing}),
            row(first + 1, **{"Cust Code": nothing}),
            row(first + 2, **{"Insured Name": nothing}),
            row(first + 3, **{"Policy No.": nothing}),
        ]
    data = await send(csv_of(rows))
    expected = [
        (4 * place + at, code)
        for place in range(len(NOTHING))
        for at, code in ((4, "name_missing"), (5, "policy_number_missing"))
    ]
    assert await codes(as_admin, data["errorsUrl"]) == expected
    policies = await imported(resources.reads)
    taken = {f"Asha Sharma {4 * place + at}" for place in range(len(NOTHING)) for at in (1, 2)}
    assert {policy.name for policy in policies.values()} == taken
    assert len({policy.customer_id for policy in policies.values()}) == len(taken)


async def test_names_that_resemble_placeholders_are_kept(send: Send, resources: Resources) -> None:
    names = ["Noor Ali", "Nandan Nair", "Notandas Shah", "Nil Roy", "Zero Gomes", "Pendse"]
    await send(csv_of([row(number, **{"Insured Name": name}) for number, name in enumerate(names, 1)]))
    assert sorted(policy.name for policy in (await imported(resources.reads)).values()) == sorted(names)


async def test_a_code_that_many_customers_share_is_nobodys(
    send: Send, as_admin: httpx.AsyncClient, resources: Resources
) -> None:
    data = await send(csv_of([row(number, **{"Cust Code": "WALKIN"}) for number in range(1, 5)]))
    assert len({policy.customer_id for policy in (await imported(resources.reads)).values()}) == 4
    listed = await as_admin.get(data["errorsUrl"], params={"severity": "warning"})
    assert [item["code"] for item in listed.json()["data"]["warnings"]] == ["customer_code_shared"]


async def test_numbers_that_a_program_altered_are_taken_as_they_were_or_reported(
    send: Send, as_admin: httpx.AsyncClient, resources: Resources
) -> None:
    rows = [
        row(1, **{"Policy No.": "4101234567.0", "Cust Code": "10010001.0"}),
        row(2, **{"Policy No.": "1.21100312501E+19"}),
        row(3, **{"Policy No.": "01-Mar-26"}),
        row(4, **{"Policy No.": "2026-03-01 00:00:00"}),
        row(5, **{"Policy No.": "2026-03-01"}),
        row(6, **{"Policy No.": "01/03/26 00:00"}),
        row(7, **{"Policy No.": "TRUE"}),
        row(8, **{"Policy No.": "12:30:00"}),
        row(9, **{"Policy No.": "March 2026"}),
        row(10, **{"Policy No.": "=T(A1&B1)"}),
        row(11, **{"Policy No.": '"4,101,234,568"'}),
        row(12, **{"Policy No.": "Fresh"}),
    ]
    data = await send(csv_of(rows))
    assert await codes(as_admin, data["errorsUrl"]) == [
        (3, "policy_number_shortened"),
        (4, "policy_number_became_date"),
        (5, "policy_number_became_date"),
        (6, "policy_number_became_date"),
        (7, "policy_number_became_date"),
        (8, "policy_number_missing"),
        (9, "policy_number_became_date"),
        (10, "policy_number_became_date"),
        (11, "policy_number_missing"),
        (13, "policy_number_missing"),
    ]
    assert [(policy.number, policy.code) for policy in (await imported(resources.reads)).values()] == [
        ("4101234567", "10010001"),
        ("4101234568", "C00011"),
    ]


async def test_a_number_that_may_be_a_date_is_taken_and_reported(
    send: Send, as_admin: httpx.AsyncClient, resources: Resources
) -> None:
    data = await send(csv_of([row(1, **{"Policy No.": "1/3/2026"}), row(2, **{"Policy No.": "MOT/03/2026"})]))
    assert set(await imported(resources.reads)) == {"1/3/2026", "MOT/03/2026"}
    listed = await as_admin.get(data["errorsUrl"], params={"severity": "warning"})
    assert [item["code"] for item in listed.json()["data"]["warnings"]] == ["policy_number_like_date"]


@pytest.mark.parametrize("word", ["Dummy", "Walk-in", "CASH", "New Customer"])
async def test_a_word_that_two_strangers_share_is_no_code(send: Send, resources: Resources, word: str) -> None:
    await send(csv_of([row(number, **{"Cust Code": word}) for number in (1, 2)]))
    assert len({policy.customer_id for policy in (await imported(resources.reads)).values()}) == 2


async def test_a_pan_that_is_an_example_is_nobodys(send: Send, resources: Resources) -> None:
    heads, examples = [*HEADINGS, "PAN"], ["ABCDE1234F", "AAAAA1111A", "XXXXX0000X"]
    rows = [[*row(number, **{"Cust Code": ""}), examples[number % 3]] for number in range(6)]
    await send(csv_of(rows, heads))
    assert len({policy.customer_id for policy in (await imported(resources.reads)).values()}) == 6


async def test_a_pan_that_many_customers_share_is_nobodys(
    send: Send, as_admin: httpx.AsyncClient, resources: Resources
) -> None:
    """A broker's own, in each row."""
    rows = [[*row(number, **{"Cust Code": ""}), "AAQPR1234K"] for number in range(4)]
    data = await send(csv_of(rows, [*HEADINGS, "PAN"]))
    assert len({policy.customer_id for policy in (await imported(resources.reads)).values()}) == 4
    listed = await as_admin.get(data["errorsUrl"], params={"severity": "warning"})
    assert [item["code"] for item in listed.json()["data"]["warnings"]] == ["pan_shared"]


async def test_a_long_number_of_a_workbook_has_no_invented_digits(send: Send, as_admin: httpx.AsyncClient) -> None:
    heads = ["Policy No.", "Insured Name", "Mobile No", "Product", "Policy Start Dt", "Policy Expiry Dt", "Premium"]
    cells = [
        [12110031250100000001 + at, "Asha Rao", "9876543210", "Car", "20/12/2025", "19/12/2026", 900] for at in (0, 9)
    ]
    data = await send(xlsx_of([heads, *cells]), "long.xlsx")
    assert await codes(as_admin, data["errorsUrl"]) == [(2, "policy_number_shortened"), (3, "policy_number_shortened")]
