"""Binary workbooks (.xlsb), after [MS-XLSB]: parts of records, each an id and a size of 7 bits a byte, then its data (2.1.4)."""

import struct
from collections.abc import Iterator, Sequence
from typing import Final

from py360.modules.uploads.reading.formats.number_formats import NumberFormats
from py360.modules.uploads.reading.formats.ooxml import main_part, relations_of
from py360.modules.uploads.reading.formats.package import Package
from py360.modules.uploads.reading.formats.xlsx import MOST_MERGES, MOST_SHEETS, MOST_STYLES
from py360.modules.uploads.reading.refusal import DAMAGED, Refused
from py360.modules.uploads.reading.sheets import Counter, Limits, Merge, Row, Sheet

# 2.3.2: the records that are read
_ROW, _RK, _ERROR, _BOOL, _REAL, _TEXT, _SHARED = 0, 2, 3, 4, 5, 6, 7
_FORMULA_TEXT, _FORMULA_REAL, _FORMULA_BOOL, _RICH_TEXT = 8, 9, 10, 62
_SHARED_ITEM, _FORMAT, _STYLE, _BOOK_PROPERTIES, _SHEET_LISTED, _MERGE = 19, 44, 47, 153, 156, 176
_STYLES_BEGIN, _STYLES_END = 617, 618
_SHOWN: Final = 0
_MOST_OF_A_RECORD: Final = 64 << 20

Record = tuple[int, bytes]


def is_xlsb(package: Package) -> bool:
    """Whether a package is a workbook of this kind."""
    return main_part(package, ".bin") is not None


def sheets(package: Package, limits: Limits) -> Sequence[Sheet]:
    """The sheets of a workbook, in its order."""
    book = main_part(package, ".bin") or ""
    relations = relations_of(package, book)
    epoch_1904 = False
    listed: list[tuple[str, bool, str]] = []
    for kind, data in records(package.blocks(book)):
        if kind == _BOOK_PROPERTIES:
            epoch_1904 = bool(data[0] & 1)
        elif kind == _SHEET_LISTED and len(listed) < MOST_SHEETS:
            state = int.from_bytes(data[:4], "little")
            relation, at = wide_text(data, 8)
            type_, target = relations.get(relation, ("", ""))
            if type_.endswith("/worksheet") and target in package:
                listed.append((wide_text(data, at)[0], state != _SHOWN, target))
    targets = {type_.rpartition("/")[2]: target for type_, target in relations.values()}
    formats = _formats(package, targets.get("styles", ""), epoch_1904)
    shared = _Shared(package, targets.get("sharedstrings", ""))
    return [_Sheet(package, name, hidden, part, formats, shared, limits) for name, hidden, part in listed]


def records(blocks: Iterator[bytes]) -> Iterator[Record]:
    """The records of a part, one after the other."""
    data, at = b"", 0
    for block in blocks:
        data, at = data[at:] + block, 0
        while (head := _head(data, at)) is not None and head[2] + head[1] <= len(data):
            kind, size, start = head
            at = start + size
            yield kind, data[start:at]
        if head is not None and head[1] > _MOST_OF_A_RECORD:
            raise ValueError("a record beyond all measure")
    data = data[at:] + bytes(6)  # the last record may be shorter than the longest head
    at = 0
    while at < len(data) - 6 and (head := _head(data, at)) is not None and head[2] + head[1] <= len(data) - 6:
        kind, size, start = head
        at = start + size
        yield kind, data[start:at]


