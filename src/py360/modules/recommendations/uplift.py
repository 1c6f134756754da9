"""What calling achieved: the difference between cases on the call list and cases held out, with 95 % intervals."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import ClassVar, Final

from py360.modules.recommendations.views import GroupView, IntervalView

_Z: Final = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Group:
    """Cases that ended; amounts of renewed premium per case in INR, nothing for one that lapsed."""

    FEWEST: ClassVar[int] = 30

    held_out: bool = False
    cases: int = 0
    renewed: int = 0
    amount: float = 0
    amount_variance: float = 0

    def to_public(self) -> GroupView:
        """The group of the wire."""
        return {
            "cases": self.cases,
            "renewed": self.renewed,
            "renewalRate": round(self.renewed / self.cases, 4) if self.cases else None,
            "renewedAmount": round(self.amount * self.cases, 2),
        }


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
    rate, cases = group.renewed / group.cases, group.cases
    centre = (rate + _Z**2 / (2 * cases)) / (1 + _Z**2 / cases)
    half = _Z / (1 + _Z**2 / cases) * sqrt(rate * (1 - rate) / cases + _Z**2 / (4 * cases**2))
    return rate, centre - half, centre + half


def difference_of_amounts(one: Group, other: Group) -> IntervalView:
    """Rupees that the cases of `one` brought more than they would have at the other's average, in total."""
    difference = (one.amount - other.amount) * one.cases
    error = _Z * sqrt(one.amount_variance / one.cases + other.amount_variance / other.cases) * one.cases
    return {"value": round(difference, 2), "low": round(difference - error, 2), "high": round(difference + error, 2)}
