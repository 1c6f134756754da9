"""Where the table of a file begins: the sheet and the row of headings under title lines.

Headings may be on two lines: a group over several (`Customer` over `Name`, `Mobile`), or one heading cut in two (`Policy` over
`Number`). They are read as one. Whose name it is, is not guessed: what is under a group that is not about the policy or its
customer keeps the group's words, and is asked about when nothing else fits.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from py360.modules.uploads.headings import field_of, heading_key, recognised, short_headings, speaks_of_us
from py360.modules.uploads.reading.sheets import letters_of

LOOK_AT: Final = 100  # rows from the top that are compared with each other
LOOK_ON: Final = 1_000  # rows from the top in which headings are looked for where the first hundred have none
_BEYOND_DOUBT: Final = 6  # headings of ours after which no better row is looked for
_MOST_CELLS: Final = 150_000  # that are compared with headings; wide sheets are looked through less far
_ENOUGH: Final = 3  # headings of ours that make a row of headings beyond doubt
_SHORT_ENOUGH: Final = 5  # short headings that make one, in a row of nothing else
_LONGEST: Final = 60  # letters of a heading; what is longer is prose
_NO_NAME: Final = re.compile(r"[0-9०-९ .,:/+-]*")
_NO_HEADING: Final = re.compile(r"[0-9०-९]{2}|:|@")  # dates, numbers, "Branch: Pune"
_FILLER: Final = frozenset(
    {"details", "detail", "information", "info", "particulars", "data", "section", "विवरण", "जानकारी"}
)

# What everybody has, and what other policies than this one have.
_PERSONAL: Final = frozenset(
    [
        "customer_name",
        "first_name",
        "last_name",
        "email",
        "phone",
        "date_of_birth",
        "gender",
        "pan",
        "address",
        "city",
        "state",
        "pincode",
    ]
)
_THE_POLICYS: Final = frozenset(
    ["policy_number", "customer_code", "premium_amount", "renewal_amount", "start_date", "end_date", "renewal_date"]
)
_UNNAMED: Final = "Column "

Cells = Sequence[str]


@dataclass(frozen=True, slots=True)
class Header:
    """Where the headings are: the place of their (lower) row among those looked at, how many of our columns it names, the
    headings, made unique, and the one or two rows as the file has them."""

    at: int
    known: int
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def find_header(rows: Iterable[Cells], wanted: frozenset[str] = frozenset()) -> Header | None:
    """The row of headings; `wanted` are heading keys that a caller or our memory named.

    None when no row names enough of our columns, or of the wanted ones. Of two lines of headings it is the lower.
    """
    best: Header | None = None
    above: Cells = ()
    looked_at = 0
    for index, row in enumerate(rows):
        looked_at += len(row)
        if index >= LOOK_ON or looked_at > _MOST_CELLS or (best is not None and _settled(best, index)):
            break
        found = _header(index, row, above, wanted)
        if found is not None and (best is None or found.known > best.known or _is_second_line(found, best, row)):
            best = found
        above = row
    return best


def _settled(best: Header, index: int) -> bool:
    """Whether rows further down cannot be the headings."""
    return index >= LOOK_AT or (best.known >= _BEYOND_DOUBT and index > best.at + 3)


def _is_second_line(found: Header, best: Header, row: Cells) -> bool:
    return found.known == best.known and best.at == found.at - 1 and recognised(_own(row)) > 1


def _header(index: int, row: Cells, above: Cells, wanted: frozenset[str]) -> Header | None:
    """A row as headings, where it names enough."""
    texts = [text for cell in row if (text := _text(cell))]
    if len(texts) < _ENOUGH:
        return None
    two = _is_upper_line(above)
    if not two and not wanted and recognised(_own(texts)) < min(_ENOUGH, max(2, len(texts) - 1)):
        return _of_short_words(index, row, texts)
    headings = headings_of(row, above)
    named = [text for text in headings if not text.startswith(_UNNAMED)]
    known = recognised(_own(named)) + len(wanted.intersection(heading_key(text) for text in _own(named)))
    if known < min(_ENOUGH, max(2, len(named) - 1)):
        return None
    return Header(index, known, headings, (tuple(above), tuple(row)) if two else (tuple(row),))


def _of_short_words(index: int, row: Cells, texts: Sequence[str]) -> Header | None:
    """A row of nothing but short headings, whose columns the values will tell; any row that names more is preferred."""
    few = short_headings(texts)
    if few < _SHORT_ENOUGH or few < len(texts) - 1 or len(_own(texts)) < len(texts):
        return None
    return Header(index, 1, headings_of(row), (tuple(row),))


def _own(texts: Iterable[str]) -> list[str]:
    """The texts that may be headings at all: short, and no number or date."""
    return [text for text in texts if text and len(text) <= _LONGEST and not _NO_NAME.fullmatch(text)]


def headings_of(row: Cells, above: Cells = ()) -> tuple[str, ...]:
    """A row of headings as unique, non-empty names; blanks at the right end are dropped, others named by their letter.

    `above`: the line over it, which counts when it holds the groups or first halves of the headings.
    """
    texts = [_text(cell) for cell in row]
    if _is_upper_line(above) and sum(map(bool, texts)) > 1:
        texts = _joined([_text(cell) for cell in above], texts)
    while texts and not texts[-1]:
        texts.pop()
    seen: dict[str, int] = {}
    named = []
    for column, text in enumerate(texts):
        name = text or f"{_UNNAMED}{letters_of(column)}"
        seen[name] = seen.get(name, 0) + 1
        named.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(named)


def _text(cell: str) -> str:
    return " ".join(cell.replace("\ufeff", "").split()) if cell else ""


def _is_upper_line(cells: Cells) -> bool:
    texts = [text for cell in cells if (text := _text(cell))]
    if len(texts) < 2 or any(len(text) > _LONGEST or _NO_HEADING.search(text) for text in texts):
        return False
    return any(field_of(text) or speaks_of_us(text) is not None for text in texts)


def _joined(upper: list[str], lower: list[str]) -> list[str]:
    """Two lines of headings as one."""
    width = max(len(upper), len(lower))
    upper, lower = ([*line, *[""] * (width - len(line))] for line in (upper, lower))
    groups, group = [], ""
    for top, text in zip(upper, lower, strict=True):
        group = top or group
        groups.append(group if text else "")
        group = group if text else ""  # a heading that fills both lines is no group
    if _is_title(groups, lower):
        return lower
    maybe_ours = {
        (group, heading_key(text))
        for group, text in zip(groups, lower, strict=True)
        if speaks_of_us(group) is not False
    }
    times = Counter(key for _, key in maybe_ours)
    return [
        _in_group(group, text, alone=times[heading_key(text)] < 2) if group else text or top
        for group, text, top in zip(groups, lower, upper, strict=True)
    ]


def _is_title(groups: list[str], lower: list[str]) -> bool:
    """Two texts over a whole list, one of them over headings that it cannot mean: `Pune Branch` over the policy and its customer."""
    over: dict[str, list[str]] = {}
    for group, text in zip(groups, lower, strict=True):
        if group:
            over.setdefault(group, []).append(text)
    strays = (sum(speaks_of_us(text) is True for text in over[group]) for group in over if not speaks_of_us(group))
    return len(over) <= 2 and any(count > 1 for count in strays)


def _in_group(group: str, text: str, alone: bool) -> str:
    """A heading with as much of its group as it needs; `alone`: no other group of ours has one of the same name."""
    own = set(heading_key(text).split())
    words = [
        word for word in group.split() if word.casefold() not in _FILLER and not set(heading_key(word).split()) <= own
    ]
    whole = " ".join([*words, text])
    readings = [whole, " ".join([text, *words])]
    readings += [" ".join([*words[at:], text]) for at in range(1, len(words))] if speaks_of_us(group) else []
    if known := next((reading for reading in readings if field_of(reading)), None):
        return known
    if field_of(group) and field_of(group) == field_of(text):
        return text  # repeated, as in two languages
    needs_owner = _PERSONAL if speaks_of_us(group) is None else _PERSONAL | _THE_POLICYS
    nobodys = field_of(text) is not None and field_of(text) not in needs_owner
    return text if alone and (speaks_of_us(group) or speaks_of_us(text) or nobodys) else whole
