"""What the exports of offices do to a list: placeholders, odd dates and sums, several sheets, cells beyond all measure."""

import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import olefile
import polars as pl
import pytest
import xlsxwriter

from py360.modules.uploads.errors import Damaged
from py360.modules.uploads.importer.cells import words
from py360.modules.uploads.importer.cells.amounts import rupees, unit_of
from py360.modules.uploads.importer.cells.dates import Evidence, Order, parse
from py360.modules.uploads.importer.columns import tax_left_out
from py360.modules.uploads.importer.mapping import map_headings
from py360.modules.uploads.reading.kinds import Kind
from py360.modules.uploads.reading.macros import drop_macros
from tests.factories.odd_files import BOOKS, cleaned
from tests.factories.policy_files import HEADINGS, Send, csv_of, row, xlsx_of
from tests.factories.tables import rows_in, table_in


@pytest.mark.parametrize("nothing", ["NA", "n/a", "-", "NULL", "#N/A", "0"])
async def test_a_placeholder_is_no_customer_code(send: Send, as_admin: httpx.AsyncClient, nothing: str) -> None:
    """A code that says "none" in every row would make one customer of all, and write to one about the others' policies."""
    await send(csv_of([row(number, **{"Cust Code": nothing}) for number in (1, 2)]))
    cases = (await as_admin.get("/api/cases")).json()["data"]["cases"]
    assert sorted(case["customerName"] for case in cases) == ["Asha Sharma 1", "Asha Sharma 2"]
    assert len({case["customerId"] for case in cases}) == 2


def test_a_placeholder_is_no_name_and_no_number() -> None:
    done = cleaned(row(1, **{"Policy No.": "N/A"}), row(2, **{"Insured Name": "NULL"}), row(3, **{"Pay Freq": "NA"}))
    assert done.failed["code"].to_list() == ["policy_number_missing", "name_missing"]
    names = ["आशा".encode().decode("latin-1"), "Jos\u00c3\u00a9", "Dâ€™Souza Jo", "À La Carte", "José Ão"]
    done = cleaned(*[row(at, **{"Insured Name": name}) for at, name in enumerate(names)])
    assert done.issues.select("row_no", "code").rows() == [(at, "letters_lost") for at in (2, 3, 4)]


@pytest.mark.parametrize("written", ["'{}", '="{}"'])
def test_texts_that_a_portal_kept_from_being_rounded(written: str) -> None:
    cells = {"Policy No.": written.format("0012345"), "Mobile No": written.format("9876543210")}
    done = cleaned(row(1, **cells)).accepted.row(0, named=True)
    assert (done["policy_number"], done["phone"]) == ("0012345", "+919876543210")


def test_marks_that_nobody_sees_are_no_part_of_a_number_and_joiners_stay_in_a_name() -> None:
    cells = {
        "Policy No.": "\u200bDM/\u200e1\ufeff",
        "Mobile No": "\u202a9876543210\u202c",
        "Insured Name": "क्\u200dष शर्मा",
    }
    done = cleaned(row(1, **cells, **{"Last Premium (INR)": "\u200b9000"})).accepted.row(0, named=True)
    assert (done["policy_number"], done["phone"], done["first_name"]) == ("DM/1", "+919876543210", "क्\u200dष")


