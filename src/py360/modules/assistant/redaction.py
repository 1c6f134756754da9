"""What a language model does not need to see: contacts, PANs and numbers of policies and accounts are placeholders for it.

Each placeholder stands for one value throughout a conversation, so the model can still distinguish them; in its answer the
values are put back. Plain code, linear in the text: the texts are untrusted.
"""

from collections.abc import AsyncIterator
from typing import Final

_EDGES: Final = ".,;:!?()[]{}<>\"'“”‘’"
_LONG_NUMBER: Final = 6  # digits: phones, policies, accounts; amounts and years have fewer, or separators
_MIXED_NUMBER: Final = 4  # digits, where letters and separators are among them: POL-0042
_PLACEHOLDER_MAX: Final = 24
_SEPARATORS: Final = frozenset("-/_+")
_OURS: Final = ("CASE-", "CLM-", "DNC-", "CAMPAIGN-")  # our own numbers say nothing outside


class Redactor:
    """The placeholders of one conversation."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._placeholders: dict[str, str] = {}

    def hide(self, text: str) -> str:
        """The text with placeholders."""
        return "".join(self._hidden(piece) for piece in _pieces(text))

    def show(self, text: str) -> str:
        """The text with the values put back."""
        for placeholder, value in self._values.items():
            text = text.replace(placeholder, value)
        return text

    async def show_stream(self, parts: AsyncIterator[str]) -> AsyncIterator[str]:
        """The same for a text that arrives in parts; a placeholder may be cut anywhere."""
        waiting = ""
        async for part in parts:
            waiting += part
            opened = waiting.rfind("[")
            cut = (
                opened
                if opened >= 0 and "]" not in waiting[opened:] and len(waiting) - opened < _PLACEHOLDER_MAX
                else len(waiting)
            )
            if cut:
                yield self.show(waiting[:cut])
            waiting = waiting[cut:]
        if waiting:
            yield self.show(waiting)

    def _hidden(self, piece: str) -> str:
        bare = piece.strip(_EDGES)
        kind = _kind(bare)
        if not kind:
            return piece
        placeholder = self._placeholders.get(bare)
        if placeholder is None:
            number = 1 + sum(each.startswith(f"[{kind}_") for each in self._values)
            placeholder = self._placeholders[bare] = f"[{kind}_{number}]"
            self._values[placeholder] = bare
        return piece.replace(bare, placeholder)


def _pieces(text: str) -> list[str]:
    """Words and the spaces between them, in order; a phone number written with spaces is one piece."""
    words: list[str] = []
    current, blank = "", False
    for sign in text:
        if sign.isspace() != blank and current:
            words.append(current)
            current = ""
        blank = sign.isspace()
        current += sign
    if current:
        words.append(current)
    return _with_phones_joined(words)


def _with_phones_joined(words: list[str]) -> list[str]:
    joined: list[str] = []
    for word in words:
        if (
            len(joined) >= 2
            and joined[-1] == " "
            and _is_part_of_phone(word.strip(_EDGES))
            and _is_part_of_phone(joined[-2].strip(_EDGES))
            and _digits(joined[-2]) + _digits(word) <= 13
        ):
            joined[-2:] = [joined[-2] + " " + word]
        else:
            joined.append(word)
    return joined


def _is_part_of_phone(word: str) -> bool:
    bare = word.replace(" ", "").replace("-", "").removeprefix("+")
    return len(bare) >= 2 and bare.isdecimal()


def _digits(text: str) -> int:
    return sum(sign.isdecimal() for sign in text)


def _kind(word: str) -> str:
    """What a word must be hidden as; empty when it may be seen."""
    if "@" in word.strip("@"):
        return "EMAIL"
    if len(word) == 10 and word[:5].isalpha() and word[5:9].isdecimal() and word[9].isalpha():
        return "PAN"
    digits = _digits(word)
    mixed = any(sign.isalpha() for sign in word) and any(sign in _SEPARATORS for sign in word)
    if digits < (_MIXED_NUMBER if mixed else _LONG_NUMBER) or word.upper().startswith(_OURS):
        return ""
    bare = word.replace(" ", "").replace("-", "").removeprefix("+")
    if bare.isdecimal() and 10 <= len(bare) <= 13:
        return "PHONE"
    is_code = all(sign.isalnum() or sign in _SEPARATORS for sign in word.replace(" ", ""))
    return "" if _is_date(word) or not is_code else "POLICY"


def _is_date(word: str) -> bool:
    parts = word.replace("/", "-").split("-")
    return len(parts) == 3 and all(part.isdecimal() for part in parts) and sorted(map(len, parts))[-1] == 4
