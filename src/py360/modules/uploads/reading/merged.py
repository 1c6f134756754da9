"""Cells that are merged over several rows: the value stands for all of them, as people read it."""

from collections.abc import Iterable

import polars as pl

from py360.modules.uploads.reading.rows import ROW


class Merged:
    """Fills down the merged cells of one table, block after block. Amounts are left where they are.

    A sum over three policies is no policy's premium; the rows below it fail for want of one, and are reported.
    """

    def __init__(self, merges: Iterable[tuple[int, int, int]], amounts: frozenset[int]) -> None:
        self._columns: dict[int, list[tuple[int, int]]] = {}
        for first, last, column in sorted(merges):
            reaches = self._columns.setdefault(column, [])
            overlaps = bool(reaches) and first <= reaches[-1][1]  # cells that overlap are no merged cells
            if column not in amounts and not overlaps:
                reaches.append((first, last))
        self._values: dict[int, str | None] = {}  # of the reach that continues in the next block, by column
        self._at: dict[int, int] = dict.fromkeys(self._columns, 0)

    def fill(self, block: pl.DataFrame) -> pl.DataFrame:
        """A block in which rows that hold something have the values of the cells that reach down to them."""
        numbers = block[ROW].to_list()
        filled = [
            pl.Series(f"c{column}", self._filled(column, numbers, block[f"c{column}"].to_list()), dtype=pl.String)
            for column in self._columns
        ]
        return block.with_columns(filled)

    def _filled(self, column: int, numbers: list[int], values: list[str | None]) -> list[str | None]:
        reaches, at = self._columns[column], self._at[column]
        for place, number in enumerate(numbers):
            while at < len(reaches) and reaches[at][1] < number:
                at += 1
                self._values.pop(column, None)
            if at == len(reaches):
                break
            if number == reaches[at][0]:
                self._values[column] = values[place]
            elif number > reaches[at][0] and values[place] is None:
                values[place] = self._values.get(column)
        self._at[column] = at
        return values
