"""Files as they really come: encodings, delimiters, kinds, titles and totals; and what is refused."""

import io
import random
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from py360.kit.errors import Problem
from py360.modules.uploads.importer.cells.dates import Evidence, Order, parse
from py360.modules.uploads.importer.mapping import map_headings
from py360.modules.uploads.issues import sentence
from py360.modules.uploads.settings import UploadSettings
from tests.factories.odd_files import BOOKS, cleaned
from tests.factories.policy_files import HEADINGS, csv_of, row, xlsx_of
from tests.factories.tables import rows_in, table_in

LIMITS = UploadSettings()
Read = Callable[[bytes], list[tuple[Any, ...]]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """The rows of a file as (row number, cells...)."""

    def rows(content: bytes) -> list[tuple[Any, ...]]:
        (tmp_path / "file").write_bytes(content)
        return rows_in(table_in(tmp_path / "file"))

    return rows


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_encodings_of_any_script(read: Read, encoding: str) -> None:
    content = csv_of([row(1, **{"Insured Name": "लक्ष्मी शर्मा"})]).decode().encode(encoding)
    assert read(content)[0][3] == "लक्ष्मी शर्मा"


def test_the_encoding_of_old_windows(read: Read) -> None:
    content = (
        csv_of([row(number, **{"Insured Name": "José Café"}) for number in range(1, 30)]).decode().encode("cp1252")
    )
    assert read(content)[0][3] == "José Café"


def test_letters_that_come_late_tell_the_encoding_too(read: Read) -> None:
    """With a first megabyte of plain letters the file looked like UTF-8, and the late name lost its accents."""
    lines = [*(row(number) for number in range(12_000)), row(12_000, **{"Insured Name": "José D’Souza"})]
    assert read(csv_of(lines).decode().encode("cp1252"))[-1][3] == "José D’Souza"
    assert read(csv_of(lines).decode().encode("utf-16-le"))[-1][3] == "José D’Souza"


def test_the_line_ends_of_an_old_macintosh(read: Read) -> None:
    assert [line[1] for line in read(csv_of([row(1), row(2)]).replace(b"\n", b"\r"))] == [
        "DM/2026/00001",
        "DM/2026/00002",
    ]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_delimiters(read: Read, delimiter: str) -> None:
    content = csv_of([row(1), row(2)]).replace(b",", delimiter.encode())
    assert [line[2] for line in read(content)] == ["C00001", "C00002"]


def test_titles_blanks_totals_and_footers_are_no_rows(read: Read) -> None:
    lines = csv_of([row(1)]).decode().split("\n")
    text = "\n".join(["Renewal list", "", *lines, "", "Sub total,1", lines[1].replace("00001", "00002"), lines[0],
                      "TOTAL,23060", "Count,2,policies", "No. of policies,2", "Prepared by MIS cell", ""])  # fmt: skip
    assert [(line[0], line[1]) for line in read(text.encode())] == [(4, "DM/2026/00001"), (7, "DM/2026/00002")]


def test_quotes_line_ends_and_ragged_rows(read: Read) -> None:
    good = csv_of([row(1)]).decode()
    text = good.replace("Asha Sharma 1", '"Asha\nSharma, the ""first"""') + '\nDM/2,C2,Anil 5" Rao,9800000002\n'
    found = read(text.replace("\n", "\r\n").encode())
    assert found[0][3].replace("\r", "") == 'Asha\nSharma, the "first"'
    assert found[1][3] == 'Anil 5" Rao'


def test_a_workbook_with_a_cover_sheet_and_an_offset(read: Read) -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    book.add_worksheet("Notes").write(0, 0, "Prepared by MIS")
    sheet = book.add_worksheet("List")
    sheet.write_row(6, 2, HEADINGS)
    sheet.write_row(8, 2, row(1, **{"Mobile No": 9812345678}))
    sheet.write_formula(9, 2, '="DM/"&"2"', None, "DM/2")
    sheet.write_row(9, 3, row(2)[1:])
    book.close()
    found = read(buffer.getvalue())
    assert [line[0] for line in found] == [9, 10]
    assert [line[3] for line in found] == ["DM/2026/00001", "DM/2"]
    assert found[0][6] == "9812345678"


def test_hindi_headings(read: Read) -> None:
    headings = ("पॉलिसी नंबर", "ग्राहक का नाम", "मोबाइल नंबर", "उत्पाद", "प्रारंभ तिथि", "समाप्ति तिथि", "प्रीमियम (रु.)")
    mapping = map_headings(headings)
    assert not mapping.missing
    assert [match.field for match in mapping.matches] == [
        "policy_number", "customer_name", "phone", "product_name", "start_date", "end_date", "premium_amount",
    ]  # fmt: skip
    line = ["P1", "राजेश मेहता", "९८७६५४३२१०", "वाहन बीमा", "२०/१२/२०२५", "19-Dec-2026", "₹ १,२५,०००.५०"]
    done = cleaned(line, headings=headings).accepted.row(0, named=True)
    assert (done["phone"], done["policy_type"], str(done["premium_amount"])) == ("+919876543210", "motor", "125000.50")
    assert (done["start_date"], done["end_date"]) == (date(2025, 12, 20), date(2026, 12, 19))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\r\n\r\n", "empty_file"),
        (b"%PDF-1.7 policies", "wrong_file_type"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "wrong_file_type"),
        (b"<html><body>Your session has expired.</body></html>", "no_header"),
        (b"<?xml version='1.0'?><policies><policy/></policies>", "wrong_file_type"),
        (b"PK\x03\x04 not really a zip", "damaged_file"),
        (b"one,two\n1,2\n", "no_header"),
        (csv_of([]), "empty_file"),
    ],
)
def test_refused(read: Read, content: bytes, code: str) -> None:
    with pytest.raises(Problem) as refused:
        read(content)
    assert refused.value.code == code
    assert refused.value.message