@pytest.mark.parametrize("text", ["19-12-20266", "1234567", "20262012", "2026-12-19 to 2027"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse(pl.Series([text]), Order.DAY_FIRST)[0] is None


def test_dates_with_words_and_without_separators() -> None:
    written = ["20261219", "Saturday, 19 December 2026", "Sat 19/12/2026", "19-Dec-2026 (Sat)", "Saturday, December 19, 2026 23:59",
               "शनिवार, 19 दिसंबर 2026", "19 दिसम्बर 2026", "19th of December 2026", "19 Dec '26"]  # fmt: skip
    assert set(parse(pl.Series(written), Order.DAY_FIRST)) == {date(2026, 12, 19)}
    evidence = Evidence()
    evidence.see(pl.Series(["Fri 05/06/2026"]))
    assert evidence.order is None


def test_a_start_of_two_digits_may_lie_in_the_last_century() -> None:
    done = cleaned(row(1, **{"Policy Start Dt": "01/04/98", "Policy Expiry Dt": "31/03/27"}))
    assert done.accepted.select("start_date", "end_date").row(0) == (date(1998, 4, 1), date(2027, 3, 31))


def test_day_and_month_are_not_guessed_in_hindi_digits_either() -> None:
    evidence = Evidence()
    evidence.see(pl.Series(["०५/०६/२०२६"]))
    assert evidence.order is None
    evidence.see(pl.Series(["२५/०६/२०२६"]))
    assert evidence.order is Order.DAY_FIRST


@pytest.mark.parametrize("text", ["20922,30", "1.250,50", "1,25", "12,00,0"])
def test_a_comma_that_groups_nothing_is_not_dropped(text: str) -> None:
    """Read as a grouping, `20922,30` would be a hundred times the premium."""
    assert cleaned(row(1, **{"Last Premium (INR)": text})).failed["code"].to_list() == ["premium_not_a_number"]


@pytest.mark.parametrize(
    ("text", "amount"), [("रु. १२,०००", "12000.00"), ("रुपये 900", "900.00"), ("1,234,567.5", "1234567.50")]
)
def test_rupees_in_words_of_both_languages(text: str, amount: str) -> None:
    assert str(cleaned(row(1, **{"Last Premium (INR)": text})).accepted["premium_amount"][0]) == amount


@pytest.mark.parametrize(
    ("heading", "text", "amount"),
    [
        ("Premium Amount (Lakhs)", "0.118", "11800.00"), ("Premium Amount (Rs. Cr.)", "0.01", "100000.00"),
        ("Premium Amount Rs. '000", "11.8", "11800.00"), ("Premium Amount (Cr)", "2 lakh", "200000.00"),
        ("Premium Amount Cr", "900", "900.00"),
    ],
)  # fmt: skip
def test_an_amount_counts_what_its_heading_says(heading: str, text: str, amount: str) -> None:
    assert str(rupees(pl.Series([text]), unit_of(heading))[0]) == amount
    headings = tuple(heading if name == "Last Premium (INR)" else name for name in HEADINGS)
    done = cleaned(row(1, **{"Last Premium (INR)": text, "Renewal Premium (INR)": "0.11"}), headings=headings)
    assert done.issues["code"].to_list() == ["premium_below_one_rupee"]


@pytest.mark.parametrize(
    ("product", "kind"),
    [
        ("2 Wheeler Package", "motor"), ("Four-Wheeler", "motor"), ("TP 2W", "motor"), ("Arogya Sanjeevani", "health"),
        ("Saral Jeevan Bima", "life"), ("Bharat Griha Raksha", "home"), ("Bharat Laghu Udyam Suraksha", "commercial"),
    ],
)  # fmt: skip
def test_products_as_indian_insurers_call_them(product: str, kind: str) -> None:
    assert words.product_type([pl.Series([product])]).to_list() == [kind]


@pytest.mark.parametrize(
    "heading",
    ["Net Premium", "OD Premium", "TP Premium", "Plan No", "Insurer Name", "Insurer Code", "Agent Mobile No", "GST"],
)
def test_a_heading_that_only_looks_like_ours_is_left_alone(heading: str) -> None:
    """The net premium for the new one would ask the customer for too little."""
    assert map_headings([heading]).unmapped == (heading,)


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Policy Nmber", "policy_number"), ("Date of Expiry", "end_date"), ("Date of Commencement", "start_date"),
        ("Last Yr Prem", "premium_amount"), ("Name of Proposer", "customer_name"), ("Premium Due Date", "renewal_date"),
        ("Life Assured", "customer_name"), ("पॉलिसी नं.", "policy_number"), ("मोबाइल नं.", "phone"),
        ("पॉलिसी की समाप्ति तिथि", "end_date"), ("बीमाधारक", "customer_name"),
    ],
)  # fmt: skip
def test_headings_as_offices_write_them(heading: str, field: str) -> None:
    assert [match.field for match in map_headings([heading]).matches] == [field]


def test_a_tax_beside_the_premium_is_told() -> None:
    """The customer would be asked for too little."""
    net, gross = (map_headings(["Policy No", premium, "CGST"]) for premium in ("Premium", "Total Premium"))
    assert tax_left_out(net, "CGST") and tax_left_out(net, "IGST @18%")
    assert not any(tax_left_out(gross, heading) for heading in ("CGST", "GST"))
    assert not any(tax_left_out(net, heading) for heading in ("GST No", "GST %", "Discount"))


def rows_of(path: Path, content: bytes) -> list[tuple[Any, ...]]:
    """The policies' rows of a file whose first column is the policy number."""
    (path / "file").write_bytes(content)
    return rows_in(table_in(path / "file"))


