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
# Zones that are neither India's nor a number: the date in India cannot be told.
_OTHER_ZONE: Final = r"(?i)\d\s*(?:[ecmp][sd]t|bst|w?est|cest|cet|eet|msk|gst|pkt|npt|sgt|hkt|jst|kst|wib|ae[sd]t)$"
_ZONE_NAME: Final = r"\[(?:asia/(?:kolkata|calcutta))\]$"
_UTC_NAME: Final = r"\[(utc|gmt|etc/utc)\]$"
_DAY_OF_WEEK: Final = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?|(?:सोम|मंगल|बुध|गुरु|गुरू|बृहस्पति|शुक्र|शनि|रवि)(?:वार)?)"
# What people and long formats of dates write beside the date: its day of the week, `of`, the mark of a short year.
_BESIDE: Final = rf"(?i)^{_DAY_OF_WEEK}[\s,.-]+|[\s,(-]+{_DAY_OF_WEEK}\)?$"
_INDIA: Final = 330  # minutes before UTC
_MONTH: Final = r"(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[A-Za-z]{0,6}"
_ONE_DATE: Final = (
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2}))?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?[-/. ,]*{_MONTH}[-/., ]*\d{{2,4}}|{_MONTH}[-/. ]*\d{{1,2}},? *\d{{4}}|\d{{1,2}} \d{{1,2}} \d{{4}}"
    r"|(?:19|20)\d{6}"
)
_NUMERIC: Final = r"^(\d{1,2})[-/. ]+(\d{1,2})[-/. ]+(\d{4}|\d{2})$"
_ISO: Final = r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$"
_JOINED: Final = r"^((?:19|20|21)\d{2})(\d{2})(\d{2})$"
_SERIAL: Final = r"^(\d{5}(?:\.\d+)?)$"
_SPOKEN: Final = (r"^(\d{1,2})(?:st|nd|rd|th)?[-/. ,]*([a-z]{3})[a-z]*[-/. ,]*(\d{4}|\d{2})$", (1, 2, 3))
_SPOKEN_US: Final = (r"^([a-z]{3})[a-z]*[-/. ,]*(\d{1,2})(?:st|nd|rd|th)?[-/. ,]+(\d{4}|\d{2})$", (2, 1, 3))
_MONTHS: Final = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}  # fmt: skip
_HINDI_MONTHS: Final = {
    "जनवरी": "jan", "फरवरी": "feb", "फ\u093cरवरी": "feb", "\u095eरवरी": "feb", "मार्च": "mar", "अप्रैल": "apr", "मई": "may", "जून": "jun",
    "जुलाई": "jul", "अगस्त": "aug", "सितंबर": "sep", "सितम्बर": "sep", "अक्टूबर": "oct", "अक्तूबर": "oct", "नवंबर": "nov", "नवम्बर": "nov",
    "दिसंबर": "dec", "दिसम्बर": "dec",
}  # fmt: skip
_EPOCH: Final = date(1899, 12, 30)  # Excel's day 0, with its leap year that never was
_ISO_SHAPE: Final = "Y-d-d"
_NUMERIC_SHAPES: Final = ("ddd", "ddY")  # without their marks
_UP_TO_12: Final = 12 * 12 / 365  # how often a day is one that a month could be
_UNLIKELY: Final = 0.2
_EARLIEST: Final = date(1900, 1, 1)
_LATEST: Final = date(2200, 1, 1)


class Order(StrEnum):
    """How a column writes day and month."""

    DAY_FIRST = "DMY"
    MONTH_FIRST = "MDY"


