"""The first look at a whole file: how many rows, which way its dates are written, which identifiers repeat, what is marked."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

from py360.modules.uploads.errors import EmptyFile, FileTooLarge
from py360.modules.uploads.fields import DATES
from py360.modules.uploads.importer.cells import dates, texts
from py360.modules.uploads.importer.cells.dates import Evidence, Order
from py360.modules.uploads.importer.cells.placeholders import is_placeholder, without_placeholders
from py360.modules.uploads.importer.clean import SHORTENED
from py360.modules.uploads.importer.mapping import Mapping
from py360.modules.uploads.importer.marks import MARK, Marks
from py360.modules.uploads.reading.rows import HIDDEN, ROW
from py360.modules.uploads.settings import UploadSettings

_STRANGERS: int = 3  # customers with names and contacts of their own under one code, which therefore is none
_STRANGERS_OF_A_WORD: int = 2  # the same of a code without a digit: Dummy, Walk-in, CASH
_OFTEN: float = 0.1  # of a column's cells


@dataclass(frozen=True, slots=True)
class Scan:
    """What holds for the file as a whole.

    `rows`: policies to import. `data`: those and the ones left out. `marked`: rows that are hidden, cancelled, renewed or
    lapsed; `left`: how many of them the office left out, by reason. `terms`: rows whose dates make whole years, by the order of
    day and month in which they are read. The others are in `clean.Plan`.
    """

    rows: int
    data: int
    evidence: dict[str, Evidence]
    repeats: pl.Series
    marked: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    terms: Counter[Order] = field(default_factory=Counter)
    spellings: dict[str, str] = field(default_factory=dict)
    shared_codes: pl.Series = field(default_factory=lambda: pl.Series([], dtype=pl.UInt64))
    often_nothing: frozenset[str] = frozenset()
    shared_pans: pl.Series = field(default_factory=lambda: pl.Series([], dtype=pl.UInt64))


def scan(chunks: Iterable[pl.DataFrame], mapping: Mapping, marks: Marks, limits: UploadSettings) -> Scan:
    """Look at every row once, in flat memory. Raises FileTooLarge, EmptyFile."""
    look = _Look(mapping, marks)
    for chunk in chunks:
        look.see(chunk)
        if look.data > limits.max_rows:
            raise FileTooLarge(f"This file has more than {limits.max_rows:,} rows. Split it.", code="too_many_rows")
    if not look.data:
        raise EmptyFile
    return look.result()


class _Look:
    """What was seen so far."""

    def __init__(self, mapping: Mapping, marks: Marks) -> None:
        self.mapping, self.marks = mapping, marks
        self.rows = self.data = 0
        self.evidence = {name: Evidence() for name in DATES if mapping.column(name) is not None}
        self.numbers: list[pl.DataFrame] = []
        self.codes: list[pl.DataFrame] = []
        self.pans: list[pl.DataFrame] = []
        self.spelled: list[pl.DataFrame] = []  # spellings of codes other than their keys
        self.marked: Counter[str] = Counter()
        self.left: Counter[str] = Counter()
        self.terms: Counter[Order] = Counter()
        self.nothing: Counter[str] = Counter()

    def see(self, chunk: pl.DataFrame) -> None:
        """Look at some more rows."""
        self.data += chunk.height
        chunk = self._kept(chunk)
        self.rows += chunk.height
        cells = {match.field: chunk[f"c{match.column}"] for match in self.mapping.matches if match.part is None}
        for name, found in self.evidence.items():
            if (match := self.mapping.match(name)) is not None:
                both = dates.both_dates(chunk[f"c{match.column}"]) if match.part is not None else None
                cells[name] = both[match.part or 0] if both else chunk[f"c{match.column}"]
                found.see(texts.plain(cells[name]))
        self._see_terms(cells)
        if "policy_number" in cells:
            self._see_numbers(chunk[ROW], cells["policy_number"])
        if "customer_code" in cells:
            self._see_codes(cells)
        if "pan" in cells:
            key = texts.key_of(texts.identifier(cells["pan"]))
            self.pans.append(_people(key, cells).filter(key.is_not_null()))
        if "renewal_amount" in cells:
            self._see_nothing("renewal_amount", cells["renewal_amount"])

    def _kept(self, chunk: pl.DataFrame) -> pl.DataFrame:
        if not self.marks.columns and not chunk[HIDDEN].any():
            return chunk
        marked = self.marks.marked(chunk)
        self.marked["hidden"] += int(marked[HIDDEN].sum())
        self.marked.update(marked[MARK].drop_nulls().to_list())
        left = self.marks.left(marked)
        self.left.update(left.drop_nulls().to_list())
        return chunk if left.null_count() == left.len() else chunk.filter(left.is_null())

    def _see_terms(self, cells: dict[str, pl.Series]) -> None:
        if not {"start_date", "end_date"} <= cells.keys():
            return
        pair = {name: self.evidence[name] for name in ("start_date", "end_date")}
        start, end = (texts.plain(cells[name]) for name in pair)
        if any(found.is_mixed for found in pair.values()):
            dates.see_terms(start, end, pair)
        if any(found.order is None for found in pair.values()):
            for order in Order:
                whole = dates.whole_years(dates.parse(start, order), dates.parse(end, order))
                self.terms[order] += int(whole.sum())

    def _see_numbers(self, rows: pl.Series, cells: pl.Series) -> None:
        keys = texts.key_of(without_placeholders(texts.identifier(cells)))
        numbered = pl.DataFrame({ROW: rows, "key": keys})
        # Two numbers that a program cut short may look the same; each is reported for that.
        numbered = numbered.filter(pl.col("key").is_not_null() & ~pl.col("key").str.contains(SHORTENED))
        # 64 bits: 1 in 37 million files errs
        self.numbers.append(numbered.select(ROW, texts.key_hash(numbered["key"]).alias("hash")))

    def _see_codes(self, cells: dict[str, pl.Series]) -> None:
        code = without_placeholders(texts.identifier(cells["customer_code"]))
        key = texts.key_of(code)
        self.codes.append(_people(key, cells).filter(key.is_not_null()))
        other = pl.DataFrame({"code": code, "key": key}).filter(pl.col("code") != pl.col("key"))
        if other.height:
            self.spelled.append(other.group_by("code", "key", maintain_order=True).agg(pl.len().alias("rows")))

    def _see_nothing(self, name: str, cells: pl.Series) -> None:
        filled = cells.drop_nulls()
        self.nothing[name] += int(is_placeholder(filled).sum())
        self.nothing[f"{name} filled"] += filled.len()

    def result(self) -> Scan:
        """What holds for all rows seen."""
        often = {name for name in ("renewal_amount",) if self.nothing[name] > _OFTEN * self.nothing[f"{name} filled"]}
        return Scan(
            self.rows, self.data, self.evidence, self._repeats(), self.marked, self.left, self.terms, self._spellings(),
            _shared(self.codes), frozenset(often), _shared(self.pans),
        )  # fmt: skip

    def _repeats(self) -> pl.Series:
        """Row numbers whose policy number is in an earlier row, in whatever spelling."""
        if not self.numbers:
            return pl.Series([], dtype=pl.Int32)
        numbers = pl.concat(self.numbers)
        first = numbers.unique("hash", keep="first", maintain_order=False)[ROW]
        if first.len() == numbers.height:
            return first.clear()
        return numbers.filter(~pl.col(ROW).is_in(first.implode()))[ROW].sort()

    def _spellings(self) -> dict[str, str]:
        """Customer codes that the file spells in several ways, and the spelling that is taken."""
        if not self.spelled:
            return {}
        others = (
            pl.concat(self.spelled)
            .group_by("key", maintain_order=True)
            .agg(pl.col("code").unique(maintain_order=True), pl.col("rows").sum())
        )
        others = others.with_columns(texts.key_hash(others["key"]).alias("hash"))
        keys = pl.concat([codes["key"] for codes in self.codes])
        total = keys.value_counts(name="total").filter(pl.col("key").is_in(others["hash"].implode()))
        found = others.join(total, left_on="hash", right_on="key", how="left", maintain_order="left")
        spellings: dict[str, str] = {}
        for key, codes, rows, whole in found.select("key", "code", "rows", "total").iter_rows():
            if len(codes) > 1 or whole > rows:  # several others, or its key itself too
                spellings |= dict.fromkeys((key, *codes), codes[0] if len(codes) > 1 else key)
        return {code: taken for code, taken in spellings.items() if code != taken}


def _people(key: pl.Series, cells: dict[str, pl.Series]) -> pl.DataFrame:
    """The customers of each code, as hashes; `word`: a code without a digit."""
    none = pl.repeat(None, key.len(), dtype=pl.String, eager=True)
    people = {
        "name": [cells.get(name, none) for name in ("customer_name", "first_name", "last_name")],
        "contact": [cells.get(name, none) for name in ("phone", "email")],
    }
    hashes = [_hash(columns).alias(name) for name, columns in people.items()]
    return pl.DataFrame([texts.key_hash(key).alias("key"), (~key.str.contains(r"\p{Nd}")).alias("word"), *hashes])


def _shared(seen: list[pl.DataFrame]) -> pl.Series:
    """Codes (by the hashes of their keys) that so many unrelated customers share that they identify none."""
    if not seen:
        return pl.Series([], dtype=pl.UInt64)
    codes = pl.concat(seen)
    codes = codes.filter(pl.col("key").is_duplicated())
    groups = codes.group_by("key").agg(
        pl.col("name").n_unique().alias("names"),
        pl.col("contact").n_unique().alias("contacts"),
        pl.len().alias("rows"),
        pl.when(pl.col("word").first()).then(_STRANGERS_OF_A_WORD).otherwise(_STRANGERS).alias("least"),
    )
    strangers = (pl.col("names") >= pl.col("least")) & (pl.col("contacts") >= pl.col("least"))
    strangers &= (pl.col("names") >= 0.9 * pl.col("rows")) & (pl.col("contacts") >= 0.9 * pl.col("rows"))
    return groups.filter(strangers)["key"]


def _hash(columns: list[pl.Series]) -> pl.Series:
    """One number for a row's texts, whatever their case."""
    frame = pl.DataFrame([column.str.to_lowercase().alias(str(at)) for at, column in enumerate(columns)])
    return frame.hash_rows(seed=360).cast(pl.UInt32, strict=False, wrap_numerical=True)
