"""The rows of a sheet of Office Open XML, block by block, as texts (ECMA-376 part 1, 18.3.1).

Sheets repeat the same columns row after row, so a regular expression of a whole row is made from the first block and takes
the next ones apart. A block that it does not match as a whole is cut cell by cell, and one in a form that no usual program
writes goes through an XML parser. Counts show that none passes a row or cell over, and all end in the same texts.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from py360.modules.uploads.reading.formats.number_formats import NumberFormats, moment_text
from py360.modules.uploads.reading.formats.ooxml import column_of, local_name, parse, text_of, unescape
from py360.modules.uploads.reading.formats.shared_strings import SharedStrings
from py360.modules.uploads.reading.refusal import DAMAGED, Refused
from py360.modules.uploads.reading.sheets import WIDEST, letters_of, too_many_columns

_REST: Final = (  # of a cell: its attributes; nothing, or a formula or none and then a number or a text or none
    r"([^<>/]*)(?:/>|>(?:<f[^<>]*>(?:[^<]*</f>)?)?"
    r'(?:<v ?/>|(?:<v>|<is><t(?: xml:space="preserve")?>)([^<]*)(?:</v>|</t></is>))?</c>)'
)
_CELL: Final = re.compile(rf'<c r="([A-Z]{{1,3}})[0-9]+"{_REST}')
_ROW: Final = re.compile(r"<row\b([^<>]*)>")
_NUMBER: Final = re.compile(r'\br="([0-9]+)"')
_HIDDEN: Final = re.compile(r'\bhidden="(?:1|true)"')
_ATTRIBUTES: Final = re.compile(r'(?: [a-zA-Z:]+="[^"]*")* ?')
_ATTRIBUTE: Final = re.compile(r'([a-zA-Z:]+)="([^"]*)"')
_REFERENCE: Final = re.compile("([A-Z]+)([0-9]+)")
_WIDEST_PATTERN: Final = 100  # columns of a row's own expression
_MOST_MISSES: Final = 3  # blocks that it may fail before it is given up
_MOST_REMEMBERED: Final = 100_000

Convert = Callable[[str], str]
Plan = list[tuple[int, Convert]]  # columns, and what makes texts of their values
Cell = tuple[str, str, str]  # column letters, attributes, value as it is in XML
TextRow = tuple[int, bool, list[str]]  # number (0: the next), whether it is hidden, texts


class CellTexts:
    """Values of cells as texts, by the attributes of the cell."""

    def __init__(self, formats: NumberFormats, shared: SharedStrings) -> None:
        self._formats, self._shared = formats, shared
        self._converters: dict[str, Convert] = {}

    def converter(self, attributes: str) -> Convert:
        """What makes texts of the values of cells with these attributes. Raises ValueError for attributes in an odd form."""
        convert = self._converters.get(attributes)
        if convert is None:
            if not _ATTRIBUTES.fullmatch(attributes):
                raise ValueError(attributes)
            found: dict[str, str] = dict(_ATTRIBUTE.findall(attributes))
            convert = self._converters[attributes] = self._new(found.get("t", "n"), int(found.get("s") or 0))
        return convert

    def _new(self, kind: str, style: int) -> Convert:
        if kind == "s":
            return self._shared_text
        if kind == "n":
            return self._numbers(style)
        return {"b": _truth, "d": _date, "e": _nothing}.get(kind, plain_text)

    def _shared_text(self, value: str) -> str:
        """Raises Refused for a place behind the last string: the file lacks some, and the cell's text with them."""
        texts, place = self._shared.texts(), value.strip()
        if not place.isdecimal():
            return ""
        if int(place) >= len(texts):
            raise Refused(DAMAGED)
        return texts[int(place)]

    def _numbers(self, style: int) -> Convert:
        known: dict[str, str] = {}

        def convert(value: str) -> str:
            text = known.get(value)
            if text is None:
                try:
                    text = self._formats.text(value.strip(), style)
                except ValueError:
                    text = ""  # Sheets and LibreOffice write errors of their own where a number is announced
                if len(known) < _MOST_REMEMBERED:
                    known[value] = text
            return text

        return convert


def plain_text(value: str) -> str:
    """A text, behind the escapes of XML and those of Office."""
    return text_of(unescape(value)) if "&" in value else text_of(value)


def _truth(value: str) -> str:
    return "TRUE" if value.strip() in ("1", "true") else "FALSE"


def _date(value: str) -> str:
    return moment_text(value.strip())


def _nothing(_: str) -> str:
    return ""


