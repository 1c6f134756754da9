"""Workbooks as spreadsheet programs keep them: types and formats of cells, merged cells, hidden rows, parts in odd places."""

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msoffcrypto
import olefile
import pytest
from msoffcrypto.format.ooxml import OOXMLFile

from py360.modules.uploads.reading.rows import HIDDEN, ROW, Roles, Skip
from py360.modules.uploads.reading.tables import Table
from tests.factories.policy_files import HEADINGS, Send, row, xlsx_of
from tests.factories.tables import rows_in, table_in
from tests.factories.workbooks import (
    PAYLOADS,
    cell,
    letters,
    ods_cell,
    ods_of,
    ods_row,
    row_of,
    sheet_of,
    xlsx_parts,
    zip_of,
)


def table_of(folder: Path, content: bytes) -> Table:
    """A workbook opened."""
    (folder / "file").write_bytes(content)
    return table_in(folder / "file")


def values(number: int, **over: Any) -> list[Any]:
    """A good row."""
    return row(number, **over)


def book(*rows: list[Any], **more: Any) -> bytes:
    """An .xlsx of these rows under our headings."""
    return zip_of(xlsx_parts(sheet_of("".join(map(row_of, [HEADINGS, *rows]))), **more))


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        (cell(46357, style=1), "2026-12-01 00:00:00"),
        (cell("#REF!", kind="e"), "Column L"),
        (cell("1", kind="b"), "TRUE"),
        (cell("2026.0", kind="n"), "2026"),
        (cell("Remark_x000D_", kind="str"), "Remark"),
        (cell("", kind="str"), "Column L"),
    ],
)
def test_headings_are_read_as_cells_are(tmp_path: Path, heading: str, name: str) -> None:
    rows = "".join(map(row_of, [[*HEADINGS, heading, "Last"], [*values(1), "x", "y"]]))
    table = table_of(tmp_path, zip_of(xlsx_parts(sheet_of(rows), formats=["dd/mm/yyyy"])))
    assert table.headings == (*HEADINGS, name, "Last")
    assert rows_in(table)[0][-2:] == ("x", "y")


def test_a_wrong_byte_in_a_sheet_is_the_trouble_of_its_cell(tmp_path: Path) -> None:
    rows = [HEADINGS, values(1, **{"Pay Freq": "Ann?ual"}), values(2)]
    sheet = sheet_of("".join(row_of(line, at) for at, line in enumerate(rows, 1))).encode().replace(b"?", b"\xe9")
    found = rows_in(table_of(tmp_path, zip_of({**xlsx_parts(""), "xl/worksheets/sheet1.xml": sheet})))
    assert [line[11] for line in found] == ["Ann\ufffdual", "Annual"]


def test_headings_in_row_150(tmp_path: Path) -> None:
    notes = "".join(row_of([f"Note {number}", "see below"]) for number in range(149))
    table = table_of(tmp_path, zip_of(xlsx_parts(sheet_of(notes + row_of(HEADINGS) + row_of(values(1))))))
    assert (table.header_row, rows_in(table)[0][0]) == (150, 151)


@pytest.mark.parametrize("error", ["#SPILL!", "#ERROR!", "#GETTING_DATA", "Err:508", "#N/A", ""])
@pytest.mark.parametrize("kind", ["e", "n"])
def test_an_error_value_leaves_its_cell_blank_and_nothing_else(tmp_path: Path, error: str, kind: str) -> None:
    line = [*values(1)[:10], cell(error, kind=kind)]
    assert rows_in(table_of(tmp_path, book(line, values(2))))[0][10:] == ("11001", None)