def test_sums_without_a_word_are_no_policies(tmp_path: Path) -> None:
    sums = [*[""] * 8, 20003, 22003, ""]
    assert (
        len(rows_of(tmp_path, xlsx_of([HEADINGS, row(1), row(2), [None if cell == "" else cell for cell in sums]])))
        == 2
    )
    assert len(rows_of(tmp_path, csv_of([row(1), row(2), sums, ["", "", "Half a row", "9876543210", *[""] * 7]]))) == 3


def test_a_cell_beyond_all_measure_is_read(tmp_path: Path) -> None:
    for number in (1, 150):  # where the headings are looked for, and below
        lines = [row(at) for at in range(200)]
        lines[number][2] = "A" * 300_000
        assert len(rows_of(tmp_path, csv_of(lines))) == 200


def test_a_stray_nul_does_not_change_the_script(tmp_path: Path) -> None:
    content = csv_of([row(1, **{"Insured Name": "लक्ष्मी\0 शर्मा"}), row(2)])
    assert rows_of(tmp_path, content)[0][3].replace("\0", "") == "लक्ष्मी शर्मा"


async def test_macros_are_not_kept(send: Send, as_admin: httpx.AsyncClient) -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    book.add_vba_project(io.BytesIO(b"Sub Auto_Open()"), is_stream=True)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADINGS)
    sheet.write_row(1, 0, row(1))
    book.close()
    told = await send(buffer.getvalue(), "list.xlsm")
    assert (told["status"], told["filename"], told["successfulRecords"]) == ("completed", "list.xlsm", 1)
    kept = await as_admin.get(told["downloadUrl"])
    assert 'filename="list.xlsx"' in kept.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(kept.content)) as archive:
        assert not [name for name in archive.namelist() if "vba" in name.lower()]
        assert not [
            name for name in archive.namelist() if b"vba" in archive.read(name) or b"macroEnabled" in archive.read(name)
        ]
    again = await as_admin.post("/api/upload/file", files={"file": ("list.xlsm", buffer.getvalue())})
    assert again.json()["error"]["code"] == "same_file"
    assert (await send(kept.content, "list.xlsx"))["unchangedRecords"] == 1


def test_macros_of_old_and_other_workbooks_are_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "book"
    other, code = (
        name.encode("utf-16-le").ljust(64, b"\0") + (2 * len(name) + 2).to_bytes(2, "little")  # as the directory has it
        for name in ("\x05SummaryInformation", "_VBA_PROJECT_CUR")
    )
    file.write_bytes((BOOKS / "renewals.xls").read_bytes().replace(other, code))
    drop_macros(file, Kind.XLS, 1 << 30)
    with olefile.OleFileIO(file) as old:
        assert not old.openstream(["_VBA_PROJECT_CUR"]).read().strip(b"\0")
        assert old.openstream(["Workbook"]).read().strip(b"\0")
    file.write_bytes((BOOKS / "renewals.ods").read_bytes())
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("Basic/Standard/Module1.xml", "Sub Main")
    drop_macros(file, Kind.ODS, 1 << 30)
    assert not [name for name in zipfile.ZipFile(file).namelist() if name.startswith("Basic")]
    assert len(rows_in(table_in(file))) == 3


