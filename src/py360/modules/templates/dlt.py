"""Texts as they are registered with the operators (TRAI's DLT): fixed words with places for values of at most 60 characters."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.modules.templates.compiler.syntax import Literal, unify

LONGEST_VALUE: Final = 60
_VARIABLE: Final = "{#var#}"  # as the register writes it


@dataclass(frozen=True, slots=True)
class RegisteredText:
    """The fixed words of a registered text, in order; a value is between each two."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, content: str) -> "RegisteredText":
        """Of a template's content. Raises TemplateInvalid when it cannot be read."""
        words: list[str] = []
        for piece in content.split(_VARIABLE):
            words.append("")
            for part in unify(piece).parts:
                if isinstance(part, Literal):
                    words[-1] += part.text
                else:
                    words.append("")
        return cls(tuple(words))

    def matches(self, text: str) -> bool:
        """Whether a text is this one with values put in. The time it takes grows with the lengths of both, no faster."""
        first, *others = self.words
        if not text.startswith(first) or sum(map(len, self.words)) > len(text):
            return False
        ends = [len(first)]  # where the words so far may end, in order
        for word in others:
            ends = list(_ends_of(word, text, ends))
            if not ends:
                return False
        return ends[-1] == len(text)


_REGISTERED: Final = """
select content from templates
where client_id = %(client)s and template_type = 'sms' and is_active and dlt_template_id is not null
"""


async def registered_texts(session: AsyncSession, client_id: int) -> list[RegisteredText]:
    """The texts that a client may send by SMS: its active templates with a DLT id."""
    return [
        RegisteredText.of(content) for content in await db.fetch_all(session, str, _REGISTERED, {"client": client_id})
    ]


def _ends_of(word: str, text: str, before: Sequence[int]) -> Iterable[int]:
    """Where a word may end that begins at most a value's length behind one of the given places."""
    for place, following in pairwise([*before, len(text) + LONGEST_VALUE + 1]):
        for start in range(place, min(place + LONGEST_VALUE + 1, following, len(text) - len(word) + 1)):
            if text.startswith(word, start):
                yield start + len(word)
