"""Workbooks of Excel 5 to 2003 (.xls), after [MS-XLS]: one stream of records, each a number, a size and its data (2.1.4)."""

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import olefile

from py360.modules.uploads.reading.formats.number_formats import NumberFormats
from py360.modules.uploads.reading.formats.xlsb import number_of_rk
from py360.modules.uploads.reading.refusal import DAMAGED, WRONG_TYPE, Refused
from py360.modules.uploads.reading.sheets import Counter, Limits, Merge, Row, Sheet

# 2.3: the records that are read
_BEGIN, _END, _CONTINUE = 0x0809, 0x000A, 0x003C
_DATE_MODE, _CODE_PAGE, _SHEET_LISTED, _FORMAT, _STYLE, _SHARED = 0x0022, 0x0042, 0x0085, 0x041E, 0x00E0, 0x00FC
_ROW, _NUMBER, _RK, _MANY_RK, _SHARED_CELL, _LABEL, _RICH_LABEL = 0x0208, 0x0203, 0x027E, 0x00BD, 0x00FD, 0x0204, 0x00D6
_TRUTH_OR_ERROR, _FORMULA, _FORMULA_TEXT, _MERGED = 0x0205, 0x0006, 0x0207, 0x00E5
_VERSION_8: Final = 0x0600
_VERSION_5: Final = 0x0500
_WORKSHEET: Final = 0
_CODE_PAGES: Final = {1200: "utf-16-le", 10000: "mac_roman", 32768: "mac_roman", 32769: "cp1252", 65001: "utf-8"}


class _Record(NamedTuple):
    kind: int
    data: bytes
    end: int  # where the next begins


def sheets(path: Path, limits: Limits) -> Sequence[Sheet]:
    """The sheets of a workbook, in its order."""
    with olefile.OleFileIO(path) as file:
        name = next((name for name in ("Workbook", "Book") if file.exists(name)), None)
        if name is None:
            raise Refused(WRONG_TYPE)
        book = _Book(file.openstream(name).read())
    return [_Sheet(book, name, hidden, at, limits) for name, hidden, at in book.listed]


class _Book:
    """What holds for the whole workbook: its first records."""

    def __init__(self, stream: bytes) -> None:
        self.stream = stream
        self.listed: list[tuple[str, bool, int]] = []
        self.shared: list[str] = []
        self.formats = NumberFormats()
        self.encoding = "cp1252"
        first = _record(stream, 0)
        self.version = int.from_bytes(first.data[:2], "little") if first and first.kind == _BEGIN else 0
        if self.version not in (_VERSION_5, _VERSION_8):
            raise Refused(DAMAGED)
        for kind, data, end in _records(stream, 0):
            if kind == _DATE_MODE:
                self.formats.epoch_1904 = data[0] == 1
            elif kind == _CODE_PAGE:
                page = int.from_bytes(data[:2], "little")
                self.encoding = _CODE_PAGES.get(page, f"cp{page}")
            elif kind == _FORMAT:
                self.formats.codes[int.from_bytes(data[:2], "little")] = self.text(
                    data, 2, short=self.version == _VERSION_5
                )
            elif kind == _STYLE:
                self.formats.add(int.from_bytes(data[2:4], "little"))
            elif kind == _SHEET_LISTED and data[5] == _WORKSHEET:
                at = int.from_bytes(data[:4], "little")
                self.listed.append((self.text(data, 6, short=True), data[4] & 3 != 0, at))
            elif kind == _SHARED:
                self.shared = _shared_strings([data[8:], *_continued(stream, end)])
            elif kind == _END:
                break

    def text(self, data: bytes, at: int, short: bool = False) -> str:
        """A text behind its length, which has one byte or two (2.5.294, 2.5.240); Excel 5 writes in the code page."""
        length = data[at] if short else int.from_bytes(data[at : at + 2], "little")
        at += 1 if short else 2
        if self.version == _VERSION_5:
            return data[at : at + length].decode(self.encoding, errors="replace")
        wide, at = data[at] & 1, at + 1
        return data[at : at + length * (1 + wide)].decode("utf-16-le" if wide else "latin-1", errors="replace")


def _record(stream: bytes, at: int) -> _Record | None:
    if at + 4 > len(stream):
        return None
    kind, size = struct.unpack_from("<HH", stream, at)
    return _Record(kind, stream[at + 4 : at + 4 + size], at + 4 + size)


def _records(stream: bytes, at: int) -> Iterator[_Record]:
    while (record := _record(stream, at)) is not None:
        yield record
        at = record.end


def _continued(stream: bytes, at: int) -> Iterator[bytes]:
    for record in _records(stream, at):
        if record.kind != _CONTINUE:
            return
        yield record.data


def _shared_strings(pieces: Sequence[bytes]) -> list[str]:
    """The table of shared strings (2.4.265). A text that a record's end cuts continues behind a byte that says how (2.5.293)."""
    reader = _Pieces(pieces)
    found: list[str] = []
    while not reader.ended:
        length, flags = struct.unpack("<HB", reader.take(3))
        runs = int.from_bytes(reader.take(2), "little") if flags & 8 else 0
        extra = int.from_bytes(reader.take(4), "little") if flags & 4 else 0
        found.append(reader.letters(length, wide=bool(flags & 1)))
        reader.take(4 * runs + extra)
    return found


