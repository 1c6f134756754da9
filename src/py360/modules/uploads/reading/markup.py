"""Tables that portals write as a web page, or as the XML of Excel 2003, and call .xls. Read as events: no tree, no entities, no network."""

import codecs
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from xml.parsers import expat

import polars as pl
from lxml import etree

from py360.modules.uploads.errors import WrongType
from py360.modules.uploads.reading.damage import parsing
from py360.modules.uploads.reading.delimited import encoding_of
from py360.modules.uploads.reading.kinds import BLOCK, Kind, check_cells
from py360.modules.uploads.settings import UploadSettings

_SAMPLE: Final = 256 << 10
_DECLARED: Final = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)")
_WIDEST: Final = 16_384  # columns of a spreadsheet; what stands beyond is in no list
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,3})?$")
_ROWS_AT_ONCE: Final = 10_000
_VALUES: Final = ("x:num", "sdval")  # where Excel and LibreOffice keep the number that the page shows rounded
_UNSEEN: Final = frozenset({"style", "script", "title"})
_BREAKS: Final = frozenset({"br", "p", "div", "li"})


class Sheet:
    """One table of a page or one sheet of a workbook: those of its rows that hold something."""

    def __init__(self, name: str) -> None:
        self.name, self.hidden = name, False
        self._numbers: list[int] = []
        self._rows: list[list[str | None]] = []
        self._frames: list[pl.DataFrame] = []

    def add(self, number: int, cells: list[str | None]) -> None:
        """Keep a row; `number` is the one that people see."""
        self._numbers.append(number)
        self._rows.append(cells)
        if len(self._rows) >= _ROWS_AT_ONCE:
            self._pack()

    def frame(self) -> pl.DataFrame:
        """The rows as text: `row_no`, c0, c1, ..."""
        self._pack()
        return pl.concat(self._frames, how="diagonal") if self._frames else pl.DataFrame()

    def _pack(self) -> None:
        if self._rows:
            width = max(map(len, self._rows))
            padded = [[*row, *[None] * (width - len(row))] for row in self._rows]
            frame = pl.DataFrame(padded, schema={f"c{at}": pl.String for at in range(width)}, orient="row")
            self._frames.append(frame.insert_column(0, pl.Series("row_no", self._numbers, dtype=pl.Int32)))
            self._numbers, self._rows = [], []


def sheets(path: Path, kind: Kind, limits: UploadSettings) -> list[Sheet]:
    """Every table of a file, as far as it has rows. Raises FileTooLarge, Damaged, and WrongType where entities are declared."""
    counter = _Counter(limits)
    with parsing():
        if kind is Kind.HTML:
            return _page(path, counter)
        return _book(path, counter)


def _page(path: Path, counter: "_Counter") -> list[Sheet]:
    page = _Page(counter)
    parser = etree.HTMLParser(target=page, encoding="utf-8", no_network=True)
    for text in _texts(path):
        parser.feed(text)
    parser.close()
    return page.sheets


def _book(path: Path, counter: "_Counter") -> list[Sheet]:
    book = _Book(counter)
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _no_entities
    parser.StartElementHandler, parser.EndElementHandler = book.start, book.end
    parser.CharacterDataHandler = book.data
    for text in _texts(path):
        parser.Parse(text, False)
    parser.Parse(b"", True)
    return book.sheets


def _texts(path: Path) -> Iterator[bytes]:
    """The file as UTF-8, block by block, whatever it declares itself to be."""
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
        encoding = encoding_of(sample, _declared(sample))
        decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        block = sample
        while block:
            yield decoder.decode(block).encode()
            block = file.read(BLOCK)
        yield decoder.decode(b"", final=True).encode()


def _declared(sample: bytes) -> str | None:
    found = _DECLARED.search(sample[:4096])
    try:
        return codecs.lookup(found[1].decode()).name if found else None
    except LookupError:
        return None


def _no_entities(*declared: object) -> None:
    raise WrongType


class _Counter:
    """The cells of a file so far; a file beyond the limits is left there."""

    def __init__(self, limits: UploadSettings) -> None:
        self.limits, self.rows, self.columns = limits, 0, 1

    def add(self, width: int) -> None:
        """Another row. Raises FileTooLarge."""
        self.rows += 1
        self.columns = max(self.columns, width)
        check_cells(self.rows, self.columns, self.limits)


class _Row:
    """A row while it is read; places that nothing fills stay blank."""

    def __init__(self) -> None:
        self.cells: list[str | None] = []
        self.column = 0  # where the next cell stands

    def put(self, text: str, width: int = 1) -> None:
        """Write the next cell, which spans `width` columns."""
        if text and self.column < _WIDEST:
            self.cells += [None] * (self.column + 1 - len(self.cells))
            self.cells[self.column] = text
        self.column += width


def _plain(number: str) -> str:
    """A number of a cell as people write it: 9876543210 for 9.87654321E9."""
    value = float(number) if _NUMBER.match(number) else 0.5
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else number


