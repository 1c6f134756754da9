"""The period that charges are asked for: a month, or a range of days in India."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from py360.kit.clock import day_begins, day_ends
from py360.kit.errors import Invalid

LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last, both included."""

    first: date
    last: date

    @property
    def begins(self) -> datetime:
        """Midnight in India at its beginning."""
        return day_begins(self.first)

    @property
    def ends(self) -> datetime:
        """Midnight in India at its end."""
        return day_ends(self.last)


def period(today: date, month: int | None, year: int | None, since: date | None, until: date | None) -> Period:
    """The month (0 to 11, as the screens count) of a year, or a range; this month when nothing is asked.

    Raises Invalid for half a range, one that ends before it begins, or is longer than a year.
    """
    if since is None and until is None:
        first = date(year or today.year, (today.month if month is None else month + 1), 1)
        return Period(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))
    if since is None or until is None:
        field = "from" if since is None else "to"
        raise _refused(field, "A range has a first and a last day.")
    if until < since:
        raise _refused("to", "The range ends before it begins.")
    if (until - since).days >= LONGEST_DAYS:
        raise _refused("to", f"A range has at most {LONGEST_DAYS} days.")
    return Period(since, until)


def _refused(field: str, message: str) -> Invalid:
    return Invalid(message, code="period", details=[{"field": field, "message": message}])