def test_an_error_value_of_other_formats_leaves_its_cell_blank(tmp_path: Path) -> None:
    odd = '<table:table-cell office:value-type="string" calcext:value-type="error"><text:p>#NAME?</text:p></table:table-cell>'
    content = ods_of(ods_row(HEADINGS) + ods_row([*values(1)[:10], odd]) + ods_row(values(2)))
    assert rows_in(table_of(tmp_path, content))[0][10:] == ("11001", None)
    odd = '<table:table-cell office:value-type="float" office:value="#DIV/0!"><text:p>0</text:p></table:table-cell>'
    content = ods_of(ods_row(HEADINGS) + ods_row([*values(1)[:10], odd]) + ods_row(values(2)))
    assert rows_in(table_of(tmp_path, content))[0][10:] == ("11001", None)
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    cells = [
        "".join(f'<Cell><Data ss:Type="String">{text}</Data></Cell>' for text in line)
        for line in (HEADINGS, values(1)[:10])
    ]
    cells[1] += '<Cell><Data ss:Type="Number">#VALUE!</Data></Cell>'
    table = "".join(f"<Row>{line}</Row>" for line in cells)
    book_2003 = f'<?xml version="1.0"?><Workbook xmlns="{space}" xmlns:ss="{space}"><Worksheet ss:Name="A"><Table>{table}</Table></Worksheet></Workbook>'
    assert rows_in(table_of(tmp_path, book_2003.encode()))[0][10:] == ("11001", None)


@pytest.mark.parametrize(
    ("number", "code", "text"),
    [
        (12345, "0000000000", "0000012345"),
        (42, '"MOT/2026/"0000', "MOT/2026/0042"),
        (42, r"\D\M\-000000", "DM-000042"),
        (42, '0"/2026"', "42/2026"),
        (9876543210, "0.00E+00", "9876543210"),
        (9000.5, '"₹" #,##0.00', "9000.5"),
        (9000, '"Rs. "0', "9000"),
        (9000, "#,##0;[Red]-#,##0", "9000"),
        (1.25, '0.00 "lakh"', "1.25 lakh"),
        (12500000, '0.00,,"Cr"', "12500000"),
        ("12110031250100000654", "General", "1.21100312501E+19"),
        (46357, "[$-4009]dd mmm yyyy", "2026-12-01 00:00:00"),
        (0.4375, "hh:mm", "10:30:00"),
    ],
)
def test_a_number_is_written_plainly_or_as_an_identifier_is_shown(
    tmp_path: Path, number: float | str, code: str, text: str
) -> None:
    """Twenty digits are shown as a program shows them, so that nobody takes the invented ones for real."""
    content = book(values(1, **{"Policy No.": cell(number, style=1, kind="n")}), formats=[code])
    assert rows_in(table_of(tmp_path, content))[0][1] == text


def test_numbers_of_other_formats_are_written_as_they_are_shown(tmp_path: Path) -> None:
    shown = [("0000012345", 12345), ("MOT/2026/0042", 42), ("Rs. 9,000", 9000), ("1.2E+19", 12110031250100000654.0)]
    lines = [ods_row([ods_cell(value, text), *values(1)[1:]]) for text, value in shown]
    found = rows_in(table_of(tmp_path, ods_of(ods_row(HEADINGS) + "".join(lines))))
    assert [line[1] for line in found] == ["0000012345", "MOT/2026/0042", "9000", "1.21100312501E+19"]


async def test_a_policy_number_shown_with_zeros_keeps_them(send: Send, as_admin: httpx.AsyncClient) -> None:
    content = book(
        values(1, **{"Policy No.": cell(12345, style=1)}),
        values(2, **{"Policy No.": cell(7, style=1)}),
        values(3, **{"Policy No.": cell("12110031250100000654", kind="n")}),
        formats=["0000000000"],
    )
    told = await send(content, "list.xlsx")
    assert (told["successfulRecords"], told["failedRecords"]) == (2, 1)
    cases = (await as_admin.get("/api/cases")).json()["data"]["cases"]
    assert {case["policyNumber"] for case in cases} == {"0000012345", "0000000007"}
    errors = (await as_admin.get(told["errorsUrl"].split("?")[0])).json()["data"]["errors"]
    assert {error["code"] for error in errors} == {"policy_number_shortened"}


MERGED = '<mergeCells count="2"><mergeCell ref="L2:L4"/><mergeCell ref="I2:I3"/></mergeCells>'


def test_merged_cells_stand_for_all_their_rows_but_amounts_do_not(tmp_path: Path) -> None:
    rows = [[*HEADINGS, "Agent"], [*values(1), "Ravi"], [*values(2)[:8], None, *values(2)[9:]], values(3), values(4)]
    lines = "".join(row_of(line, at) for at, line in enumerate(rows, 1))
    table = table_of(tmp_path, zip_of(xlsx_parts(sheet_of(lines, MERGED))))
    roles = Roles(0, amounts=frozenset([8]))
    found = [line for chunk in table.chunks(2, roles) for line in chunk.select("c11", "c8").rows()]
    assert found == [("Ravi", "10001"), ("Ravi", None), ("Ravi", "10003"), (None, "10004")]