def _head(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Kind, size and start of the data of the record at a place; None where its head is not complete yet."""
    if at + 6 > len(data):  # the longest head
        return None
    kind, at = data[at], at + 1
    if kind > 0x7F:
        kind, at = (kind & 0x7F) | (data[at] << 7), at + 1
    size = shift = 0
    while shift < 28:
        byte, at = data[at], at + 1
        size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return kind, size, at


def wide_text(data: bytes, at: int) -> tuple[str, int]:
    """A text of two bytes a letter behind its length (2.5.169), and where it ends."""
    length = int.from_bytes(data[at : at + 4], "little")
    if length == 0xFFFFFFFF:  # none at all
        return "", at + 4
    end = at + 4 + 2 * length
    return data[at + 4 : end].decode("utf-16-le", errors="replace"), end


def number_of_rk(packed: int) -> float:
    """A number packed into 30 bits (2.5.123)."""
    value: float
    if packed & 2:
        value = (packed >> 2) - (1 << 30 if packed & 0x80000000 else 0)
    else:
        (value,) = struct.unpack("<d", bytes(4) + (packed & 0xFFFFFFFC).to_bytes(4, "little"))
    return value / 100 if packed & 1 else float(value)


def _formats(package: Package, part: str, epoch_1904: bool) -> NumberFormats:
    formats = NumberFormats(epoch_1904)
    inside = False
    for kind, data in records(package.blocks(part)) if part in package else ():
        if kind == _FORMAT:
            formats.codes[int.from_bytes(data[:2], "little")] = wide_text(data, 2)[0]
        elif kind in (_STYLES_BEGIN, _STYLES_END):
            inside = kind == _STYLES_BEGIN
        elif kind == _STYLE and inside and len(formats.shows) < MOST_STYLES:
            formats.add(int.from_bytes(data[2:4], "little"))
    return formats


class _Shared:
    """The shared strings, read when the first cell asks for one."""

    def __init__(self, package: Package, part: str) -> None:
        self._package, self._part = package, part
        self._texts: list[str] | None = None

    def text(self, place: int) -> str:
        if self._texts is None:
            found = records(self._package.blocks(self._part)) if self._part in self._package else iter(())
            self._texts = [wide_text(data, 1)[0] for kind, data in found if kind == _SHARED_ITEM]
        if place >= len(self._texts):
            raise Refused(DAMAGED)
        return self._texts[place]


class _Sheet:
    """One sheet."""

    def __init__(
        self,
        package: Package,
        name: str,
        hidden: bool,
        part: str,
        formats: NumberFormats,
        shared: _Shared,
        limits: Limits,
    ) -> None:
        self.name, self.hidden, self.epoch_1904 = name, hidden, formats.epoch_1904
        self._package, self._part, self._formats, self._shared, self._limits = package, part, formats, shared, limits
        self._merges: list[Merge] = []

    def merges(self) -> list[Merge]:
        """Cells that reach down."""
        return self._merges

    def count(self) -> int:
        """How many rows hold something."""
        return sum(1 for _ in self.rows())

    def rows(self) -> Iterator[Row]:
        """The rows that hold something."""
        self._merges = []
        counter = Counter(self._limits)
        number, hidden, cells = 0, False, dict[int, str]()
        for kind, data in records(self._package.blocks(self._part)):
            if kind == _ROW:
                if cells:
                    yield _row(number, cells, hidden, counter)
                number = int.from_bytes(data[:4], "little") + 1
                hidden, cells = bool(data[11] & 0x10), {}
            elif kind <= _FORMULA_BOOL or kind == _RICH_TEXT:
                column = int.from_bytes(data[:4], "little")
                if text := self._text(kind, data):
                    cells[column] = text
            elif kind == _MERGE:
                first, last, column = struct.unpack_from("<III", data)
                if last > first and len(self._merges) < MOST_MERGES:
                    self._merges.append(Merge(first + 1, last + 1, column))
        if cells:
            yield _row(number, cells, hidden, counter)

    def _text(self, kind: int, data: bytes) -> str:
        style = int.from_bytes(data[4:7], "little")
        if kind in (_REAL, _FORMULA_REAL):
            return self._formats.text_of(struct.unpack_from("<d", data, 8)[0], style)
        if kind == _RK:
            return self._formats.text_of(number_of_rk(int.from_bytes(data[8:12], "little")), style)
        if kind == _SHARED:
            return self._shared.text(int.from_bytes(data[8:12], "little"))
        if kind in (_TEXT, _FORMULA_TEXT, _RICH_TEXT):
            return wide_text(data, 9 if kind == _RICH_TEXT else 8)[0]
        if kind in (_BOOL, _FORMULA_BOOL):
            return "TRUE" if data[8] else "FALSE"
        return ""


def _row(number: int, cells: dict[int, str], hidden: bool, counter: Counter) -> Row:
    width = max(cells) + 1
    counter.count(len(cells), width)
    return Row(number, [cells.get(column, "") for column in range(width)], hidden)
