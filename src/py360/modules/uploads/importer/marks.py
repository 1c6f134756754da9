"""Rows that the office may not mean to import: hidden by a filter, or marked as cancelled, renewed or lapsed.

They are counted and asked about once for each layout; `import` or `leave` is then remembered.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from py360.modules.uploads.headings import heading_key
from py360.modules.uploads.importer.cells import dates
from py360.modules.uploads.importer.cells.dates import Order
from py360.modules.uploads.importer.cells.placeholders import is_placeholder
from py360.modules.uploads.importer.mapping import Mapping
from py360.modules.uploads.reading.rows import HIDDEN

Kind = Literal["hidden", "status"]
KINDS: Final[tuple[Kind, ...]] = ("hidden", "status")
MARK: Final = "mark"
_LOOK_AT: Final = 2_000
_STATUS: Final = (
    (r"^(policy )?(is )?(cancel|canc?$|cxl|cnl$|flat cancel|short closed|annul|void(ed)?$|terminated|ntu$|not taken up|free ?look|withdrawn|रद्द|निरस्त)"
     r"|^(issued|policy|booked|active|closed) (but )?(is |was |since )?(cancel(l)?ed|void(ed)?|terminated)\b", "cancelled"),
    (r"^((already|policy|is|issued|customer|client|and|&|has|have|since|been|was) )*(renewed\b|renewal (done|completed|complete|received|booked|issued)|rnwd$|ported( out)?$"
     r"|renew (done|ho (gaya|gayi|chuka|chuki)|kar (diya|liya|di)|kara (liya|diya))|रिन्यू|नवीनीकृत|नवीकृत|(नवीनीकरण|नवीकरण) हो (गया|चुका))", "renewed"),
    (r"^(policy )?(is )?(lapsed?$|lapsed |surr?$|surrender|matur(ed|ity)$|(reduced )?paid up$|rpu$|discontinued|foreclosed|forfeited|ceased|deceased|dead$"
     r"|death claim|total loss|inactive$|in active$|not (active|in ?force)$|vehicle sold|sold$|व्यपगत|कालातीत|समर्पित|परिपक्व)",
     "lapsed"),
)  # fmt: skip
_YES: Final = r"^(y|yes|true|t|1|done|हाँ|हां|✓|✔)$"
_NO: Final = r"^(n|no|false|f|0|नहीं|नही|✗|✘)$"
_DONE: Final = r"^(y|yes|true|1|done|completed?|issued|booked|converted|closed won|won|paid|received)$"  # of a renewal
_ANYTHING: Final = r"[\p{L}0-9]"
_NUMBER: Final = r"^[0-9.]+$"
# Headings that say by themselves what a yes or a date below them means.
_FLAGS: Final = {
    "renewed": "renewed", "cancelled": "cancelled", "canceled": "cancelled", "cancellation": "cancelled", "lapsed": "lapsed",
    "surrendered": "lapsed", "deleted": "cancelled",
}  # fmt: skip
# Headings under which a no means that the policy is not in force.
_NEGATED: Final = frozenset({"active", "inforce", "live"})
# Words beside a flag that make any text below it a yes: the number of the policy that came of it, why, or who.
_ANY_TEXT: Final = frozenset({"number", "reason", "by", "remark", "remarks"})
# Words beside "renewal" that make a heading of how far it has come.
_PROGRESS: Final = frozenset({"status", "stage", "result", "outcome", "done", "completed"})
_STATUS_HEADINGS: Final = frozenset(
    {"status", "stage", "disposition", "remark", "remarks", "comment", "comments", "स्थिति", "note", "notes"}
)
_OTHER_THINGS: Final = frozenset(
    ["claim", "claims", "payment", "cheque", "receipt", "inspection", "call", "lead", "quote", "loan", "endorsement", "kyc", "vehicle", "mandate"]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Column:
    """A column that may mark rows; `flag` is what a text like `says` or a date in it means."""

    column: int
    heading: str
    flag: str | None
    says: str = _YES


@dataclass(frozen=True, slots=True)
class Marks:
    """The columns of a file that mark rows, and which kinds of marked rows are left out."""

    columns: tuple[_Column, ...] = ()
    leave: frozenset[str] = frozenset()

    def marked(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with `mark`: cancelled, renewed, lapsed or null."""
        marking = _that_mark(rows, [each.column for each in self.columns])
        found = [
            _marks(rows[f"c{each.column}"], each.flag, each.says)
            for each in self.columns
            if each.flag or each.column in marking
        ]
        mark = (
            pl.select(pl.coalesce(*found))[:, 0] if found else pl.repeat(None, rows.height, dtype=pl.String, eager=True)
        )
        return rows.with_columns(mark.alias(MARK))

    def left(self, marked: pl.DataFrame) -> pl.Series:
        """Why each row is left out (hidden, cancelled, renewed, lapsed); null for rows to import."""
        hidden = pl.col(HIDDEN) if "hidden" in self.leave else pl.lit(value=False)
        mark = pl.col(MARK) if "status" in self.leave else pl.lit(None, pl.String)
        return marked.select(pl.when(hidden).then(pl.lit("hidden")).otherwise(mark).alias("left"))["left"]

    def kept(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows to import."""
        if not self.leave:
            return rows
        marked = self.marked(rows)
        return rows.filter(self.left(marked).is_null())

    @property
    def headings(self) -> list[str]:
        """The columns that mark rows, as the office calls them."""
        return [each.heading for each in self.columns]


def find(headings: Sequence[str], mapping: Mapping, rows: pl.DataFrame, leave: frozenset[str]) -> Marks:
    """The columns that mark rows: by their headings or, where those say nothing, by values in some rows."""
    used = {match.column for match in mapping.matches if match.field != "notes"}
    sample = rows.gather_every(max(1, rows.height // _LOOK_AT))
    marking = _that_mark(sample, range(len(headings)))
    found = []
    for column, heading in enumerate(headings):
        words = set(heading_key(heading).split())
        if column in used or words & _OTHER_THINGS:
            continue
        flag, says = _flag_of(words)
        if flag or words & _STATUS_HEADINGS or column in marking:
            found.append(_Column(column, heading, flag, says))
    return Marks(tuple(found), leave)


def _flag_of(words: set[str]) -> tuple[str | None, str]:
    """What a heading makes of the cells below it, and of which of them."""
    flag = next((_FLAGS[word] for word in sorted(words) if word in _FLAGS), None)
    if flag:
        return flag, _ANYTHING if words & _ANY_TEXT else _YES
    if words & _NEGATED or {"in", "force"} <= words:
        return "lapsed", _NO
    if "renewal" in words and words & _PROGRESS:
        return "renewed", _DONE
    return None, _YES


def _key(cells: pl.Expr) -> pl.Expr:
    return cells.str.to_lowercase().str.replace_all(r"[-_./ ]+", " ").str.strip_chars()


def _that_mark(rows: pl.DataFrame, columns: Iterable[int]) -> set[int]:
    """The columns in which a cell marks its row: all columns are looked through at once, since a file may have thousands."""
    names = [f"c{column}" for column in columns]
    if not names:
        return set()
    any_mark = "|".join(f"(?:{pattern})" for pattern, _ in _STATUS)
    found = rows.select(_key(pl.col(names)).str.contains(any_mark).any())
    return {int(name[1:]) for name, marks_some in zip(names, found.row(0), strict=True) if marks_some}


def _marks(cells: pl.Series, flag: str | None, says: str = _YES) -> pl.Series:
    distinct = cells.drop_nulls().unique()
    frame = pl.DataFrame({"text": distinct}).with_columns(_key(pl.col("text")).alias("key"))
    readings = [pl.when(pl.col("key").str.contains(pattern)).then(pl.lit(mark)) for pattern, mark in _STATUS]
    if flag:
        dated = dates.parse(distinct, Order.DAY_FIRST).is_not_null() & ~distinct.str.contains(_NUMBER)
        frame = frame.with_columns(dated.alias("dated"), is_placeholder(distinct).alias("nothing"))
        matching = pl.col("key").str.contains(says) & ~(pl.col("nothing") & pl.lit(says == _ANYTHING))
        readings.append(pl.when(matching | pl.col("dated")).then(pl.lit(flag)))
    meanings = frame.with_columns(pl.coalesce(*readings, pl.lit(None, pl.String)).alias(MARK))
    return pl.DataFrame({"text": cells}).join(meanings, on="text", how="left", maintain_order="left")[MARK]
