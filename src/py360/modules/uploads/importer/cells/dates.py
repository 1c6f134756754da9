"""Dates as offices write them. Day and month are distinguished over the whole column, or asked about; never guessed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

import polars as pl

from py360.modules.uploads.importer.cells.texts import ascii_digits

_TIME: Final = r"[T ,]+\d{1,2}:\d{2}.*$"
# A moment with its zone, as programs write it: 2026-12-18T18:30:00.000Z is the 19th in India.
_ZONED: Final = r"(?i)[T ,]+(\d{1,2}):(\d{2})(?::\d{2}(?:[.,]\d+)?)?\s*(am|pm)?\s*(?:(z|utc|gmt)\s*([+-]\d{1,2}:?\d{2})?|([+-]\d{2}(?::?\d{2})?))$"
_INDIA: Final = 330  # minutes before UTC
_ONE_DATE: Final = (
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}(?:st|nd|rd|th)?[-/. ,]*[A-Za-z]{3,9}[-/., ]*\d{2,4}"
    r"|[A-Za-z]{3,9}[-/. ]*\d{1,2},? *\d{4}|\d{1,2} \d{1,2} \d{4}"
)
_NUMERIC: Final = r"^(\d{1,2})[-/. ]+(\d{1,2})[-/. ]+(\d{4}|\d{2})$"
_ISO: Final = r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$"
_JOINED: Final = r"^((?:19|20|21)\d{2})(\d{2})(\d{2})$"
_SERIAL: Final = r"^(\d{5}(?:\.\d+)?)$"
_SPOKEN: Final = (r"^(\d{1,2})(?:st|nd|rd|th)?[-/. ,]*([a-z]{3})[a-z]*[-/. ,]*(\d{4}|\d{2})$", (1, 2, 3))
_SPOKEN_US: Final = (r"^([a-z]{3})[a-z]*[-/. ,]*(\d{1,2})(?:st|nd|rd|th)?[-/. ,]+(\d{4}|\d{2})$", (2, 1, 3))
_MONTHS: Final = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}  # fmt: skip
_EPOCH: Final = date(1899, 12, 30)  # Excel's day 0, with its leap year that never was
_CELL: Final = r"^\d{4}-\d{2}-\d{2}(?:[T ]00:00:00(?:\.0+)?)?$"
_UP_TO_12: Final = 12 * 12 / 365  # how often a day is one that a month could be
_UNLIKELY: Final = 0.2
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
    cells: int = 0  # dates that a program had already read
    texts: int = 0  # dates that stayed texts because it could not read them
    late_cells: bool = False  # whether some date that it read has a day after the 12th
    keep_votes: int = 0  # terms that are whole years only as the cells are
    swap_votes: int = 0  # terms that are whole years only with day and month of the cells exchanged
    examples: list[str] = field(default_factory=list)  # cells as they are

    def see(self, texts: pl.Series) -> None:
        """Look at more of the column."""
        self._see_cells(texts)
        cut = _cut(ascii_digits(texts.unique()), _NUMERIC).drop_nulls()
        self.day_first |= bool((cut["a"] > 12).any())
        self.month_first |= bool((cut["b"] > 12).any())
        if len(self.open) < 3:
            unclear = cut.filter((pl.col("a") <= 12) & (pl.col("b") <= 12) & (pl.col("a") != pl.col("b")))
            self.open += unclear["text"].sort().head(3 - len(self.open)).to_list()

    def _see_cells(self, texts: pl.Series) -> None:
        cells = texts.filter(texts.str.contains(_CELL).fill_null(value=False))
        self.cells += cells.len()
        self.texts += int(texts.str.contains(_NUMERIC).sum())
        if cells.len():
            self.late_cells |= bool((cells.str.slice(8, 2) > "12").any())
            self.examples += cells.unique(maintain_order=True).str.slice(0, 10).head(3 - len(self.examples)).to_list()

    @property
    def is_mixed(self) -> bool:
        """Whether a program read some of the column's dates and left others as texts."""
        return self.cells > 0 and self.texts > 0

    @property
    def swapped(self) -> bool | None:
        """Whether the program took the day for the month in the dates that it read; None when only a person can decide.

        So it goes where a list of days first meets a program of months first: what it can read, up to the 12th, it reads
        wrongly, and the rest stays text. Terms of whole years decide; where none does, the days do, if there are enough.
        """
        if not self.is_mixed or self.late_cells:
            return False
        if bool(self.keep_votes) != bool(self.swap_votes):
            return self.swap_votes > 0
        by_chance = _UP_TO_12**self.cells * (1 - _UP_TO_12) ** self.texts
        return None if self.keep_votes or (not self.open and by_chance < _UNLIKELY) else False

    @property
    def proven(self) -> Order | None:
        """The order that some date of this column can only have; None when none says so, or they differ."""
        if self.day_first == self.month_first:
            return None
        return Order.DAY_FIRST if self.day_first else Order.MONTH_FIRST

    @property
    def order(self) -> Order | None:
        """The order of this column; None when only a person can decide."""
        return self.proven if self.open else self.proven or Order.DAY_FIRST


