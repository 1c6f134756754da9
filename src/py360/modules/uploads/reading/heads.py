"""Where the table of a file begins: the sheet and the row of headings under title lines.

Headings may stand on two lines: a group over several (`Customer` over `Name`, `Mobile`), or one heading cut in two (`Policy` over
`Number`). They are read as one. Whose name it is, is not guessed: what stands under a group that does not speak of the policy or its
customer keeps the group's words, and is asked about when nothing else fits.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from py360.modules.uploads.headings import field_of, heading_key, recognised, speaks_of_us

LOOK_AT: Final = 100  # rows from the top in which headings may stand
_ENOUGH: Final = 3  # headings of ours that make a row of headings beyond doubt
_LONGEST: Final = 60  # letters of a heading; what is longer is prose
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

Cells = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Head:
    """A row of headings: its place, how many of our columns it names, and the headings, made unique."""

    row: int
    known: int
    headings: tuple[str, ...]


def find_header(rows: Sequence[Cells], wanted: frozenset[str] = frozenset()) -> Head | None:
    """The row of headings; `wanted` are heading keys that a caller or our memory named.

    None when no row names enough of our columns, or of the wanted ones. Of two lines of headings it is the lower.
    """
    best: Head | None = None
    for index, row in enumerate(rows[:LOOK_AT]):
        headings = headings_of(row, rows[index - 1] if index else ())
        texts = [text for text in headings if not text.startswith(_UNNAMED)]
        known = recognised(texts) + len(wanted.intersection(heading_key(text) for text in texts))
        if known < min(_ENOUGH, max(2, len(texts) - 1)) or len(texts) < _ENOUGH:
            continue
        second_line = best is not None and best.row == index - 1 and recognised([cell or "" for cell in row]) > 1
        if best is None or known > best.known or (known == best.known and second_line):
            best = Head(index, known, headings)
    return best


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
        name = text or f"{_UNNAMED}{column_letter(column)}"
        seen[name] = seen.get(name, 0) + 1
        named.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(named)


def _text(cell: str | None) -> str:
    return " ".join(cell.split()) if cell else ""


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
    over = {group: [text for of, text in zip(groups, lower, strict=True) if of == group] for group in groups if group}
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
        return text  # said twice, as in two languages
    needs_owner = _PERSONAL if speaks_of_us(group) is None else _PERSONAL | _THE_POLICYS
    nobodys = field_of(text) is not None and field_of(text) not in needs_owner
    return text if alone and (speaks_of_us(group) or speaks_of_us(text) or nobodys) else whole


def column_letter(column: int) -> str:
    """The letters of a column, from 0: A, B, ... Z, AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
