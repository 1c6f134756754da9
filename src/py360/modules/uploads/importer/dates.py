"""Dates as offices write them. Day and month are distinguished over the whole column, or asked about; never guessed."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

import polars as pl

from py360.modules.uploads.importer import words

_TIME: Final = r"[T ]+\d{1,2}:\d{2}.*$"
_NUMERIC: Final = r"^(\d{1,2})[-/. ]+(\d{1,2})[-/. ]+(\d{4}|\d{2})$"
_ISO: Final = r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$"
_JOINED: Final = r"^((?:19|20|21)\d{2})(\d{2})(\d{2})$"
_SERIAL: Final = r"^(\d{5}(?:\.\d+)?)$"
_SPOKEN: Final = (r"^(\d{1,2})(?:st|nd|rd|th)?[-/. ,]*([a-z]{3})[a-z]*[-/. ,]*(\d{4}|\d{2})$", (1, 2, 3))
_SPOKEN_US: Final = (r"^([a-z]{3})[a-z]*[-/. ,]*(\d{1,2})(?:st|nd|rd|th)?[-/. ,]+(\d{4}|\d{2})$", (2, 1, 3))
_MONTHS: Final = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}  # fmt: skip
_EPOCH: Final = date(1899, 12, 30)  # Excel's day 0, with its leap year that never was
_EARLIEST: Final = date(1900, 1, 1)
_LATEST: Final = date(2200, 1, 1)


class Order(StrEnum):
    """How a column writes day and month."""

    DAY_FIRST = "DMY"
    MONTH_FIRST = "MDY"


@dataclass(slots=True)
class Evidence:
    """What a column's dates say about the order of day and month."""

    day_first: bool = False
    month_first: bool = False
    open: list[str] = field(default_factory=list)  # dates that can be read both ways, as examples

    def see(self, texts: pl.Series) -> None:
        """Look at more of the column."""
        cut = _cut(words.ascii_digits(texts.unique()), _NUMERIC).drop_nulls()
        self.day_first |= bool((cut["a"] > 12).any())
        self.month_first |= bool((cut["b"] > 12).any())
        if len(self.open) < 3:
            unclear = cut.filter((pl.col("a") <= 12) & (pl.col("b") <= 12) & (pl.col("a") != pl.col("b")))
            self.open += unclear["text"].sort().head(3 - len(self.open)).to_list()

    @property
    def proven(self) -> Order | None:
        """The order that some date of this column can only have; None when none says so, or they differ."""
        if self.day_first == self.month_first:
            return None
        return Order.DAY_FIRST if self.day_first else Order.MONTH_FIRST

    @property
    def order(self) -> Order | None:
        """The order of this column; None when only a person can tell."""
        return self.proven if self.open else self.proven or Order.DAY_FIRST


def _cut(texts: pl.Series, pattern: str) -> pl.DataFrame:
    bare = texts.str.replace(_TIME, "")
    parts = bare.str.extract_groups(pattern).struct.unnest()
    return pl.DataFrame(
        {"text": texts, **{name: parts[str(at)].cast(pl.Int32, strict=False) for at, name in enumerate("abc", 1)}}
    )


def parse(texts: pl.Series, order: Order, past_before: int | None = None) -> pl.Series:
    """Dates of a column; null where a text is none. Each distinct text is read once.

    `past_before`: a two-digit year after it belongs to the last century (births, starts of long policies).
    """
    distinct = texts.drop_nulls().unique()
    frame = pl.DataFrame({"text": distinct, "date": _read(distinct, order, past_before)})
    found = pl.DataFrame({"text": texts}).join(frame, on="text", how="left", maintain_order="left")["date"]
    return found.alias(texts.name)


def _read(texts: pl.Series, order: Order, past_before: int | None) -> pl.Series:
    bare = texts.str.replace(_TIME, "").str.to_lowercase()
    iso = bare.str.extract_groups(_ISO).struct.unnest()
    joined = bare.str.extract_groups(_JOINED).struct.unnest()
    numeric = bare.str.extract_groups(_NUMERIC).struct.unnest()
    day, month = ("1", "2") if order is Order.DAY_FIRST else ("2", "1")
    readings = [
        _dates(iso["1"], iso["2"], iso["3"], past_before),
        _dates(joined["1"], joined["2"], joined["3"], past_before),
        _dates(numeric["3"], numeric[month], numeric[day], past_before),
    ]
    for pattern, (at_day, at_month, at_year) in (_SPOKEN, _SPOKEN_US):
        spoken = bare.str.extract_groups(pattern).struct.unnest()
        number = spoken[str(at_month)].replace_strict(_MONTHS, default=None, return_dtype=pl.Int32).cast(pl.String)
        readings.append(_dates(spoken[str(at_year)], number, spoken[str(at_day)], past_before))
    days = bare.str.extract(_SERIAL).cast(pl.Float64, strict=False).cast(pl.Int32, strict=False)
    readings.append(pl.select(pl.lit(_EPOCH) + pl.duration(days=pl.lit(days)))[:, 0].cast(pl.Date))
    read = pl.DataFrame([reading.alias(f"r{at}") for at, reading in enumerate(readings)]).select(pl.coalesce(pl.all()))
    found = read[:, 0].alias("date")
    return found.to_frame().select(pl.when(pl.col("date").is_between(_EARLIEST, _LATEST)).then(pl.col("date")))["date"]


def _dates(year: pl.Series, month: pl.Series, day: pl.Series, past_before: int | None) -> pl.Series:
    """Dates from texts of their parts; null where there is no such day."""
    parts = pl.DataFrame({"y": year, "m": month, "d": day})
    short = pl.col("y").str.len_bytes() == 2
    century = pl.lit("20")
    if past_before is not None:
        century = (
            pl.when(pl.col("y").cast(pl.Int32, strict=False) > past_before % 100).then(pl.lit("19")).otherwise(century)
        )
    full = pl.when(short).then(century + pl.col("y")).otherwise(pl.col("y"))
    text = pl.concat_str(full, pl.col("m").str.zfill(2), pl.col("d").str.zfill(2), separator="-")
    return parts.select(text.str.to_date("%Y-%m-%d", strict=False).alias("date"))["date"]
