"""Text tables: any common encoding and delimiter, read line by line in flat memory.

A quotation mark that is never closed, or closed many rows later, swallows no rows: where the lines it would take look like
rows themselves, the mark is taken for a stray one and dropped. Every physical line belongs to exactly one row (`Row.lines`).
"""

import csv
import re
from collections import Counter as Tally
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from py360.modules.uploads.reading.formats.encodings import SAMPLE, decoder, encoding_of, sample_of
from py360.modules.uploads.reading.sheets import Merge, Row

BLOCK: Final = 4 << 20
MOST_LINES_OF_A_CELL: Final = 1_000  # what a quotation mark may hold together
MOST_LETTERS_OF_A_CELL: Final = 1 << 20
OPEN_QUOTE: Final = "quote_not_closed"
_LONGEST_UNCERTAIN: Final = 4_096  # letters between two marks of a row that breaks the rules
_DELIMITERS: Final = ",;\t|"
_LINES_TO_LOOK_AT: Final = 200
# What characters are replaced with; the last is the first character of a file that was appended.
_UNWANTED: Final = (("\0", ""), ("\x1e", " "), ("\x1f", " "), ("\ufeff", ""))
_SEPARATOR_LINE: Final = re.compile(r'^"?sep=(.)"?\s*$', re.IGNORECASE)
csv.field_size_limit(2**31 - 1)


class Layout(NamedTuple):
    """How a text table is written; `width` is how many cells most of its first lines have."""

    encoding: str
    delimiter: str
    width: int = 1


def sniff(path: Path) -> Layout:
    """Delimiter, from the start of the file, and encoding, from where its first letters beyond ASCII stand."""
    encoding = encoding_of(sample_of(path))
    with path.open("rb") as file:
        text = decoder(encoding).decode(file.read(SAMPLE))
    lines = text.splitlines()[:_LINES_TO_LOOK_AT]
    named = _SEPARATOR_LINE.match(lines[0]) if lines else None
    delimiter = named[1] if named else max(_DELIMITERS, key=lambda each: _fitness(lines, each))
    return Layout(encoding, delimiter, _usual_width(lines, delimiter)[0])


def _usual_width(lines: list[str], delimiter: str) -> tuple[int, int]:
    """How many cells most lines have, and how many lines that are."""
    widths = Tally(width for line in lines if (width := len(_unwrapped(line, delimiter))) > 1)
    usual = max(widths, key=lambda width: (widths[width], width), default=1)
    return usual, widths[usual]


def _unwrapped(line: str, delimiter: str) -> list[str]:
    """The cells of a line; of one that a program put into quotation marks as a whole, those inside."""
    cells = cells_of(line, delimiter) or line.split(delimiter)
    inside = cells_of(cells[0], delimiter) if len(cells) == 1 and delimiter in cells[0] else None
    return inside or cells


def _fitness(lines: list[str], delimiter: str) -> int:
    """How many cells a delimiter makes in lines of the same width; the best cuts most lines into most cells."""
    width, times = _usual_width(lines, delimiter)
    return width * times


def count_lines(path: Path) -> int:
    """About how many lines there are: line ends, and a last line without one."""
    lines, last = 0, b"\n"
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            lines += block.count(b"\n") or block.count(b"\r")
            last = block
    return lines + (not last.rstrip(b"\x00").endswith((b"\n", b"\r")))


