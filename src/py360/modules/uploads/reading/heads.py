"""Where the table of a file begins: the sheet and the row of headings under title lines."""

from collections.abc import Sequence
from typing import Final

from py360.modules.uploads.mapping import heading_key, recognised

LOOK_AT: Final = 100  # rows from the top in which headings may stand
_ENOUGH: Final = 3  # headings of ours that make a row of headings beyond doubt

Cells = Sequence[str | None]


def find_header(rows: Sequence[Cells], wanted: frozenset[str] = frozenset()) -> tuple[int, int] | None:
    """The row of headings (index) and how many it names; `wanted` are heading keys that a caller or our memory named.

    None when no row names enough of our columns, or of the wanted ones.
    """
    best: tuple[int, int] | None = None
    for index, row in enumerate(rows[:LOOK_AT]):
        texts = [cell.strip() for cell in row if cell and cell.strip()]
        known = recognised(texts) + len(wanted.intersection(heading_key(text) for text in texts))
        if (
            known >= min(_ENOUGH, max(2, len(texts) - 1))
            and len(texts) >= _ENOUGH
            and (best is None or known > best[1])
        ):
            best = (index, known)
    return best


def headings_of(row: Cells) -> tuple[str, ...]:
    """A row of headings as unique, non-empty names; blanks at the right end are dropped, others named by their letter."""
    texts = [(cell or "").strip() for cell in row]
    while texts and not texts[-1]:
        texts.pop()
    seen: dict[str, int] = {}
    named = []
    for column, text in enumerate(texts):
        name = " ".join(text.split()) or f"Column {column_letter(column)}"
        seen[name] = seen.get(name, 0) + 1
        named.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(named)


def column_letter(column: int) -> str:
    """The letters of a column, from 0: A, B, ... Z, AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
