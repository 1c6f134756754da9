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

from py360.kit import reads as kit_reads
from py360.kit.errors import TooLarge
from py360.kit.export import MAX_ROWS, Column, export
from py360.kit.resources import Resources

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


async def test_full_width_and_hidden_formulas_are_inert_in_cells_and_headings() -> None:
    plain = ["=1+1", "＝1+1", "﹢cmd", "\n=1", "－2+3"]
    for text in [*plain, *(f"{unseen}@x" for unseen in " \ufeff\u2003\u3000\u2060\u202d\x00\x0b\u3164\ufe0f")]:
        made = export("list", "csv", [Column(text, itemgetter("name"))], rows((text,)))
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


async def test_slow_readers_of_files_leave_connections_for_lists(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream holds its connection for as long as its reader takes; whoever finds too many is told when to come back."""
    monkeypatch.setattr(kit_reads, "STREAM_WAIT_SECONDS", 0.05)
    reads, refused, opened = resources.reads, 0, []
    for _ in range(6):
        stream = reads.fetch_stream(int, "select generate_series(1, 3)")
        try:
            assert await anext(stream) == 1
            opened.append(stream)
        except kit_reads.TooManyStreams:
            refused += 1
    assert refused and await reads.fetch_only(int, "select 7") == 7
    for stream in opened:
        await stream.aclose()
    assert [row async for row in reads.fetch_stream(int, "select 8")] == [8]
