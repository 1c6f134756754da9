"""What a file is, told by its content and never by its name; what is wrong or too large is refused here, unparsed."""

import re
import zipfile
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final
from xml.parsers import expat

import msoffcrypto
from msoffcrypto.exceptions import FileFormatError

from py360.modules.uploads.errors import EmptyFile, Encrypted, FileTooLarge, WrongType
from py360.modules.uploads.reading.damage import parsing
from py360.modules.uploads.reading.delimited import encoding_of
from py360.modules.uploads.settings import UploadSettings

BLOCK: Final = 1 << 20
_ZIP: Final = b"PK\x03\x04"
_COMPOUND: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_BLANK: Final = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"  # what may stand before the first tag, in any encoding
_LOOK: Final = 64 << 10
_NOT_TABLES: Final = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"{\\rtf")
_BEFORE: Final = re.compile(r"<!--.*?-->|<\?.*?\?>|<!doctype[^>]*>", re.IGNORECASE | re.DOTALL)
_TAG: Final = re.compile(r"<(?:\w+:)?(\w+)")
_PAGE: Final = frozenset(
    {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "link",
        "script",
        "body",
        "table",
        "center",
        "div",
        "font",
        "form",
        "span",
        "b",
        "p",
    }
)
_BOOK: Final = "urn:schemas-microsoft-com:office:spreadsheet"


class Kind(StrEnum):
    """The kinds of file we read. `.xlsm` is XLSX whose macros nobody looks at."""

    XLSX = "xlsx"
    XLSB = "xlsb"
    XLS = "xls"
    ODS = "ods"
    HTML = "html"
    XML = "xml"
    TEXT = "csv"


ZIPPED: Final = frozenset({Kind.XLSX, Kind.XLSB, Kind.ODS})


def kind_of(path: Path, limits: UploadSettings) -> Kind:
    """The kind of a file. Raises what `errors` names when it is empty, too large, protected or no table at all."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(BLOCK)
    if not start.strip(b"\x00\r\n\t ,;\xef\xbb\xbf"):
        raise EmptyFile
    if start.startswith(_ZIP):
        kind = _zipped(path)
    elif start.startswith(_COMPOUND):
        kind = _compound(path)
    else:
        kind = _text(start)
    unzipped = {
        Kind.TEXT: limits.max_text_bytes, Kind.HTML: limits.max_unpacked_bytes, Kind.XML: limits.max_unpacked_bytes,
    }  # fmt: skip
    limit = unzipped.get(kind, limits.max_workbook_bytes)
    if size > limit:
        raise FileTooLarge(
            f"This file has {size / BLOCK:,.0f} MB; at most {limit / BLOCK:,.0f} MB are accepted. Split it."
        )
    return kind


def _zipped(path: Path) -> Kind:
    with parsing(), zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        if "content.xml" in names:
            manifest = archive.read("META-INF/manifest.xml")[:BLOCK] if "META-INF/manifest.xml" in names else b""
            if b"encryption-data" in manifest:
                raise Encrypted
            if b"spreadsheet" in manifest or b"spreadsheet" in archive.open("content.xml").read(BLOCK):
                return Kind.ODS
    if "xl/workbook.bin" in names:
        return Kind.XLSB
    if "xl/workbook.xml" in names:
        return Kind.XLSX
    raise WrongType


def _compound(path: Path) -> Kind:
    with path.open("rb") as file, parsing():
        try:
            office = msoffcrypto.OfficeFile(file)
        except FileFormatError as error:
            raise WrongType from error
        protected = office.is_encrypted()
        if protected:
            raise Encrypted
        if office.format != "xls97":
            raise WrongType
    return Kind.XLS


def _text(start: bytes) -> Kind:
    if start.startswith(_NOT_TABLES):
        raise WrongType
    odd = sum(start.count(byte) for byte in (*range(9), *range(14, 27), *range(28, 32)))
    zeros_in_pairs = start[1::2].count(0) > len(start) // 8 or start[::2].count(0) > len(start) // 8
    if odd > len(start) // 200 and not zeros_in_pairs and not start.startswith(_UTF16):
        raise WrongType
    if start.lstrip(_BLANK).startswith(b"<"):
        return _markup(start[:_LOOK].decode(encoding_of(start), errors="replace")) or Kind.TEXT
    return Kind.TEXT


def _markup(text: str) -> Kind | None:
    """A web page or Excel's XML, which portals call .xls; None where the text is neither."""
    text = text.lstrip("\ufeff \t\r\n")
    found = _TAG.match(_BEFORE.sub("", text).lstrip())
    root = found[1].lower() if found else ""
    if root == "workbook" and _BOOK in text:
        return Kind.XML
    if root in _PAGE:
        return Kind.HTML
    if text.startswith(("<?xml", "<!DOCTYPE")):
        raise WrongType(
            "This is XML of a kind that we do not read. Open it in your spreadsheet program and save it as .xlsx."
        )
    return None


def weigh(path: Path, kind: Kind, limits: UploadSettings) -> int:
    """Unpack a zipped workbook block by block, keeping nothing, and stop at the first limit it passes.

    The zip directory may lie, so what really comes out is counted: bytes, rows, and the widest row of each sheet (a
    parser lays out rows x columns, even when only the corner is filled). The number of rows of the largest sheet; 0
    where the format does not tell.
    """
    if kind not in ZIPPED:
        return 0
    most_rows = unpacked = 0
    with parsing(), zipfile.ZipFile(path) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > limits.max_unpacked_bytes:
            _too_much(limits)
        for entry in archive.infolist():
            scale = _scale_for(entry.filename)
            for block in _unpack(archive, entry):
                unpacked += len(block)
                if unpacked > limits.max_unpacked_bytes:
                    _too_much(limits)
                if scale is not None:
                    scale.add(block)
                    scale.check(limits)
            if scale is not None:
                most_rows = max(most_rows, scale.rows)
    return most_rows


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(entry) as file:
        while block := file.read(BLOCK):
            yield block


