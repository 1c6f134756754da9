"""Lists as files: inert, in every script, and refused in time when they are too long."""

import csv
import io
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from py360.kit.errors import TooLarge
from py360.kit.export import MAX_ROWS, Column, export

NAMES = ("Asha Rao", "=HYPERLINK(1)", "@cmd", "-1+1", "+919876543210", "आशा क्षत्रिय", "தமிழ்", "محمد علی", "₹1,25,000")
COLUMNS = [Column(name.title(), itemgetter(name)) for name in ("name", "amount", "day", "at")]

pytestmark = pytest.mark.usefixtures("resources")  # files are made in the home


async def rows(names: tuple[str, ...] = NAMES) -> AsyncIterator[Mapping[str, Any]]:
    for name in names:
        yield {
            "name": name,
            "amount": Decimal("12500.50"),
            "day": date(2026, 12, 1),
            "at": datetime(2026, 11, 24, 20, tzinfo=UTC),
        }


async def made(format: str, names: tuple[str, ...] = NAMES) -> bytes:
    return b"".join([part async for part in export("people", format, COLUMNS, rows(names)).content])


SAFE = ["Asha Rao", "'=HYPERLINK(1)", "'@cmd", "'-1+1", *NAMES[4:]]


async def test_formulas_are_inert_and_phones_stay_readable() -> None:
    lines = list(csv.reader(io.StringIO((await made("csv")).decode("utf-8-sig"))))
    assert lines[0] == ["Name", "Amount", "Day", "At"]
    assert [line[0] for line in lines[1:]] == SAFE
    assert lines[1][1:] == ["12500.50", "01/12/2026", "25/11/2026 01:30"]
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(await made("xlsx"))).get_sheet_by_index(0).to_python()
    assert [line[0] for line in sheet[1:]] == SAFE
    assert sheet[1][1] == 12500.5


@pytest.mark.parametrize("text", ["=1+1", "＝1+1", "﹢cmd", " =1", "\ufeff@x", "\n=1", "－2+3"])
async def test_full_width_and_hidden_formulas_are_inert_in_cells_and_headings(text: str) -> None:
    async def rows() -> AsyncIterator[dict[str, str]]:
        yield {"name": text}

    made = export("list", "csv", [Column(text, lambda row: row["name"])], rows())
    content = b"".join([part async for part in made.content]).decode("utf-8-sig")
    heading, cell = list(csv.reader(io.StringIO(content, newline="")))
    assert (heading, cell) == (["'" + text], ["'" + text])


async def test_a_pdf_brings_the_fonts_of_the_scripts_it_shows() -> None:
    drawn = await made("pdf")
    assert drawn.startswith(b"%PDF-")
    for font in (b"NotoSans", b"NotoSansDevanagari", b"NotoSansTamil", b"NotoSansArabic"):
        assert font in drawn
    assert b"NotoSansTelugu" not in drawn


async def test_a_long_text_and_an_endless_word_stay_in_their_cell() -> None:
    assert (await made("pdf", ("word " * 500, "x" * 5_000, ""))).startswith(b"%PDF-")


@pytest.mark.parametrize("format", ["pdf", "xlsx"])
async def test_too_long_is_said_before_anything_is_sent(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MAX_ROWS, format, 3)
    with pytest.raises(TooLarge, match="take csv"):
        await made(format)


async def test_an_empty_list_has_its_headings() -> None:
    for format in ("csv", "xlsx"):
        content = await made(format, ())
        if format == "csv":
            assert content.decode("utf-8-sig").strip() == "Name,Amount,Day,At"
        else:
            sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
            assert sheet[0] == ["Name", "Amount", "Day", "At"]