class TextSheet:
    """A text table as a sheet."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self.name, self.hidden, self.epoch_1904 = "", False, False
        self.lines = 0  # physical lines that were read
        self._path, self._layout = path, layout

    def merges(self) -> list[Merge]:
        """None: text has no cells that reach down."""
        return []

    def count(self) -> int:
        """About how many lines there are: line ends, and a last line without one."""
        return count_lines(self._path)

    def rows(self) -> Iterator[Row]:
        """Every row, blank ones too; rows are numbered from 1 as a spreadsheet program shows them."""
        self.lines = 0
        number = 0
        reader = _Records(self._layout)
        for lines in self._blocks():
            self.lines += len(lines)
            for cells, taken, torn in reader.records(lines):
                number += 1
                yield Row(number, cells, False, OPEN_QUOTE if torn else "", taken)
        for cells, taken, torn in reader.rest():
            number += 1
            yield Row(number, cells, False, OPEN_QUOTE if torn else "", taken)

    def _blocks(self) -> Iterator[list[str]]:
        """The physical lines, block by block, without their ends."""
        reader = decoder(self._layout.encoding)
        rest, old_mac = "", None
        with self._path.open("rb") as file:
            while block := file.read(BLOCK):
                text = rest + reader.decode(block)
                old_mac = "\n" not in text if old_mac is None else old_mac
                held = ""
                if text.endswith("\r"):  # the line end may continue in the next block
                    text, held = text[:-1], "\r"
                lines = self._plain(text, old_mac).split("\n")
                rest = lines.pop() + held
                if lines:
                    yield lines
        rest += reader.decode(b"", final=True)
        if rest.strip("\0"):
            lines = self._plain(rest, old_mac=old_mac is not False).split("\n")
            yield lines if lines[-1] else lines[:-1]

    def _plain(self, text: str, old_mac: bool) -> str:
        """A text whose lines end with a line feed, without the marks that keep cells and rows apart later on."""
        for mark, instead in _UNWANTED:
            if mark in text:
                text = text.replace(mark, instead)
        if "\r" not in text:
            return text
        text = text.replace("\r\n", "\n")
        if old_mac:
            return text.replace("\r", "\n")
        return "\n".join(self._lines_in(line) if "\r" in line else line for line in text.split("\n"))

    def _lines_in(self, line: str) -> str:
        """A line with carriage returns alone: they end lines where all that they part are whole rows, else they are in a cell."""
        pieces = line.rstrip("\r").split("\r")
        delimiter, least = self._layout.delimiter, max(self._layout.width - 1, 1)
        are_rows = all(piece.count(delimiter) >= least for piece in pieces if piece)
        return ("\n" if are_rows else " ").join(pieces)


class Record(NamedTuple):
    """A row of a text: its cells, how many lines it takes, and whether a stray quotation mark left its cells uncertain."""

    cells: list[str]
    lines: int = 1
    torn: bool = False


class _Records:
    """Puts lines together to rows, and rows apart to cells."""

    def __init__(self, layout: Layout) -> None:
        self._delimiter, self._width = layout.delimiter, layout.width
        self._waiting: list[str] = []  # lines of a row whose quotation mark is open

    def records(self, lines: Sequence[str]) -> Iterator[Record]:
        """The rows that end within these lines."""
        delimiter = self._delimiter
        at = 0
        pending = self._waiting + list(lines) if self._waiting else lines
        total = len(pending)
        self._waiting = []
        while at < total:
            line = pending[at]
            if '"' not in line:
                at += 1
                yield Record(line.split(delimiter))
                continue
            cells = cells_of(line, delimiter)
            if cells is not None:
                at += 1
                inside = _unwrapped(line, delimiter)
                yield Record(inside if len(inside) == self._width else cells)
                continue
            taken = self._joined(pending, at)
            if taken == 0:  # it may continue in the next block
                self._waiting = list(pending[at:])
                return
            yield self._record(pending[at : at + taken])
            at += taken

    def rest(self) -> Iterator[Record]:
        """The rows that the file's end leaves open."""
        pending, self._waiting = self._waiting, []
        at = 0
        while at < len(pending):
            taken = self._joined(pending, at) or 1
            yield self._record(pending[at : at + taken])
            at += taken

    def _joined(self, lines: Sequence[str], at: int) -> int:
        """How many lines from this one on are one row: 0 when the lines at hand leave it open, 1 when a mark is stray."""
        if lines[at].count('"') % 2 == 0:
            return 1
        letters, is_open = len(lines[at]), True
        for taken in range(2, min(MOST_LINES_OF_A_CELL, len(lines) - at) + 1):
            line = lines[at + taken - 1]
            letters += len(line)
            if letters > MOST_LETTERS_OF_A_CELL or self._is_row(line) or self._are_rows(lines[at], line):
                return 1
            is_open ^= line.count('"') % 2 == 1
            if not is_open:
                return taken if cells_of("\n".join(lines[at : at + taken]), self._delimiter) is not None else 1
        return 0 if len(lines) - at < MOST_LINES_OF_A_CELL else 1

    def _is_row(self, line: str) -> bool:
        """Whether a line is a whole row by itself, so that no quotation mark above may take it."""
        delimiters = line.count(self._delimiter)
        if delimiters < max(self._width - 1, 2) or line.count('"') % 2:
            return False
        return cells_of(line, self._delimiter) is not None

    def _are_rows(self, first: str, line: str) -> bool:
        """Whether each of two lines has all the cells of a row: a mark that opens in one and closes in the other is stray in both."""
        return min(first.count(self._delimiter), line.count(self._delimiter)) >= max(self._width - 1, 3)

    def _record(self, lines: Sequence[str]) -> Record:
        whole = "\n".join(lines)
        cells = cells_of(whole, self._delimiter)
        if cells is not None:
            return Record(cells, len(lines))
        return Record(loose_cells(whole, self._delimiter), len(lines), torn=True)


