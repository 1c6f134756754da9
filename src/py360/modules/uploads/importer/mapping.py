"""From the office's headings to our columns: as the caller says, as remembered, by our own name, a synonym, a likeness."""

import hashlib
import re
from collections.abc import Mapping as Lookup
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from rapidfuzz import fuzz, process

from py360.kit.errors import Invalid
from py360.modules.uploads.fields import BY_NAME, REQUIRED
from py360.modules.uploads.headings import KNOWN, SECOND, How, heading_key, speaks_of_us
from py360.modules.uploads.issues import REASON
from py360.modules.uploads.views import MappingView

LIKE_ENOUGH: Final = 88.0  # of 100; below it, unlike headings such as "Parking" and "Branch" begin to meet
_SHORTEST_LIKENESS: Final = 6

_RANK: Final[Lookup[How, int]] = {"caller": 0, "remembered": 1, "exact": 2, "synonym": 3, "fuzzy": 4, "values": 5}
_TWICE: Final = re.compile(r" \([0-9]{1,4}\)$")
_CHOSEN: Final = ("caller", "remembered")
_PERIOD: Final = {"start_date", "end_date"}


@dataclass(frozen=True, slots=True)
class Match:
    """One heading that feeds one of our columns, and why we think so."""

    field: str
    column: int
    heading: str
    how: How
    score: float = 100.0
    part: int | None = None  # of a period in one cell: 0 its start, 1 its end
    reason: str | None = None  # what the values showed
    others: tuple["Match", ...] = ()  # columns that say the same, taken where this one says nothing

    @property
    def why(self) -> str:
        """The reason in words."""
        own = BY_NAME[self.field].heading
        return (
            self.reason
            or {
                "caller": "you chose it",
                "remembered": "so it was mapped the last time this layout came",
                "exact": f"it is our own name for {own}",
                "synonym": f"it is a usual name for {own}",
                "fuzzy": f"it looks like a usual name for {own} ({self.score:.0f} of 100)",
                "values": f"its values are those of {own}",
            }[self.how]
        )


@dataclass(frozen=True, slots=True)
class Doubt:
    """Several columns that could feed one of ours, between which their values do not decide."""

    field: str
    matches: tuple[Match, ...]
    samples: Lookup[str, Sequence[str]]  # heading -> some of its values


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided without asking, beside the columns: an order of dates, rows that were left out; and why."""

    id: str
    value: str
    how: Literal["caller", "remembered", "values"]
    why: str


@dataclass(frozen=True, slots=True)
class Mapping:
    """Which column of the file feeds which of ours; `values` are constants for columns that the file does not have.

    `rivals`: headings that name the same column of ours, the surest first. `doubts`: those between which only a person can
    decide. `samples`: some values of columns that nothing uses. `date_orders`: the order of day and month in a column.
    """

    matches: tuple[Match, ...]
    unmapped: tuple[str, ...]
    values: Lookup[str, str] = field(default_factory=dict)
    date_orders: Lookup[str, str] = field(default_factory=dict)
    rivals: Lookup[str, tuple[Match, ...]] = field(default_factory=dict)
    doubts: tuple[Doubt, ...] = ()
    samples: Lookup[str, Sequence[str]] = field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()

    def match(self, name: str) -> Match | None:
        """The heading that feeds one of ours."""
        return next((match for match in self.matches if match.field == name), None)

    def column(self, name: str) -> int | None:
        """The file's column that feeds one of ours."""
        return next((match.column for match in self.matches if match.field == name), None)

    def heading(self, name: str) -> str:
        """The office's heading of one of our columns; our own when the file has none."""
        return next((match.heading for match in self.matches if match.field == name), BY_NAME[name].heading)

    @property
    def missing(self) -> list[tuple[str, tuple[str, ...]]]:
        """The required groups that nothing feeds."""
        fed = {match.field for match in self.matches} | set(self.values)
        return [(words, names) for words, names in REQUIRED if not fed.intersection(names)]

    def with_matches(self, *new: Match) -> "Mapping":
        """The same, with these columns instead of what fed their fields before."""
        fields, columns = {match.field for match in new}, {match.column for match in new}
        kept = [match for match in self.matches if match.field not in fields]
        freed = [match.heading for match in self.matches if match.field in fields and match.column not in columns]
        used = {each.heading for match in new for each in (match, *match.others)}
        matches = tuple(sorted([*kept, *new], key=lambda match: (match.column, match.part or 0)))
        unmapped = tuple(heading for heading in (*self.unmapped, *freed) if heading not in used)
        return replace(self, matches=matches, unmapped=unmapped)

    def to_public(self) -> MappingView:
        """The mapping as the API shows it."""
        return {
            "columns": [
                {"field": match.field, "column": match.heading, "how": match.how, "why": match.why}
                for match in self.matches
            ],
            "unmapped": list(self.unmapped),
            "values": dict(self.values),
            "dateOrders": dict(self.date_orders),
            "decisions": [
                {"id": each.id, "value": each.value, "how": each.how, "why": each.why} for each in self.decisions
            ],
        }


