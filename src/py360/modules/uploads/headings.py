"""Headings as offices write them: the words of a heading, and which of our columns they name."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Literal

from py360.modules.uploads.fields import FIELDS

How = Literal["caller", "remembered", "exact", "synonym", "fuzzy", "values"]

_EXPANDED: Final = {
    "no": "number", "nos": "number", "num": "number", "nbr": "number", "dt": "date", "prem": "premium", "cust": "customer",
    "mob": "mobile", "ph": "phone", "pol": "policy", "freq": "frequency", "addr": "address", "exp": "expiry",
    "amt": "amount", "emailid": "email id", "mobileno": "mobile number", "policyno": "policy number", "cd": "code",
    "lang": "language", "strt": "start", "renl": "renewal", "ins": "insured", "yr": "year", "नं": "नंबर", "तारीख": "तिथि", "दिनांक": "तिथि", "सं": "संख्या",
}  # fmt: skip
_NOISE: Final = frozenset(
    {"inr", "rs", "rupees", "yrs", "dd", "mm", "yyyy", "yy", "incl", "gst", "रु", "रुपये", "the", "of", "का", "की", "के"}
)

# Whose column it is, in the words of a heading: the policy's and its customer's, or another's.
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


@lru_cache(maxsize=32_768)
def heading_key(text: str) -> str:
    """A heading without case, punctuation, units and abbreviations: `Policy Expiry Dt` is `policy expiry date`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", unicodedata.normalize("NFKC", text)).replace("#", " number ")
    letters = "".join(char if unicodedata.category(char)[0] in "LNM" else " " for char in spaced.casefold())
    joined = re.sub(r"\be mail\b", "email", " ".join(letters.split()))
    return " ".join(_EXPANDED.get(word, word) for word in joined.split() if word not in _NOISE)


_FIRST: Final = [item for item in FIELDS if not item.second]
KNOWN: Final[dict[str, tuple[str, How]]] = {
    **{heading_key(synonym): (item.name, "synonym") for item in reversed(_FIRST) for synonym in item.synonyms},
    **{heading_key(item.heading): (item.name, "exact") for item in _FIRST},
    **{heading_key(item.name): (item.name, "exact") for item in _FIRST},
}
# What a heading names where its first meaning is fed by a surer one.
SECOND: Final = {
    heading_key(text): item.name for item in FIELDS if item.second for text in (item.name, item.heading, *item.synonyms)
}


def field_of(heading: str) -> str | None:
    """Our column that a heading names without guessing."""
    known = KNOWN.get(heading_key(heading))
    return known[0] if known else None


def speaks_of_us(heading: str) -> bool | None:
    """Whether a heading is about the policy or its customer; False when of another person, None when of nobody."""
    words = set(heading_key(heading).split())
    return False if words & _OTHERS else True if words & _OURS else None


def recognised(headings: Sequence[str]) -> int:
    """How many of our columns a row of headings names without guessing."""
    return len({name for text in headings if text and (name := field_of(text))})


# Headings that name one of our columns only together with its values: `Certificate`, `Party`, `From`, `Amount`.
_SHORT: Final = frozenset(
    [
        "certificate",
        "policy",
        "contract",
        "document",
        "party",
        "client",
        "customer",
        "insured",
        "assured",
        "member",
        "holder",
        "owner",
        "name",
        "contact",
        "mobile",
        "phone",
        "cell",
        "mail",
        "class",
        "product",
        "type",
        "plan",
        "category",
        "from",
        "to",
        "start",
        "end",
        "till",
        "until",
        "upto",
        "expiry",
        "due",
        "date",
        "validity",
        "amount",
        "premium",
        "sum",
        "value",
        "total",
        "number",
        "id",
        "code",
    ]
)


def short_headings(headings: Sequence[str]) -> int:
    """How many of a row's texts name one of our columns, or are nothing but words that may."""
    return sum(
        field_of(text) is not None or (bool(words := heading_key(text).split()) and _SHORT.issuperset(words))
        for text in headings
        if text
    )