def test_cells_that_reach_down_in_other_formats(tmp_path: Path) -> None:
    over = ods_cell("Ravi", attributes='table:number-rows-spanned="2"')
    lines = [ods_row([*values(1), over]), ods_row([*values(2), "<table:covered-table-cell/>"]), ods_row(values(3))]
    table = table_of(tmp_path, ods_of(ods_row([*HEADINGS, "Agent"]) + "".join(lines)))
    assert [line[-1] for line in rows_in(table)] == ["Ravi", "Ravi", None]


async def test_a_customer_merged_over_several_policies_has_them_all(send: Send, as_admin: httpx.AsyncClient) -> None:
    rows = [list(HEADINGS), *(values(number) for number in (1, 2, 3, 4))]
    for line in rows[2:4]:
        line[2] = line[3] = line[4] = None
    merged = "".join(f'<mergeCell ref="{column}2:{column}4"/>' for column in "CDE")
    lines = "".join(row_of(line, at) for at, line in enumerate(rows, 1))
    content = zip_of(xlsx_parts(sheet_of(lines, f"<mergeCells>{merged}</mergeCells>")))
    assert (await send(content, "list.xlsx"))["successfulRecords"] == 4
    cases = (await as_admin.get("/api/cases")).json()["data"]["cases"]
    assert sorted(case["customerName"] for case in cases) == [*["Asha Sharma 1"] * 3, "Asha Sharma 4"]


def hidden_in(table: Table) -> list[int]:
    """The numbers of the rows that the file does not show."""
    key = Roles(0)
    assert table.accounting(key).missing == 0
    return [line[0] for chunk in table.chunks(10, key) for line in chunk.filter(HIDDEN).select(ROW).rows()]


def _ods_hidden() -> bytes:
    attributes = ['table:visibility="filter"', "", 'table:visibility="collapse"']
    return ods_of(ods_row(HEADINGS) + "".join(ods_row(values(at), each) for at, each in enumerate(attributes)))


def _xlsx_hidden() -> bytes:
    attributes = ['hidden="1"', "", "hidden='true'"]
    lines = [row_of(values(at), at + 2, each) for at, each in enumerate(attributes)]
    return zip_of(xlsx_parts(sheet_of(row_of(HEADINGS, 1) + "".join(lines))))


def _xls_hidden() -> bytes:
    """The old workbook, where the row records of rows 4 and 6 say that they are not shown."""
    file = io.BytesIO((PAYLOADS / "renewals.xls").read_bytes())
    with olefile.OleFileIO(file, write_mode=True) as old:
        stream = bytearray(old.openstream("Workbook").read())
        at = 0
        while at + 4 <= len(stream):
            kind, size = struct.unpack_from("<HH", stream, at)
            if kind == 0x0208 and int.from_bytes(stream[at + 4 : at + 6], "little") in (3, 5):
                stream[at + 4 + 12] |= 0x20
            at += 4 + size
        old.write_stream("Workbook", bytes(stream))
    return file.getvalue()


def _xlsb_hidden() -> bytes:
    """The binary workbook, where the row headers of rows 4 and 6 say that they are not shown."""
    with zipfile.ZipFile(PAYLOADS / "renewals.xlsb") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = next(name for name in parts if "sheet1.bin" in name and "rels" not in name)
    data = bytearray(parts[name])
    for number in (3, 5):
        at = data.find(bytes([0, 17]) + number.to_bytes(4, "little"))
        data[at + 2 + 11] |= 0x10
    return zip_of({**parts, name: bytes(data)})


@pytest.mark.parametrize(
    ("make", "rows"), [(_xlsx_hidden, [2, 4]), (_ods_hidden, [2, 4]), (_xls_hidden, [4, 6]), (_xlsb_hidden, [4, 6])]
)
def test_rows_that_the_file_does_not_show_are_marked(
    tmp_path: Path, make: Callable[[], bytes], rows: list[int]
) -> None:
    assert hidden_in(table_of(tmp_path, make())) == rows


