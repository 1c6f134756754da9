"""From the office's headings to our columns: as the caller says, as remembered, by our own name, a synonym, a likeness."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping as Lookup
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from rapidfuzz import fuzz, process

from py360.kit.errors import Invalid
from py360.modules.uploads.fields import BY_NAME, FIELDS, REQUIRED
from py360.modules.uploads.issues import REASON

How = Literal["caller", "remembered", "exact", "synonym", "fuzzy"]
LIKE_ENOUGH: Final = 88.0  # of 100; below it, unlike headings such as "Parking" and "Branch" begin to meet
_SHORTEST_LIKENESS: Final = 6

_EXPANDED: Final = {
    "no": "number", "nos": "number", "num": "number", "nbr": "number", "dt": "date", "prem": "premium", "cust": "customer",
    "mob": "mobile", "ph": "phone", "pol": "policy", "freq": "frequency", "addr": "address", "exp": "expiry",
    "amt": "amount", "emailid": "email id", "mobileno": "mobile number", "policyno": "policy number", "cd": "code",
    "lang": "language", "strt": "start", "renl": "renewal", "ins": "insured", "yr": "year", "नं": "नंबर", "तारीख": "तिथि", "दिनांक": "तिथि", "सं": "संख्या",
}  # fmt: skip
_NOISE: Final = frozenset(
    {"inr", "rs", "rupees", "yrs", "dd", "mm", "yyyy", "yy", "incl", "gst", "रु", "रुपये", "the", "of", "का", "की", "के"}
)

# Whose column it is, in the words of a heading: the policy's and its customer's, or somebody else's.
_OURS: Final = frozenset(
    [
        "customer",
        "client",
        "insured",
        "assured",
        "policy",
        "policyholder",
        "holder",
        "proposer",
        "owner",
        "contact",
        "personal",
        "communication",
        "premium",
        "payment",
        "renewal",
        "insurance",
        "cover",
        "coverage",
        "risk",
        "product",
        "plan",
        "basic",
        "पॉलिसी",
        "ग्राहक",
        "बीमा",
        "बीमाधारक",
        "बीमित",
        "संपर्क",
        "व्यक्तिगत",
        "प्रीमियम",
        "नवीनीकरण",
        "नवीकरण",
    ]
)
_OTHERS: Final = frozenset(
    [
        "agent",
        "advisor",
        "adviser",
        "intermediary",
        "broker",
        "dealer",
        "nominee",
        "appointee",
        "guardian",
        "insurer",
        "insurers",
        "company",
        "office",
        "branch",
        "bank",
        "financier",
        "financer",
        "hypothecation",
        "employee",
        "executive",
        "manager",
        "surveyor",
        "garage",
        "claim",
        "claims",
        "vendor",
        "partner",
        "emergency",
        "relative",
        "spouse",
        "father",
        "driver",
        "vehicle",
        "एजेंट",
        "अभिकर्ता",
        "नामिती",
        "नॉमिनी",
        "कंपनी",
        "शाखा",
        "कार्यालय",
    ]
)


def heading_key(text: str) -> str:
    """A heading without case, punctuation, units and abbreviations: `Policy Expiry Dt` is `policy expiry date`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", unicodedata.normalize("NFKC", text)).replace("#", " number ")
    letters = "".join(char if unicodedata.category(char)[0] in "LNM" else " " for char in spaced.casefold())
    joined = re.sub(r"\be mail\b", "email", " ".join(letters.split()))
    return " ".join(_EXPANDED.get(word, word) for word in joined.split() if word not in _NOISE)


_KNOWN: Final[dict[str, tuple[str, How]]] = {
    **{heading_key(synonym): (item.name, "synonym") for item in reversed(FIELDS) for synonym in item.synonyms},
    **{heading_key(item.heading): (item.name, "exact") for item in FIELDS},
    **{heading_key(item.name): (item.name, "exact") for item in FIELDS},
}
_RANK: Final[Lookup[How, int]] = {"caller": 0, "remembered": 1, "exact": 2, "synonym": 3, "fuzzy": 4}


@dataclass(frozen=True, slots=True)
class Match:
    """One heading that feeds one of our columns, and why we think so."""

    field: str
    column: int
    heading: str
    how: How
    score: float = 100.0

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


def field_of(heading: str) -> str | None:
    """Our column that a heading names without guessing."""
    known = _KNOWN.get(heading_key(heading))
    return known[0] if known else None


def speaks_of_us(heading: str) -> bool | None:
    """Whether a heading speaks of the policy or its customer; False when of somebody else, None when of nobody."""
    words = set(heading_key(heading).split())
    return False if words & _OTHERS else True if words & _OURS else None


def recognised(headings: Sequence[str]) -> int:
    """How many of our columns a row of headings names without guessing."""
    return len({name for text in headings if text and (name := field_of(text))})


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
    if known := _KNOWN.get(key):
        return Match(known[0], column, text, known[1])
    if len(key) < _SHORTEST_LIKENESS:
        return None
    like = process.extract(key, list(_KNOWN), scorer=fuzz.token_sort_ratio, score_cutoff=LIKE_ENOUGH)
    for name, score, _ in like:
        if _short_words(name) == _short_words(key) and (speaks_of_us(key) is False) == (speaks_of_us(name) is False):
            return Match(_KNOWN[name][0], column, text, "fuzzy", score)
    return None


def _short_words(key: str) -> list[str]:
    """Words so short that another letter makes another word: `net premium` is no slip of the pen for `new premium`."""
    return sorted(word for word in key.split() if len(word) <= 3)
