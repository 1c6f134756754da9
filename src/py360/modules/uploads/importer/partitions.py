"""Partitions: the rows of a chunk that no customer joins can be merged at the same time, each partition on its own connection."""

from typing import Final

import polars as pl

from py360.modules.uploads.cleaned import Cleaned

# What a customer is recognised by (`customers.bulk`): rows that share one of these stay in one partition.
_KEYS: Final = ("customer_code", "pan", "phone", "email")


def split(cleaned: Cleaned, partitions: int) -> list[Cleaned]:
    """A chunk as at most so many chunks whose customers are not each other's. The first has what failed."""
    if partitions == 1 or cleaned.accepted.is_empty():
        return [cleaned]
    partition = _partitions_of(cleaned.accepted, partitions)
    parts = []
    for number in range(1, partitions):
        accepted = cleaned.accepted.filter(partition == number)
        if accepted.height:
            issues = cleaned.issues.filter(pl.col("row_no").is_in(accepted["row_no"].implode()))
            parts.append(Cleaned(accepted, cleaned.failed.clear(), issues))
    return [cleaned.without(cleaned.accepted.filter(partition != 0)["row_no"]), *parts]


def _partitions_of(rows: pl.DataFrame, partitions: int) -> pl.Series:
    """The partition of each row: by its first key; where a key would tear its rows apart, they all go to partition 0."""
    keys = [key for key in _KEYS if rows[key].null_count() < rows.height]
    placed = rows.select(*keys, (pl.coalesce(keys).hash(seed=360) % partitions).cast(pl.Int8).alias("partition"))
    while True:
        torn = pl.any_horizontal(
            pl.col(key).is_not_null() & (pl.col("partition").min().over(key) != pl.col("partition").max().over(key))
            for key in keys
        )
        moved = placed.with_columns(pl.when(torn).then(0).otherwise("partition").cast(pl.Int8).alias("partition"))
        if moved["partition"].equals(placed["partition"]):
            return moved["partition"]
        placed = moved
