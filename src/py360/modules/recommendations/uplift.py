"""What the office's work achieved: the difference between a group that got it and one held out, with 95 % intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Final

from py360.modules.recommendations.views import IntervalView

FEWEST: Final = 30  # of each group: below, nothing is said
FEWEST_SUCCEEDED: Final = 5  # of each group: below, nothing is said of rupees, whose interval would be too narrow
_Z: Final = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Group:
    """How many are in a group and how many of them succeeded (renewed, bought); the INR of each, nothing without success."""

    held_out: bool = False
    size: int = 0
    succeeded: int = 0
    amount: float = 0
    amount_variance: float = 0

    @property
    def rate(self) -> float | None:
        """The share that succeeded; None of an empty group."""
        return round(self.succeeded / self.size, 4) if self.size else None

    @property
    def total(self) -> float:
        """INR of all together."""
        return round(self.amount * self.size, 2)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The two groups, and what the first has more than the other; None while they are too few to say."""

    treated: Group
    held_out: Group
    rates: IntervalView | None
    amounts: IntervalView | None


def compare(groups: Sequence[Group]) -> Comparison:
    """Those that got what is measured against those held out; a group that is missing has nobody."""
    treated = next((group for group in groups if not group.held_out), Group())
    held_out = next((group for group in groups if group.held_out), Group(held_out=True))
    enough = min(treated.size, held_out.size) >= FEWEST
    succeeded = min(treated.succeeded, held_out.succeeded) >= FEWEST_SUCCEEDED
    return Comparison(
        treated,
        held_out,
        difference_of_rates(treated, held_out) if enough else None,
        difference_of_amounts(treated, held_out) if enough and succeeded else None,
    )


def difference_of_rates(one: Group, other: Group) -> IntervalView:
    """The difference of two shares with Newcombe's interval (Statistics in Medicine 17, 1998, method 10)."""
    rate, low, high = _wilson(one)
    rate_other, low_other, high_other = _wilson(other)
    difference = rate - rate_other
    return {
        "value": round(difference, 4),
        "low": round(difference - sqrt((rate - low) ** 2 + (high_other - rate_other) ** 2), 4),
        "high": round(difference + sqrt((high - rate) ** 2 + (rate_other - low_other) ** 2), 4),
    }


def _wilson(group: Group) -> tuple[float, float, float]:
    rate, size = group.succeeded / group.size, group.size
    centre = (rate + _Z**2 / (2 * size)) / (1 + _Z**2 / size)
    half = _Z / (1 + _Z**2 / size) * sqrt(rate * (1 - rate) / size + _Z**2 / (4 * size**2))
    return rate, centre - half, centre + half


def difference_of_amounts(one: Group, other: Group) -> IntervalView:
    """Rupees that `one` brought more than it would have at the other's average, in total."""
    difference = (one.amount - other.amount) * one.size
    error = _Z * sqrt(one.amount_variance / one.size + other.amount_variance / other.size) * one.size
    return {"value": round(difference, 2), "low": round(difference - error, 2), "high": round(difference + error, 2)}
