"""Lanes: the rows of a chunk that no customer joins can be merged at the same time, each lane on its own connection."""

from typing import Final

import polars as pl

from py360.modules.uploads.cleaning import Cleaned

# What a customer is recognised by (`customers.bulk`): rows that share one of these stay in one lane.
_KEYS: Final = ("customer_code", "pan", "phone", "email")


def split(cleaned: Cleaned, lanes: int) -> list[Cleaned]:
    """A chunk as at most so many chunks whose customers are not each other's. The first has what failed."""
    if lanes == 1 or cleaned.accepted.is_empty():
        return [cleaned]
    lane = _lanes_of(cleaned.accepted, lanes)
    parts = []
    for number in range(1, lanes):
        accepted = cleaned.accepted.filter(lane == number)
        if accepted.height:
            issues = cleaned.issues.filter(pl.col("row_no").is_in(accepted["row_no"].implode()))
            parts.append(Cleaned(accepted, cleaned.failed.clear(), issues))
    return [cleaned.without(cleaned.accepted.filter(lane != 0)["row_no"]), *parts]


def _lanes_of(rows: pl.DataFrame, lanes: int) -> pl.Series:
    """The lane of each row: by its first key; where a key would tear its rows apart, they all go to lane 0."""
    keys = [key for key in _KEYS if rows[key].null_count() < rows.height]
    placed = rows.select(*keys, (pl.coalesce(keys).hash(seed=360) % lanes).cast(pl.Int8).alias("lane"))
    while True:
        torn = pl.any_horizontal(
            pl.col(key).is_not_null() & (pl.col("lane").min().over(key) != pl.col("lane").max().over(key))
            for key in keys
        )
        moved = placed.with_columns(pl.when(torn).then(0).otherwise("lane").cast(pl.Int8).alias("lane"))
        if moved["lane"].equals(placed["lane"]):
            return moved["lane"]
        placed = moved
