"""Workbooks of Office Open XML (.xlsx, .xlsm), ECMA-376 part 1, chapter 18; the strict form alike.

A sheet is read block by block. A block whose cells are written as usual is taken apart by one regular expression that never
looks back; any other goes through an XML parser. Both end in the same cells, and a count shows that none was passed over.
"""

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from py360.modules.uploads.reading.formats.number_formats import NumberFormats
from py360.modules.uploads.reading.formats.ooxml import (
    column_of,
    letters_of,
    local_name,
    parse,
    relations_of,
    text_of,
    unescape,
)
from py360.modules.uploads.reading.formats.package import BLOCK, Package
from py360.modules.uploads.reading.formats.shared_strings import SharedStrings
from py360.modules.uploads.reading.refusal import DAMAGED, WRONG_TYPE, Refused
from py360.modules.uploads.reading.sheets import WIDEST, Counter, Limits, Merge, Row, Sheet, too_many_columns

MOST_SHEETS: Final = 500
MOST_STYLES: Final = 100_000
MOST_MERGES: Final = 1_000_000
_WORKBOOK: Final = ("/officedocument",)  # the end of the type of the relationship that leads to the workbook
_USUAL: Final = re.compile(
    r'<c r="([A-Z]{1,3})[0-9]+"(?: s="([0-9]+)")?(?: t="([a-zA-Z]+)")? ?(?:/>|>(?:<f[^<>]*>(?:[^<]*</f>)?)?'
    r'(?:<v ?/>|(?:<v>|<is><t(?: xml:space="preserve")?>)([^<]*)(?:</v>|</t></is>))?</c>)'
)
_ROW: Final = re.compile(r"<row\b([^<>]*)>")
_NUMBER: Final = re.compile(r'\br="([0-9]+)"')
_HIDDEN: Final = re.compile(r'\bhidden="(?:1|true)"')
_REFERENCE: Final = re.compile("([A-Z]+)([0-9]+)")
_MERGED: Final = re.compile(rb"<(?:[A-Za-z0-9]+:)?mergeCell\b[^<>]*\bref=[\"']([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)[\"']")
_MOST_REMEMBERED: Final = 100_000

Cell = tuple[str, str, str, str]  # column letters, style, type, value


class Part(NamedTuple):
    """A sheet as the workbook lists it."""

    name: str
    hidden: bool
    part: str


def is_xlsx(package: Package) -> bool:
    """Whether a package is a workbook of this kind, wherever its workbook part lies."""
    return _workbook_part(package) is not None


def sheets(package: Package, limits: Limits) -> Sequence[Sheet]:
    """The sheets of a workbook, in its order. Raises Refused, and what parsers raise for damaged files."""
    part = _workbook_part(package)
    if part is None:
        raise Refused(WRONG_TYPE)
    relations = relations_of(package, part)
    listed, epoch_1904 = _listed(package, part, relations)
    formats = _formats(
        package, next((to for kind, to in relations.values() if kind.endswith("/styles")), ""), epoch_1904
    )
    shared = SharedStrings(
        package, next((to for kind, to in relations.values() if kind.endswith("/sharedstrings")), "")
    )
    return [_Sheet(package, each, formats, shared, limits) for each in listed if each.part in package]


def _workbook_part(package: Package) -> str | None:
    named = None
    if "_rels/.rels" in package:
        named = next((to for kind, to in relations_of(package, "").values() if kind.endswith(_WORKBOOK)), None)
    for part in (named, "xl/workbook.xml"):
        if part and part in package and part.endswith(".xml"):
            return part
    return next((name for name in sorted(package.names) if re.fullmatch(r"xl/workbook[0-9]*\.xml", name)), None)


def _listed(package: Package, part: str, relations: Mapping[str, tuple[str, str]]) -> tuple[list[Part], bool]:
    """The sheets that hold cells, and whether dates count from 1904."""
    found: list[Part] = []
    epoch_1904 = False

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal epoch_1904
        if local_name(tag) == "workbookPr":
            epoch_1904 = attributes.get("date1904", "0") in ("1", "true")
        elif local_name(tag) == "sheet" and len(found) < MOST_SHEETS:
            relation = next((value for name, value in attributes.items() if local_name(name) == "id"), "")
            kind, target = relations.get(relation, ("", ""))
            if kind.endswith("/worksheet"):
                found.append(Part(attributes.get("name", ""), attributes.get("state", "visible") != "visible", target))

    parse(package.read(part), start)
    return found, epoch_1904


