"""Lists as CSV, XLSX, PDF or JSON files. A cell that starts like a formula is neutralised, whatever a customer's name is.

JSON is for programs: an array of the list's own objects, as the API answers them.
"""

import asyncio
import csv
import errno
import io
import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote

from rustpy_xlsxwriter import FastExcel

from py360.kit import scratch
from py360.kit.clock import INDIA
from py360.kit.errors import Invalid, TooLarge
from py360.kit.free_json import MAX_NUMBER
from py360.kit.wire import dumps

Format = Literal["csv", "xlsx", "pdf", "json"]
MAX_ROWS: Final[Mapping[str, int]] = {"xlsx": 200_000, "pdf": 5_000}
MEDIA: Final[Mapping[str, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "json": "application/json",
}
FLUSH_BYTES: Final = 64 * 1024
# Spreadsheet programs take the full-width forms for formulas too.
_DANGEROUS: Final = frozenset("=+-@\t\r\n＝＋－＠﹢﹣﹦﹫")
_FILLERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols that show nothing
_OS_ERROR: Final = re.compile(r"(?:os error|Os { code:) (\d+)")
_NUMBER: Final = re.compile(r"[+-]\d[\d ]*(\.\d+)?")  # a phone or an amount: nothing to run, and better read as it is


@dataclass(frozen=True, slots=True)
class Column:
    """A heading and how its cell is taken from a row."""

    heading: str
    cell: Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Export:
    """A file on its way: streamed content, media type and the Content-Disposition header."""

    content: AsyncIterator[bytes]
    media_type: str
    disposition: str


def neutral(value: Any) -> Any:
    """A cell that no spreadsheet program will run; numbers stay numbers, moments are shown in India's time."""
    if isinstance(value, str):
        return "'" + value if _begins_a_formula(value) and not _NUMBER.fullmatch(value) else value
    if isinstance(value, int) and abs(value) > MAX_NUMBER:
        return str(value)  # a spreadsheet would round it
    if isinstance(value, datetime):
        return value.astimezone(INDIA).strftime("%d/%m/%Y %H:%M")
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    return value


def _begins_a_formula(text: str) -> bool:
    """Whether the first visible character makes a formula: programs differ in which spaces and marks they skip."""
    for character in text:
        if character in _DANGEROUS:
            return True
        if character not in _FILLERS and unicodedata.category(character)[0] not in "CMZ":
            return False
    return False


def attachment(name: str) -> str:
    """The Content-Disposition of a download under any name (RFC 6266): in plain ASCII, and as it is."""
    plain = "".join(each if (each.isascii() and each.isalnum()) or each in "._- " else "_" for each in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"


def ending_of(format: str) -> str:
    """How a file of this format ends: xlsx for what screens call xls or excel. Raises Invalid for what we do not export."""
    ending = {"xls": "xlsx", "excel": "xlsx"}.get(format, format)
    if ending not in MEDIA:
        raise Invalid(
            f"“{format[:20]}” is not a format we export. Choose csv, xlsx, pdf or json.", code="unknown_format"
        )
    return ending


def export(name: str, format: str, columns: Sequence[Column], rows: AsyncIterator[Mapping[str, Any]]) -> Export:
    """Make a file of rows. Raises Invalid for another format; TooLarge, before the first byte, past MAX_ROWS of xlsx and pdf."""
    makers = {"csv": _csv, "xlsx": _xlsx, "pdf": _pdf, "json": _json}
    ending = ending_of(format)
    return Export(makers[ending](name, columns, rows), MEDIA[ending], f'attachment; filename="{name}.{ending}"')


async def _csv(name: str, columns: Sequence[Column], rows: AsyncIterator[Mapping[str, Any]]) -> AsyncIterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")  # so that Excel reads the rupee sign and Indian scripts
    writer.writerow([neutral(column.heading) for column in columns])
    async for row in rows:
        writer.writerow([neutral(column.cell(row)) for column in columns])
        if buffer.tell() > FLUSH_BYTES:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


async def _json(name: str, columns: Sequence[Column], rows: AsyncIterator[Mapping[str, Any]]) -> AsyncIterator[bytes]:
    content = bytearray(b"[")
    between = b""
    async for row in rows:
        content += between + b"\n" + dumps(row)
        between = b","
        if len(content) > FLUSH_BYTES:
            yield bytes(content)
            content.clear()
    yield bytes(content) + b"\n]\n"


async def _collect(
    format: str, columns: Sequence[Column], rows: AsyncIterator[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    collected = []
    async for row in rows:
        cells = {neutral(column.heading): neutral(column.cell(row)) for column in columns}
        collected.append({head: float(cell) if isinstance(cell, Decimal) else cell for head, cell in cells.items()})
        if len(collected) > MAX_ROWS[format]:
            raise TooLarge(
                f"More than {MAX_ROWS[format]:,} rows do not fit a {format} file. Filter the list or take csv."
            )
    return collected or [{column.heading: None for column in columns}]


async def _file(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk


async def _xlsx(name: str, columns: Sequence[Column], rows: AsyncIterator[Mapping[str, Any]]) -> AsyncIterator[bytes]:
    collected = await _collect("xlsx", columns, rows)
    with scratch.folder("export") as folder:
        path = folder / "export.xlsx"
        await asyncio.to_thread(_write, path, name[:31], collected)
        async for chunk in _file(path):
            yield chunk


def _write(path: Path, sheet: str, rows: list[dict[str, Any]]) -> None:
    try:
        FastExcel(str(path)).freeze(row=1).sheet(sheet, rows).save()
    except BaseException as panic:  # the writer's way to say that the disk is full is not always an Exception
        found = _OS_ERROR.search(str(panic))
        raise OSError(int(found[1]) if found else errno.EIO, "The workbook could not be written.") from panic


async def _pdf(name: str, columns: Sequence[Column], rows: AsyncIterator[Mapping[str, Any]]) -> AsyncIterator[bytes]:
    collected = await _collect("pdf", columns, rows)
    yield await asyncio.to_thread(_draw, name, columns, collected)


def _draw(name: str, columns: Sequence[Column], rows: Sequence[Mapping[str, Any]]) -> bytes:
    from py360.kit import pdf  # takes a second to load, and few processes draw a PDF

    cells = [["" if cell is None else str(cell) for cell in row.values()] for row in rows]
    return pdf.table(name.replace("_", " ").title(), [column.heading for column in columns], cells)