class _Table:
    """A table of a page while it is read."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.row: _Row | None = None
        self.text: list[str] | None = None  # of the cell that is open
        self.value, self.width, self.height = "", 1, 1
        self.spans: dict[int, int] = {}  # columns that cells of rows above reach into, and for how many rows still


class _Page:
    """The tables of a web page. Tables inside cells are tables of their own, as portals lay pages out with them."""

    def __init__(self, counter: _Counter) -> None:
        self._counter, self._rows, self._count, self._unseen = counter, 0, 0, 0
        self._open: list[_Table] = []
        self.sheets: list[Sheet] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """A tag opens; what HTML lets people leave open is closed by the next of its kind."""
        if tag == "table":
            self._count += 1
            self._open.append(_Table(Sheet(f"Table {self._count}")))
        elif tag in _UNSEEN:
            self._unseen += 1
        elif self._open:
            table = self._open[-1]
            if tag == "tr":
                self._end_row(table)
                table.row = _Row()
            elif tag in {"td", "th"}:
                self._end_cell(table)
                self._begin_cell(table, attributes)
            elif tag in _BREAKS and table.text is not None:
                table.text.append(" ")

    def end(self, tag: str) -> None:
        """A tag closes."""
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif self._open:
            table = self._open[-1]
            if tag in {"td", "th"}:
                self._end_cell(table)
            elif tag == "tr":
                self._end_row(table)
            elif tag == "table":
                self._end_row(table)
                self.sheets.append(self._open.pop().sheet)

    def data(self, text: str) -> None:
        """Text, of the innermost cell."""
        if self._open and self._open[-1].text is not None and not self._unseen:
            self._open[-1].text.append(text)

    def close(self) -> None:
        """The page ends; so do the tables that it left open."""
        while self._open:
            self.end("table")

    def _begin_cell(self, table: _Table, attributes: Mapping[str, str]) -> None:
        table.row = table.row or _Row()
        while table.spans.get(table.row.column, 0):
            table.row.column += 1
        table.text = []
        table.value = next((attributes[name] for name in _VALUES if attributes.get(name)), "")
        table.width, table.height = (_span(attributes.get(name, "")) for name in ("colspan", "rowspan"))

    def _end_cell(self, table: _Table) -> None:
        if table.row is None or table.text is None:
            return
        for column in range(table.row.column, table.row.column + table.width) if table.height > 1 else ():
            table.spans[column] = table.height  # this row counts too
        shown = " ".join("".join(table.text).split())
        table.row.put(_plain(table.value) if table.value and shown else shown, table.width)
        table.text = None

    def _end_row(self, table: _Table) -> None:
        self._end_cell(table)
        if table.row is None:
            return
        self._rows += 1
        self._counter.add(max(len(table.row.cells), len(table.spans)))
        if table.row.cells:
            table.sheet.add(self._rows, table.row.cells)
        table.spans = {column: rows - 1 for column, rows in table.spans.items() if rows > 1}
        table.row = None


def _span(text: str) -> int:
    return min(int(text), _WIDEST) if text.isascii() and text.isdigit() and text != "0" else 1


class _Book:
    """The sheets of a workbook in Excel 2003's XML. Values are taken, formulas are attributes that nobody reads.

    Microsoft, "XML Spreadsheet Reference" (2001): rows and cells that are blank may be left out; `Index` says where the next stands.
    """

    def __init__(self, counter: _Counter) -> None:
        self._counter, self._number, self._after = counter, 0, 0
        self._kind, self._value, self._width = "", "", 1
        self._row = _Row()
        self._text: list[str] | None = None
        self._inside_comment = False
        self.sheets: list[Sheet] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """A tag opens."""
        tag = name.rpartition(" ")[2]
        said = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        if tag == "Worksheet":
            self.sheets.append(Sheet(said.get("Name", f"Sheet {len(self.sheets) + 1}")))
            self._number = 0
        elif tag == "Row":
            self._row = _Row()
            self._number = int(said.get("Index", self._number + 1))
            self._after = int(said.get("Span", 0))
        elif tag == "Cell":
            self._row.column = int(said.get("Index", self._row.column + 1)) - 1
            self._width = 1 + int(said.get("MergeAcross", 0))
            self._value = ""
        elif tag == "Comment":
            self._inside_comment = True
        elif tag == "Data" and not self._inside_comment:
            self._text, self._kind = [], said.get("Type", "String")
        elif tag == "Visible":
            self._text = []

    def data(self, text: str) -> None:
        """Text, of a cell's value or of how a sheet is shown."""
        if self._text is not None:
            self._text.append(text)

    def end(self, name: str) -> None:
        """A tag closes."""
        tag = name.rpartition(" ")[2]
        if tag == "Data" and self._text is not None:
            self._value = self._read("".join(self._text))
            self._text = None
        elif tag == "Comment":
            self._inside_comment = False
        elif tag == "Cell":
            self._row.put(self._value, self._width)
        elif tag == "Row":
            self._counter.add(len(self._row.cells))
            if self._row.cells and self.sheets:
                self.sheets[-1].add(self._number, self._row.cells)
            self._number += self._after
        elif tag == "Visible" and self._text is not None:
            self.sheets[-1].hidden = "".join(self._text).strip() in {"SheetHidden", "SheetVeryHidden"}
            self._text = None

    def _read(self, text: str) -> str:
        if self._kind == "Number" and text:
            return _plain(text)
        return text.removesuffix("T00:00:00.000") if self._kind == "DateTime" else text