def test_dates_of_1904_without_a_date_format(tmp_path: Path) -> None:
    table = table_of(tmp_path, book(values(1, **{"Policy Expiry Dt": 44913}), properties='date1904="1"'))
    chunk = next(table.chunks(10, Roles(0, dates=frozenset([6, 7]))))
    assert (chunk["c7"][0], chunk["c6"][0], chunk["c8"][0]) == ("46375", "20/12/2025", "10001")


def test_dates_of_1904_in_a_document_of_libreoffice(tmp_path: Path) -> None:
    start = '<table:calculation-settings><table:null-date table:date-value="1904-01-01"/></table:calculation-settings>'
    cells = values(1, **{"Policy Start Dt": 44549, "Policy Expiry Dt": 44913})
    content = ods_of(ods_row(HEADINGS) + ods_row(cells))
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        text = {name: parts.read(name) for name in parts.namelist()}
    text["content.xml"] = text["content.xml"].replace(b"<table:table ", start.encode() + b"<table:table ", 1)
    table = table_of(tmp_path, zip_of(text))
    assert [chunk["c7"].to_list() for chunk in table.chunks(10, Roles(0, dates=frozenset({6, 7})))] == [["46375"]]


def test_a_moment_in_a_cell_keeps_its_zone(tmp_path: Path) -> None:
    """Programs write a day of India as the evening before, UTC; at midnight it is the same day anyway."""
    moments = ["2026-12-18T18:30:00.000Z", "2026-12-19T00:00:00Z", "2026-12-19"]
    found = rows_in(
        table_of(tmp_path, book(*(values(1, **{"Policy Expiry Dt": cell(moment, kind="d")}) for moment in moments)))
    )
    assert len(found) == 3
    texts = [next(text for text in line if isinstance(text, str) and text.startswith("2026-12-1")) for line in found]
    assert texts == ["2026-12-18T18:30:00.000Z", "2026-12-19 00:00:00", "2026-12-19 00:00:00"]


def test_sheets_that_are_not_read_are_named(tmp_path: Path) -> None:
    """One that continues without headings, one with headings of its own, and a cover sheet, which is no table."""
    sheets = [sheet_of("".join(map(row_of, rows))) for rows in (
        [HEADINGS, values(1), values(2)], [values(3), values(4)], [HEADINGS, values(5)], [["Renewals", "of December"]],
    )]  # fmt: skip
    table = table_of(tmp_path, zip_of(xlsx_parts(*sheets)))
    assert (len(rows_in(table)), table.not_read) == (2, ("Sheet2", "Sheet3"))


def test_rows_that_are_formatted_and_empty_take_no_room(tmp_path: Path) -> None:
    ghosts = "".join(
        f'<row r="{number}"><c r="A{number}" s="1"/><c r="XFD{number}" s="1"/></row>' for number in range(4, 60_000)
    )
    rows = (
        row_of(HEADINGS, 1)
        + row_of(values(1), 2)
        + row_of(values(2), 3)
        + ghosts
        + '<row r="1048576"><c r="A1048576" s="1"/></row>'
    )
    table = table_of(tmp_path, zip_of(xlsx_parts(sheet_of(rows), formats=["0"])))
    assert (len(rows_in(table)), table.rows_hint, table.complete) == (2, 2, True)


@pytest.mark.parametrize("form", ["prefixed", "commented", "unnumbered", "spaced"])
def test_xml_in_any_form_gives_the_same_rows(tmp_path: Path, form: str) -> None:
    lines = [values(1, **{"Insured Name": "Asha & <Ravi>", "Mobile No": 9876543210}), values(2), [None, None, "Alone"]]
    numbered = "".join(row_of(line, at + 1) for at, line in enumerate([HEADINGS, *lines]))
    usual = sheet_of(numbered)
    odd = {
        "prefixed": usual.replace("<worksheet xmlns=", "<x:worksheet xmlns:x=").replace("</worksheet", "</x:worksheet"),
        "commented": usual.replace("<v>", "<v><!-- a number -->"),
        "unnumbered": usual if form != "unnumbered" else sheet_of("".join(row_of([cell or "" for cell in line]) for line in [HEADINGS, *lines])),
        "spaced": usual.replace("<c ", "\n  <c ").replace("<v>", "<v >"),
    }[form]  # fmt: skip
    if form == "prefixed":
        for tag in ("sheetData", "row", "c", "v", "is", "t"):
            odd = (
                odd.replace(f"<{tag} ", f"<x:{tag} ")
                .replace(f"<{tag}>", f"<x:{tag}>")
                .replace(f"</{tag}>", f"</x:{tag}>")
            )
    expected = rows_in(table_of(tmp_path, zip_of(xlsx_parts(usual))))
    assert rows_in(table_of(tmp_path, zip_of(xlsx_parts(odd)))) == expected
    assert expected[0][3:5] == ("Asha & <Ravi>", "9876543210")


