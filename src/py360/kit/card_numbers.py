"""Numbers of payment cards are kept nowhere (PCI DSS, SAQ A): a field where people may type one refuses it."""

import re
from collections.abc import Iterator
from typing import Final, TypeVar

# Visa, Mastercard, RuPay, American Express, Diners: by their first digits and lengths, with or without spaces and dashes.
_CARD: Final = re.compile(
    r"(?<![0-9])(?:4[0-9]{3}|5[1-5][0-9]{2}|2[2-7][0-9]{2}|6[05][0-9]{2}|8[12][0-9]{2}|508[0-9]|3[478][0-9]{2})"
    r"[ -]?[0-9]{4,6}[ -]?[0-9]{4,5}[ -]?[0-9]{0,4}(?![0-9])"
)
Value = TypeVar("Value")
MESSAGE: Final = (
    "holds the number of a payment card, which must not be kept. Write only its last four digits, such as XXXX-1234"
)


def refuse(value: Value) -> Value:
    """The value itself. Raises ValueError when a text or a number in it is the number of a card."""
    if any(_is_card(match.group()) for text in _texts(value) for match in _CARD.finditer(text)):
        raise ValueError(MESSAGE)
    return value


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case bool() | None:
            return
        case int():
            yield str(value)
        case dict():
            for key, each in value.items():
                yield key
                yield from _texts(each)
        case list():
            for each in value:
                yield from _texts(each)


def _is_card(text: str) -> bool:
    """The check digit of ISO/IEC 7812: every second digit from the right counts twice."""
    digits = [int(sign) for sign in text if sign.isdigit()]
    if not 14 <= len(digits) <= 19:
        return False
    doubled = [2 * digit - 9 if digit > 4 else 2 * digit for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
