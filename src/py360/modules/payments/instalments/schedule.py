"""The arithmetic of a plan: due dates and amounts, pure."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Final, Literal

from py360.kit.money import CENT

Frequency = Literal["monthly", "quarterly", "half_yearly", "annual"]
MONTHS: Final = {"monthly": 1, "quarterly": 3, "half_yearly": 6, "annual": 12}


@dataclass(frozen=True, slots=True)
class Planned:
    """An instalment to be written."""

    period: str
    amount: Decimal
    due_date: date


def schedule(total: Decimal, frequency: Frequency, start: date, amounts: Sequence[Decimal]) -> list[Planned]:
    """One instalment per amount, the first due on `start`; their sum is the total."""
    assert sum(amounts) == total
    days = [_months_later(start, MONTHS[frequency] * number) for number in range(len(amounts))]
    return [Planned(period(frequency, day), amount, day) for amount, day in zip(amounts, days, strict=True)]


def split(total: Decimal, parts: int) -> list[Decimal]:
    """Equal parts in paise; the last has the paise that do not divide."""
    part = (total / parts).quantize(CENT, ROUND_DOWN)
    return [part] * (parts - 1) + [total - part * (parts - 1)]


def period(frequency: Frequency, day: date) -> str:
    """As section 8 writes it: `March 2024`, `Q1 2024 (Jan-Mar)`, and alike `H1 2024 (Jan-Jun)`, `2024`."""
    if frequency == "monthly":
        return f"{day:%B %Y}"
    if frequency == "annual":
        return f"{day.year}"
    months = MONTHS[frequency]
    number = (day.month - 1) // months
    first, last = (calendar.month_abbr[number * months + at] for at in (1, months))
    return f"{'Q' if frequency == 'quarterly' else 'H'}{number + 1} {day.year} ({first}-{last})"


def _months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
