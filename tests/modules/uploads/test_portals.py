"""What insurers' portals export as .xls and what is none: web pages, and the XML of Excel 2003."""

import csv
import io
from pathlib import Path
from typing import Any

import httpx
import pytest

from py360.kit.errors import Problem
from py360.modules.uploads.reading.tables import Table
from py360.modules.uploads.settings import UploadSettings
from tests.factories.policy_files import HEADINGS, Send, row
from tests.factories.portal_files import book_of, page_of
from tests.factories.tables import rows_in, table_in

LIMITS = UploadSettings()


def table_of(folder: Path, content: str | bytes, limits: UploadSettings = LIMITS) -> Table:
    """A file opened."""
    (folder / "file.xls").write_bytes(content.encode() if isinstance(content, str) else content)
    return table_in(folder / "file.xls", limits)


def rows_of(table: Table) -> list[tuple[Any, ...]]:
    """The policies' rows as (row number, cells...)."""
    return rows_in(table)


@pytest.mark.parametrize("write", [page_of, book_of])
async def test_a_portals_xls_is_imported_and_its_errors_come_back(
    send: Send, as_admin: httpx.AsyncClient, write: Any
) -> None:
    content = write(["Renewal list"], HEADINGS, row(1), row(2, **{"Last Premium (INR)": "N.A."}), ["TOTAL", 2]).encode()
    told = await send(content, "Renewals.xls")
    assert (told["status"], told["successfulRecords"], told["failedRecords"]) == ("completed", 1, 1)
    file = await as_admin.get(told["errorsUrl"], params={"format": "csv"})
    lines = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert lines[0][: len(HEADINGS)] == list(HEADINGS)
    assert lines[1][: len(HEADINGS)] == [str(cell) for cell in row(2, **{"Last Premium (INR)": "N.A."})]
    kept = await as_admin.get(told["downloadUrl"])
    assert (kept.content, kept.headers["content-type"]) == (content, "application/octet-stream")
    assert kept.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "before",
    ["", "\ufeff\r\n", "<!-- export -->", '<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C" "http://w3.org">'],
)
def test_pages_begin_in_many_ways(tmp_path: Path, before: str) -> None:
    table = table_of(tmp_path, page_of(["Renewal list"], HEADINGS, row(1), before=before))
    assert (table.kind, table.header_row, table.headings) == ("html", 2, HEADINGS)
    assert rows_of(table) == [(3, *map(str, row(1)))]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("write", [page_of, book_of])
def test_any_script_whatever_the_file_declares(tmp_path: Path, write: Any, encoding: str) -> None:
    content = write(HEADINGS, row(1, **{"Insured Name": "लक्ष्मी & शर्मा"}))
    content = content.replace("<head>", "<head><meta charset=iso-8859-1>").encode(encoding)
    assert rows_of(table_of(tmp_path, content))[0][3] == "लक्ष्मी & शर्मा"


def test_the_encoding_that_a_page_declares(tmp_path: Path) -> None:
    content = page_of(HEADINGS, row(1, **{"Insured Name": "José Ō"}), head='<meta charset="windows-1257">')
    assert rows_of(table_of(tmp_path, content.encode("cp1257")))[0][3] == "José Ō"


def test_the_number_behind_what_a_page_shows(tmp_path: Path) -> None:
    """Excel and LibreOffice write the shown text, shortened as the column was, and the value beside it."""
    content = page_of(HEADINGS, row(1, **{"Mobile No": "MOBILE", "Policy Start Dt": "START"}))
    content = content.replace("<td class=xl24>MOBILE", "<td x:num='9876543210.0'>9.87654E+09")
    content = content.replace("<td class=xl24>START", '<td sdval="46011" sdnum="1033;0;DD/MM/YY">20/12/25')
    line = rows_of(table_of(tmp_path, content))[0]
    assert (line[4], line[7]) == ("9876543210", "46011")


def test_cells_over_several_columns_and_rows_and_breaks_inside(tmp_path: Path) -> None:
    """A code written once for two rows is that of both; the cells beside it do not move."""
    good = page_of(["T"], HEADINGS, row(1), row(2), row(3))
    good = good.replace("<td class=xl24>T", "<td colspan=11>Renewals").replace("<td class=xl24>C00002", "")
    good = good.replace("<td class=xl24>C00001", "<td rowspan='2'>C00001")
    lines = rows_of(table_of(tmp_path, good.replace("Asha Sharma 2", "<b>Asha&nbsp;</b><br/>Sharma")))
    assert [line[2:4] for line in lines] == [
        ("C00001", "Asha Sharma 1"),
        ("C00001", "Asha Sharma"),
        ("C00003", "Asha Sharma 3"),
    ]


