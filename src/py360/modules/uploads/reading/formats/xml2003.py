"""The XML of Excel 2003, which portals write and call .xls. Values are taken; formulas are attributes that are not read.

Microsoft, "XML Spreadsheet Reference" (2001): rows and cells that are blank may be left out; `Index` says where the next stands.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from py360.modules.uploads.reading.formats.encodings import utf8_blocks
from py360.modules.uploads.reading.formats.number_formats import NumberFormats, Show, moment_text, plain
from py360.modules.uploads.reading.formats.ooxml import new_parser
from py360.modules.uploads.reading.refusal import WRONG_TYPE, Refused
from py360.modules.uploads.reading.sheets import Counter, Limits, Merge, Row, Sheet

_DATES: Final = ("Date", "Time")  # in the names of formats that Excel has no code for here: "Short Date", "Medium Time"


class MemorySheet:
    """A sheet whose rows were read at once."""

    def __init__(self, name: str) -> None:
        self.name, self.hidden, self.epoch_1904 = name, False, False
        self.found: list[Row] = []
        self.reach: list[Merge] = []

    def count(self) -> int:
        """How many rows hold something."""
        return sum(1 for _ in self.rows())

    def rows(self) -> Iterator[Row]:
        """The rows that hold something."""
        return iter(self.found)

    def merges(self) -> list[Merge]:
        """Cells that reach down."""
        return self.reach


def sheets(path: Path, limits: Limits) -> Sequence[Sheet]:
    """The sheets of a workbook. Raises Refused where entities are declared or a sheet is too large."""
    book = _Book(limits)
    for text in utf8_blocks(path):
        book.parser.Parse(text, False)
    book.parser.Parse(b"", True)
    return book.sheets


def _no_entities(*_: object) -> None:
    raise Refused(WRONG_TYPE)


class _Book:
    """Collects sheets from a parser's events. Names are distinguished by what follows their prefix."""

    def __init__(self, limits: Limits) -> None:
        self.sheets: list[MemorySheet] = []
        self.parser = new_parser(self._start, self._end, self._data, encoding="utf-8")
        self.parser.StartDoctypeDeclHandler = _no_entities
        self._limits, self._counter = limits, Counter(limits)
        self._formats = NumberFormats()
        self._shows: dict[str, Show | None] = {}
        self._style = ""
        self._number = self._after = 0
        self._hidden = False
        self._kind, self._value, self._cell_style = "", "", ""
        self._column, self._width, self._down = 0, 1, 0
        self._cells: dict[int, str] = {}
        self._text: list[str] | None = None
        self._inside_comment = False

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        tag = name.rpartition(":")[2]
        values = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        if tag == "Style":
            self._style = values.get("ID", "")
        elif tag == "NumberFormat":
            code = values.get("Format", "")
            self._shows[self._style] = self._formats.of_code(code) if not code.endswith(_DATES) else None
        elif tag == "Worksheet":
            self.sheets.append(MemorySheet(values.get("Name", f"Sheet {len(self.sheets) + 1}")))
            self.sheets[-1].epoch_1904 = self._formats.epoch_1904
            self._number, self._counter = 0, Counter(self._limits)
        elif tag == "Row":
            self._number = int(values.get("Index", self._number + 1))
            self._after = int(values.get("Span", 0))
            self._hidden = values.get("Hidden") == "1"
            self._cells, self._column = {}, 0
        elif tag == "Cell":
            self._column = int(values.get("Index", self._column + 1)) - 1
            self._width = 1 + int(values.get("MergeAcross", 0))
            self._down = int(values.get("MergeDown", 0))
            self._value, self._cell_style = "", values.get("StyleID", "")
        elif tag == "Comment":
            self._inside_comment = True
        elif tag == "Data" and not self._inside_comment:
            self._text, self._kind = [], values.get("Type", "String")
        elif tag == "Visible":
            self._text = []
        elif tag == "Date1904":
            self._formats.epoch_1904 = True

    def _data(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        if tag == "Data" and self._text is not None:
            self._value = self._read("".join(self._text))
            self._text = None
        elif tag == "Comment":
            self._inside_comment = False
        elif tag == "Cell":
            self._end_cell()
        elif tag == "Row":
            self._end_row()
        elif tag == "Visible" and self._text is not None:
            self.sheets[-1].hidden = "".join(self._text).strip() in {"SheetHidden", "SheetVeryHidden"}
            self._text = None

    def _end_cell(self) -> None:
        if self._value and self._column >= 0:
            self._cells[self._column] = self._value
            if self._down > 0 and self.sheets:
                self.sheets[-1].reach.append(Merge(self._number, self._number + self._down, self._column))
        self._column += self._width

    def _end_row(self) -> None:
        if self._cells and self.sheets:
            width = max(self._cells) + 1
            self._counter.count(len(self._cells), width)
            cells = [self._cells.get(column, "") for column in range(width)]
            self.sheets[-1].found.append(Row(self._number, cells, self._hidden))
        self._number += self._after

    def _read(self, text: str) -> str:
        if self._kind == "Number" and text:
            try:
                value = float(text)
            except ValueError:
                return ""  # an error value where a number is announced
            show = self._shows.get(self._cell_style)
            return show(value) if show else plain(value)
        if self._kind == "DateTime":
            return moment_text(text)
        if self._kind == "Boolean":
            return "TRUE" if text == "1" else "FALSE"
        return "" if self._kind == "Error" else text
