"""Tables of web pages, which portals write and call .xls. Read as events: no tree, no entities from elsewhere, no network.

Tables inside cells are tables of their own, as portals lay pages out with them.
"""

import codecs
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from lxml import etree

from py360.modules.uploads.reading.formats.encodings import SAMPLE, utf8_blocks
from py360.modules.uploads.reading.formats.number_formats import plain, shown_if_identifier
from py360.modules.uploads.reading.formats.xml2003 import MemorySheet
from py360.modules.uploads.reading.sheets import WIDEST, Counter, Limits, Merge, Row, Sheet

_DECLARED: Final = re.compile(rb"(?:charset|encoding)\s{0,8}=\s{0,8}[\"']?\s{0,8}([\w.:-]{1,40})")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{0,40})?(?:[eE][+-]?[0-9]{1,3})?")
_VALUES: Final = ("x:num", "sdval")  # where Excel and LibreOffice keep the number that the page shows rounded
_UNSEEN: Final = frozenset({"style", "script", "title"})
_BREAKS: Final = frozenset({"br", "p", "div", "li"})
_NOT_SHOWN: Final = re.compile(r"display\s{0,8}:\s{0,8}none", re.IGNORECASE)
_DEEPEST: Final = 50  # tables inside tables


def sheets(path: Path, limits: Limits) -> Sequence[Sheet]:
    """Every table of a page, as far as it has rows."""
    page = _Page(limits)
    parser = etree.HTMLParser(target=page, encoding="utf-8", no_network=True)
    with path.open("rb") as file:
        declared = _declared(file.read(SAMPLE))
    for text in utf8_blocks(path, declared):
        parser.feed(text)
    parser.close()
    return page.sheets


def _declared(sample: bytes) -> str | None:
    found = _DECLARED.search(sample[:4096])
    try:
        return codecs.lookup(found[1].decode()).name if found else None
    except LookupError:
        return None


class _OpenTable:
    """A table while it is read."""

    def __init__(self, sheet: MemorySheet) -> None:
        self.sheet = sheet
        self.cells: dict[int, str] | None = None  # of the row that is open
        self.column = 0  # where the next cell stands
        self.hidden = False
        self.text: list[str] | None = None  # of the cell that is open
        self.value, self.width, self.height = "", 1, 1
        self.spans: dict[int, int] = {}  # columns that cells of rows above reach into, and the last row they reach
        self.spanned = 0  # cells of this row that others reach into; they count as cells


class _Page:
    """Collects tables from a parser's events."""

    def __init__(self, limits: Limits) -> None:
        self._limits, self._counter = limits, Counter(limits)
        self._rows = self._count = self._unseen = 0
        self._open: list[_OpenTable] = []
        self.sheets: list[MemorySheet] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """A tag opens; what HTML lets people leave open is closed by the next of its kind."""
        if tag == "table" and len(self._open) < _DEEPEST:
            self._count += 1
            self._open.append(_OpenTable(MemorySheet(f"Table {self._count}")))
        elif tag in _UNSEEN:
            self._unseen += 1
        elif self._open:
            table = self._open[-1]
            if tag == "tr":
                self._end_row(table)
                self._begin_row(table, attributes)
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
        """The page ends, and with it the tables that are still open."""
        while self._open:
            self.end("table")

    def _begin_row(self, table: _OpenTable, attributes: Mapping[str, str]) -> None:
        self._rows += 1
        table.cells, table.column, table.spanned = {}, 0, 0
        style = attributes.get("style", "")[:1000]
        table.hidden = "hidden" in attributes or _NOT_SHOWN.search(style) is not None

    def _begin_cell(self, table: _OpenTable, attributes: Mapping[str, str]) -> None:
        if table.cells is None:
            self._begin_row(table, {})
        while table.spans.get(table.column, 0) >= self._rows:
            table.column += 1
            table.spanned += 1
        table.text = []
        table.value = next((attributes[name] for name in _VALUES if attributes.get(name)), "")
        table.width, table.height = (_span(attributes.get(name, "")) for name in ("colspan", "rowspan"))

    def _end_cell(self, table: _OpenTable) -> None:
        if table.cells is None or table.text is None:
            return
        text = " ".join("".join(table.text).split())
        if table.value and text:
            text = _number(table.value, text)
        last = self._rows + table.height - 1
        if table.height > 1:
            reached = range(table.column, min(table.column + table.width, WIDEST))
            table.spans.update(dict.fromkeys(reached, last))
            table.spanned += len(reached)
        if text:
            table.cells[table.column] = text
            if table.height > 1:
                table.sheet.reach.append(Merge(self._rows, last, table.column))
        table.column += table.width
        table.text = None

    def _end_row(self, table: _OpenTable) -> None:
        self._end_cell(table)
        if table.cells is None:
            return
        if table.cells:
            width = max(table.cells) + 1
            self._counter.count(len(table.cells) + table.spanned, width)
            cells = [table.cells.get(column, "") for column in range(width)]
            table.sheet.found.append(Row(self._rows, cells, table.hidden))
        else:
            self._counter.count(table.spanned, 0)
        table.cells = None


def _number(value: str, shown: str) -> str:
    """The number behind what a page shows, unless that makes an identifier of it."""
    if _NUMBER.fullmatch(value) is None:
        return value
    return shown_if_identifier(plain(float(value)), shown)


def _span(text: str) -> int:
    return min(int(text), WIDEST) if text.isascii() and text.isdigit() and len(text) < 10 and text != "0" else 1
