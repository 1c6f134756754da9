"""What becomes of every row of a file: rows of policies go to the import, all others are counted by reason.

`Accounting` is what the import publishes beside its own counts: every physical line of a text file, and every row of a
sheet down to its last filled one, is in it exactly once. A data row has its number (`row_no`), whether the file hid it
(`hidden`: by a filter or by hand) and, where the file itself is wrong there, a `problem`, under which the import reports
it as failed. What is no data row is `skipped`, under one of the reasons of `Skip`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import polars as pl

from py360.modules.uploads.headings import field_of, recognised

ROW: Final = "row_no"
HIDDEN: Final = "hidden"
PROBLEM: Final = "problem"

_SPACES: Final = " \t\r\n\u00a0\ufeff\x0b\x0c\x1a"  # the last ends a text of DOS
_OTHER_DELIMITERS: Final = r"[,;|\t]"
_DIGIT: Final = "[0-9०-९]"
_MOST_COMPARED: Final = 2_000  # rows without numbers in a block that may be headings
_ENOUGH: Final = 3  # headings of ours that make a row of headings beyond doubt
_TOTAL: Final = r"(?i)^\s*(grand\s*|gross\s*|sub\s*-?\s*|net\s*|page\s*)?totals?\b|^\s*(sum|average)\b|^(carried|brought) (forward|over)\b|^[bc]\s*/\s*[fdo]\b|^\s*(record\s*)?count\b|^\s*(no\.?|number) of (policies|records|cases|rows)\b|^\s*[0-9]+ (policies|records|cases|rows)\b|^\s*(कुल|योग|उप[\s-]*योग|महायोग|एकूण)(\s|:|$)"
_TOTAL_ALONE: Final = r"(?i)^(\S+ ){0,3}totals?\s*([:=-]+$|$|[:=]\s*\D)"  # `Pune Total`, `Branch Total : Pune`, or `Total:` before its sum
_RULE: Final = r"^[-=_*~.\s]*$"
_SUM: Final = r"^-?[0-9][0-9,.]*$"
_FOOTER: Final = (
    r"(?i)^\s*(\*+|end of (report|list)|note\s*[:\-]|prepared by|generated (on|by)|printed (on|by)|page \d+)"
)


class Skip(StrEnum):
    """Why a row of the file is no policy's row."""

    TITLE = "title"  # above the headings
    HEADING = "heading"  # the headings, and where a page or a joined export repeats them
    BLANK = "blank"
    TOTAL = "total"  # sums and counts
    NOTE = "note"  # "Prepared by", page numbers, a remark alone in its row
    CONTINUED = "continued"  # a line of a text file that belongs to the row above: a line break inside quotes


class RowProblem(StrEnum):
    """What is wrong with a row as the file has it; such a row is reported as failed, with this as its code."""

    MORE_CELLS = "more_cells_than_headings"  # its values may be under the wrong headings
    OPEN_QUOTE = "quote_not_closed"  # the cells behind the quote cannot be distinguished
    OTHER_HEADINGS = "under_other_headings"  # below a second row of headings in another order


@dataclass(frozen=True, slots=True)
class Roles:
    """What the reader has to know of the mapping; columns are counted from 0.

    `key`: the policy number. `amounts`: a value merged over several rows is not repeated there. `dates`: plain numbers are
    days since 1904 in a workbook that counts from there.
    """

    key: int | None = None
    amounts: frozenset[int] = frozenset()
    dates: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Accounting:
    """Every line or row that was read, and what became of it: `read == data + sum(skipped)`, or `missing` says how many lack.

    `data` rows are imported, unchanged or failed, and `hidden` of them the file did not show.
    """

    read: int
    data: int
    hidden: int = 0
    skipped: Mapping[Skip, int] = field(default_factory=dict)

    @property
    def missing(self) -> int:
        """Rows that nothing accounts for; an import with any is wrong."""
        return self.read - self.data - sum(self.skipped.values())