def _too_much(limits: UploadSettings) -> None:
    raise FileTooLarge(
        f"Unpacked, this workbook holds more than {limits.max_unpacked_bytes / BLOCK:,.0f} MB. Split it.",
        code="unpacked_too_large",
    )


def check_cells(rows: int, columns: int, limits: UploadSettings) -> None:
    """Refuse a table beyond the limits; raises FileTooLarge."""
    if rows > limits.max_rows + 1_000:  # titles, blank lines and totals are not policies
        raise FileTooLarge(f"This file has more than {limits.max_rows:,} rows. Split it.", code="too_many_rows")
    if rows * columns > limits.max_cells:
        raise FileTooLarge(
            f"A sheet of this workbook spans {rows:,} rows and {columns:,} columns; at most {limits.max_cells:,} cells are "
            "accepted. Remove stray cells far from the table, split the list, or save it as CSV.",
            code="too_many_cells",
        )


class _SheetXml:
    """The extent of an .xlsx sheet, from the references of its cells."""

    _WIDE = re.compile(rb'<(?:\w+:)?c r="([A-Z]{2,3})[0-9]')
    _ROW = re.compile(rb'<(?:\w+:)?row [^>]*?r="([0-9]+)"')

    def __init__(self) -> None:
        self.rows = self.last_row = 0
        self.columns = 26
        self._rest = b""

    def add(self, block: bytes) -> None:
        text = self._rest + block
        cut = text.rfind(b"<")
        text, self._rest = text[:cut], text[cut:] if len(text) - cut < BLOCK else b""
        self.rows += text.count(b"<row") + text.count(b":row ")
        for row in self._ROW.finditer(text, max(0, len(text) - 65_536)):
            self.last_row = max(self.last_row, int(row[1]))
        for letters in set(self._WIDE.findall(text)):
            self.columns = max(self.columns, _column_number(letters))

    def check(self, limits: UploadSettings) -> None:
        check_cells(max(self.rows, self.last_row), min(self.columns, 16_384), limits)


class _SheetOds:
    """The extent of an .ods sheet: repeated cells count as often as they are repeated, when they hold something."""

    def __init__(self) -> None:
        self.rows = self.columns = 0
        self._row_repeat = self._width = self._pending = 0
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def add(self, block: bytes) -> None:
        self._parser.Parse(block, False)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table:table":
            self.rows = self._pending = 0
        elif name == "table:table-row":
            self._row_repeat, self._width = int(attributes.get("table:number-rows-repeated", "1")), 0
            self._filled = False
            self._column = 0
        elif name == "table:table-cell":
            self._column += int(attributes.get("table:number-columns-repeated", "1"))
            if "office:value-type" in attributes:
                self._filled, self._width = True, self._column

    def _end(self, name: str) -> None:
        if name == "table:table-row":
            self._pending += self._row_repeat
            if self._filled:
                self.rows = self._pending
                self.columns = max(self.columns, self._width)

    def check(self, limits: UploadSettings) -> None:
        check_cells(self.rows, max(self.columns, 1), limits)


class _SheetBin:
    """The extent of an .xlsb sheet, from its records: [MS-XLSB] 2.1.4, an id and a size of 7 bits a byte, then the data."""

    _ROW, _CELLS = 0, range(1, 12)  # BrtRowHdr; BrtCellBlank to BrtFmlaError

    def __init__(self) -> None:
        self.rows = self.columns = 0
        self._rest = b""
        self._skip = 0

    def add(self, block: bytes) -> None:
        data, at = self._rest + block, self._skip
        while (head := _record(data, at)) is not None and head[2] + 4 <= len(data):
            kind, size, start = head
            if kind == self._ROW or kind in self._CELLS:
                number = int.from_bytes(data[start : start + 4], "little") + 1
                if kind == self._ROW:
                    self.rows = max(self.rows, number)
                elif number > self.columns:
                    self.columns = number
            at = start + size
        self._rest, self._skip = data[at:], max(0, at - len(data))

    def check(self, limits: UploadSettings) -> None:
        check_cells(self.rows, max(self.columns, 1), limits)


def _record(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Kind, size and start of the data of the record at a place; None where its head is not complete yet."""
    if at + 6 > len(data):  # the longest head
        return None
    kind, at = data[at], at + 1
    if kind > 0x7F:
        kind, at = (kind & 0x7F) | (data[at] << 7), at + 1
    size, at = data[at], at + 1
    shift = 7
    while size >> shift and shift < 28:
        size, at, shift = (size & ((1 << shift) - 1)) | (data[at] << shift), at + 1, shift + 7
    return kind, size, at


def _scale_for(name: str) -> _SheetXml | _SheetOds | _SheetBin | None:
    if name.startswith("xl/worksheets/") and name.endswith(".xml"):
        return _SheetXml()
    if name.startswith("xl/worksheets/") and name.endswith(".bin"):
        return _SheetBin()
    return _SheetOds() if name == "content.xml" else None


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