class _Pieces:
    """Bytes that continue from one record to the next."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces, self._piece, self._at = pieces, 0, 0

    @property
    def ended(self) -> bool:
        while self._piece < len(self._pieces) and self._at >= len(self._pieces[self._piece]):
            self._piece, self._at = self._piece + 1, 0
        return self._piece >= len(self._pieces)

    def take(self, size: int) -> bytes:
        """The next bytes; fewer at the end."""
        taken: list[bytes] = []
        while size > 0 and not self.ended:
            piece = self._pieces[self._piece][self._at : self._at + size]
            self._at += len(piece)
            size -= len(piece)
            taken.append(piece)
        return b"".join(taken)

    def letters(self, length: int, wide: bool) -> str:
        """The next letters of a text."""
        texts: list[str] = []
        while length > 0 and not self.ended:
            piece = self._pieces[self._piece]
            room = (len(piece) - self._at) // (2 if wide else 1)
            count = min(length, room)
            end = self._at + count * (2 if wide else 1)
            texts.append(piece[self._at : end].decode("utf-16-le" if wide else "latin-1", errors="replace"))
            self._at, length = end, length - count
            if length > 0:
                self._at = len(piece)
                if self.ended:
                    break
                wide = bool(self._pieces[self._piece][0] & 1)
                self._at = 1
        return "".join(texts)


class _Sheet:
    """One sheet. Its rows may be in any order, so they are collected first."""

    def __init__(self, book: _Book, name: str, hidden: bool, at: int, limits: Limits) -> None:
        self.name, self.hidden, self.epoch_1904 = name, hidden, book.formats.epoch_1904
        self._book, self._at, self._limits = book, at, limits
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
        hidden: set[int] = set()
        cells: dict[int, dict[int, str]] = {}
        of_formula: tuple[int, int] | None = None
        depth = 0
        for kind, data, _ in _records(self._book.stream, self._at):
            depth += (kind == _BEGIN) - (kind == _END)
            if depth <= 0:
                break
            if depth > 1:  # a chart inside the sheet
                continue
            if kind == _ROW:
                if data[12] & 0x20:
                    hidden.add(int.from_bytes(data[:2], "little"))
            elif kind == _MERGED:
                self._note_merges(data)
            elif kind == _FORMULA_TEXT:
                if of_formula is not None:
                    cells.setdefault(of_formula[0], {})[of_formula[1]] = self._book.text(data, 0)
            else:
                of_formula = None
                for row, column, text in self._cells(kind, data):
                    if text is None:
                        of_formula = (row, column)
                    elif text:
                        cells.setdefault(row, {})[column] = text
        counter = Counter(self._limits)
        for row in sorted(cells):
            width = max(cells[row]) + 1
            counter.count(len(cells[row]), width)
            yield Row(row + 1, [cells[row].get(column, "") for column in range(width)], row in hidden)

    def _cells(self, kind: int, data: bytes) -> Iterator[tuple[int, int, str | None]]:
        """Row, column and text of the cells of a record; None where the next record has a formula's text."""
        if kind not in (_NUMBER, _RK, _MANY_RK, _SHARED_CELL, _LABEL, _RICH_LABEL, _TRUTH_OR_ERROR, _FORMULA):
            return
        row, column, style = struct.unpack_from("<HHH", data)
        shown = self._book.formats.text_of
        if kind == _NUMBER:
            yield row, column, shown(struct.unpack_from("<d", data, 6)[0], style)
        elif kind == _RK:
            yield row, column, shown(number_of_rk(int.from_bytes(data[6:10], "little")), style)
        elif kind == _MANY_RK:
            for at in range(4, len(data) - 7, 6):
                style, packed = struct.unpack_from("<HI", data, at)
                yield row, column + (at - 4) // 6, shown(number_of_rk(packed), style)
        elif kind == _SHARED_CELL:
            place = int.from_bytes(data[6:10], "little")
            yield row, column, self._book.shared[place] if place < len(self._book.shared) else ""
        elif kind in (_LABEL, _RICH_LABEL):
            yield row, column, self._book.text(data, 6)
        elif kind == _TRUTH_OR_ERROR:
            yield row, column, "" if data[7] else "TRUE" if data[6] else "FALSE"
        elif data[12:14] != b"\xff\xff":
            yield row, column, shown(struct.unpack_from("<d", data, 6)[0], style)
        elif data[6] == 0:
            yield row, column, None
        elif data[6] == 1:
            yield row, column, "TRUE" if data[8] else "FALSE"

    def _note_merges(self, data: bytes) -> None:
        for at in range(2, len(data) - 7, 8):
            first, last, column, _ = struct.unpack_from("<HHHH", data, at)
            if last > first:
                self._merges.append(Merge(first + 1, last + 1, column))
