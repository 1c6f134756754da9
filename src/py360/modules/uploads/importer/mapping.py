"""From the office's headings to our columns: as the caller says, as remembered, by our own name, a synonym, a likeness."""

import hashlib
from collections.abc import Mapping as Lookup
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rapidfuzz import fuzz, process

from py360.kit.errors import Invalid
from py360.modules.uploads.fields import BY_NAME, REQUIRED
from py360.modules.uploads.headings import KNOWN, How, heading_key, speaks_of_us
from py360.modules.uploads.issues import REASON

LIKE_ENOUGH: Final = 88.0  # of 100; below it, unlike headings such as "Parking" and "Branch" begin to meet
_SHORTEST_LIKENESS: Final = 6

_RANK: Final[Lookup[How, int]] = {"caller": 0, "remembered": 1, "exact": 2, "synonym": 3, "fuzzy": 4}


@dataclass(frozen=True, slots=True)
class Match:
    """One heading that feeds one of our columns, and why we think so."""

    field: str
    column: int
    heading: str
    how: How
    score: float = 100.0
    part: int | None = None  # of a period in one cell: 0 its start, 1 its end

    @property
    def why(self) -> str:
        """The reason in words."""
        own = BY_NAME[self.field].heading
        return {
            "caller": "you chose it",
            "remembered": "so it was mapped the last time this layout came",
            "exact": f"it is our own name for {own}",
            "synonym": f"it is a usual name for {own}",
            "fuzzy": f"it looks like a usual name for {own} ({self.score:.0f} of 100)",
        }[self.how]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Which column of the file feeds which of ours; `values` are constants for columns that the file does not have.

    `date_orders`: the order of day and month that the dates of a column show by themselves.
    """

    matches: tuple[Match, ...]
    unmapped: tuple[str, ...]
    values: Lookup[str, str] = field(default_factory=dict)
    date_orders: Lookup[str, str] = field(default_factory=dict)

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

    def to_public(self) -> dict[str, Any]:
        """The mapping as the wire tells it."""
        return {
            "columns": [
                {"field": match.field, "column": match.heading, "how": match.how, "why": match.why}
                for match in self.matches
            ],
            "unmapped": list(self.unmapped),
            "values": dict(self.values),
            "dateOrders": dict(self.date_orders),
        }


def layout_of(headings: Sequence[str]) -> str:
    """A fingerprint of a layout: the same headings in the same order, whatever their case and punctuation.

    A mended error file has the layout of the file it came from.
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
    for column, text in enumerate(headings):
        if match := _likely(column, text):
            found.append(match)
    fed: dict[str, Match] = {}
    taken: set[int] = set()
    for match in sorted(found, key=lambda match: (_RANK[match.how], -match.score, match.column)):
        if match.field not in fed and match.column not in taken:
            fed[match.field] = match
            taken.add(match.column)
    ordered = tuple(sorted(fed.values(), key=lambda match: match.column))
    unmapped = tuple(text for column, text in enumerate(headings) if column not in taken)
    return Mapping(ordered, unmapped, {name: text for name, text in (values or {}).items() if name not in fed})


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
