"""What every format gives: sheets of rows of text. Runs in the child process, so it imports nothing large.

Cells are text, blank ones empty. A number is written in full and plainly (`9876543210`, `20922.3`), or as its display
format shows it where that makes an identifier of it (`0000012345`, `MOT/2026/0042`). A number of more than 15 digits, of
which a spreadsheet program has lost the others, is written as one shows it: `1.21100312501E+19`. A date is written
`2026-12-19 00:00:00`, which nobody types, a time of day `10:30:00`, a truth value `TRUE` or `FALSE`; an error value is blank.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

from py360.modules.uploads.reading.refusal import TOO_MANY_CELLS, TOO_MANY_COLUMNS, TOO_MANY_ROWS, Refused

WIDEST: Final = 16_384  # columns of a spreadsheet program
TITLES: Final = 1_000  # rows beyond the limit that may be titles, blank lines and totals


@lru_cache(maxsize=WIDEST)
def letters_of(column: int) -> str:
    """The letters of a column from 0: A, B, ... Z, AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


class Row(NamedTuple):
    """One row. `number` counts from 1 as a spreadsheet program shows it; `lines` are the lines of a text file it takes."""

    number: int
    cells: list[str]
    hidden: bool = False
    problem: str = ""
    lines: int = 1


class Merge(NamedTuple):
    """A cell that reaches down: the value of row `first` in `column` (from 0) stands for the rows down to `last` too."""

    first: int
    last: int
    column: int


class Sheet(Protocol):
    """A sheet of a workbook, a table of a page, or a text file. `rows` may be called again and starts again."""

    name: str
    hidden: bool
    epoch_1904: bool  # whether plain numbers under a heading of dates are days since 1904

    def rows(self) -> Iterator[Row]:
        """The rows that hold something, in order; `number` may leave out blank ones."""
        ...

    def merges(self) -> list[Merge]:
        """Cells that reach down over rows; complete once `rows` has ended."""
        ...

    def count(self) -> int:
        """About how many rows there are, quickly."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may hold; bytes, rows and cells."""

    max_workbook_bytes: int
    max_text_bytes: int
    max_unpacked_bytes: int
    max_rows: int
    max_cells: int


class Counter:
    """The filled cells of a sheet so far. `count` raises Refused at the first limit that is passed."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._rows = self._cells = 0

    def count(self, cells: int, width: int) -> None:
        """Another row: how many of its cells hold something, and how far it reaches."""
        self._rows += 1
        self._cells += cells
        if width > WIDEST:
            raise too_many_columns()
        if self._rows > self._limits.max_rows + TITLES:
            raise Refused(TOO_MANY_ROWS, f"This file has more than {self._limits.max_rows:,} rows. Split it.")
        if self._cells > self._limits.max_cells:
            raise Refused(
                TOO_MANY_CELLS,
                f"A sheet of this workbook has more than {self._limits.max_cells:,} cells that hold something. Split the list, "
                "remove columns that are not needed, or save it as CSV.",
            )


def too_many_columns() -> Refused:
    """A row is wider than any spreadsheet program's."""
    return Refused(
        TOO_MANY_COLUMNS, f"A row of this file has more than {WIDEST:,} columns. Remove those that are not needed."
    )
