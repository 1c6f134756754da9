"""Text tables whose quotation marks, cells, encodings and headings are not as they should be."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from py360.kit.errors import Problem
from py360.modules.uploads.reading.rows import Roles, Skip
from tests.factories.policy_files import HEADINGS, Send, csv_of, row
from tests.factories.tables import rows_in, table_in


def lines_of(rows: int) -> list[str]:
    """The lines of a list, the headings first."""
    return csv_of([row(number) for number in range(1, rows + 1)]).decode().split("\n")


def read(folder: Path, text: str | bytes) -> list[tuple[Any, ...]]:
    """The policies' rows of a text."""
    (folder / "file.csv").write_bytes(text.encode() if isinstance(text, str) else text)
    return rows_in(table_in(folder / "file.csv"))


def skipped(folder: Path, text: str) -> dict[Skip, int]:
    """The lines of a text that are no policies, by reason; all lines are accounted for."""
    (folder / "file.csv").write_text(text)
    table = table_in(folder / "file.csv")
    accounting = table.accounting(Roles(0))
    assert accounting.missing == 0
    assert accounting.read == len(text.rstrip("\n").split("\n"))
    return dict(accounting.skipped)


@pytest.mark.parametrize("closed_in", [None, 6, 7, 31, 59])
async def test_a_quotation_mark_that_is_never_or_late_closed_swallows_no_rows(
    send: Send, as_admin: httpx.AsyncClient, closed_in: int | None
) -> None:
    lines = lines_of(60)
    lines[5] = lines[5].replace("Asha", '"Asha')
    if closed_in:
        lines[closed_in] = lines[closed_in].replace("Private Car", 'Private Car"')
    told = await send("\n".join(lines).encode())
    assert (told["totalRecords"], told["successfulRecords"], told["failedRecords"]) == (60, 60, 0)
    found = (await as_admin.get("/api/cases", params={"search": "Asha Sharma 5", "limit": 100})).json()["data"]["cases"]
    assert "Asha Sharma 5" in {case["customerName"] for case in found}


def test_a_quotation_mark_among_quoted_cells_swallows_no_rows(tmp_path: Path) -> None:
    lines = [",".join(f'"{cell}"' for cell in line.split(",")) for line in lines_of(60)]
    lines[9] = lines[9].replace('"C00009"', '"C00009')
    assert [line[0] for line in read(tmp_path, "\n".join(lines))] == list(range(2, 62))


def test_a_line_break_inside_quotes_belongs_to_its_row(tmp_path: Path) -> None:
    lines = lines_of(3)
    lines[0] = lines[0].replace("Insured Name", '"Insured\nName"')
    lines[2] = lines[2].replace("Asha Sharma 2", '"Asha,\n""the first"",\nSharma"')
    found = read(tmp_path, "\n".join(lines))
    assert [line[0] for line in found] == [2, 3, 4]
    assert found[1][3] == 'Asha,\n"the first",\nSharma'
    assert skipped(tmp_path, "\n".join(lines)) == {Skip.HEADING: 1, Skip.CONTINUED: 3}


def test_a_carriage_return_inside_a_cell_ends_no_row(tmp_path: Path) -> None:
    lines = lines_of(2)
    lines[1] = lines[1].replace("Asha Sharma", "Asha\rSharma")
    assert [line[3] for line in read(tmp_path, "\n".join(lines))] == ["Asha Sharma 1", "Asha Sharma 2"]


@pytest.mark.parametrize("end", ["\r", "\n"])
def test_a_carriage_return_between_whole_rows_ends_a_row(tmp_path: Path, end: str) -> None:
    """A list whose headings and rows were written on different machines."""
    lines = lines_of(6)
    found = read(tmp_path, lines[0] + "\r\n" + "\r".join(lines[1:4]) + end + "\n".join(lines[4:]))
    assert len(found) == 6


def test_rows_that_a_program_quoted_as_a_whole_are_rows(tmp_path: Path) -> None:
    lines = lines_of(4)
    lines[2] = lines[2].replace("Asha Sharma 2", '"Sharma, Asha"')
    quoted = ['"' + line.replace('"', '""') + '"' for line in lines]
    assert [line[3] for line in read(tmp_path, "\n".join([*lines[:2], *quoted[2:]]))][1] == "Sharma, Asha"
    assert len(read(tmp_path, "\n".join(quoted))) == 4


def test_marks_of_inches_and_nicknames_stay(tmp_path: Path) -> None:
    lines = lines_of(2)
    lines[1] = lines[1].replace("Private Car", 'Car 14" rim').replace("Asha Sharma", '"Raju" Kulkarni')
    assert read(tmp_path, "\n".join(lines))[0][3:7:3] == ('"Raju" Kulkarni 1', 'Car 14" rim')