def cells_of(line: str, delimiter: str) -> list[str] | None:
    """The cells of a complete row by the rules of RFC 4180, spaces before a quotation mark allowed; None where it breaks them."""
    if '"' not in line:
        return line.split(delimiter)
    cells: list[str] = []
    at, end = 0, len(line)
    find: Callable[[str, int], int] = line.find
    while True:
        start = at
        while start < end and line[start] == " ":
            start += 1
        if start < end and line[start] == '"':
            close = find('"', start + 1)
            while close >= 0 and line[close + 1 : close + 2] == '"':
                close = find('"', close + 2)
            if close < 0:
                return None
            behind = close + 1
            while behind < end and line[behind] == " ":
                behind += 1
            if behind < end and line[behind] != delimiter:
                return None
            cells.append(line[start + 1 : close].replace('""', '"'))
            at = behind
        else:
            stop = find(delimiter, at)
            stop = end if stop < 0 else stop
            cells.append(line[at:stop])
            at = stop
        if at >= end:
            return cells
        at += 1
        if at == end:
            cells.append("")
            return cells


def loose_cells(line: str, delimiter: str) -> list[str]:
    """The cells of a row whose quotation marks break the rules: `14" rim`, `"Raju" Kulkarni`, `"Asha Sharma` unclosed.

    A mark opens a cell only where another closes it before a delimiter; an unclosed one at the start of a cell is dropped.
    """
    cells: list[str] = []
    at, end = 0, len(line)
    while at <= end:
        start = at
        while start < end and line[start] == " ":
            start += 1
        if start < end and line[start] == '"':
            stop = _closing(line, start, delimiter)
            if stop is not None:
                cells.append(line[start + 1 : stop].replace('""', '"'))
                at = line.find(delimiter, stop)
                at = end + 1 if at < 0 else at + 1
                continue
        stop = line.find(delimiter, at)
        stop = end if stop < 0 else stop
        cell = line[at:stop]
        if cell.count('"') == 1 and cell.lstrip(" ").startswith('"'):
            cell = cell.replace('"', "")
        cells.append(cell)
        at = stop + 1
    return cells


def _closing(line: str, start: int, delimiter: str) -> int | None:
    """Where the mark that opens at `start` is closed: before a delimiter or at the end, and no cell begins with one between."""
    last = start + _LONGEST_UNCERTAIN
    close = line.find('"', start + 1, last)
    while close >= 0:
        if line[close + 1 : close + 2] == '"':
            close = line.find('"', close + 2, last)
            continue
        behind = line[close + 1 :].lstrip(" ")[:1] if close + 1 < len(line) else ""
        if behind in ("", delimiter):
            return close
        return None
    return None
