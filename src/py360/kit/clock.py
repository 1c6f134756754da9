"""Time, injected: no other code reads the machine's clock."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

INDIA = ZoneInfo("Asia/Kolkata")


class Clock(Protocol):
    """What is required of a clock."""

    def now(self) -> datetime:
        """The moment, aware, in UTC."""
        ...

    def today(self) -> date:
        """The date in India, where policies fall due."""
        ...


def day_begins(day: date) -> datetime:
    """Midnight in India at the beginning of a day."""
    return datetime.combine(day, time.min, INDIA)


def day_ends(day: date) -> datetime:
    """Midnight in India at the end of a day; of the last day there is, its last moment."""
    return day_begins(day + timedelta(days=1)) if day < date.max else datetime.combine(day, time.max, INDIA)


def version_of(changed: datetime) -> int:
    """The version of a record that keeps only the moment of its last change: for ETag and If-Match."""
    return int(changed.timestamp() * 1_000_000)


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The moment, aware, in UTC."""
        return datetime.now(UTC)

    def today(self) -> date:
        """The date in India, where policies fall due."""
        return self.now().astimezone(INDIA).date()


class FixedClock(SystemClock):
    """A clock that stands still until it is set; for tests and for what-if questions."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        """The moment it was set to."""
        return self.moment
