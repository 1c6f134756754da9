"""The first look at a whole file: how many rows, which way its dates are written, which policy numbers repeat."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from py360.modules.uploads.errors import EmptyFile, FileTooLarge
from py360.modules.uploads.fields import DATES
from py360.modules.uploads.importer.cells.dates import Evidence
from py360.modules.uploads.importer.mapping import Mapping
from py360.modules.uploads.reading.rows import ROW
from py360.modules.uploads.settings import UploadSettings


@dataclass(frozen=True, slots=True)
class Scan:
    """What holds for the file as a whole."""

    rows: int
    evidence: dict[str, Evidence]
    repeats: pl.Series  # row numbers whose policy number stands in an earlier row


def scan(chunks: Iterable[pl.DataFrame], mapping: Mapping, limits: UploadSettings) -> Scan:
    """Look at every row once, in flat memory. Raises FileTooLarge, EmptyFile."""
    rows = 0
    evidence = {name: Evidence() for name in DATES if mapping.column(name) is not None}
    key = mapping.column("policy_number")
    seen: list[pl.DataFrame] = []
    for chunk in chunks:
        rows += chunk.height
        if rows > limits.max_rows:
            raise FileTooLarge(f"This file has more than {limits.max_rows:,} rows. Split it.", code="too_many_rows")
        for name, found in evidence.items():
            found.see(chunk[f"c{mapping.column(name)}"])
        if key is not None:
            number = pl.col(f"c{key}").str.replace_all(r"\s+", " ")
            numbered = chunk.filter(pl.col(f"c{key}").is_not_null())
            seen.append(
                numbered.select(ROW, number.hash(seed=360).alias("hash"))
            )  # 64 bits: 1 in 37 million files errs
    if not rows:
        raise EmptyFile
    if not seen:
        return Scan(rows, evidence, pl.Series([], dtype=pl.Int32))
    numbers = pl.concat(seen)
    first = numbers.unique("hash", keep="first", maintain_order=False)[ROW]
    repeats = (
        numbers.filter(~pl.col(ROW).is_in(first.implode()))[ROW] if first.len() < numbers.height else first.clear()
    )
    return Scan(rows, evidence, repeats.sort())
