"""The process in which a file is read: `python -m py360.modules.uploads.reading.child`, a request in, an answer out.

It limits its own memory and computing time before it touches the file, finds the table, and writes the table's rows to a
file that a parser cannot misread: rows end with U+001E, cells with U+001F, and neither is in a cell. It imports nothing
that is slow to start, and nothing of the database or the web.
"""

import errno
import gc
import json
import resource
import struct
import sys
import traceback
import zipfile
import zlib
from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Final
from xml.parsers import expat

from py360.modules.uploads.reading import macros
from py360.modules.uploads.reading.formats import delimited, xlsx
from py360.modules.uploads.reading.formats.package import Package
from py360.modules.uploads.reading.header import LOOK_AT, Header, find_header
from py360.modules.uploads.reading.kinds import ZIPPED, Kind, Recognised, recognise
from py360.modules.uploads.reading.refusal import DAMAGED, EMPTY, NO_HEADER, TOO_MANY_ROWS, TOO_MUCH_MEMORY, Refused
from py360.modules.uploads.reading.sheets import TITLES, WIDEST, Limits, Row, Sheet, letters_of, too_many_columns

CELL_END: Final = "\x1f"
ROW_END: Final = "\x1e"
MORE_CELLS: Final = "more_cells_than_headings"
_FORMATS: Final = {Kind.XLSB: "xlsb", Kind.XLS: "xls", Kind.ODS: "ods", Kind.XML: "xml2003", Kind.HTML: "html"}
_MARKS: Final = {0: None, 0x1E: " ", 0x1F: " "}
_ROWS_AT_ONCE: Final = 4_096
_ROWS_TO_JUDGE_BY: Final = 200
_LONGEST_TITLE: Final = 500
_MOST_NAMED: Final = 100  # columns without a heading, and sheets, that are listed one by one
_DAMAGE: Final = (
    EOFError, ValueError, LookupError, AttributeError, TypeError, NotImplementedError, RuntimeError, OverflowError,
    struct.error, zlib.error, zipfile.BadZipFile, expat.ExpatError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be read. `wanted`: keys of headings that help to find theirs. `stop_after`: rows that are enough; 0 for all.

    `drop_macros`: afterwards, leave the file without macros and without the password that everybody knows.
    """

    path: str
    rows_path: str
    limits: Limits
    wanted: tuple[str, ...] = ()
    stop_after: int = 0
    drop_macros: bool = False
    memory_bytes: int = 0
    cpu_seconds: int = 0


@dataclass(slots=True)
class Answer:
    """The table that was found. Each of the `read` lines or rows is one of `rows`, `titles`, `headed`, `blanks`, `continued`."""

    kind: str
    sheet: str | None
    header_row: int
    headings: tuple[str, ...]
    heading_rows: tuple[tuple[str, ...], ...]
    rows: int = 0
    complete: bool = True  # whether all rows were written; if not, `rows` is about how many there are
    read: int = 0
    titles: int = 0  # above the headings
    headed: int = 0  # the headings
    blanks: int = 0
    continued: int = 0  # lines of a text that continue with the row above
    epoch_1904: bool = False
    unnamed: tuple[str, ...] = ()  # columns that hold something under no heading, by their letters
    not_read: tuple[str, ...] = ()  # other sheets that hold a table too
    merges: list[tuple[int, int, int]] = field(default_factory=list)
    # How the rows above the headings begin, where they have more cells.
    title_rows: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Found:
    """A sheet that holds a table of ours: its headings, and the number of their row."""

    sheet: Sheet
    header: Header
    row: int

    @property
    def rank(self) -> tuple[bool, int]:
        """Visible sheets come before hidden ones, then those that name most of our columns."""
        return not self.sheet.hidden, self.header.known


def read(request: Request) -> Answer:
    """Find the table and write its rows. Raises Refused."""
    path, rows_path = Path(request.path), Path(request.rows_path)
    file = recognise(path, rows_path.parent, request.limits)
    if request.drop_macros:
        macros.refuse_macro_sheets(file.path, file.kind, request.limits.max_unpacked_bytes)
    sheets = _sheets(file, request.limits)
    found = [each for sheet in sheets if (each := _find(sheet, frozenset(request.wanted))) is not None]
    if not found:
        raise Refused(NO_HEADER)
    best = max(found, key=lambda each: each.rank)
    same = [
        each
        for each in found
        if each is best or (file.kind is Kind.HTML and each.header.headings == best.header.headings)
    ]
    header = best.header
    if len(header.headings) > WIDEST:
        raise too_many_columns()
    answer = Answer(file.kind.value, best.sheet.name or None, best.row, header.headings, header.rows)
    answer.epoch_1904 = best.sheet.epoch_1904
    answer.not_read = _not_read(sheets, found, same, len(header.headings))
    writer = _Writer(request, answer)
    with rows_path.open("w", encoding="utf-8", errors="replace", newline="") as target:
        for each in same:
            longest = _usual_length(each) if file.kind is Kind.TEXT else WIDEST
            for text in writer.write(each, longest, _strays_allowed(each) if file.kind is Kind.TEXT else True):
                target.write(text)
    if not answer.complete:
        answer.rows = max(best.sheet.count() - best.row, answer.rows)
    if not answer.rows:
        raise Refused(EMPTY)
    if request.drop_macros:
        _leave_without_macros(file, path, request.limits)
    return answer


def _sheets(file: Recognised, limits: Limits) -> Sequence[Sheet]:
    """The sheets of a file; what reads a format is imported when it is needed."""
    if file.kind is Kind.TEXT:
        return [delimited.TextSheet(file.path, delimited.sniff(file.path))]
    if file.kind is Kind.XLSX:
        return xlsx.sheets(Package(file.path, limits.max_unpacked_bytes), limits)
    module = import_module(f"py360.modules.uploads.reading.formats.{_FORMATS[file.kind]}")
    content = Package(file.path, limits.max_unpacked_bytes) if file.kind in ZIPPED else file.path
    sheets: Sequence[Sheet] = module.sheets(content, limits)
    return sheets


def _find(sheet: Sheet, wanted: frozenset[str]) -> _Found | None:
    """The headings of a sheet. A blank line stands for rows that are left out: only what is right above belongs to headings."""
    numbers: list[int] = []

    def lines() -> Iterator[Sequence[str]]:
        for row in sheet.rows():
            if numbers and row.number > numbers[-1] + 1:
                numbers.append(row.number - 1)
                yield ()
            numbers.append(row.number)
            yield row.cells

    header = find_header(lines(), wanted)
    return None if header is None else _Found(sheet, header, numbers[header.at])


def _not_read(sheets: Sequence[Sheet], found: Sequence[_Found], read: Sequence[_Found], width: int) -> tuple[str, ...]:
    """The sheets that hold a table too: headings of ours, or rows as wide as those that are read; hidden ones of the first kind."""
    taken, ours = ({id(each.sheet) for each in some} for some in (read, found))
    others = [sheet for sheet in sheets if id(sheet) not in taken and (id(sheet) in ours or not sheet.hidden)]
    enough = max(3, width // 2)
    return tuple(
        sheet.name
        for sheet in others
        if any(sum(map(bool, row.cells)) >= enough for row in islice(sheet.rows(), LOOK_AT))
    )[:_MOST_NAMED]


def _first_rows(found: _Found) -> list[Row]:
    below = islice(found.sheet.rows(), found.row + _ROWS_TO_JUDGE_BY)
    return [row for row in below if row.number > found.row and any(row.cells)]


def _usual_length(found: _Found) -> int:
    """How many cells, blank ones too, the headings or most rows of a text have; a longer row has a delimiter too many."""
    lengths = Tally(len(row.cells) for row in _first_rows(found))
    usual = max(lengths, key=lambda length: (lengths[length], length), default=0)
    return max(usual, *(len(row) for row in found.header.rows))


def _strays_allowed(found: _Found) -> bool:
    """Whether most rows of a text have cells under no heading: a column without a name, not a row with a cell too many."""
    width = len(found.header.headings)
    rows = _first_rows(found)
    longer = sum(any(row.cells[width:]) for row in rows)
    return len(rows) > 1 and longer * 5 >= len(rows) * 4


class _Writer:
    """Writes the rows of a table and counts the others, so that every line of the file is in the answer once."""

    def __init__(self, request: Request, answer: Answer) -> None:
        self._most = request.limits.max_rows + TITLES
        self._enough, self._refused_at = request.stop_after or self._most, request.limits.max_rows
        self._answer, self._width = answer, len(answer.headings)
        self._unnamed: set[int] = set()

    def write(self, found: _Found, longest: int, strays_allowed: bool) -> Iterator[str]:
        """The rows of one sheet, some thousand at a time; those of more than `longest` cells are reported."""
        answer, lines = self._answer, list[str]()
        first = last = titles = written = 0
        above = found.row - len(found.header.rows)
        for number, cells, hidden, problem, taken in found.sheet.rows():
            if number > found.row:  # odd programs give two rows one number, or count back
                number = max(number, last + 1)
            first, last = first or number, number
            answer.continued += taken - 1
            if number <= found.row:
                if number <= above and any(cells):
                    titles += 1
                    self._note_title(cells)
                continue
            if not any(cells):
                continue
            written += 1
            if len(cells) > longest:
                problem = MORE_CELLS
            elif len(cells) > self._width and any(cells[self._width :]):
                problem = problem or self._stray(cells, strays_allowed)
            elif len(cells) == self._width:
                problem = ""
            lines.append(_line(number, hidden, problem, cells[: self._width]))
            if len(lines) >= _ROWS_AT_ONCE:
                yield "".join(lines)
                lines.clear()
                if answer.rows + written > self._enough:
                    answer.complete = False
                    break
        yield "".join(lines)
        answer.rows += written
        answer.titles += titles
        held = last - first + 1 if answer.kind == Kind.HTML else last  # rows of a page count on from table to table
        answer.blanks += held - titles - len(found.header.rows) - written
        answer.read += found.sheet.lines if isinstance(found.sheet, delimited.TextSheet) else held
        self._finish(found)

    def _note_title(self, cells: Sequence[str]) -> None:
        """Titles of several cells may come again on each page."""
        filled = [cell for cell in cells if cell]
        if len(filled) > 1 and len(self._answer.title_rows) < _MOST_NAMED:
            self._answer.title_rows.append(filled[0][:_LONGEST_TITLE])

    def _stray(self, cells: Sequence[str], allowed: bool) -> str:
        if not allowed:
            return MORE_CELLS
        for column, cell in enumerate(cells[self._width :], self._width):
            if cell and len(self._unnamed) < _MOST_NAMED:
                self._unnamed.add(column)
        return ""

    def _finish(self, found: _Found) -> None:
        answer = self._answer
        if answer.rows > self._most:
            raise Refused(TOO_MANY_ROWS, f"This file has more than {self._refused_at:,} rows. Split it.")
        answer.headed += len(found.header.rows)
        answer.unnamed = tuple(map(letters_of, sorted(self._unnamed)))
        answer.merges += [
            (merge.first, merge.last, merge.column)
            for merge in found.sheet.merges()
            if merge.last > found.row and merge.column < self._width
        ]


def _line(number: int, hidden: bool, problem: str, cells: Sequence[str]) -> str:
    text = CELL_END.join(cells)
    if ROW_END in text or text.count(CELL_END) != len(cells) - 1 or "\0" in text:
        text = CELL_END.join(cell.translate(_MARKS) for cell in cells)
    return f"{number}{CELL_END}{'1' if hidden else ''}{CELL_END}{problem}{CELL_END}{text}{ROW_END}"


def _leave_without_macros(file: Recognised, path: Path, limits: Limits) -> None:
    if file.path != path:
        file.path.replace(path)
    macros.drop_macros(path, file.kind, limits.max_unpacked_bytes)


def confine(memory_bytes: int, cpu_seconds: int) -> None:
    """Limit this process from here on: more memory is refused to it, and past its computing time it is ended."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Read a request, answer it: `{"table": ...}` or `{"refused": {"code", "message"}}`."""
    given = json.load(sys.stdin)
    request = Request(**{**given, "limits": Limits(**given["limits"]), "wanted": tuple(given["wanted"])})
    confine(request.memory_bytes, request.cpu_seconds)
    gc.disable()  # what is read has no cycles
    reply: dict[str, object]
    try:
        reply = {"table": asdict(read(request))}
    except Refused as refused:
        reply = {"refused": {"code": refused.code, "message": refused.message}}
    except OSError as error:
        if error.errno == errno.ENOSPC:
            reply = {"full": str(error)}
        else:
            traceback.print_exc()
            reply = {"refused": {"code": DAMAGED, "message": ""}}
    except MemoryError:
        reply = {"refused": {"code": TOO_MUCH_MEMORY, "message": ""}}
    except _DAMAGE:
        traceback.print_exc()  # for the log: a file that only we cannot read is a fault of ours
        reply = {"refused": {"code": DAMAGED, "message": ""}}
    json.dump(reply, sys.stdout)


if __name__ == "__main__":
    main()