def test_tables_that_only_lay_out_and_a_list_broken_into_pages(tmp_path: Path) -> None:
    first, second = page_of(HEADINGS, row(1), row(2)), page_of(HEADINGS, row(3))
    other = page_of(["Branch", "Policies", "Premium", "Region"], ["Pune", "3", "33006", "West"])
    page = f"<table><tr><td>Menu<td>{first}{second}<style>.a{{}}</style>{other}</table>"
    table = table_of(tmp_path, page)
    assert [line[1] for line in rows_of(table)] == [f"DM/2026/0000{number}" for number in (1, 2, 3)]
    assert len({line[0] for line in rows_of(table)}) == 3


def test_another_table_of_a_page_is_told(tmp_path: Path) -> None:
    other = page_of(HEADINGS[:7], row(9)[:7])
    table = table_of(tmp_path, page_of(HEADINGS, row(1)) + other)
    assert (len(rows_of(table)), table.not_read) == (1, ("Table 2",))


def test_a_workbook_in_xml_as_excel_writes_it(tmp_path: Path) -> None:
    """Dates and numbers as values; a formula by its value; rows and cells left out; comments; a hidden sheet."""
    content = book_of(HEADINGS, row(1, **{"Mobile No": 9876543210, "Policy Start Dt": "START", "Cust Code": "CODE"}))
    content = content.replace('"String">START', '"DateTime">2025-12-20T00:00:00.000')
    content = content.replace('"Number">9876543210', '"Number">9.87654321E9')
    content = content.replace(
        '<Data ss:Type="String">CODE</Data>', '<Comment><ss:Data ss:Type="String">?</ss:Data></Comment>'
    )
    far = '<Row ss:Index="9" ss:Height="12"><Cell ss:Formula="=R1C1"><Data ss:Type="String">DM/9</Data></Cell><Cell ss:Index="3"><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40"><B>Asha</B> Rao</ss:Data></Cell></Row>'
    hidden = '<Worksheet ss:Name="Old"><Table>{}</Table><WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel"><Visible>SheetHidden</Visible></WorksheetOptions></Worksheet>'
    content = content.replace("</Table>", far + "</Table>").replace(
        "<Worksheet", hidden.format(content.split("Table>")[1][:-2]) + "<Worksheet", 1
    )
    table = table_of(tmp_path, content)
    assert (table.kind, table.sheet, table.not_read) == ("xml", "Renewals", ("Old",))
    first, second = rows_of(table)
    assert first == (
        2,
        "DM/2026/00001",
        None,
        "Asha Sharma 1",
        "9876543210",
        *map(str, row(1)[4:6]),
        "2025-12-20 00:00:00",
        *map(str, row(1)[7:]),
    )
    assert second[:4] == (9, "DM/9", None, "Asha Rao")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (book_of(HEADINGS).replace("<Workbook", '<!DOCTYPE x [<!ENTITY a "b">]><Workbook', 1), "wrong_file_type"),
        (book_of(HEADINGS, row(1)).replace("</Table>", ""), "damaged_file"),
        (book_of(HEADINGS, row(1)).replace("<Row>", '<Row ss:Index="many">'), "damaged_file"),
        (book_of(HEADINGS), "empty_file"),
        (page_of(HEADINGS), "empty_file"),
        (page_of(["one", "two"], [1, 2]), "no_header"),
        (page_of(HEADINGS, row(1)) + "<table>" + "<tr>" * 2_000, "too_many_rows"),
        (page_of(HEADINGS, row(1)).replace("DM/", "<td colspan=99999><td rowspan=9999 colspan=99999><td>DM/") + page_of(*[[1]] * 400), "too_many_columns"),
    ],
)  # fmt: skip
def test_refused(tmp_path: Path, content: str, code: str) -> None:
    with pytest.raises(Problem) as refused:
        table_of(tmp_path, content, LIMITS.model_copy(update={"max_rows": 900}))
    assert refused.value.code == code


def test_cells_far_out_take_no_room(tmp_path: Path) -> None:
    content = book_of(HEADINGS, row(1)).replace(
        "<Cell ", '<Cell ss:Index="2000000000" ss:MergeAcross="2000000000"/><Cell ss:Index="1" ', 1
    )
    assert table_of(tmp_path, content).headings == HEADINGS