async def test_rows_whose_cells_cannot_be_told_apart_are_reported(send: Send, as_admin: httpx.AsyncClient) -> None:
    """A row with a cell too many, one with a blank last cell instead, and one that a quotation mark tore."""
    lines = lines_of(7)
    lines[7] = lines[7].replace("Asha Sharma", "Sharma, Asha").removesuffix("Annual")
    lines[2] = lines[2].replace("Asha Sharma", "Sharma, Asha")
    lines[4] = lines[4].replace("C00004,Asha", '"C00004\nAsha')
    told = await send("\n".join(lines).encode())
    assert (told["successfulRecords"], told["failedRecords"]) == (4, 4)
    errors = (await as_admin.get(told["errorsUrl"].split("?")[0], params={"limit": 100})).json()["data"]["errors"]
    assert {(error["row"], error["code"]) for error in errors} >= {
        (3, "more_cells_than_headings"),
        (5, "quote_not_closed"),
        (9, "more_cells_than_headings"),
    }


async def test_a_column_without_a_heading_is_reported_and_fails_no_row(send: Send, as_admin: httpx.AsyncClient) -> None:
    lines = lines_of(6)
    text = "\n".join([lines[0], *(f"{line},call after 6" for line in lines[1:])])
    told = await send(text.encode())
    assert (told["successfulRecords"], told["failedRecords"]) == (6, 0)
    warnings = (await as_admin.get(f"/api/upload/{told['uploadId']}/errors", params={"severity": "warning"})).json()[
        "data"
    ]
    assert ("Column L", "column_ignored") in {(each["column"], each["code"]) for each in warnings["warnings"]}


async def test_a_row_that_another_delimiter_separates_is_no_remark(send: Send) -> None:
    lines = lines_of(4)
    lines[2] = lines[2].replace(",", ";")
    told = await send("\n".join(lines).encode())
    assert (told["successfulRecords"], told["failedRecords"]) == (3, 1)
    lines = [line.replace(",", ";") if at != 2 else line for at, line in enumerate(lines_of(4))]
    lines[2] = lines[2].replace("Asha Sharma", "Asha Devi Rao Sharma")
    told = await send("\n".join(lines).encode())
    assert (told["totalRecords"], told["failedRecords"]) == (4, 1)


async def test_control_characters_are_no_part_of_a_list(send: Send) -> None:
    """A NUL within a name, a form feed before a row, and what ends a text of DOS."""
    lines = lines_of(3)
    lines[1] = lines[1].replace("Asha", "As\0ha")
    lines[2] = f"\x0c{lines[2]}"
    told = await send("\n".join([*lines, "\x1a"]).encode())
    assert (told["successfulRecords"], told["failedRecords"]) == (3, 0)
    assert told["accounting"]["skipped"] == {"heading": 1, "blank": 1}


def test_blank_cells_behind_the_last_column_change_nothing(tmp_path: Path) -> None:
    lines = lines_of(3)
    assert len(read(tmp_path, "\n".join([lines[0], *(f"{line},,," for line in lines[1:])]))) == 3


def test_a_space_before_a_quotation_mark(tmp_path: Path) -> None:
    lines = [", ".join(f'"{cell}"' for cell in line.split(",")) for line in lines_of(2)]
    lines[1] = lines[1].replace("Asha Sharma 1", "Sharma, Asha")
    assert [line[3] for line in read(tmp_path, "\n".join(lines))] == ["Sharma, Asha", "Asha Sharma 2"]


async def test_one_byte_that_is_no_utf8_leaves_the_other_names_intact(send: Send, as_admin: httpx.AsyncClient) -> None:
    lines = [line.replace("Asha Sharma", "लक्ष्मी शर्मा") for line in lines_of(20)]
    content = "\n".join(lines).encode().replace(b"asha7@", b"asha7\x92@", 1)
    await send(content)
    cases = (await as_admin.get("/api/cases", params={"limit": 100})).json()["data"]["cases"]
    assert {case["customerName"] for case in cases} == {f"लक्ष्मी शर्मा {number}" for number in range(1, 21)}


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("Savio D’Mello", "cp1252"),
        ("Private – Package", "cp1252"),
        ("“Raju” Kulkarni", "cp1252"),
        ("José Peña", "cp1252"),
        ("JOSÉ PEÑA", "cp1252"),
        ("José Peña", "mac_roman"),
        ("Zoë Brontë", "cp437"),
    ],
)
def test_letters_of_one_byte_stand_where_people_write_them(tmp_path: Path, name: str, encoding: str) -> None:
    lines = lines_of(40)
    lines[20] = lines[20].replace("Asha Sharma 20", name)
    assert read(tmp_path, "\n".join(lines).encode(encoding))[19][3] == name


def test_letters_of_windows_beside_each_other_in_a_list_of_hindi_names(tmp_path: Path) -> None:
    lines = [line.replace("Asha Sharma", "लक्ष्मी शर्मा") for line in lines_of(20)]
    found = read(
        tmp_path,
        "\n".join(lines).encode() + b"\n" + lines_of(21)[21].encode().replace(b"Asha", "Núñez".encode("cp1252")),
    )
    assert (found[20][3], found[4][3]) == ("Núñez Sharma 21", "लक्ष्मी शर्मा 5")


