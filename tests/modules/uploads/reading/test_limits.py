"""Files that are made to use up memory or time are refused by name, and the API continues answering."""

import io
import zipfile
from pathlib import Path

import httpx
import pytest

from py360.kit.errors import Problem
from py360.modules.uploads.settings import MEGABYTE, UploadSettings
from tests.factories.policy_files import HEADINGS, row, xlsx_of
from tests.factories.tables import rows_in, table_in
from tests.factories.workbooks import ods_cell, ods_of, ods_row, row_of, sheet_of, xlsx_parts, zip_of

LIMITS = UploadSettings()
LINES = row_of(HEADINGS) + row_of(row(1))


def refused(folder: Path, content: bytes, **limits: int) -> Problem:
    """Why a file is refused."""
    (folder / "file").write_bytes(content)
    with pytest.raises(Problem) as problem:
        table_in(folder / "file", LIMITS.model_copy(update=limits))
    return problem.value


def _relationships() -> bytes:
    parts = xlsx_parts(sheet_of(LINES))
    name = "xl/_rels/workbook.xml.rels"
    many = "".join(f'<Relationship Id="x{at}" Type="t" Target="worksheets/s{at}.xml"/>' for at in range(50_000))
    return zip_of({**parts, name: str(parts[name]).replace("</Relationships>", f"{many}</Relationships>")})


def _styles() -> bytes:
    return zip_of(
        {**xlsx_parts(sheet_of(LINES)), "xl/styles.xml": b"<styleSheet>" + b"<xf/>" * 8_000_000 + b"</styleSheet>"}
    )


def _repeated() -> bytes:
    many = ods_cell("x", attributes='table:number-columns-repeated="16000"')
    return ods_of(ods_row(HEADINGS) + ods_row([many], 'table:number-rows-repeated="1000000"'))


def _parts() -> bytes:
    return zip_of({**xlsx_parts(sheet_of(LINES)), **{f"xl/media/{at}": b"" for at in range(10_001)}})


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (_relationships, "too_many_parts"),
        (_styles, "unpacked_too_large"),
        (_repeated, "too_many_cells"),
        (_parts, "too_many_parts"),
    ],
)
async def test_what_unpacks_beyond_measure_is_refused(as_admin: httpx.AsyncClient, make: object, code: str) -> None:
    assert callable(make)
    answer = await as_admin.post("/api/upload/file", files={"file": ("list.xlsx", make())})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, code)
    assert answer.json()["error"]["message"].endswith(".")
    assert (await as_admin.get("/api/upload/history")).status_code == 200


def test_a_repeated_row_that_is_blank_takes_no_room(tmp_path: Path) -> None:
    blank = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    (tmp_path / "file").write_bytes(ods_of(ods_row(HEADINGS) + ods_row(row(1)) + blank + ods_row(row(2))))
    assert [line[0] for line in rows_in(table_in(tmp_path / "file"))] == [2, 1_048_003]


def test_a_file_that_needs_too_much_memory_is_refused(tmp_path: Path) -> None:
    cells = "".join(f"<tr>{''.join(f'<td>{number}{at}' for at in range(12))}" for number in range(45_000))
    page = f"<html><table><tr>{''.join(f'<th>{heading}' for heading in HEADINGS)}{cells}</table>"
    problem = refused(tmp_path, page.encode(), read_memory_bytes=64 * MEGABYTE)
    assert (problem.status, problem.code) == (413, "reading_needs_too_much_memory")
    assert "64 MB" in problem.message


def test_a_file_that_takes_too_long_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    parts = xlsx_parts(sheet_of(LINES))
    line = row_of([*row(1)[:10], "<c ><v><!-- --></v></c>"]).encode()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            big = b"<worksheet><sheetData>" + row_of(HEADINGS).encode() + line * 60_000 + b"</sheetData></worksheet>"
            archive.writestr(name, big if "sheet1" in name else content)
    problem = refused(tmp_path, buffer.getvalue(), read_seconds=1)
    assert (problem.status, problem.code) == (413, "reading_takes_too_long")
    assert "1 seconds" in problem.message


def test_two_hundred_thousand_rows_are_within_the_limits(tmp_path: Path) -> None:
    line = row_of(row(1)[:4], 2).replace(' r="2"', "", 1).encode()
    sheet = b"<worksheet><sheetData>" + row_of(HEADINGS[:4]).encode() + line * 200_000 + b"</sheetData></worksheet>"
    (tmp_path / "file").write_bytes(zip_of({**xlsx_parts(""), "xl/worksheets/sheet1.xml": sheet}))
    table = table_in(tmp_path / "file")
    assert (table.rows_hint, table.complete) == (200_000, True)


@pytest.mark.parametrize("text", ["<Override ", '<Relationship Target="vba', "<!--", "<?", "<Default Extension='"])
async def test_parts_full_of_tags_that_never_end_are_dealt_with(as_admin: httpx.AsyncClient, text: str) -> None:
    """Patterns that look back would go over the rest of the part for each of them."""
    with zipfile.ZipFile(io.BytesIO(xlsx_of([HEADINGS, row(1)]))) as good:
        parts = {name: good.read(name) for name in good.namelist()}
    types = (text * 200_000).encode() + b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    content = zip_of({**parts, "[Content_Types].xml": types, "xl/vbaProject.bin": b"Sub"})
    answer = await as_admin.post("/api/upload/file", files={"file": ("list.xlsm", content)})
    assert answer.status_code in (201, 413), answer.text
    page = await as_admin.post("/api/upload/file", files={"file": ("list.xls", (text * 20_000).encode())})
    assert page.status_code in (415, 422)


def test_merged_cells_of_a_bomb_are_looked_through_once(tmp_path: Path) -> None:
    sheet = sheet_of(LINES, "<mergeCell " * 300_000)
    (tmp_path / "file").write_bytes(zip_of(xlsx_parts(sheet)))
    assert len(rows_in(table_in(tmp_path / "file"))) == 1