def test_parts_in_odd_places(tmp_path: Path) -> None:
    """Names with backslashes, in capitals, behind `./` or with a space, and a workbook part with a number; a line before it all."""
    parts = xlsx_parts(sheet_of(row_of(HEADINGS) + row_of(values(1))))
    other = xlsx_parts(sheet_of(row_of(HEADINGS) + row_of(values(1))), workbook="xl/workbook2.xml")
    for each in (
        {name.replace("/", "\\"): content for name, content in parts.items()},
        {name.upper(): content for name, content in parts.items()},
        {f"./{name}": content for name, content in parts.items()},
        {name.replace("sheet1", "sheet 1"): _retarget(content) for name, content in parts.items()},
        other,
    ):
        assert len(rows_in(table_of(tmp_path, zip_of(each)))) == 1
    assert len(rows_in(table_of(tmp_path, b"\r\n" + zip_of(parts)))) == 1


def _retarget(content: str | bytes) -> str | bytes:
    return content.replace("sheet1.xml", "sheet%201.xml") if isinstance(content, str) else content


def locked_with(password: str) -> bytes:
    """A workbook under a password."""
    plain, locked = io.BytesIO(xlsx_of([HEADINGS, *(values(number) for number in range(200))])), io.BytesIO()
    OOXMLFile(plain).encrypt(password, locked)
    return locked.getvalue()


async def test_the_password_that_excel_uses_by_itself_is_no_password(send: Send, as_admin: httpx.AsyncClient) -> None:
    told = await send(locked_with("VelvetSweatshop"), "list.xlsx")
    assert (told["status"], told["successfulRecords"]) == ("completed", 200)
    kept = (await as_admin.get(told["downloadUrl"])).content
    assert kept.startswith(b"PK") and not msoffcrypto.OfficeFile(io.BytesIO(kept)).is_encrypted()
    refused = await as_admin.post("/api/upload/file", files={"file": ("list.xlsx", locked_with("secret"))})
    assert refused.json()["error"]["code"] == "encrypted_workbook"


def test_rows_that_share_a_number_or_count_back_are_all_read(tmp_path: Path) -> None:
    rows = [row_of(HEADINGS, 1), *(row_of(values(at), number) for at, number in enumerate((2, 2, 7, 4), 1))]
    table = table_of(tmp_path, zip_of(xlsx_parts(sheet_of("".join(rows)))))
    assert [line[0] for line in rows_in(table)] == [2, 3, 7, 8]
    accounting = table.accounting(Roles(0))
    assert (accounting.read, accounting.data, accounting.missing) == (8, 4, 0)


def test_every_row_of_a_sheet_is_accounted_for(tmp_path: Path) -> None:
    rows = [
        row_of(["Due list"], 1),
        row_of(HEADINGS, 3),
        row_of(values(1), 4),
        row_of(values(2), 8),
        row_of(["TOTAL", 2], 9),
    ]
    accounting = table_of(tmp_path, zip_of(xlsx_parts(sheet_of("".join(rows))))).accounting(Roles(0))
    assert (accounting.read, accounting.data, accounting.missing) == (9, 2, 0)
    assert accounting.skipped == {Skip.TITLE: 1, Skip.HEADING: 1, Skip.BLANK: 4, Skip.TOTAL: 1}


def test_letters_of_columns() -> None:
    assert [letters(column) for column in (0, 25, 26, 51, 52)] == ["A", "Z", "AA", "AZ", "BA"]