@dataclass(slots=True)
class _Shape:
    """How many dates of a column are written in one way, and some of them: up to the 12th of a month, and after it."""

    early: int = 0
    late: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Evidence:
    """What a column's dates say about the order of day and month."""

    day_first: bool = False
    month_first: bool = False
    open: list[str] = field(default_factory=list)  # dates that can be read both ways, as examples
    shapes: dict[str, _Shape] = field(default_factory=dict)  # `d/d/Y`, `d-a-d`: the ways in which dates are written
    keep_votes: int = 0  # terms that are whole years only as the cells are
    swap_votes: int = 0  # terms that are whole years only with day and month of the cells exchanged

    def see(self, texts: pl.Series) -> None:
        """Look at more of the column."""
        counted = texts.drop_nulls().rename("text").value_counts(name="rows")
        distinct = ascii_digits(counted["text"])
        cut = _cut(distinct, _NUMERIC).drop_nulls()
        self.day_first |= bool((cut["a"] > 12).any())
        self.month_first |= bool((cut["b"] > 12).any())
        if len(self.open) < 3:
            unclear = cut.filter((pl.col("a") <= 12) & (pl.col("b") <= 12) & (pl.col("a") != pl.col("b")))
            self.open += unclear["text"].sort().head(3 - len(self.open)).to_list()
        self._see_shapes(distinct, counted["rows"])

    def _see_shapes(self, texts: pl.Series, rows: pl.Series) -> None:
        day = parse(texts, Order.DAY_FIRST).dt.day()
        frame = pl.DataFrame(
            [shapes_of(texts).alias("shape"), day.alias("day"), rows.alias("rows"), texts.alias("text")]
        )
        early, late = (pl.col("rows").filter(which).sum() for which in (pl.col("day") <= 12, pl.col("day") > 12))
        groups = frame.filter(pl.col("day").is_not_null()).sort("text").group_by("shape", maintain_order=True)
        for shape, few, more, some in groups.agg(early, late.alias("late"), pl.col("text").head(3)).iter_rows():
            known = self.shapes.setdefault(shape, _Shape())
            known.early, known.late = known.early + few, known.late + more
            known.examples += [text[:10] if shape == _ISO_SHAPE else text for text in some][: 3 - len(known.examples)]

    @property
    def cell_shapes(self) -> frozenset[str]:
        """The ways of writing that a program's own dates have, where it left others of the column as texts.

        Workbooks and most exports have them as `2026-12-19`. In an export of a sheet they have the sheet's display format:
        then all of them, and none of the texts, are up to the 12th.
        """
        if _ISO_SHAPE in self.shapes:
            return frozenset([_ISO_SHAPE])
        if self.month_first or not self._left:
            return frozenset()
        return frozenset(shape for shape, dates in self.shapes.items() if not dates.late)

    @property
    def _left(self) -> list[str]:
        return [shape for shape, dates in self.shapes.items() if _is_numeric(shape) and not dates.early]

    @property
    def cells(self) -> int:
        """Dates that a program had read."""
        return sum(self.shapes[shape].early + self.shapes[shape].late for shape in self.cell_shapes)

    @property
    def texts(self) -> int:
        """Dates that stayed texts because it could not read them."""
        numeric = (shape for shape in self.shapes if _is_numeric(shape) and shape not in self.cell_shapes)
        return sum(self.shapes[shape].early + self.shapes[shape].late for shape in numeric)

    @property
    def examples(self) -> list[str]:
        """Some dates that a program had read, as they are."""
        return [text for shape in sorted(self.cell_shapes) for text in self.shapes[shape].examples][:3]

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
        if not self.is_mixed or any(self.shapes[shape].late for shape in self.cell_shapes):
            return False
        if bool(self.keep_votes) != bool(self.swap_votes):
            return self.swap_votes > 0
        by_chance = _UP_TO_12**self.cells * (1 - _UP_TO_12) ** self.texts
        in_cells = self.cell_shapes == {_ISO_SHAPE}
        return None if self.keep_votes or ((not self.open or not in_cells) and by_chance < _UNLIKELY) else False

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


def _is_numeric(shape: str) -> bool:
    """Whether dates of this shape are numbers, the day or the month first."""
    return "".join(filter(str.isalpha, shape)) in _NUMERIC_SHAPES


