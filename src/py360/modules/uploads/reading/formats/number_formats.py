"""Numbers of spreadsheets as text: plain, as dates, or as their display format shows them where it makes an identifier.

ECMA-376 part 1, 18.8.30 lists the built-in formats; [MS-XLS] 2.4.126 and [MS-XLSB] 2.4.653 have the same codes.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from math import isfinite
from typing import Final

Show = Callable[[float], str]

_DATE_CODES: Final = frozenset([*range(14, 18), 22, *range(27, 37), *range(50, 59)])  # the latter two of East Asia
_SCIENTIFIC_CODES: Final = frozenset([11, 48])
_TIME_CODES: Final = frozenset([18, 19, 20, 21, 45, 46, 47])
_LITERAL: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_DAY: Final = 86_400
_CUT_SHORT: Final = 1e9  # numbers from here on are no amounts
_DIGITS_KEPT: Final = 1e15  # doubles, and so spreadsheet programs, keep 15 digits
# Its parts begin with different letters, so no text can be cut in two ways, and a long one that fails does so at once.
_MONEY: Final = re.compile(
    r"(?i)[\s(]*(?:(?:rs\.?|inr|₹|\$|€|£|usd|रु\.?|/-|lakhs?|lacs?|cr\.?|crores?|dr\.?|%|-|\))+(?:\s[\s)]*)?)?"
)
# A unit in words behind a number that the format does not scale, as in `0.00 "lakh"`: the number counts these.
_UNIT: Final = re.compile(r'(?i)[0#?][\s\\"]{1,4}(lakhs?|lacs?|crores?|cr)\b[.\s"]{0,3}$')
_ZONE: Final = re.compile(r"(?:Z|[+-][0-9]{2}:?[0-9]{2})$")
_EPOCH_1900: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a day of a spreadsheet has no zone
_EPOCH_1904: Final = datetime(1904, 1, 1)  # noqa: DTZ001 - a day of a spreadsheet has no zone
_LAST_DAY: Final = 2_958_466.0  # 1 January 10000


def plain(value: float) -> str:
    """A number as people write it: 9876543210, 20922.3; beyond 15 digits as a spreadsheet program shows it."""
    if value.is_integer() and abs(value) < _DIGITS_KEPT:
        return str(int(value))
    if abs(value) >= _DIGITS_KEPT:
        return _shortened(value)
    return f"{value:.15g}" if abs(value) >= 1e-4 else f"{value:f}".rstrip("0").rstrip(".")


def as_date(value: float, epoch_1904: bool) -> str:
    """Days since the epoch as a date and time of day; what is no date of the calendar stays a number."""
    if not 0 <= value < _LAST_DAY:
        return plain(value)
    days, seconds = divmod(round(value * _DAY), _DAY)
    if not epoch_1904 and days == 0:
        return str(timedelta(seconds=seconds)).rjust(8, "0")
    if not epoch_1904 and days < 60:
        days += 1  # 1900 had a 29 February for spreadsheet programs
    moment = (_EPOCH_1904 if epoch_1904 else _EPOCH_1900) + timedelta(days=days, seconds=seconds)
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment.year >= 1000 else plain(value)


def scientific(value: float) -> str:
    """A large number in a format such as `0.00E+00`, which a list gets where a program had cut its numbers short before.

    One that ends in zeros has lost its digits; it is written as it is shown, which no identifier is.
    """
    if not value.is_integer() or abs(value) < _CUT_SHORT or value % 1_000:
        return plain(value)
    return _shortened(value)


def _shortened(value: float) -> str:
    mantissa, _, exponent = f"{value:.11E}".partition("E")
    mantissa = mantissa.rstrip("0")
    return f"{mantissa}0E{exponent}" if mantissa.endswith(".") else f"{mantissa}E{exponent}"


def moment_text(value: str) -> str:
    """A date or moment of ISO 8601 as cells have it. A zone stays where the moment is another day in India."""
    day, _, time = value.replace(" ", "T").partition("T")
    zone = _ZONE.search(time)
    if zone and not time.startswith("00:00:00"):
        return f"{day}T{time}"
    return f"{day} {time[:8] or '00:00:00'}"


def as_time(value: float, epoch_1904: bool) -> str:
    """A time of day; a whole moment where there is a day in it."""
    return as_date(value, epoch_1904) if value >= 1 else str(timedelta(seconds=round(value * _DAY))).rjust(8, "0")


class NumberFormats:
    """The number formats of a workbook: `shows[style]` writes a number of that style, None as a plain one.

    `add` them in the order of the workbook's cell styles.
    """

    def __init__(self, epoch_1904: bool = False) -> None:
        self.epoch_1904 = epoch_1904
        self.codes: dict[int, str] = {}  # the workbook's own formats by number
        self.shows: list[Show | None] = []

    def add(self, number: int) -> None:
        """The next style has this format."""
        self.shows.append(self.of_code(self.codes[number]) if number in self.codes else self._built_in(number))

    def _built_in(self, number: int) -> Show | None:
        if number in _DATE_CODES:
            return self._date
        if number in _SCIENTIFIC_CODES:
            return scientific
        return self._time if number in _TIME_CODES else None

    def of_code(self, code: str) -> Show | None:
        """The writer of a format as people define it; None where the number itself shows as much."""
        kind = _kind(code)
        if kind == "date":
            return self._date
        if kind == "time":
            return self._time
        if unit := _UNIT.search(code.split(";", 1)[0][:255]):
            return lambda value: f"{plain(value)} {unit[1]}"
        return scientific if kind == "scientific" else _identifier(code)

    def text(self, number: str, style: int) -> str:
        """A number as text. Raises ValueError for what is no number."""
        show = self.shows[style] if 0 <= style < len(self.shows) else None
        if show is None and len(number) < 16 and number.isdecimal():
            return number
        return self._written(float(number), show)

    def text_of(self, value: float, style: int) -> str:
        """A number of a binary format as text."""
        return self._written(value, self.shows[style] if 0 <= style < len(self.shows) else None)

    def _written(self, value: float, show: Show | None) -> str:
        if not isfinite(value):
            return ""
        return plain(value) if show is None else show(value)

    def _date(self, value: float) -> str:
        return as_date(value, self.epoch_1904)

    def _time(self, value: float) -> str:
        return as_time(value, self.epoch_1904)


@lru_cache(maxsize=4096)
def _kind(code: str) -> str:
    section = code.split(";", 1)[0][:255]
    elapsed = re.search(r"\[(?:h+|m+|s+)\]", section, re.IGNORECASE) is not None
    letters = set(_LITERAL.sub("", section).casefold().replace("general", ""))
    if "e" in letters and re.search("[0#?][eE][+-]", section):
        return "scientific"
    if letters & set("yd"):
        return "date"
    if elapsed or "h" in letters or "s" in letters:
        return "time"
    return "date" if "m" in letters and not letters & set("0#?") else "number"


@lru_cache(maxsize=4096)
def _identifier(code: str) -> Show | None:
    """The writer of a format that pads whole numbers with zeros or puts words around them, as `"MOT/2026/"0000` does."""
    section = code.split(";", 1)[0][:255]
    parts = re.findall(r'"([^"]*)"|\\(.)|(_.|\*.|\[[^\]]*\])|(.)', section)
    pieces: list[str | None] = []  # literal text, and None for a digit's place
    zeros = 0
    for quoted, escaped, unseen, plain_char in parts:
        if unseen:
            continue
        if plain_char in ("0", "#", "?") and plain_char:
            pieces.append(None)
            zeros += plain_char == "0"
        elif plain_char and plain_char in ".,%eE@*":
            return None
        else:
            pieces.append(quoted or escaped or plain_char)
    places = [at for at, piece in enumerate(pieces) if piece is None]
    if not places or section.casefold() == "general":
        return None
    before = "".join(piece for piece in pieces[: places[0]] if piece)
    behind = "".join(piece for piece in pieces[places[0] :] if piece)
    if zeros < 2 and _MONEY.fullmatch(before) and not re.search("[0-9/]", behind):
        return None

    def show(value: float) -> str:
        if value < 0 or not value.is_integer() or value >= _DIGITS_KEPT:
            return plain(value)
        digits = str(int(value)).rjust(zeros, "0")
        return _fill(pieces, places, digits)

    return show


def _fill(pieces: list[str | None], places: list[int], digits: str) -> str:
    """Digits from the right into their places; the first place takes what is left over."""
    texts = ["" if piece is None else piece for piece in pieces]
    for place in reversed(places[1:]):
        texts[place], digits = digits[-1:], digits[:-1]
    texts[places[0]] = digits
    return "".join(texts)


def shown_if_identifier(number: str, shown: str) -> str:
    """A number that comes with the text it is shown as: that text where it pads with zeros or adds words, else the number."""
    shown = shown.strip()
    if not number.isdecimal() or not shown.endswith(number) or len(number) > 15:
        return number
    before = shown[: -len(number)]
    if not before or (before.strip("0") != "" and _MONEY.fullmatch(before)):
        return number
    return shown
