"""A policy file as a table: where it stands in the file, its headings, and its rows in frames of text."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import fastexcel
import polars as pl
import python_calamine

from py360.modules.uploads.errors import EmptyFile, NoHeader
from py360.modules.uploads.reading import delimited, markup, xlsx_top
from py360.modules.uploads.reading.damage import parsing
from py360.modules.uploads.reading.heads import LOOK_AT, Cells, find_header, headings_of
from py360.modules.uploads.reading.kinds import Kind, check_cells, kind_of, weigh
from py360.modules.uploads.reading.rows import HIDDEN, PROBLEM, ROW, Accounting, Roles, RowSorter, Skip, Sorted
from py360.modules.uploads.settings import UploadSettings


@dataclass(frozen=True, slots=True)
class Table:
    """One table. Frames have the columns c0, c1, ... (text or null) in the order of `headings`, `row_no`, `hidden`, `problem`.

    `rows_hint` counts everything under the headings, cheaply; `blocks` reads the file from there on.
    """

    kind: Kind
    sheet: str | None
    header_row: int
    headings: tuple[str, ...]
    rows_hint: int
    blocks: Callable[[], Iterator[pl.DataFrame]]
    not_read: tuple[str, ...] = ()  # other sheets that hold a table too

    def chunks(self, size: int, roles: Roles, after: int = 0) -> Iterator[pl.DataFrame]:
        """The policies' rows after row number `after`, at most `size` at a time, as `rows.RowSorter` sorts them."""
        for block in self._sorted(roles):
            rows = block.data.filter(pl.col(ROW) > after)
            for start in range(0, rows.height, size):
                yield rows.slice(start, size)

    def accounting(self, roles: Roles) -> Accounting:
        """What became of every row of the file: one pass over it."""
        skipped = Counter({Skip.TITLE: self.header_row - 1, Skip.HEADING: 1})
        data = hidden = 0
        for block in self._sorted(roles):
            skipped.update(block.skipped)
            data += block.data.height
            hidden += int(block.data[HIDDEN].sum())
        return Accounting(
            data + skipped.total(), data, hidden, {reason: rows for reason, rows in skipped.items() if rows}
        )

    def _sorted(self, roles: Roles) -> Iterator[Sorted]:
        sorter = RowSorter([self.headings], len(self.headings), roles.key)
        for block in self.blocks():
            yield sorter.sort(block.with_columns(pl.lit(False).alias(HIDDEN), pl.lit(None, pl.String).alias(PROBLEM)))


async def open_table(
    path: Path, limits: UploadSettings, wanted: frozenset[str] = frozenset(), weighed: bool = False
) -> Table:
    """Recognise a file and find its table. Raises what `errors` names when it is refused; nothing large is parsed yet.

    `wanted`: keys of headings that a caller or our memory named, which help to find the row of headings. `weighed`: the
    file was within the limits when it came in, so they are not measured again (and `rows_hint` is 0).
    """
    return await asyncio.to_thread(_open, path, limits, wanted, weighed)


def _open(path: Path, limits: UploadSettings, wanted: frozenset[str], weighed: bool) -> Table:
    kind = kind_of(path, limits)
    if kind is Kind.TEXT:
        return _delimited(path, wanted)
    if kind in (Kind.HTML, Kind.XML):
        return _markup(path, kind, limits, wanted)
    rows = 0 if weighed else weigh(path, kind, limits)
    return _xlsx(path, rows, limits, wanted) if kind is Kind.XLSX else _workbook(path, kind, limits, wanted)


def _delimited(path: Path, wanted: frozenset[str]) -> Table:
    layout = delimited.sniff(path)
    top = delimited.top(path, layout, LOOK_AT)
    found = find_header(top, wanted)
    if found is None:
        raise NoHeader if top else EmptyFile
    rows = delimited.count(path) - found.row - 1
    if rows <= 0:
        raise EmptyFile
    return Table(
        Kind.TEXT,
        None,
        found.row + 1,
        found.headings,
        rows,
        lambda: delimited.blocks(path, layout, found.row + 1, len(found.headings)),
    )


def _xlsx(path: Path, rows: int, limits: UploadSettings, wanted: frozenset[str]) -> Table:
    tables = []
    for name, hidden, top in xlsx_top.tops(path, LOOK_AT):
        numbers, cells = _lines(
            (at, [row.get(column) for column in range(max(row, default=-1) + 1)]) for at, row in top.items()
        )
        if found := find_header(cells, wanted):
            tables.append(_Found(name, hidden, found.known, numbers[found.row], found.headings))
    best = _best(tables)
    if rows == 1:
        raise EmptyFile
    return Table(
        Kind.XLSX,
        best.sheet,
        best.header_row,
        best.headings,
        max(rows - best.header_row, 0),
        lambda: _sheet_blocks(path, best.sheet, best.header_row, best.headings, limits),
        not_read=_others(tables, best),
    )


def _lines(rows: Iterable[tuple[int, Cells]]) -> tuple[list[int], list[Cells]]:
    """Numbered rows, with a blank one where numbers are left out: only what stands right above headings belongs to them."""
    numbers: list[int] = []
    lines: list[Cells] = []
    for number, cells in rows:
        if numbers and number > numbers[-1] + 1:
            numbers.append(number - 1)
            lines.append(())
        numbers.append(number)
        lines.append(cells)
    return numbers, lines


