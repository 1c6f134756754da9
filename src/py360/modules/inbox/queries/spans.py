"""The days that figures are counted over, shares of them, and their change."""

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Span:
    """Which mails are counted: days of India, both included."""

    first: date
    last: date
    category: str | None = None
    status: str | None = None

    @property
    def days(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    def before(self) -> "Span":
        """The span before, as long."""
        return Span(self.first - timedelta(days=self.days), self.first - timedelta(days=1), self.category, self.status)


def percent(part: int, whole: int) -> float:
    """A share in percent, one decimal; 0 of nothing."""
    return round(100 * part / whole, 1) if whole else 0.0


def change(now: float | None, before: float | None) -> float | None:
    """In percent of what was in the span before, which is as long; none where that was nothing."""
    if now is None or not before:
        return None
    return round(100 * (now - before) / before, 1)
