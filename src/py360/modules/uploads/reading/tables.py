"""A policy file as a table: where it is in the file, its headings, and its rows in frames of text.

The file itself is read in a child process (`child`) with limits of memory and time, which writes the table's rows in a form
that cannot be misread; only that is read here.
"""

import errno
import json
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import polars as pl
import structlog

from py360.kit import child
from py360.kit.errors import Problem
from py360.modules.uploads import errors
from py360.modules.uploads.reading import refusal
from py360.modules.uploads.reading.child import CELL_END, ROW_END, Answer, Request
from py360.modules.uploads.reading.kinds import Kind
from py360.modules.uploads.reading.merged import Merged
from py360.modules.uploads.reading.rows import HIDDEN, PROBLEM, ROW, Accounting, Roles, RowSorter, Skip, Sorted
from py360.modules.uploads.reading.sheets import Limits
from py360.modules.uploads.settings import MEGABYTE, UploadSettings

log = structlog.get_logger()

_MODULE: Final = "py360.modules.uploads.reading.child"
_BLOCK: Final = 8 << 20
_DAYS_BETWEEN_EPOCHS: Final = 1_462  # of 1904 and 1900
_SERIAL: Final = r"^[0-9]{4,5}(\.[0-9]+)?$"
_SIGNS_OF_MEMORY: Final = ("memory allocation of", "MemoryError", "bad_alloc")
_PROBLEMS: Final[Mapping[str, type[Problem]]] = {
    refusal.WRONG_TYPE: errors.WrongType,
    refusal.EMPTY: errors.EmptyFile,
    refusal.ENCRYPTED: errors.Encrypted,
    refusal.MACRO_SHEETS: errors.MacroSheets,
    refusal.DAMAGED: errors.Damaged,
    refusal.NO_HEADER: errors.NoHeader,
}


@dataclass(frozen=True, slots=True)
class Table:
    """One table. Frames have the columns c0, c1, ... (text or null) in the order of `headings`, `row_no`, `hidden`, `problem`.

    `rows_hint` is the number of rows that hold something, exactly when `complete`, else about; only a complete table has all
    of its rows. Its rows lie in a file beside the one that was read.
    """

    kind: Kind
    sheet: str | None
    header_row: int
    headings: tuple[str, ...]
    rows_hint: int
    complete: bool
    unnamed: tuple[str, ...]  # letters of columns that hold something and have no heading
    not_read: tuple[str, ...]  # other sheets that hold a table too
    _rows_path: Path
    _heading_rows: tuple[tuple[str, ...], ...]
    _read: int
    _skipped: Mapping[Skip, int]
    _merges: tuple[tuple[int, int, int], ...]
    _titles: tuple[str, ...]
    _epoch_1904: bool
    # Rows of a file of one block, kept sorted.
    _small: dict[Roles, list[Sorted]] = field(default_factory=dict, compare=False)

    def chunks(self, size: int, roles: Roles, after: int = 0) -> Iterator[pl.DataFrame]:
        """The policies' rows after row number `after`, at most `size` at a time, as `rows.RowSorter` sorts them."""
        for block in self._sorted(roles):
            rows = block.data.filter(pl.col(ROW) > after)
            for start in range(0, rows.height, size):
                yield rows.slice(start, size)

    def accounting(self, roles: Roles) -> Accounting:
        """What became of every row of the file: one pass over it."""
        skipped = Counter(self._skipped)
        data = hidden = 0
        for block in self._sorted(roles):
            skipped.update(block.skipped)
            data += block.data.height
            hidden += int(block.data[HIDDEN].sum())
        return Accounting(self._read, data, hidden, {reason: rows for reason, rows in skipped.items() if rows})

    def blocks(self) -> Iterator[pl.DataFrame]:
        """Every row below the headings that holds something, as the file has it."""
        names = [f"c{column}" for column in range(len(self.headings))]
        schema = pl.Schema({ROW: pl.Int32, HIDDEN: pl.String, PROBLEM: pl.String, **dict.fromkeys(names, pl.String)})
        for text in _pieces(self._rows_path):
            frame = pl.read_csv(
                text,
                has_header=False,
                schema=schema,
                separator=CELL_END,
                eol_char=ROW_END,
                quote_char=None,
                missing_columns="insert",
            )
            yield frame.with_columns(pl.col(HIDDEN).is_not_null())

    def _sorted(self, roles: Roles) -> Iterator[Sorted]:
        """The blocks, sorted. A file is gone through several times; a small one with thousands of columns is sorted once."""
        if self._rows_path.stat().st_size > _BLOCK:
            yield from self._sort(roles)
            return
        if roles not in self._small:
            self._small.clear()
            self._small[roles] = list(self._sort(roles))
        yield from self._small[roles]

    def _sort(self, roles: Roles) -> Iterator[Sorted]:
        sorter = RowSorter(self._heading_rows, len(self.headings), roles.key, self._titles)
        merged = Merged(self._merges, roles.amounts) if self._merges else None
        for block in self.blocks():
            rows = sorter.sort(block if merged is None else merged.fill(block))
            yield Sorted(self._with_dates(rows.data, roles), rows.skipped) if self._epoch_1904 else rows

    def _with_dates(self, rows: pl.DataFrame, roles: Roles) -> pl.DataFrame:
        """Days since 1904 that no date format marks as such, as the days since 1900 that they are read as."""
        names = [f"c{column}" for column in sorted(roles.dates)]
        if not names:
            return rows
        moved = (pl.col(names).cast(pl.Float64, strict=False) + _DAYS_BETWEEN_EPOCHS).cast(pl.Int64).cast(pl.String)
        return rows.with_columns(pl.when(pl.col(names).str.contains(_SERIAL)).then(moved).otherwise(pl.col(names)))


