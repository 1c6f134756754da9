"""Workbooks of Office Open XML (.xlsx, .xlsm), ECMA-376 part 1, chapter 18; the strict form alike.

A sheet is read block by block; `xlsx_rows` takes the blocks apart.
"""

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from py360.modules.uploads.reading.formats.number_formats import NumberFormats
from py360.modules.uploads.reading.formats.ooxml import column_of, local_name, main_part, parse, relations_of
from py360.modules.uploads.reading.formats.package import BLOCK, Package
from py360.modules.uploads.reading.formats.shared_strings import SharedStrings
from py360.modules.uploads.reading.formats.xlsx_rows import CellTexts, RowTexts
from py360.modules.uploads.reading.refusal import DAMAGED, WRONG_TYPE, Refused
from py360.modules.uploads.reading.sheets import Counter, Limits, Merge, Row, Sheet

MOST_SHEETS: Final = 500
MOST_STYLES: Final = 100_000
MOST_MERGES: Final = 1_000_000
_NUMBER: Final = re.compile(rb'\br="([0-9]+)"')
_SHEET_DATA: Final = re.compile(rb"<(?:[A-Za-z0-9]+:)?sheetData(?:\s[^<>]*)?(/?)>")
_SHEET_DATA_END: Final = re.compile(rb"</(?:[A-Za-z0-9]+:)?sheetData>")
_MERGED: Final = re.compile(rb"<(?:[A-Za-z0-9]+:)?mergeCell\b[^<>]*\bref=[\"']([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)[\"']")


class Part(NamedTuple):
    """A sheet as the workbook lists it."""

    name: str
    hidden: bool
    part: str


def is_xlsx(package: Package) -> bool:
    """Whether a package is a workbook of this kind, wherever its workbook part lies."""
    return main_part(package, ".xml") is not None


def sheets(package: Package, limits: Limits) -> Sequence[Sheet]:
    """The sheets of a workbook, in its order. Raises Refused, and what parsers raise for damaged files."""
    part = main_part(package, ".xml")
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
        self._package, self._part, self._limits = package, part.part, limits
        self._cells = CellTexts(formats, shared)
        self._merges: list[Merge] = []

    def merges(self) -> list[Merge]:
        """Cells that reach down."""
        return self._merges

    def count(self) -> int:
        """About how many rows hold something: those of the blocks with a value."""
        return sum(block.count(b"<row") + block.count(b":row ") for block in self._row_blocks() if _may_hold(block))

    def rows(self) -> Iterator[Row]:
        """The rows that hold something."""
        self._merges = []
        counter, texts_of, last = Counter(self._limits), RowTexts(self._cells), 0
        for block in self._row_blocks():
            if not _may_hold(block):  # formatted and empty
                numbers = _NUMBER.findall(block, max(block.rfind(b"<row"), 0))
                last = int(numbers[0]) if numbers else last
                continue
            for number, hidden, texts in texts_of.of(block):
                last = number or last + 1
                filled = len(texts) - texts.count("")
                if filled:
                    counter.count(filled, len(texts))
                    yield Row(last, texts, hidden)

    def _row_blocks(self) -> Iterator[bytes]:
        """Whole rows, about a megabyte at a time; what follows them is looked through for merged cells."""
        rest, began = b"", False
        blocks = _as_utf8(self._package.blocks(self._part))
        for block in blocks:
            text = rest + block
            if not began:
                at = _SHEET_DATA.search(text)
                if at is None:
                    rest = text[-1024:]
                    continue
                if at[1]:
                    return  # a sheet without rows
                text, began = text[at.end() :], True
            done = _SHEET_DATA_END.search(text) if b"sheetData>" in text else None
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
    return b"<v" in block or b"<is" in block or b":v" in block or b":is" in block


def _as_utf8(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """XML in UTF-16, which Office never writes and other programs may, as UTF-8."""
    decoder = None
    for at, block in enumerate(blocks):
        if at == 0 and block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            decoder = codecs.getincrementaldecoder("utf-16")()
        yield decoder.decode(block).encode() if decoder else block