def shapes_of(texts: pl.Series) -> pl.Series:
    """How each date is written: `d` for a day, a month or a short year, `Y` for a year, `a` for a word; a time is no part of it."""
    shapes = ascii_digits(texts).str.replace(_TIME, "").str.replace_all(r"\p{L}+", "a")
    return shapes.str.replace_all(r"[0-9]{4}", "Y").str.replace_all(r"[0-9]{1,2}", "d")


def _bare(texts: pl.Series) -> pl.Series:
    """Dates alone, with the names of months in English."""
    bare = texts.str.replace(_TIME, "").str.replace(_BESIDE, "").str.replace(r"(?i)(\d(?:st|nd|rd|th)?) of ", "$1 ")
    return bare.str.replace(r"['’](\d\d)$", "$1").str.replace_many(_HINDI_MONTHS)


def _cut(texts: pl.Series, pattern: str) -> pl.DataFrame:
    bare = _bare(texts)
    parts = bare.str.extract_groups(pattern).struct.unnest()
    return pl.DataFrame(
        {"text": texts, **{name: parts[str(at)].cast(pl.Int32, strict=False) for at, name in enumerate("abc", 1)}}
    )


def see_terms(start: pl.Series, end: pl.Series, found: Mapping[str, Evidence]) -> None:
    """What whole years between the dates of a row say about dates that a program read: kept, or day and month exchanged."""
    rows = pl.DataFrame({"start": start, "end": end}).drop_nulls()
    cells = {name: shapes_of(rows[name]).is_in(list(found[f"{name}_date"].cell_shapes)) for name in rows.columns}
    readings = {}
    for name in rows.columns:
        texts = ascii_digits(rows[name])
        for swap in (False, True):
            order, shapes = found[f"{name}_date"].proven or Order.DAY_FIRST, found[f"{name}_date"].cell_shapes
            readings[name, swap] = parse(texts, order, swap_cells=shapes if swap else frozenset())
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


def parse(
    texts: pl.Series, order: Order, past_before: int | None = None, swap_cells: frozenset[str] = frozenset()
) -> pl.Series:
    """Dates of a column; null where a text is none. Each distinct text is read once.

    `past_before`: a two-digit year after it belongs to the last century (births, starts of long policies). `swap_cells`: in
    dates of these shapes, which a program had already read, it took the day for the month (`Evidence.swapped`).
    """
    distinct = texts.drop_nulls().unique()
    read = _read(distinct, order, past_before)
    zoned = distinct.str.to_lowercase().str.replace(_ZONE_NAME, "").str.replace(rf"z?{_UTC_NAME}", "z")
    if zoned.str.contains(_OTHER_ZONE).any():
        read = pl.select(pl.when(~zoned.str.contains(_OTHER_ZONE)).then(read))[:, 0]
    if zoned.str.contains(_ZONED).any():
        moved = pl.DataFrame({"date": read, "by": _days_to_india(zoned)})
        read = moved.select(pl.col("date") + pl.duration(days=pl.col("by"))).to_series()
    if swap_cells:
        read = _swapped(distinct, read, swap_cells)
    frame = pl.DataFrame({"text": distinct, "date": read})
    found = pl.DataFrame({"text": texts}).join(frame, on="text", how="left", maintain_order="left")["date"]
    return found.alias(texts.name)


def _swapped(texts: pl.Series, read: pl.Series, shapes: frozenset[str]) -> pl.Series:
    """Day and month exchanged in the dates that a program had read, where that makes a date."""
    cell = pl.col("shape").is_in(list(shapes)) & (pl.col("date").dt.day() <= 12)
    other = pl.date(pl.col("date").dt.year(), pl.col("date").dt.day(), pl.col("date").dt.month())
    frame = pl.DataFrame({"shape": shapes_of(texts), "date": read})
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
    bare = _bare(texts).str.to_lowercase()
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