@dataclass(frozen=True, slots=True)
class Sorted:
    """One block: its data rows, with blanks as null and no spaces around text, and how many others there were."""

    data: pl.DataFrame
    skipped: Mapping[Skip, int]


class RowSorter:
    """Distinguishes rows of policies from blank lines, totals, footers and repeated headings, block after block of one table.

    `heading_rows`: the one or two rows of headings as the file has them, over `width` columns; `key`: the policy number;
    `titles`: how rows above the headings begin, which pages may repeat.
    """

    def __init__(
        self, heading_rows: Sequence[Sequence[str | None]], width: int, key: int | None, titles: Sequence[str] = ()
    ) -> None:
        self._titles = [bare for title in titles if any(map(str.isalpha, bare := _without_digits(title)))]
        self._names = [f"c{column}" for column in range(width)]
        self._headings = [[_plain(cell) for cell in row[:width]] for row in heading_rows]
        self._places: dict[str, set[int]] = {}  # of each heading, its columns
        for line in self._headings:
            for column, cell in enumerate(line):
                self._places.setdefault(cell, set()).add(column)
        self._key = key
        self._turns: list[tuple[int, bool]] = []  # rows of headings among the data, and whether their order is another

    def sort(self, block: pl.DataFrame) -> Sorted:
        """The data rows of a block, which has the columns c0, c1, ... and `row_no`, `hidden`, `problem`."""
        names = self._names
        text = pl.col(names).str.strip_chars(_SPACES)
        trimmed = block.with_columns(pl.when(text != "").then(text))
        filled = pl.sum_horizontal(pl.col(names).is_not_null().cast(pl.UInt32))
        trimmed = trimmed.with_columns(filled.alias("filled"), pl.coalesce(names).alias("first"))
        kept = _without(trimmed, pl.col("filled") == 0)
        skipped = {Skip.BLANK: trimmed.height - kept.height}
        for reason, find in (
            (Skip.TOTAL, self._totals),
            (Skip.TITLE, self._repeated_titles),
            (Skip.NOTE, self._notes),
            (Skip.HEADING, self._repeated_headings),
        ):
            rest = _without(kept, pl.col(ROW).is_in(find(kept).implode()))
            skipped[reason] = kept.height - rest.height
            kept = rest
        kept = self._mark(kept) if any(others for _, others in self._turns) else kept
        return Sorted(kept.drop("filled", "first"), {reason: rows for reason, rows in skipped.items() if rows})

    def _sparse(self) -> pl.Expr:
        return pl.col("filled") <= max(3, len(self._names) // 3)

    def _totals(self, rows: pl.DataFrame) -> pl.Series:
        """Rows that a word calls a sum or a count, and rows of nothing but numbers that name no policy."""
        sparse = rows.filter(self._sparse())
        alone = pl.any_horizontal(pl.col(self._names).str.contains(_TOTAL_ALONE).fill_null(value=False))
        named = sparse.filter(pl.col("first").str.contains(_TOTAL) | alone)[ROW]
        if self._key is None:
            return named
        loose = sparse.filter(pl.col(f"c{self._key}").is_null())
        if loose.is_empty():
            return named
        sums = loose.filter(pl.all_horizontal(pl.col(self._names).str.contains(_SUM).fill_null(value=True)))[ROW]
        return pl.concat([named, sums])

    def _notes(self, rows: pl.DataFrame) -> pl.Series:
        """Footers, and a remark alone in its row."""
        lone = (pl.col("filled") == 1) & (len(self._names) > 3)
        apart = pl.col("first").str.count_matches(_OTHER_DELIMITERS)
        lone &= apart < max(3, len(self._names) - 1)  # a row of another export, and no remark
        if self._key is not None:
            number = pl.col(f"c{self._key}")
            lone &= number.is_null() | (number.str.count_matches(" ") > 2) | ~number.str.contains(_DIGIT)
        ruled = rows.filter(pl.col("first").str.contains(_RULE))
        rules = ruled.filter(pl.all_horizontal(pl.col(self._names).str.contains(_RULE).fill_null(value=True)))[ROW]
        notes = rows.filter((self._sparse() & pl.col("first").str.contains(_FOOTER)) | lone)[ROW]
        return pl.concat([notes, rules])

    def _repeated_titles(self, rows: pl.DataFrame) -> pl.Series:
        """Rows that begin as one above the headings does, but for numbers: `Branch: Pune`, `Page 2 of 5`."""
        if not self._titles:
            return rows[ROW].clear()
        first = pl.col("first").str.slice(0, 500).str.replace_all(r"[0-9]+", "")
        return rows.filter(self._sparse() & first.is_in(self._titles))[ROW]

    def _repeated_headings(self, rows: pl.DataFrame) -> pl.Series:
        """Rows that stand for the headings again, and below them nothing but our order of columns."""
        if self._key is not None:  # a policy number without a digit is rare, so few rows are compared
            rows = rows.filter(~pl.col(f"c{self._key}").str.contains(_DIGIT).fill_null(value=False))
        if rows.is_empty():
            return rows[ROW]
        digits = pl.sum_horizontal(pl.col(self._names).str.contains(_DIGIT).fill_null(value=False).cast(pl.UInt32))
        rows = rows.filter((digits * 4 <= pl.col("filled")) & (pl.col("filled") > 1)).head(_MOST_COMPARED)
        found: list[int] = []
        for row in rows.select(ROW, *self._names).iter_rows():
            cells = [_plain(cell) for cell in row[1:]]
            if self._are_headings(cells):
                self._turns.append((row[0], self._are_moved(cells)))
            elif recognised(cells) >= _ENOUGH:
                self._turns.append((row[0], not self._mean_the_same(cells)))
            else:
                continue
            found.append(row[0])
        return pl.Series(found, dtype=pl.Int32)

    def _are_headings(self, cells: list[str]) -> bool:
        filled = sum(map(bool, cells))
        alike = max(sum(a == b != "" for a, b in zip(cells, line, strict=False)) for line in self._headings)
        return alike >= 2 and alike * 5 >= filled * 3

    def _are_moved(self, cells: list[str]) -> bool:
        """Whether some of the headings stand in other columns than at the top."""
        return any(cell and column not in self._places.get(cell, {column}) for column, cell in enumerate(cells))

    def _mean_the_same(self, cells: list[str]) -> bool:
        """Whether these are our headings in other words, as in another language: nearly all name the field of their column."""
        named = [(field_of(cell), column) for column, cell in enumerate(cells) if cell]
        alike = [
            any(field and field == field_of(line[column]) for line in self._headings if column < len(line))
            for field, column in named
        ]
        others = [field for (field, _), same in zip(named, alike, strict=True) if field and not same]
        return not others and sum(alike) >= _ENOUGH and sum(alike) * 5 >= len(named) * 3

    def _mark(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Mark what is below headings in another order: its values are under headings that are not theirs."""
        for at, others in self._turns:
            below = pl.col(ROW) > at
            mark = pl.lit(RowProblem.OTHER_HEADINGS.value) if others else pl.lit(None, pl.String)
            rows = rows.with_columns(pl.when(below).then(mark).otherwise(PROBLEM).alias(PROBLEM))
        self._turns = self._turns[-1:]
        return rows


def _without(rows: pl.DataFrame, unwanted: pl.Expr) -> pl.DataFrame:
    """The rows but the unwanted; without any, no column is copied, and there may be thousands."""
    mask = rows.select(unwanted.alias("unwanted"))["unwanted"]
    return rows.filter(~mask) if mask.any() else rows


def _without_digits(text: str) -> str:
    return "".join(char for char in text.strip(_SPACES) if char not in "0123456789")


def _plain(cell: str | None) -> str:
    return " ".join((cell or "").replace("\ufeff", "").split()).casefold()