@dataclass(frozen=True, slots=True)
class _Found:
    """A sheet of a workbook that holds a table of ours: how many of our columns it names, and where."""

    sheet: str
    hidden: bool
    known: int
    header_row: int
    headings: tuple[str, ...]

    @property
    def rank(self) -> tuple[bool, int]:
        """What people see comes before what they hid, then whoever names most of our columns."""
        return not self.hidden, self.known


def _best(tables: Sequence[_Found]) -> _Found:
    if not tables:
        raise NoHeader
    return max(tables, key=lambda table: table.rank)


def _others(tables: Sequence[_Found], best: _Found) -> tuple[str, ...]:
    return tuple(table.sheet for table in tables if table is not best and not table.hidden)


def _load(path: Path, sheet: str | int) -> pl.DataFrame:
    """A whole sheet as text, from its first used cell."""
    with parsing():
        loaded = fastexcel.read_excel(path.read_bytes()).load_sheet(sheet, header_row=None, dtypes="string")
        frame = loaded.to_polars()
    assert isinstance(frame, pl.DataFrame)
    return frame.rename({old: f"c{column}" for column, old in enumerate(frame.columns)})


def _sheet_blocks(
    path: Path, sheet: str, header_row: int, headings: tuple[str, ...], limits: UploadSettings
) -> Iterator[pl.DataFrame]:
    frame = _load(path, sheet)
    check_cells(frame.height, frame.width, limits)
    first = _header_in(frame, headings)
    yield _below(frame, first, header_row, len(headings))


def _header_in(frame: pl.DataFrame, headings: tuple[str, ...]) -> tuple[int, int]:
    """Row and column of the headings inside a frame that starts at the sheet's first used cell."""
    blank = sum(1 for heading in headings if heading.startswith("Column ")) and next(
        column for column, heading in enumerate(headings) if not heading.startswith("Column ")
    )
    above: Cells = ()
    for at, row in enumerate(frame.head(LOOK_AT + 1).rows()):
        for shift in range(blank + 1):  # columns that are empty in the whole sheet are not in the frame
            empty = [None] * shift
            if headings_of([*empty, *row], [*empty, *above]) == headings:
                return at, shift
        above = row
    raise NoHeader


def _below(frame: pl.DataFrame, header: tuple[int, int], header_row: int, width: int) -> pl.DataFrame:
    at, shift = header
    body = frame.slice(at + 1).with_row_index(ROW, offset=header_row + 1).with_columns(pl.col(ROW).cast(pl.Int32))
    columns = [
        (pl.col(f"c{column - shift}") if 0 <= column - shift < frame.width else pl.lit(None, pl.String)).alias(
            f"c{column}"
        )
        for column in range(width)
    ]
    return body.select(ROW, *columns)


def _workbook(path: Path, kind: Kind, limits: UploadSettings, wanted: frozenset[str]) -> Table:
    """Old, binary and OpenDocument workbooks are small enough to read at once."""
    with parsing():
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        tables: list[_Found] = []
        for sheet in book.sheets_metadata:
            start = book.get_sheet_by_name(sheet.name).start
            if start is None:
                continue
            frame = _load(path, sheet.name)
            check_cells(frame.height, frame.width, limits)
            top: list[Cells] = [[*[None] * start[1], *row] for row in frame.head(LOOK_AT).rows()]
            if found := find_header(top, wanted):
                hidden = sheet.visible != python_calamine.SheetVisibleEnum.Visible
                tables.append(_Found(sheet.name, hidden, found.known, start[0] + found.row + 1, found.headings))
                if _best(tables) is tables[-1]:  # only the best one's rows are kept
                    body = _below(frame, (found.row, start[1]), tables[-1].header_row, len(found.headings))
    return _held(kind, tables, _best(tables), body)


def _held(kind: Kind, tables: Sequence[_Found], best: _Found, body: pl.DataFrame) -> Table:
    """The best of these tables, whose rows were read already. Raises EmptyFile."""
    if not body.height:
        raise EmptyFile
    rows, others = body.height, _others(tables, best)
    return Table(kind, best.sheet, best.header_row, best.headings, rows, lambda: iter((body,)), not_read=others)


def _markup(path: Path, kind: Kind, limits: UploadSettings, wanted: frozenset[str]) -> Table:
    """Web pages and Excel's XML, read at once. A list that a page breaks into tables under the same headings is one."""
    tables, frames = [], []
    for sheet in markup.sheets(path, kind, limits):
        frame = sheet.frame()
        numbers, lines = _lines((row[0], row[1:]) for row in frame.head(LOOK_AT).rows())
        if found := find_header(lines, wanted):
            tables.append(_Found(sheet.name, sheet.hidden, found.known, numbers[found.row], found.headings))
            frames.append(frame.filter(pl.col(ROW) > numbers[found.row]))
    best = _best(tables)
    same = [table is best or (kind is Kind.HTML and table.headings == best.headings) for table in tables]
    body = pl.concat(_fit(frame, len(best.headings)) for frame, fits in zip(frames, same, strict=True) if fits)
    rest = [table for table, fits in zip(tables, same, strict=True) if not fits or table is best]
    return _held(kind, rest, best, body)


def _fit(frame: pl.DataFrame, width: int) -> pl.DataFrame:
    """A frame with as many columns as there are headings."""
    names = [f"c{column}" for column in range(width)]
    return frame.select(
        ROW, *(pl.col(name) if name in frame.columns else pl.lit(None, pl.String).alias(name) for name in names)
    )
