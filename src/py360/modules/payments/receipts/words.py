"""An amount in words, as Indian receipts have it: lakh and crore."""

from decimal import Decimal
from typing import Final

_ONES: Final = [
    "Zero",
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
    "Six",
    "Seven",
    "Eight",
    "Nine",
    "Ten",
    "Eleven",
    "Twelve",
    "Thirteen",
    "Fourteen",
    "Fifteen",
    "Sixteen",
    "Seventeen",
    "Eighteen",
    "Nineteen",
]
_TENS: Final = ["_", "_", "Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety"]
_PARTS: Final = ((10_000_000, "Crore"), (100_000, "Lakh"), (1_000, "Thousand"), (100, "Hundred"))


def in_words(amount: Decimal) -> str:
    """`Rupees One Lakh Twenty-Five Thousand and Fifty Paise Only`. Raises ValueError for less than nothing."""
    if amount < 0:
        raise ValueError("an amount in words is not negative")
    rupees, paise = divmod(int(amount * 100), 100)
    text = f"Rupees {_number(rupees)}"
    return f"{text} and {_number(paise)} Paise Only" if paise else f"{text} Only"


def _number(number: int) -> str:
    for size, name in _PARTS:
        if number >= size:
            rest = number % size
            return f"{_number(number // size)} {name}" + (f" {_number(rest)}" if rest else "")
    if number < 20:
        return _ONES[number]
    return _TENS[number // 10] + (f"-{_ONES[number % 10]}" if number % 10 else "")