def _formats(package: Package, part: str, epoch_1904: bool) -> NumberFormats:
    """The number format of every cell style."""
    formats = NumberFormats(epoch_1904)
    inside = False

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal inside
        tag = local_name(tag)
        if tag == "numFmt":
            formats.codes[int(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", "")
        elif tag == "cellXfs":
            inside = True
        elif tag == "xf" and inside and len(formats.shows) < MOST_STYLES:
            formats.add(int(attributes.get("numFmtId", "0")))

    def end(tag: str) -> None:
        nonlocal inside
        inside = inside and local_name(tag) != "cellXfs"

    if part in package:
        parse(package.read(part), start, end)
    return formats


class _Sheet:
    """One sheet."""

    def __init__(
        self, package: Package, part: Part, formats: NumberFormats, shared: SharedStrings, limits: Limits
    ) -> None:
        self.name, self.hidden, self.epoch_1904 = part.name, part.hidden, formats.epoch_1904
        self._package, self._part, self._formats, self._shared, self._limits = (
            package,
            part.part,
            formats,
            shared,
            limits,
        )
        self._merges: list[Merge] = []
        self._numbers: dict[tuple[str, str], str] = {}  # numbers that were written already, by their text and style

    def merges(self) -> list[Merge]:
        """Cells that reach down."""
        return self._merges

    def count(self) -> int:
        """About how many rows hold something: those of the blocks with a value."""
        return sum(block.count(b"<row") + block.count(b":row ") for block in self._row_blocks() if _may_hold(block))

    def rows(self) -> Iterator[Row]:
        """The rows that hold something."""
        self._merges = []
        counter = Counter(self._limits)
        last = 0
        for block in self._row_blocks():
            if not _may_hold(block):  # formatted and empty
                numbers = _NUMBER.findall(block[max(block.rfind(b"<row"), 0) :].decode())
                last = int(numbers[0]) if numbers else last
                continue
            for number, hidden, cells in _usual_rows(block.decode()) or _any_rows(block):
                last = number or last + 1
                texts = self._texts(cells)
                if texts:
                    counter.count(len(texts) - texts.count(""), len(texts))
                    yield Row(last, texts, hidden)

    def _texts(self, cells: Sequence[Cell]) -> list[str]:
        texts: list[str] = []
        shared, numbers = self._shared.texts, self._numbers
        for letters, style, kind, value in cells:
            if not value:
                continue
            if kind == "s":
                place = int(value)
                text = shared()[place] if place < len(shared()) else ""
            elif kind in ("", "n"):
                known = numbers.get((value, style))
                text = self._number(value, style) if known is None else known
            else:
                text = self._text(kind, value)
            if text:
                column = column_of(letters)
                if column > len(texts):
                    if column >= WIDEST:
                        raise too_many_columns()
                    texts += [""] * (column - len(texts))
                if column == len(texts):
                    texts.append(text)
                else:
                    texts[column] = text
        return texts

    def _number(self, value: str, style: str) -> str:
        try:
            text = self._formats.text(value.strip(), int(style or 0))
        except ValueError:
            text = ""  # Sheets and LibreOffice write errors of their own where a number is announced
        if len(self._numbers) < _MOST_REMEMBERED:
            self._numbers[value, style] = text
        return text

    def _text(self, kind: str, value: str) -> str:
        if kind == "b":
            return "TRUE" if value.strip() in ("1", "true") else "FALSE"
        if kind == "e":
            return ""
        if kind == "d":
            return value.strip().replace("T", " ").removesuffix("Z") if "T" in value else f"{value.strip()} 00:00:00"
        return text_of(unescape(value) if "&" in value else value)

    def _row_blocks(self) -> Iterator[bytes]:
        """Whole rows, about a megabyte at a time; what follows them is looked through for merged cells."""
        rest, began = b"", False
        blocks = _as_utf8(self._package.blocks(self._part))
        for block in blocks:
            text = rest + block
            if not began:
                at = re.search(rb"<(?:[A-Za-z0-9]+:)?sheetData[\s>/]", text)
                if at is None:
                    rest = text[-64:]
                    continue
                text, began = text[at.end() - 1 :], True
                text = text[text.find(b">") + 1 :]
            done = re.search(rb"</(?:[A-Za-z0-9]+:)?sheetData>", text)
            if done:
                yield text[: done.start()]
                self._find_merges(text[done.end() :], blocks)
                return
            cut = max(text.rfind(b"</row>"), text.rfind(b":row>"))
            if cut < 0 and len(text) > 64 * BLOCK:
                raise Refused(DAMAGED)
            cut = text.find(b">", cut) + 1 if cut >= 0 else 0
            if cut:
                yield text[:cut]
            rest = text[cut:]
        if began and rest.strip():
            raise Refused(DAMAGED)  # the file ends within the rows

    def _find_merges(self, rest: bytes, blocks: Iterator[bytes]) -> None:
        for block in blocks:
            self._note_merges(rest)
            rest = rest[max(rest.rfind(b"<"), len(rest) - 256) :] + block
        self._note_merges(rest)

    def _note_merges(self, text: bytes) -> None:
        for left, top, _, bottom in _MERGED.findall(text):
            if bottom != top and len(self._merges) < MOST_MERGES:
                self._merges.append(Merge(int(top), int(bottom), column_of(left.decode())))


def _may_hold(block: bytes) -> bool:
    return b"<v" in block or b":v" in block or b"<is" in block or b":is" in block


def _as_utf8(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """XML in UTF-16, which Office never writes and other programs may, as UTF-8."""
    decoder = None
    for at, block in enumerate(blocks):
        if at == 0 and block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            decoder = codecs.getincrementaldecoder("utf-16")()
        yield decoder.decode(block).encode() if decoder else block


RowCells = tuple[int, bool, Sequence[Cell]]


def _usual_rows(block: str) -> list[RowCells]:
    """The rows of a block that is written as usual; none of any other, which the parser takes."""
    if "<!" in block:
        return []
    found: list[RowCells] = []
    pieces = block.split("</row>")
    for piece in pieces[:-1]:
        head = _ROW.search(piece)
        if head is None or piece.count("<row") != 1 or head[1].endswith("/") or "'" in head[1]:
            return []
        cells = _USUAL.findall(piece, head.end())
        if len(cells) != piece.count("<c ") + piece.count("<c>") + piece.count("<c/"):
            return []
        number = _NUMBER.search(head[1])
        found.append(
            (int(number[1]) if number else 0, "hidden" in head[1] and _HIDDEN.search(head[1]) is not None, cells)
        )
    return found if not pieces[-1].strip() else []


def _any_rows(block: bytes) -> list[RowCells]:
    """The rows of a block in any form that XML allows: prefixes, cells without references, texts in the cells."""
    rows = _AnyRows()
    parse(b"<sheetData>" + block + b"</sheetData>", rows.start, rows.end, rows.data)
    return rows.found


class _AnyRows:
    """Collects rows from a parser's events."""

    def __init__(self) -> None:
        self.found: list[RowCells] = []
        self._cells: list[Cell] = []
        self._row: tuple[int, bool] = (0, False)
        self._cell = ("", "", "")
        self._column = -1
        self._pieces: list[str] = []
        self._reads = self._phonetic = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        tag = local_name(tag)
        if tag == "row":
            self._row = (int(attributes.get("r", 0)), attributes.get("hidden") in ("1", "true"))
            self._cells, self._column = [], -1
        elif tag == "c":
            reference = _REFERENCE.match(attributes.get("r", ""))
            self._column = column_of(reference[1]) if reference else self._column + 1
            self._cell = (letters_of(self._column), attributes.get("s", ""), attributes.get("t", ""))
            self._pieces = []
        elif tag == "rPh":
            self._phonetic = True
        elif tag in ("v", "t"):
            self._reads = not self._phonetic

    def end(self, tag: str) -> None:
        tag = local_name(tag)
        if tag == "row":
            self.found.append((*self._row, self._cells))
        elif tag == "c":
            letters, style, kind = self._cell
            value = "".join(self._pieces)
            # A text that stands here is unescaped already.
            self._cells.append(
                (letters, style, "s" if kind == "s" else kind, _escape(value) if kind not in ("s",) else value)
            )
        elif tag == "rPh":
            self._phonetic = False
        elif tag in ("v", "t"):
            self._reads = False

    def data(self, piece: str) -> None:
        if self._reads:
            self._pieces.append(piece)


def _escape(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;") if "&" in value or "<" in value else value