def _pieces(path: Path) -> Iterator[bytes]:
    """The file of rows, cut at the ends of rows."""
    rest = b""
    end = ROW_END.encode()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            text = rest + block
            cut = text.rfind(end) + 1
            rest = text[cut:]
            if cut:
                yield text[:cut]


async def open_table(
    path: Path,
    limits: UploadSettings,
    wanted: frozenset[str] = frozenset(),
    stop_after: int = 0,
    drop_macros: bool = False,
) -> Table:
    """Recognise a file, find its table and read its rows. Raises what `errors` names when it is refused.

    `wanted`: keys of headings that a caller or our memory named, which help to find the row of headings. `stop_after`: as
    many rows are enough, and of a larger table only the number is wanted. `drop_macros`: leaves the file without them.
    The file is in a folder that is removed with it (`kit.scratch`): its rows are written beside it.
    """
    rows_path = path.with_name(f"{path.name}-{secrets.token_hex(4)}.rows")
    bounds = Limits(
        limits.max_workbook_bytes, limits.max_text_bytes, limits.max_unpacked_bytes, limits.max_rows, limits.max_cells
    )
    request = Request(
        str(path),
        str(rows_path),
        bounds,
        tuple(wanted),
        stop_after,
        drop_macros,
        limits.read_memory_bytes,
        limits.read_seconds,
    )
    table = _answer_of(await child.run(_MODULE, json.dumps(asdict(request)).encode(), 2 * limits.read_seconds), limits)
    return _table(table, rows_path)


def _answer_of(ended: child.Ended, limits: UploadSettings) -> Answer:
    """What the child found. Raises the problem that it named, or the limit that ended it."""
    reply = json.loads(ended.output) if ended.output and not ended.crashed else {}
    if "table" in reply:
        return Answer(**reply["table"])
    if ended.log:
        log.warning("a file was not read", trace=ended.log[-4000:])
    if "full" in reply:
        raise OSError(errno.ENOSPC, reply["full"])
    if "refused" in reply:
        raise _problem(reply["refused"]["code"], reply["refused"]["message"] or None, limits)
    if ended.out_of_time:
        raise _problem(refusal.TOO_SLOW, None, limits)
    # A library ends the process where Python raises MemoryError.
    if any(sign in ended.log for sign in _SIGNS_OF_MEMORY):
        raise _problem(refusal.TOO_MUCH_MEMORY, None, limits)
    raise errors.Damaged


def _problem(code: str, message: str | None, limits: UploadSettings) -> Problem:
    if code == refusal.TOO_MUCH_MEMORY:
        message = (
            f"Reading this file needs more than {limits.read_memory_bytes / MEGABYTE:,.0f} MB of memory. Split the list, or "
            "copy it into a new workbook without other sheets and formats, and upload that."
        )
    elif code == refusal.TOO_SLOW:
        message = f"Reading this file takes longer than {limits.read_seconds} seconds. Split the list, or save it as CSV and upload that."
    kind = _PROBLEMS.get(code)
    return kind(message) if kind else errors.FileTooLarge(message, code=code)


def _table(answer: Answer, rows_path: Path) -> Table:
    skipped = {
        Skip.TITLE: answer.titles,
        Skip.HEADING: answer.headed,
        Skip.BLANK: answer.blanks,
        Skip.CONTINUED: answer.continued,
    }
    return Table(
        Kind(answer.kind),
        answer.sheet,
        answer.header_row,
        tuple(answer.headings),
        answer.rows,
        answer.complete,
        tuple(answer.unnamed),
        tuple(answer.not_read),
        rows_path,
        tuple(map(tuple, answer.heading_rows)),
        answer.read,
        skipped,
        tuple((first, last, column) for first, last, column in answer.merges),
        tuple(answer.title_rows),
        answer.epoch_1904,
    )