def test_an_apostrophe_of_windows_in_a_list_of_hindi_names(tmp_path: Path) -> None:
    lines = [line.replace("Asha Sharma", "लक्ष्मी शर्मा") for line in lines_of(20)]
    lines[3] = lines[3].replace("लक्ष्मी शर्मा 3", "Savio D?Mello")
    found = read(tmp_path, "\n".join(lines).encode().replace(b"D?M", b"D\x92M"))
    assert (found[2][3], found[4][3]) == ("Savio D’Mello", "लक्ष्मी शर्मा 5")


async def test_headings_that_come_again_are_no_policies(send: Send) -> None:
    """On every page in two lines, and behind a byte order mark where two exports were joined."""
    upper = [
        "Policy",
        "Customer",
        "Insured",
        "Mobile",
        "E-mail",
        "Product",
        "Start",
        "Expiry",
        "Last",
        "Renewal",
        "Pay",
    ]
    lower = ["Number", "Code", "Name", "No.", "ID", "", "Date", "Date", "Premium", "Premium", "Freq"]
    heads, pages = [",".join(upper), ",".join(lower)], [lines_of(6)[1:4], lines_of(6)[4:]]
    told = await send("\n".join(["Due list", *heads, *pages[0], "Page 2", *heads, *pages[1]]).encode())
    assert (told["totalRecords"], told["successfulRecords"], told["failedRecords"]) == (6, 6, 0)
    lines = lines_of(6)
    hindi = "पॉलिसी नंबर,ग्राहक कोड,ग्राहक का नाम,मोबाइल नंबर,ईमेल,उत्पाद,प्रारंभ तिथि,समाप्ति तिथि"
    joined = [*lines[:3], f"\ufeff{lines[0]}", lines[3], hindi, *lines[4:]]
    told = await send("\n".join(joined).encode(), force="true")
    assert (told["totalRecords"], told["failedRecords"]) == (6, 0)


def test_every_line_of_a_printed_list_is_accounted_for(tmp_path: Path) -> None:
    lines = lines_of(4)
    text = "\n".join(
        ["Due list", "", *lines[:3], "", "Page total,2", "Page 2", lines[0], *lines[3:], "TOTAL,4", "Prepared by MIS"]
    )
    assert skipped(tmp_path, text) == {Skip.TITLE: 1, Skip.BLANK: 2, Skip.HEADING: 2, Skip.TOTAL: 2, Skip.NOTE: 2}
    titles = ["Due list,,,Printed 01/11/2026", "Branch: Pune,,Page {} of 2"]
    pages = ["\n".join([*titles, lines[0], *lines[at : at + 2]]).replace("{}", str(at)) for at in (1, 3)]
    ends = ["c/f,,,30000", "Pune Total,2", "4,,,Total:,60000", "-----,----,---", "Agent : Ramesh"]
    ends += ["Branch Total : Pune,,,9", "2 policies,,9", "उप-योग,9", "एकूण,9"]
    text = "\n".join([*pages, *ends])
    assert skipped(tmp_path, text) == {Skip.TITLE: 4, Skip.HEADING: 2, Skip.TOTAL: 7, Skip.NOTE: 2}


async def test_rows_below_headings_in_another_order_are_reported(send: Send, as_admin: httpx.AsyncClient) -> None:
    lines = lines_of(4)
    other = [",".join(reversed(line.split(","))) for line in lines]
    told = await send("\n".join([*lines[:3], other[0], *other[3:]]).encode())
    assert (told["successfulRecords"], told["failedRecords"]) == (2, 2)
    errors = (await as_admin.get(told["errorsUrl"].split("?")[0])).json()["data"]["errors"]
    assert {error["row"] for error in errors if error["code"] == "under_other_headings"} == {5, 6}
    exchanged = [",".join([line.split(",")[at] for at in (2, 1, 0)] + line.split(",")[3:]) for line in lines_of(8)]
    told = await send("\n".join([*lines_of(6), f"\ufeff{exchanged[0]}", *exchanged[7:]]).encode())
    assert (told["totalRecords"], told["failedRecords"]) == (8, 2)


def test_headings_far_down(tmp_path: Path) -> None:
    text = "\n".join([*(f"Note {number},see below" for number in range(150)), *lines_of(2)])
    assert [line[0] for line in read(tmp_path, text)] == [152, 153]


def test_a_table_of_one_row_and_thousands_of_columns(tmp_path: Path) -> None:
    headings = [*HEADINGS, *(f"Remark {number}" for number in range(3_000))]
    found = read(tmp_path, "\n".join([",".join(headings), ",".join([*map(str, row(1)), *["x"] * 3_000])]))
    assert (len(found), len(found[0])) == (1, 3_012)
    with pytest.raises(Problem, match="more than 16,384 columns"):
        read(tmp_path, ",".join([*HEADINGS, *(f"Remark {number}" for number in range(16_384))]) + "\n1")
