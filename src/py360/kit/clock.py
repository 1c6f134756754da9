"""Time, injected: nobody reads the machine's clock directly."""

from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

INDIA = ZoneInfo("Asia/Kolkata")


class Clock(Protocol):
    """What the house asks of a clock."""

    def now(self) -> datetime:
        """The moment, aware, in UTC."""
        ...

    def today(self) -> date:
        """The date in India, where policies fall due."""
        ...


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