class RowTexts:
    """Takes the blocks of one sheet apart."""

    def __init__(self, cells: CellTexts) -> None:
        self._cells = cells
        self._pattern: re.Pattern[str] | None = None
        self._width = self._misses = 0
        self._plans: dict[tuple[str, ...], tuple[Plan, Plan]] = {}

    def of(self, block: bytes) -> Iterable[TextRow]:
        """The rows of a block of whole rows."""
        text = block.decode(errors="replace")  # a wrong byte is one letter's trouble
        if self._pattern is not None and (rows := self._by_pattern(self._pattern, text)) is not None:
            return rows
        cut = _cut(text)
        found = [
            self._row(number, hidden, cells)
            for number, hidden, cells in (_parsed(text.encode()) if cut is None else cut)
        ]
        self._remember_width(max((len(texts) for _, _, texts in found), default=0), is_usual=cut is not None)
        return found

    def _remember_width(self, width: int, is_usual: bool) -> None:
        """Make an expression of a row of so many columns, unless rows like these have failed too often."""
        self._misses += self._pattern is not None
        self._width = max(self._width, width)
        self._pattern = None
        if is_usual and 0 < self._width <= _WIDEST_PATTERN and self._misses <= _MOST_MISSES:
            cells = (f'(?:<c r="{letters_of(column)}[0-9]+"{_REST})?' for column in range(self._width))
            self._pattern = re.compile(f'<row r="([0-9]+)"([^<>/]*)(?:/>|>{"".join(cells)}</row>)')

    def _by_pattern(self, pattern: re.Pattern[str], text: str) -> list[TextRow] | None:
        """The rows of a block that has no others; None for any other block."""
        found: list[tuple[str, ...]] = pattern.findall(text)
        if len(found) != text.count("<row") or "<!" in text:
            return None
        is_plain = "&" not in text and "_x" not in text  # texts stand for themselves
        rows: list[TextRow] = []
        for row in found:
            head, kinds, texts = row[1], row[2::2], list(row[3::2])
            plans = self._plans.get(kinds)
            if plans is None:
                if "'" in head or not all(map(_ATTRIBUTES.fullmatch, kinds)):
                    return None
                plans = self._plans[kinds] = self._plans_of(kinds)
            for at, convert in plans[is_plain]:
                if texts[at]:
                    texts[at] = convert(texts[at])
            rows.append((int(row[0]), "hidden" in head and _HIDDEN.search(head) is not None, texts))
        return rows

    def _plans_of(self, kinds: Sequence[str]) -> tuple[Plan, Plan]:
        """What is to be done with the cells of a row of these attributes: all of it, and what plain texts do not need."""
        every = [(at, self._cells.converter(kind)) for at, kind in enumerate(kinds)]
        return every, [(at, convert) for at, convert in every if convert is not plain_text]

    def _row(self, number: int, hidden: bool, cells: Sequence[Cell]) -> TextRow:
        texts: list[str] = []
        for letters, attributes, value in cells:
            if value and (text := self._cells.converter(attributes)(value)):
                column = column_of(letters)
                if column >= WIDEST:
                    raise too_many_columns()
                texts += [""] * (column + 1 - len(texts))
                texts[column] = text
        return number, hidden, texts


def _head(attributes: str) -> tuple[int, bool]:
    number = _NUMBER.search(attributes)
    return int(number[1]) if number else 0, "hidden" in attributes and _HIDDEN.search(attributes) is not None


def _cut(text: str) -> list[tuple[int, bool, Sequence[Cell]]] | None:
    """The rows of a block that is written as usual, cell by cell; None for any other."""
    if "<!" in text or "='" in text:
        return None
    found: list[tuple[int, bool, Sequence[Cell]]] = []
    pieces = text.split("</row>")
    for piece in pieces[:-1]:
        head = _ROW.search(piece)
        if head is None or piece.count("<row") != 1 or head[1].endswith("/"):
            return None
        cells = _CELL.findall(piece, head.end())
        if len(cells) != piece.count("<c ") + piece.count("<c>") + piece.count("<c/"):
            return None
        found.append((*_head(head[1]), cells))
    return None if pieces[-1].strip() else found


def _parsed(block: bytes) -> list[tuple[int, bool, Sequence[Cell]]]:
    """The rows of a block in any form that XML allows: prefixes, cells without references, remarks between."""
    rows = _ParsedRows()
    parse(b"<sheetData>" + block + b"</sheetData>", rows.start, rows.end, rows.data)
    return rows.found


class _ParsedRows:
    """Collects rows from a parser's events."""

    def __init__(self) -> None:
        self.found: list[tuple[int, bool, Sequence[Cell]]] = []
        self._cells: list[Cell] = []
        self._row: tuple[int, bool] = (0, False)
        self._cell = ("", "")
        self._column = -1
        self._pieces: list[str] = []
        self._reads = self._phonetic = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """A tag opens."""
        tag = local_name(tag)
        if tag == "row":
            self._row = (int(attributes.get("r", 0)), attributes.get("hidden") in ("1", "true"))
            self._cells, self._column = [], -1
        elif tag == "c":
            reference = _REFERENCE.match(attributes.get("r", ""))
            self._column = column_of(reference[1]) if reference else self._column + 1
            style, kind = int(attributes.get("s") or 0), attributes.get("t", "n")
            self._cell = (letters_of(self._column), f' s="{style}" t="{kind if kind.isalpha() else "str"}"')
            self._pieces = []
        elif tag == "rPh":
            self._phonetic = True
        elif tag in ("v", "t"):
            self._reads = not self._phonetic

    def end(self, tag: str) -> None:
        """A tag closes."""
        tag = local_name(tag)
        if tag == "row":
            self.found.append((*self._row, self._cells))
        elif tag == "c":
            value = "".join(self._pieces).replace("&", "&amp;").replace("<", "&lt;")  # as it is in XML
            self._cells.append((*self._cell, value))
        elif tag == "rPh":
            self._phonetic = False
        elif tag in ("v", "t"):
            self._reads = False

    def data(self, piece: str) -> None:
        """Text."""
        if self._reads:
            self._pieces.append(piece)
