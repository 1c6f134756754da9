"""The insurer's own renewal list, where it stands beside the checkout; else one of ours."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from py360.kit.clock import SystemClock
from py360.samples import portfolio

NAME: Final = "direct_motor_renewals.xlsx"
PORTFOLIO: Final = Path(__file__).parents[3] / "shared" / "data" / NAME
OUR_ROWS: Final = 2_000


@dataclass(frozen=True, slots=True)
class RenewalList:
    """A policy file, how many rows it has, why some fail, and a day on which some hundred of its policies fall due."""

    path: Path
    rows: int
    failures: dict[str, int]
    due: date

    @property
    def failed(self) -> int:
        """How many rows fail."""
        return sum(self.failures.values())


def renewal_list(folder: Path) -> RenewalList:
    """The insurer's file, else one that is written into the folder."""
    if PORTFOLIO.exists():
        failures = {
            "expiry_before_start": 73, "premium_not_a_number": 61, "policy_number_repeated": 52, "no_valid_contact": 42,
        }  # fmt: skip
        return RenewalList(PORTFOLIO, 23_060, failures, date(2027, 2, 24))
    today = SystemClock().today()
    sample = portfolio.write(folder / NAME, 360, OUR_ROWS, today)
    return RenewalList(sample.path, sample.rows, sample.bad, today + timedelta(days=20))