def with_part(book: bytes, name: str, content: bytes, kind: str = "") -> bytes:
    """A zipped workbook with one part more; `kind` is what its content type says of it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as plain, zipfile.ZipFile(buffer, "w") as more:
        for entry in plain.namelist():
            told = f'<Override PartName="/{name}" ContentType="{kind}"/></Types>'.encode()
            text = plain.read(entry)
            more.writestr(entry, text.replace(b"</Types>", told) if kind and entry == "[Content_Types].xml" else text)
        more.writestr(name, content)
    return buffer.getvalue()


def with_sheet(*, listed: int | None = None, begun: int | None = None) -> bytes:
    """An old workbook whose first sheet is of another kind, by the list of sheets or by its first record."""
    file = io.BytesIO((BOOKS / "renewals.xls").read_bytes())
    with olefile.OleFileIO(file, write_mode=True) as old:
        book = bytearray(old.openstream("Workbook").read())
        at = 0
        while book[at : at + 2] != b"\x85\0":
            at += 4 + int.from_bytes(book[at + 2 : at + 4], "little")
        if listed is not None:
            book[at + 9] = listed
        if begun is not None:
            sheet = int.from_bytes(book[at + 4 : at + 8], "little")
            book[sheet + 6] = begun
        old.write_stream("Workbook", bytes(book))
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("book.xlsx", with_part(xlsx_of([HEADINGS, row(1)]), "xl/macrosheets/sheet1.xml", b"<xm:macrosheet/>")),
        (
            "book.xlsb",
            with_part(
                (BOOKS / "renewals.xlsb").read_bytes(),
                "xl/sheets/s.bin",
                b"",
                "application/vnd.ms-excel.intlmacrosheet",
            ),
        ),
        ("book.xls", with_sheet(listed=1)),
        ("book.xls", with_sheet(begun=0x40)),
    ],
)
async def test_macro_sheets_are_refused_and_nothing_is_kept(
    as_admin: httpx.AsyncClient, name: str, content: bytes
) -> None:
    refused = await as_admin.post("/api/upload/file", files={"file": (name, content)})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "macro_sheets")
    assert "Save As" in refused.json()["error"]["message"]
    assert (await as_admin.get("/api/upload/history")).json()["data"]["pagination"]["total"] == 0


def test_an_old_workbook_without_macros_is_kept_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "book").write_bytes(with_sheet())
    drop_macros(tmp_path / "book", Kind.XLS, 1 << 30)
    assert (tmp_path / "book").read_bytes() == (BOOKS / "renewals.xls").read_bytes()


def test_macros_of_a_binary_workbook_are_not_kept(tmp_path: Path) -> None:
    book = with_part(
        (BOOKS / "renewals.xlsb").read_bytes(), "xl/vbaProject.bin", b"Sub", "application/vnd.ms-office.vbaProject"
    )
    (tmp_path / "book").write_bytes(book)
    drop_macros(tmp_path / "book", Kind.XLSB, 1 << 30)
    with zipfile.ZipFile(tmp_path / "book") as kept:
        assert not [name for name in kept.namelist() if "vba" in name.lower() or b"vba" in kept.read(name).lower()]
    assert len(rows_in(table_in(tmp_path / "book"))) == 3


def book_of(sheets: dict[str, list[list[Any]]], hidden: str = "") -> bytes:
    """A workbook of several sheets under our headings."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    for name, lines in sheets.items():
        sheet = book.add_worksheet(name)
        for at, line in enumerate([HEADINGS, *lines]):
            sheet.write_row(at, 0, line)
        sheet.hide() if name == hidden else sheet.activate()
    book.close()
    return buffer.getvalue()


def test_a_hidden_sheet_is_read_only_when_nothing_else_is_there_and_its_policies_are_told(tmp_path: Path) -> None:
    visible = book_of({"Old": [row(1)], "Now": [row(2), row(3)]}, hidden="Old")
    assert [line[1] for line in rows_of(tmp_path, visible)] == ["DM/2026/00002", "DM/2026/00003"]
    assert table_in(tmp_path / "file").not_read == ("Old",)


def test_a_workbook_that_lacks_shared_strings_is_refused(tmp_path: Path) -> None:
    """Its cells would be blank, and a customer's e-mail would be missing without a word."""
    whole = zipfile.ZipFile(io.BytesIO(book_of({"Now": [row(1)]})))
    with zipfile.ZipFile(tmp_path / "file", "w") as short:
        for name in whole.namelist():
            text = whole.read(name)
            cut = text.rindex(b"<si>") if name.endswith("sharedStrings.xml") else len(text)
            short.writestr(name, text[:cut] + b"</sst>" * (cut < len(text)))
    with pytest.raises(Damaged):
        table_in(tmp_path / "file")


async def test_a_sheet_that_was_not_read_is_told(send: Send, as_admin: httpx.AsyncClient) -> None:
    book = book_of({"Mumbai": [row(1)], "Delhi": [row(2)]})
    dry = (await as_admin.post("/api/upload/preview", files={"file": ("p.xlsx", book)})).json()["data"]
    assert [(each["column"], each["code"]) for each in dry["warnings"]] == [("Delhi", "sheet_not_read")]
    told = await send(book, "p.xlsx")
    assert told["totalRecords"] == 1
    said = (await as_admin.get(f"/api/upload/{told['uploadId']}/errors", params={"severity": "warning"})).json()["data"]
    assert [(each["column"], each["code"]) for each in said["warnings"]] == [("Delhi", "sheet_not_read")]