def test_a_word_document_is_no_workbook(read: Read) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
    with pytest.raises(Problem, match="not a workbook"):
        read(buffer.getvalue())


@pytest.mark.parametrize("ending", ["xls", "ods", "xlsb"])
def test_workbooks_of_other_programs(read: Read, ending: str) -> None:
    """Dates as cells, a phone as a number, rupees as text, a name in Devanagari; a title above, a sum below."""
    lines = read((BOOKS / f"renewals.{ending}").read_bytes())
    assert [line[1] for line in lines] == ["OF/2026/0001", "OF/2026/0002", "OF/2026/0003"]
    rows = cleaned(*[list(line[1:]) for line in lines])
    assert rows.failed.is_empty()
    first, second, third = rows.accepted.rows(named=True)
    assert (first["phone"], first["start_date"], first["end_date"]) == (
        "+919876543210",
        date(2025, 12, 20),
        date(2026, 12, 19),
    )
    assert (str(first["premium_amount"]), str(first["renewal_amount"])) == ("20922.30", "21500.00")
    assert (second["first_name"], second["last_name"]) == ("लक्ष्मी", "मेहता")
    assert (str(second["premium_amount"]), str(second["renewal_amount"])) == ("125000.00", "130000.50")
    assert (second["payment_frequency"], third["phone"]) == ("half_yearly", "+919876543212")


@pytest.mark.parametrize("ending", ["xlsx", "xls", "ods"])
def test_a_workbook_with_a_password_is_refused(read: Read, ending: str) -> None:
    with pytest.raises(Problem, match="protected by a password") as refused:
        read((BOOKS / f"locked.{ending}").read_bytes())
    assert refused.value.code == "encrypted_workbook"


def test_a_stray_cell_of_a_binary_workbook_takes_no_room(read: Read) -> None:
    """Laid out, it would be a million rows by sixteen thousand columns."""
    far = bytes([0, 17]) + (1_048_575).to_bytes(4, "little") + bytes(13)
    far += bytes([1, 8]) + (16_383).to_bytes(4, "little") + bytes(4)
    end = b"\x92\x01\x00"  # BrtEndSheetData
    buffer = io.BytesIO()
    with zipfile.ZipFile(BOOKS / "renewals.xlsb") as good, zipfile.ZipFile(buffer, "w") as bad:
        for name in good.namelist():
            content = good.read(name)
            bad.writestr(name, content.replace(end, far + end) if "sheet1" in name else content)
    assert [line[1] for line in read(buffer.getvalue())] == ["OF/2026/0001", "OF/2026/0002", "OF/2026/0003"]


