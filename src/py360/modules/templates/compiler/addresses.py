"""Addresses in texts: where one begins and ends, and the values in it.

A kept library (linkify-it-py) says what belongs to an address: a full stop, a closing bracket or a question mark at its end
does not, a bracket that it opened does. A value that is in or right behind an address belongs to it and is URL-encoded;
a value that is an address itself (`{{ payment_link }}`) is a link, with what is behind it.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from linkify_it import LinkifyIt

from py360.modules.templates.compiler.syntax import Expression, Literal, Part, Statement, code_of

LONGEST: Final = 2_048  # characters of an address; a longer one is no link
# Marks that end an address.
_NEVER_PART: Final = dict.fromkeys(map(ord, "।॥۔،؟؛…‘’“”„«»‹›、。！？\u200b\u200e\u200f\u2060\ufeff"), "\n")
_EMPHASIS: Final = "*_~"  # WhatsApp's bold, italic and strike-through stand around an address
_LINKIFY: Final = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
for _scheme in ("ftp:", "//", "mailto:"):
    _LINKIFY.add(_scheme, None)


@dataclass(frozen=True, slots=True)
class Link:
    """An address in a template: its parts, and whether it begins with a value that is an address itself."""

    parts: tuple[Part, ...]

    @property
    def variable(self) -> str | None:
        """The variable that is the whole address."""
        return self.parts[0].lone if len(self.parts) == 1 and isinstance(self.parts[0], Expression) else None

    @property
    def url(self) -> str | None:
        """The address, when no value is in it."""
        return self.parts[0].text if len(self.parts) == 1 and isinstance(self.parts[0], Literal) else None

    @property
    def code(self) -> str:
        """The address as the template engine takes it: a value that begins it stands as it is, others are encoded."""
        begun, before = False, [False]
        found: list[Part] = []
        for part in self.parts:
            if isinstance(part, Statement):
                begun = _begun(part, begun, before)
            elif isinstance(part, Expression) and begun:
                part = Expression(f"({part.code})|in_address", part.variables)
            begun = begun or not isinstance(part, Statement)
            found.append(part)
        return code_of(found)


def _begun(statement: Statement, begun: bool, before: list[bool]) -> bool:
    """Whether something of the address is before the next part: each branch begins where its condition did."""
    word = statement.code.partition(" ")[0]
    if word == "if":
        before.append(begun)
    elif word == "endif":
        return before.pop() or True
    return before[-1]


def is_address(part: Part) -> bool:
    """Whether a value is an address by itself: the catalogue's links."""
    return isinstance(part, Expression) and bool(part.variables) and part.variables[0].endswith("_link")


def find_links(parts: Sequence[Part]) -> list[Part | Link]:
    """The parts of a text, with its addresses taken together."""
    if not parts:
        return []
    text = _Masked(parts)
    found: list[Part | Link] = []
    done = 0
    for start, end in text.addresses():
        found += text.slice(done, start)
        found.append(Link(tuple(text.slice(start, end))))
        done = end
    return found + text.slice(done, len(text.mask))


class _Masked:
    """A text in which each value is one letter and each condition a line break, so that places stay countable."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = [part for part in parts if not isinstance(part, Literal) or part.text]
        self._starts: list[int] = []
        pieces: list[str] = []
        at = 0
        for place, part in enumerate(self._parts):
            following = self._parts[place + 1] if place + 1 < len(self._parts) else None
            self._starts.append(at)
            pieces.append(_mask(part, following))
            at += len(pieces[-1])
        self.mask = "".join(pieces)

    def slice(self, start: int, end: int) -> list[Part]:
        """The parts between two places; plain text is cut, values never are."""
        found: list[Part] = []
        place = bisect_right(self._starts, start) - 1
        while start < end:
            part, begun = self._parts[place], self._starts[place]
            length = len(part.text) if isinstance(part, Literal) else 1
            if isinstance(part, Literal):
                found.append(Literal(part.text[start - begun : end - begun]))
            else:
                found.append(part)
            start = begun + length
            place += 1
        return found

    def addresses(self) -> Iterator[tuple[int, int]]:
        """Where addresses begin and end, in order."""
        at = 0
        for word in self.mask.split():
            begun = self.mask.index(word, at)
            at = begun + len(word)
            done = begun
            for start, end in self._written(word, begun):
                yield from self._by_value(done, start, at)
                yield start, end
                done = end
            yield from self._by_value(done, at, at)

    def _written(self, word: str, begun: int) -> list[tuple[int, int]]:
        """Addresses that are written out, in a run of text without blanks."""
        if "://" not in word:
            return []
        matches = _LINKIFY.match(word[:LONGEST]) or []
        return [self._without_emphasis(begun + each.index, begun + each.last_index) for each in matches]

    def _without_emphasis(self, start: int, end: int) -> tuple[int, int]:
        before = self.mask[start - 1 : start]
        return (start, end - 1) if before and before in _EMPHASIS and self.mask[end - 1] == before else (start, end)

    def _by_value(self, start: int, end: int, word_end: int) -> Iterator[tuple[int, int]]:
        """Values between two places that are addresses, each with what is behind it."""
        place = bisect_right(self._starts, start - 1) if start else 0
        while place < len(self._parts) and self._starts[place] < end:
            at = self._starts[place]
            place += 1
            if at < start or not is_address(self._parts[place - 1]):
                continue
            start = at + 1 + self._tail(at + 1, word_end)
            yield at, start

    def _tail(self, at: int, end: int) -> int:
        """How many characters behind a value belong to the address that it begins."""
        if self.mask[at : at + 1] not in ("/", "?", "#"):
            return 0
        host = "https://a.in"
        matches = _LINKIFY.match((host + self.mask[at:end])[:LONGEST])
        return max(0, matches[0].last_index - len(host)) if matches and matches[0].index == 0 else 0


def _mask(part: Part, following: Part | None) -> str:
    if isinstance(part, Literal):
        return part.text.translate(_NEVER_PART)
    begins_address = isinstance(following, Literal) and following.text[:8].lower().startswith(("http://", "https://"))
    return "\n" if not isinstance(part, Expression) or begins_address else "x"
