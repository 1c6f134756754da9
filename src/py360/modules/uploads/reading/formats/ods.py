"""OpenDocument spreadsheets (.ods): OASIS OpenDocument 1.3 part 3, chapters 9 and 19. Read as events: no tree is built.

Rows and cells that repeat are counted, never laid out, until one of them holds something.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import nan
from typing import Final

from py360.modules.uploads.reading.formats.number_formats import moment_text, plain, shown_if_identifier
from py360.modules.uploads.reading.formats.ooxml import new_parser
from py360.modules.uploads.reading.formats.package import Package
from py360.modules.uploads.reading.sheets import WIDEST, Counter, Limits, Merge, Row, Sheet

_BLOCK: Final = 1 << 20
_CONTENT: Final = "content.xml"
_UNREAD: Final = frozenset({"office:annotation", "table:tracked-changes", "text:ruby-text"})
_BREAKS: Final = frozenset({"text:line-break", "text:tab"})
_NUMBERS: Final = frozenset({"float", "currency", "percentage"})


def sheets(package: Package, limits: Limits) -> Sequence[Sheet]:
    """The sheets of a document, in its order."""
    styles = _Styles()
    names = _Names()
    for block in package.blocks(_CONTENT):
        styles.parser.Parse(block, False)
        names.parser.Parse(block, False)
    return [
        _Sheet(package, at, name, style in styles.hidden, styles.epoch_1904, limits)
        for at, (name, style) in enumerate(names.found)
    ]


def _number(text: str) -> float:
    """A number; not a number for an error value where one is announced."""
    try:
        return float(text)
    except ValueError:
        return nan


class _Styles:
    """The table styles that hide a sheet, and the day from which days are counted."""

    def __init__(self) -> None:
        self.hidden: set[str] = set()
        self.epoch_1904 = False
        self._style = ""
        self.parser = new_parser(self._start)

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "style:style":
            self._style = attributes.get("style:name", "")
        elif tag == "style:table-properties" and attributes.get("table:display") == "false":
            self.hidden.add(self._style)
        elif tag == "table:null-date":
            self.epoch_1904 = attributes.get("table:date-value", "").startswith("1904")


class _Names:
    """The sheets by name and style; tables inside cells are none."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self._depth = 0
        self.parser = new_parser(self._start, self._end)

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "table:table":
            if not self._depth:
                self.found.append((attributes.get("table:name", ""), attributes.get("table:style-name", "")))
            self._depth += 1

    def _end(self, tag: str) -> None:
        self._depth -= tag == "table:table"


class _Sheet:
    """One sheet."""

    def __init__(self, package: Package, place: int, name: str, hidden: bool, epoch_1904: bool, limits: Limits) -> None:
        self.name, self.hidden, self.epoch_1904 = name, hidden, epoch_1904
        self._package, self._place, self._limits = package, place, limits
        self._merges: list[Merge] = []

    def merges(self) -> list[Merge]:
        """Cells that reach down."""
        return self._merges

    def count(self) -> int:
        """How many rows hold something."""
        return sum(1 for _ in self.rows())

    def rows(self) -> Iterator[Row]:
        """The rows that hold something."""
        reader = _Rows(self._place, Counter(self._limits))
        self._merges = reader.merges
        for block in self._package.blocks(_CONTENT):
            reader.parser.Parse(block, False)
            yield from reader.found
            reader.found.clear()
            if reader.ended:
                return


class _Rows:
    """Collects the rows of one sheet from a parser's events."""

    def __init__(self, place: int, counter: Counter) -> None:
        self.found: list[Row] = []
        self.merges: list[Merge] = []
        self.ended = False
        self.parser = new_parser(self._start, self._end, self._data)
        self._counter, self._left = counter, place
        self._depth = self._unread = 0
        self._number = 0  # of the row that was ended last
        self._repeats, self._hidden = 1, False
        self._cells: dict[int, str] = {}
        self._column = 0
        self._cell: Mapping[str, str] = {}
        self._pieces: list[str] = []
        self._paragraphs = 0

    @property
    def _reads(self) -> bool:
        return self._depth == 1 and self._left == 0 and not self.ended

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "table:table":
            self._depth += 1
        elif not self._reads:
            return
        elif tag in _UNREAD:
            self._unread += 1
        elif self._unread:
            return
        elif tag == "table:table-row":
            self._repeats = max(1, int(attributes.get("table:number-rows-repeated", "1")))
            self._hidden = attributes.get("table:visibility", "visible") != "visible"
            self._cells, self._column = {}, 0
        elif tag in ("table:table-cell", "table:covered-table-cell"):
            self._cell, self._pieces, self._paragraphs = attributes, [], 0
        elif tag == "text:p":
            self._paragraphs += 1
            if self._paragraphs > 1:
                self._pieces.append("\n")
        elif tag == "text:s":
            self._pieces.append(" " * min(int(attributes.get("text:c", "1")), 1_000))
        elif tag in _BREAKS:
            self._pieces.append("\n" if tag == "text:line-break" else "\t")

    def _data(self, piece: str) -> None:
        if self._paragraphs and not self._unread:
            self._pieces.append(piece)

    def _end(self, tag: str) -> None:
        if tag == "table:table":
            self._depth -= 1
            if self._depth == 0:
                self._left -= 1
                self.ended = self._left < 0
        elif not self._reads:
            return
        elif tag in _UNREAD:
            self._unread -= 1
        elif tag in ("table:table-cell", "table:covered-table-cell"):
            self._end_cell(covered=tag != "table:table-cell")
        elif tag == "table:table-row":
            self._end_row()

    def _end_cell(self, covered: bool) -> None:
        times = max(1, int(self._cell.get("table:number-columns-repeated", "1")))
        text = "" if covered else self._text()
        if text:
            for column in range(self._column, min(self._column + times, self._column + WIDEST + 1)):
                self._cells[column] = text
            down = int(self._cell.get("table:number-rows-spanned", "1"))
            if down > 1:
                first = self._number + 1
                self.merges.append(Merge(first, first + down - 1, self._column))
        self._column += times
        self._paragraphs = 0

    def _text(self) -> str:
        kind = self._cell.get("office:value-type", "") or self._cell.get("calcext:value-type", "")
        shown = "".join(self._pieces)
        if self._cell.get("calcext:value-type") == "error" or (kind in _NUMBERS and shown.startswith(("#", "Err:"))):
            return ""
        if kind in _NUMBERS:
            number = _number(self._cell.get("office:value", ""))
            return shown_if_identifier(plain(number), shown) if abs(number) < float("inf") else ""
        if kind == "date" and self._cell.get("office:date-value"):
            return moment_text(self._cell["office:date-value"])
        if kind == "boolean":
            return self._cell.get("office:boolean-value", "").upper()
        if kind == "string":
            return self._cell.get("office:string-value") or shown
        return shown

    def _end_row(self) -> None:
        if self._cells:
            width = max(self._cells) + 1
            cells = [self._cells.get(column, "") for column in range(width)]
            for at in range(self._repeats):
                self._counter.count(len(self._cells), width)
                self.found.append(Row(self._number + at + 1, cells, self._hidden))
        self._number += self._repeats