def layout_of(headings: Sequence[str]) -> str:
    """A fingerprint of a layout: the same headings in the same order, whatever their case and punctuation.

    A corrected error file has the layout of the file it came from.
    """
    theirs = [heading_key(text) for text in headings if text not in REASON]
    return hashlib.sha256("\n".join(theirs).encode()).hexdigest()


def map_headings(
    headings: Sequence[str],
    chosen: Lookup[str, str] | None = None,
    remembered: Lookup[str, str] | None = None,
    values: Lookup[str, str] | None = None,
) -> Mapping:
    """Map a file's headings. `chosen` and `remembered` are {our column: their heading}; `chosen` wins.

    Raises Invalid when the caller names a column that we or the file do not have. A heading feeds one column and a column
    takes one heading: the surest match wins, then the first in the file.
    """
    found = [*_named(headings, chosen or {}, "caller"), *_named(headings, remembered or {}, "remembered")]
    own = set(headings)
    for column, text in enumerate(headings):
        bare = _TWICE.sub("", text)  # a heading that the file has twice was made unique by its number
        if match := _likely(column, bare if bare in own else text):
            found.append(replace(match, heading=text))
    fed: dict[str, Match] = {}
    taken: dict[int, Match] = {}
    for match in sorted(found, key=lambda match: (_RANK[match.how], -match.score, match.column)):
        shared = {match.field, taken[match.column].field} == _PERIOD if match.column in taken else False
        if match.field not in fed and (match.column not in taken or (shared and match.how in _CHOSEN)):
            fed[match.field] = match
            taken[match.column] = match
    _take_second_meanings(headings, fed, taken)
    _mark_periods(fed)
    ordered = tuple(sorted(fed.values(), key=lambda match: (match.column, match.part or 0)))
    unmapped = tuple(text for column, text in enumerate(headings) if column not in taken)
    constants = {name: text for name, text in (values or {}).items() if name not in fed}
    return Mapping(ordered, unmapped, constants, rivals=_rivals(found, fed, taken))


def _take_second_meanings(headings: Sequence[str], fed: dict[str, Match], taken: dict[int, Match]) -> None:
    """A proposer or life assured beside a column that surely names the customer is a person of their own."""
    customer = fed.get("customer_name")
    if customer is None or customer.how not in (*_CHOSEN, "exact"):
        return
    for column, text in enumerate(headings):
        name = SECOND.get(heading_key(text))
        if name and name not in fed and column not in taken:
            fed[name] = taken[column] = Match(name, column, text, "synonym")


def _mark_periods(fed: dict[str, Match]) -> None:
    """Where start and end were both chosen from one column, each takes its part of the period in it."""
    start, end = fed.get("start_date"), fed.get("end_date")
    if start and end and start.column == end.column:
        fed |= {"start_date": replace(start, part=0), "end_date": replace(end, part=1)}


def _rivals(found: Sequence[Match], fed: Lookup[str, Match], taken: Lookup[int, Match]) -> dict[str, tuple[Match, ...]]:
    """Of each field that nobody chose a column for: all columns that name it and feed nothing else."""
    rivals: dict[str, list[Match]] = {}
    for match in found:
        chosen = fed.get(match.field)
        free = match.column not in taken or taken[match.column] is chosen
        if chosen and chosen.how not in _CHOSEN and free:
            rivals.setdefault(match.field, []).append(match)
    ranked = {
        name: sorted(some, key=lambda match: (match is not fed[name], _RANK[match.how], -match.score, match.column))
        for name, some in rivals.items()
    }
    return {name: tuple(some) for name, some in ranked.items() if len(some) > 1}


def _named(headings: Sequence[str], named: Lookup[str, str], how: How) -> list[Match]:
    places = {text: column for column, text in reversed(list(enumerate(headings)))}
    keyed = {heading_key(text): column for column, text in reversed(list(enumerate(headings)))}
    found = []
    for name, heading in named.items():
        column = places.get(heading, keyed.get(heading_key(heading)))
        if how == "caller" and (name not in BY_NAME or column is None):
            wrong = f"We have no column “{name}”." if name not in BY_NAME else f"The file has no column “{heading}”."
            raise Invalid(wrong, code="unknown_column", details=[{"field": f"columns.{name}", "message": wrong}])
        if name in BY_NAME and column is not None:
            found.append(Match(name, column, headings[column], how))
    return found


def _likely(column: int, text: str) -> Match | None:
    key = heading_key(text)
    if not key:
        return None
    if known := KNOWN.get(key):
        return Match(known[0], column, text, known[1])
    if len(key) < _SHORTEST_LIKENESS:
        return None
    like = process.extract(key, list(KNOWN), scorer=fuzz.token_sort_ratio, score_cutoff=LIKE_ENOUGH)
    for name, score, _ in like:
        if _short_words(name) == _short_words(key) and (speaks_of_us(key) is False) == (speaks_of_us(name) is False):
            return Match(KNOWN[name][0], column, text, "fuzzy", score)
    return None


def _short_words(key: str) -> list[str]:
    """Words so short that another letter makes another word: `net premium` is no slip of the pen for `new premium`."""
    return sorted(word for word in key.split() if len(word) <= 3)