@pytest.mark.parametrize("ending", ["xlsx", "xls", "ods", "xlsb"])
@pytest.mark.parametrize("seed", range(12))
def test_damaged_workbooks_are_refused_or_read(tmp_path: Path, ending: str, seed: int) -> None:
    """Never an error of ours: parsers answer a few wrong bytes with errors of many kinds, and with panics."""
    luck = random.Random(f"{ending} {seed}")
    content = bytearray(
        xlsx_of([HEADINGS, row(1)]) if ending == "xlsx" else (BOOKS / f"renewals.{ending}").read_bytes()
    )
    for _ in range(seed + 1):
        content[luck.randrange(8, len(content))] = luck.randrange(256)
    (tmp_path / "file").write_bytes(content)
    with suppress(Problem):
        rows_in(table_in(tmp_path / "file"))


def _bomb(sheet: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx_of([HEADINGS, row(1)]))) as good:
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bad:
            for name in good.namelist():
                bad.writestr(name, sheet if name.startswith("xl/worksheets/") else good.read(name))
    return buffer.getvalue()


def test_bombs_are_refused_before_they_are_parsed(tmp_path: Path) -> None:
    wide = b'<worksheet><sheetData><row r="1"><c r="A1"/></row><row r="1000000"><c r="ABCD1"><v>1</v></c></row></sheetData></worksheet>'
    for content, code in ((_bomb(bytes(30 << 20)), "unpacked_too_large"), (_bomb(wide), "too_many_columns")):
        (tmp_path / "bomb").write_bytes(content)
        with pytest.raises(Problem) as refused:
            table_in(tmp_path / "bomb", LIMITS.model_copy(update={"max_unpacked_bytes": 20 << 20}))
        assert refused.value.code == code


def test_limits(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(xlsx_of([HEADINGS, *(row(number) for number in range(50))]))
    for limit, code in (({"max_workbook_bytes": 100}, "file_too_large"), ({"max_cells": 500}, "too_many_cells")):
        with pytest.raises(Problem) as refused:
            table_in(tmp_path / "file", LIMITS.model_copy(update=limit))
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("9876543210", "+919876543210"),
        ("09876543210", "+919876543210"),
        ("+91 98765 43210", "+919876543210"),
        ("91-98765-43210", "+919876543210"),
        ("9876543210.0", "+919876543210"),
        ("(+91) 98765.43210", "+919876543210"),
        ("9876543210 / 022-2345678", "+919876543210"),
        ("'+919876543210", "+919876543210"),
        ("9876543210.00", "+919876543210"),
        ("9.876543210E+09", "+919876543210"),
        ("9,876543210e+9", "+919876543210"),
        ("9.19876543210E+11", "+919876543210"),
        ("9.87654321E9", "+919876543210"),
        ("12345", None),
        ("5876543210", None),
    ],
)
def test_phones(text: str, phone: str | None) -> None:
    done = cleaned(row(1, **{"Mobile No": text}))
    assert done.accepted["phone"].to_list() == [phone]
    assert (done.issues["code"].to_list() == ["phone_invalid"]) is (phone is None)


@pytest.mark.parametrize("text", ["9.87654E+09", "9.87654321E+09", "9,87654E+09", "9.19877E+11", "1E+10", "9.876543E9"])
def test_a_phone_that_lost_digits_is_never_completed(text: str) -> None:
    """With an e-mail the row is taken without the phone; alone, the row fails; both are notified how it came and what to do."""
    done = cleaned(row(1, **{"Mobile No": text}), row(2, **{"Mobile No": text, "E-mail ID": ""}))
    assert done.accepted["phone"].to_list() == [None]
    assert done.issues["code"].to_list() == ["contact_shortened", "phone_shortened"]
    assert done.failed["code"].to_list() == ["contact_shortened"]
    assert "Format the column as text" in sentence("contact_shortened") and "cut" in sentence("phone_shortened")