def _cut(texts: pl.Series, pattern: str) -> pl.DataFrame:
    bare = texts.str.replace(_TIME, "")
    parts = bare.str.extract_groups(pattern).struct.unnest()
    return pl.DataFrame(
        {"text": texts, **{name: parts[str(at)].cast(pl.Int32, strict=False) for at, name in enumerate("abc", 1)}}
    )


def see_terms(start: pl.Series, end: pl.Series, found: Mapping[str, Evidence]) -> None:
    """What whole years between the dates of a row say about dates that a program read: kept, or day and month exchanged."""
    rows = pl.DataFrame({"start": start, "end": end}).drop_nulls()
    cells = {name: rows[name].str.contains(_CELL) for name in rows.columns}
    readings = {}
    for name in rows.columns:
        texts = ascii_digits(rows[name])
        for swap in (False, True):
            readings[name, swap] = parse(texts, found[f"{name}_date"].proven or Order.DAY_FIRST, swap_cells=swap)
    as_is = whole_years(readings["start", False], readings["end", False])
    for name in rows.columns:
        if not found[f"{name}_date"].is_mixed:
            continue
        both = cells["start"] & cells["end"]
        pairs = [(readings["start", name == "start"], readings["end", name == "end"])]
        pairs.append((readings["start", True], readings["end", True]))
        swapped = (whole_years(*pairs[0]) & ~both) | (whole_years(*pairs[1]) & both)
        found[f"{name}_date"].keep_votes += int((cells[name] & as_is & ~swapped).sum())
        found[f"{name}_date"].swap_votes += int((cells[name] & swapped & ~as_is).sum())


def whole_years(start: pl.Series, end: pl.Series) -> pl.Series:
    """Terms of one year or several, up to two days more or less."""
    days = (end - start).dt.total_days()
    rest = (days + 2) % 365.25
    return ((days > 360) & (rest <= 5)).fill_null(value=False)


def both_dates(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The two dates of a period in one cell, `20/12/2025 to 19/12/2026`; null where there are not two."""
    found = texts.str.extract_all(_ONE_DATE)
    two = pl.when(pl.col("found").list.len() == 2)
    cut = (
        found.alias("found")
        .to_frame()
        .select(
            two.then(pl.col("found").list.first()).alias("start"), two.then(pl.col("found").list.last()).alias("end")
        )
    )
    return cut["start"], cut["end"]


def parse(texts: pl.Series, order: Order, past_before: int | None = None, swap_cells: bool = False) -> pl.Series:
    """Dates of a column; null where a text is none. Each distinct text is read once.

    `past_before`: a two-digit year after it belongs to the last century (births, starts of long policies). `swap_cells`: in
    dates that a program had already read, it took the day for the month (`Evidence.swapped`).
    """
    distinct = texts.drop_nulls().unique()
    read = _read(distinct, order, past_before)
    if distinct.str.contains(_ZONED).any():
        moved = pl.DataFrame({"date": read, "by": _days_to_india(distinct)})
        read = moved.select(pl.col("date") + pl.duration(days=pl.col("by"))).to_series()
    if swap_cells:
        read = _swapped(distinct, read)
    frame = pl.DataFrame({"text": distinct, "date": read})
    found = pl.DataFrame({"text": texts}).join(frame, on="text", how="left", maintain_order="left")["date"]
    return found.alias(texts.name)


def _swapped(texts: pl.Series, read: pl.Series) -> pl.Series:
    """Day and month exchanged in the dates that a program had read, where that makes a date."""
    cell = pl.col("text").str.contains(_CELL) & (pl.col("date").dt.day() <= 12)
    other = pl.date(pl.col("date").dt.year(), pl.col("date").dt.day(), pl.col("date").dt.month())
    frame = pl.DataFrame({"text": texts, "date": read})
    return frame.select(pl.when(cell).then(other).otherwise("date").alias("date"))["date"]


def _days_to_india(texts: pl.Series) -> pl.Series:
    """By how many days a moment with a zone is another date in India."""
    parts = texts.str.extract_groups(_ZONED).struct.unnest()
    offset = pl.coalesce("5", "6", pl.lit("+00:00")).str.replace(":", "", literal=True)
    sign = pl.when(offset.str.starts_with("-")).then(-1).otherwise(1)
    digits = offset.str.strip_chars("+-").str.zfill(2)
    hours = digits.str.slice(
        0, digits.str.len_chars().cast(pl.Int32) - pl.when(digits.str.len_chars() > 2).then(2).otherwise(0)
    )
    minutes = pl.when(digits.str.len_chars() > 2).then(digits.str.slice(-2)).otherwise(pl.lit("0"))
    away = sign * (hours.cast(pl.Int32, strict=False) * 60 + minutes.cast(pl.Int32, strict=False))
    noon = pl.col("3").str.to_lowercase()
    hour = pl.col("1").cast(pl.Int32, strict=False)
    hour = pl.when(noon == "pm").then(hour % 12 + 12).when(noon == "am").then(hour % 12).otherwise(hour)
    at = hour * 60 + pl.col("2").cast(pl.Int32, strict=False) - away + _INDIA
    return parts.select(at.floordiv(24 * 60).fill_null(0).alias("days"))["days"]


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
