"""Redaction of what a language model need not see: contacts, PANs, Aadhaar, and numbers of policies and accounts become placeholders.

Each placeholder stands for one value throughout a conversation, so the model can still distinguish them; in its answer the
values are put back. Plain code, linear in the text: the texts are untrusted.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Final

_EDGES: Final = ".,;:!?()[]{}<>\"'“”‘’"
_LONG_NUMBER: Final = 6  # digits: policies, accounts; amounts and years have fewer, or commas
_MIXED_NUMBER: Final = 4  # digits, where letters and separators are among them: POL-0042
_PERSONAL: Final = 10  # digits: phones, Aadhaar, cards, however they are written
_LONGEST: Final = 16
_PHONE_MAX: Final = 13
_LONGEST_BLANK: Final = 3  # between the parts of one number
_PLACEHOLDER_MAX: Final = 24
_UNSEEN: Final = "\u200b\u200c\u200d\u2060\ufeff\u00ad"  # characters that are not printed
_DASHES: Final = "-\u2010\u2011\u2012\u2013\u2014\u2212"
_SEPARATORS: Final = frozenset(f"{_DASHES}/_+{_UNSEEN}")
_IN_NUMBERS: Final = frozenset(f"{_DASHES}/_+.·•()[]* {_UNSEEN}\u00a0\u202f\t")
_AT: Final = "@＠"
_HOLDERS: Final = frozenset("ABCFGHJLPT")  # the fourth letter of a PAN: person, company, ...
_CURRENCIES: Final = ("₹", "$", "€", "rs", "rs.", "inr")
_LONGEST_CURRENCY: Final = 3
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
        if kind := _kind_of_word(bare):
            return piece.replace(bare, self._placeholder(kind, bare))
        if _is_decimal(bare.rstrip("%")):
            return piece
        before, hidden = "", []
        for part in _parts(piece):
            kind = "" if _is_amount(before, part) else _kind(part)
            hidden.append(self._placeholder(kind, part) if kind else part)
            before = (before + part)[-_LONGEST_CURRENCY:]
        return "".join(hidden)

    def _placeholder(self, kind: str, value: str) -> str:
        placeholder = self._placeholders.get(value)
        if placeholder is None:
            number = 1 + sum(each.startswith(f"[{kind}_") for each in self._values)
            placeholder = self._placeholders[value] = f"[{kind}_{number}]"
            self._values[placeholder] = value
        return placeholder


def _pieces(text: str) -> list[str]:
    """Words and the blanks between them, in order; what is written with blanks, such as a phone number, is one piece."""
    words: list[str] = []
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or text[place].isspace() != text[start].isspace():
            words.append(text[start:place])
            start = place
    return _with_numbers_joined(_with_names_joined(words))


def _with_names_joined(words: list[str]) -> list[str]:
    """A PAN in groups (ABCPE 1234 F), and an address with blanks around its @, as one piece."""
    joined: list[str] = []
    for word in words:
        joined.append(word)
        for count in () if word.isspace() else (5, 3):
            tail = joined[-count:]
            if len(tail) == count and not any(tail[place].strip(" \t\u00a0") for place in range(1, count, 2)):
                whole = "".join(tail[::2])
                if _is_spaced_pan(whole) or _is_spaced_address(tail):
                    joined[-count:] = ["".join(tail)]
                    break
    return joined


def _is_spaced_pan(whole: str) -> bool:
    bare = whole.strip(_EDGES)
    return len(bare) == 10 and bare.isupper() and bare[3] in _HOLDERS and _is_pan(bare)


def _is_spaced_address(tail: list[str]) -> bool:
    bare = [each.strip(_EDGES) for each in tail[::2]]
    if len(bare) == 3:
        return bare[1] in tuple(_AT) and "." in bare[2]
    return "." in bare[1] and (bare[0][-1:] in tuple(_AT) or bare[1][:1] in tuple(_AT)) and bare[0] not in ("", *_AT)


def _with_numbers_joined(words: list[str]) -> list[str]:
    """Numbers beside one another that may be one, as one piece: 98765 43210, 1234 5678 9012."""
    joined: list[str] = []
    run: list[str] = []  # parts of a number and the blanks between them
    for word in [*words, ""]:
        is_blank = bool(word) and word.isspace() and "\n" not in word and len(word) <= _LONGEST_BLANK
        if run and is_blank and run[-1][-1] not in ",;:!?":
            run.append(word)
            continue
        is_part = bool(word) and not word.isspace() and _is_part_of_number(word.strip(_EDGES))
        if is_part and (not run or run[-1].isspace()):
            if run and _digits("".join(run)) + _digits(word) > _LONGEST:
                joined += _one_or_many(run)
                run = []
            run.append(word)
            continue
        joined += _one_or_many(run)
        run = [word] if is_part else []
        if word and not is_part:
            joined.append(word)
    return joined


def _one_or_many(run: list[str]) -> list[str]:
    end = [run.pop()] if run and run[-1].isspace() else []
    parts = run[::2]
    digits = _digits("".join(parts))
    is_one = digits >= _PERSONAL or (digits >= _LONG_NUMBER and all(_digits(each) > 1 for each in parts))
    return ["".join(run), *end] if len(parts) > 1 and is_one else [*run, *end]


def _is_part_of_number(word: str) -> bool:
    return _only_digits(word) and not _is_date(word) and not _is_decimal(word)


def _only_digits(word: str) -> bool:
    return "".join(sign for sign in word if sign not in _IN_NUMBERS).isdecimal()


def _digits(text: str) -> int:
    return sum(sign.isdecimal() for sign in text)


def _kind_of_word(word: str) -> str:
    """What a whole word, or a number with blanks in it, must be hidden as; empty when its parts decide."""
    if any(sign in word.strip(_AT) for sign in _AT):
        return "EMAIL"
    if _is_spaced_pan("".join(word.split())):
        return "PAN"
    if not _only_digits(word) or _is_date(word) or _is_decimal(word):
        return ""
    digits = _digits(word)
    if _PERSONAL <= digits <= _PHONE_MAX:
        return "PHONE"
    return "POLICY" if digits >= _LONG_NUMBER else ""


def _parts(word: str) -> Iterator[str]:
    """A word in its parts: codes, and the characters between them: PAN:ABCPE1234F, tel=9876543210."""
    start = 0
    for place in range(1, len(word) + 1):
        if place == len(word) or _is_of_code(word[place]) != _is_of_code(word[start]):
            yield word[start:place]
            start = place


def _is_of_code(character: str) -> bool:
    return character.isalnum() or character in _SEPARATORS


def _kind(part: str) -> str:
    """What a part of a word must be hidden as; empty when it may be seen."""
    if _is_pan(part):
        return "PAN"
    digits = _digits(part)
    mixed = any(sign.isalpha() for sign in part) and any(sign in _SEPARATORS for sign in part)
    if digits < (_MIXED_NUMBER if mixed else _LONG_NUMBER) or part.upper().startswith(_OURS):
        return ""
    if _only_digits(part) and _PERSONAL <= digits <= _PHONE_MAX:
        return "PHONE"
    return "" if _is_date(part) or _is_date(part.partition("T")[0]) else "POLICY"


def _is_pan(word: str) -> bool:
    return len(word) == 10 and word[:5].isalpha() and word[5:9].isdecimal() and word[9].isalpha()


def _is_amount(before: str, part: str) -> bool:
    """Whether a number stands behind a currency: ₹1234567, Rs.1234567."""
    return before.strip().lower().endswith(_CURRENCIES) and part.isdecimal() and len(part) < _PERSONAL


def _is_date(word: str) -> bool:
    parts = word.replace("/", "-").replace(".", "-").split("-")
    return len(parts) == 3 and all(part.isdecimal() for part in parts) and sorted(map(len, parts))[-1] == 4


def _is_decimal(word: str) -> bool:
    """Whether it is an amount with paise, or a number below a thousand with its decimals."""
    whole, point, rest = word.partition(".")
    if not (point and whole.isdecimal() and rest.isdecimal()):
        return False
    return (len(rest) <= 2 and len(whole) < _PERSONAL) or len(whole) <= 3