def test_a_customer_code_that_was_cut_short_makes_no_one_customer_of_two() -> None:
    done = cleaned(
        row(1, **{"Cust Code": "1.23457E+11"}), row(2, **{"Cust Code": "1E+12"}), row(3, **{"Cust Code": "1E5"})
    )
    assert done.accepted["customer_code"].to_list() == [None, None, "1E5"]
    assert set(done.issues["code"]) == {"customer_code_shortened"}


def test_a_number_of_a_workbook_is_a_phone_however_it_is_shown(read: Read) -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADINGS)
    sheet.write_row(1, 0, row(1))
    sheet.write_number(1, 3, 9876543210, book.add_format({"num_format": "0.00E+00"}))
    book.close()
    assert read(buffer.getvalue())[0][4] == "9876543210"


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("₹ 1,25,000.50", "125000.50"),
        ("Rs. 900/-", "900.00"),
        ("INR 12000", "12000.00"),
        ("0.1", "0.10"),
        ("20922.299999", "20922.30"),
        ("'₹ 1,25,000", "125000.00"),
        ("1.25 Lakh", "125000.00"),
        ("2 Cr.", "20000000.00"),
    ],
)
def test_money(text: str, amount: str) -> None:
    assert str(cleaned(row(1, **{"Last Premium (INR)": text})).accepted["premium_amount"][0]) == amount


@pytest.mark.parametrize("text", ["-20922.30", "Rs. -1,25,000", "0"])
def test_an_amount_of_nothing_or_less_is_no_premium(text: str) -> None:
    done = cleaned([*row(1, **{"Last Premium (INR)": text}), "-5"], headings=(*HEADINGS, "Sum Insured"))
    assert done.failed["code"].to_list() == ["premium_not_positive"]
    done = cleaned([*row(1), "-5"], headings=(*HEADINGS, "Sum Insured"))
    assert done.issues["code"].to_list() == ["sum_insured_invalid"]


def test_each_premium_stands_for_both_when_alone() -> None:
    alone = tuple(heading for heading in HEADINGS if heading != "Last Premium (INR)")
    cells = row(1)
    del cells[HEADINGS.index("Last Premium (INR)")]
    done = cleaned(cells, headings=alone).accepted.row(0, named=True)
    assert done["premium_amount"] == done["renewal_amount"] == 11001


@pytest.mark.parametrize(
    "text",
    ["2026-12-19 00:00:00", "46375", "46375.0", "19/12/2026", "19-12-26", "19 Dec 2026", "Dec 19, 2026", "2026.12.19"],
)
def test_dates(text: str) -> None:
    assert parse(pl.Series([text]), Order.DAY_FIRST)[0] == date(2026, 12, 19)


def test_the_order_of_day_and_month_is_found_or_open() -> None:
    def order(*texts: str) -> Order | None:
        evidence = Evidence()
        evidence.see(pl.Series(list(texts)))
        return evidence.order

    assert order("13/02/2026", "01/02/2026") is Order.DAY_FIRST
    assert order("02/13/2026", "01/02/2026") is Order.MONTH_FIRST
    assert order("01/02/2026") is None
    assert order("13/02/2026", "02/13/2026", "01/02/2026") is None
    assert order("05/05/2026", "2026-01-02") is Order.DAY_FIRST


def test_optional_values_that_are_wrong_are_dropped_with_a_warning() -> None:
    headings = (*HEADINGS, "PAN", "PIN", "DOB", "Sex", "Sum Insured")
    done = cleaned(
        [*row(1, **{"Pay Freq": "sometimes"}), "BAD", "012345", "01/01/2031", "?", "lots"], headings=headings
    )
    assert done.failed.is_empty()
    assert sorted(done.issues["code"]) == [
        "date_of_birth_invalid", "gender_unknown", "pan_invalid", "payment_frequency_unknown", "pincode_invalid", "sum_insured_invalid",
    ]  # fmt: skip
    assert set(done.issues["severity"]) == {"warning"}


def test_a_policy_number_that_a_spreadsheet_cut_short_fails() -> None:
    assert cleaned(row(1, **{"Policy No.": "1.23457E+11"})).failed["code"].to_list() == ["policy_number_shortened"]
