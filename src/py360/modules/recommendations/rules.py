"""The rules: which policies suit a customer, how risky their life is, and what stands out (domain reference, 9.2 to 9.4)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal, Protocol

from py360.modules.customers.api import Needs

Priority = Literal["Critical", "High", "Medium", "Low"]
ORDER: Final = ("Critical", "High", "Medium", "Low")
_MUCH_INCOME: Final = Decimal(10_00_000)
# What a held policy is called, by the kind that a rule asks for: a piece of it is enough, but a car is none of health care.
_CALLED: Final = {
    "critical illness": ("critical illness",),
    "health": ("health", "mediclaim", "medical"),
    "vehicle": ("vehicle", "motor", " car ", "two wheeler", "auto"),
    "home": ("home", "property", "householder"),
    "term life": ("term",),
    "child": ("child",),
}


# By the rule that recommends it: what a policy is called that was bought then.
BOUGHT: Final = {
    "critical_illness": _CALLED["critical illness"],
    "family_health": _CALLED["health"],
    "vehicle": _CALLED["vehicle"],
    "home": _CALLED["home"],
    "term_life": _CALLED["term life"],
    "child_education": _CALLED["child"],
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A policy that suits; coverage and yearly premium in INR."""

    rule: str
    type: str
    priority: Priority
    reason: str
    suggested_coverage: Decimal
    estimated_premium: Decimal


@dataclass(frozen=True, slots=True)
class Factor:
    """Points that something takes off a customer's score."""

    name: str
    points: int
    reason: str


@dataclass(frozen=True, slots=True)
class Risk:
    """The score, 0 to 100, with what took points off; 70 and more is safe, below 40 high."""

    category: Literal["safe", "medium", "high"]
    score: int
    factors: list[Factor]


def _has(needs: Needs, kind: str) -> bool:
    """Whether a policy of this kind is held, here or with another insurer."""
    held = [f" {each.lower()} " for each in needs.held]
    return any(word in each for each in held for word in _CALLED[kind])


def _paise(amount: Decimal) -> Decimal:
    """An amount in INR, rounded to paise."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _critical_illness(needs: Needs) -> Suggestion | None:
    if needs.income is None or needs.income <= _MUCH_INCOME or _has(needs, "critical illness"):
        return None
    reason = "The income is above ₹10 lakh, and no policy pays when a critical illness takes it away."
    return Suggestion(
        "critical_illness",
        "Critical Illness Insurance",
        "High",
        reason,
        needs.income * 5,
        _paise(needs.income * Decimal("0.015")),
    )


def _health(needs: Needs) -> Suggestion | None:
    inherited = sorted(needs.illnesses & {"diabetes", "hypertension"})
    if not inherited or _has(needs, "health"):
        return None
    reason = f"There is {' and '.join(inherited)} in the family, and no health policy."
    return Suggestion(
        "family_health", "Comprehensive Health Insurance", "Critical", reason, Decimal(10_00_000), Decimal(35_000)
    )


def _motor(needs: Needs) -> Suggestion | None:
    if not needs.vehicles or _has(needs, "vehicle"):
        return None
    count = f"{needs.vehicles} vehicles are" if needs.vehicles > 1 else "A vehicle is"
    return Suggestion(
        "vehicle", "Motor Insurance", "High", f"{count} not insured.", needs.vehicle_value, Decimal(15_000)
    )


def _home(needs: Needs) -> Suggestion | None:
    if not needs.owns_residence or _has(needs, "home"):
        return None
    coverage = Decimal(needs.built_up_area * 3_000)
    return Suggestion(
        "home", "Home Insurance", "Medium", "The customer's own home is not insured.", coverage, Decimal(8_000)
    )


def _term_life(needs: Needs) -> Suggestion | None:
    avoids_ulip = any("ulip" in each.lower() for each in needs.avoided)
    if (
        needs.income is None
        or (needs.category, needs.horizon) != ("safe", "long_term")
        or not avoids_ulip
        or _has(needs, "term life")
    ):
        return None
    reason = "The customer plans for the long term, safely, and wants no ULIP."
    return Suggestion(
        "term_life", "Term Life Insurance", "High", reason, needs.income * 10, _paise(needs.income * Decimal("0.008"))
    )


def _child(needs: Needs) -> Suggestion | None:
    if not needs.dependents or needs.age is None or needs.age >= 40 or _has(needs, "child"):
        return None
    reason = f"The customer is {needs.age} and has {needs.dependents} dependents, without a plan for their education."
    return Suggestion("child_education", "Child Education Plan", "Medium", reason, Decimal(20_00_000), Decimal(50_000))


_RULES: Final[tuple[Callable[[Needs], Suggestion | None], ...]] = (
    _critical_illness,
    _health,
    _motor,
    _home,
    _term_life,
    _child,
)


def suggestions(needs: Needs, limit: int, declined: Iterable[str] = ()) -> list[Suggestion]:
    """The most important policies that suit, at most `limit`.

    Left out: what the customer avoids or declined, what is above the budget, and what is beyond the number of policies that
    suits them.
    """
    found = [each for rule in _RULES if (each := rule(needs))]
    fitting = [each for each in found if each.rule not in set(declined) and _fits(needs, each)]
    room = limit if needs.available_capacity is None else min(limit, needs.available_capacity)
    return sorted(fitting, key=lambda each: ORDER.index(each.priority))[: max(room, 0)]


def _fits(needs: Needs, each: Suggestion) -> bool:
    avoided = any(word.lower() in each.type.lower() for word in needs.avoided if word.strip())
    too_dear = needs.max_budget is not None and each.estimated_premium > needs.max_budget
    return not (avoided or too_dear)


class Life(Protocol):
    """What takes points off, of a customer's needs or of a profile that was entered."""

    @property
    def previous_claims(self) -> int:
        """How many claims were made before."""
        ...

    @property
    def health(self) -> str:
        """none, minor or major."""
        ...

    @property
    def driving_record(self) -> str:
        """In words; empty and `clean` are fine."""
        ...

    @property
    def lifestyle(self) -> str:
        """sedentary, moderate or active."""
        ...

    @property
    def area_rating(self) -> str:
        """good, average or low."""
        ...

    @property
    def illnesses(self) -> frozenset[str]:
        """Those in the family."""
        ...


@dataclass(frozen=True, slots=True)
class StatedLife:
    """The same, as it was entered."""

    previous_claims: int
    health: str
    driving_record: str
    lifestyle: str
    area_rating: str
    illnesses: frozenset[str]


def risk(life: Life) -> Risk:
    """The risk by the points of 9.4."""
    factors = [factor for factor in _factors(life) if factor.points]
    score = max(0, 100 - sum(factor.points for factor in factors))
    return Risk("safe" if score >= 70 else "medium" if score >= 40 else "high", score, factors)


def _factors(needs: Life) -> list[Factor]:
    clean = needs.driving_record.lower() in ("", "clean", "good", "none", "no violations")
    return [
        Factor("previousClaims", min(needs.previous_claims * 10, 30), f"{needs.previous_claims} earlier claims"),
        Factor(
            "healthConditions", {"minor": 10, "major": 25}.get(needs.health, 0), f"{needs.health} health conditions"
        ),
        Factor("drivingRecord", 0 if clean else 15, f"driving record: {needs.driving_record}"),
        Factor("lifestyle", 5 if needs.lifestyle == "sedentary" else 0, "a sedentary life"),
        Factor(
            "areaRating", {"low": 10, "average": 5}.get(needs.area_rating, 0), f"the area is rated {needs.area_rating}"
        ),
        Factor(
            "familyHistory", min(len(needs.illnesses) * 5, 15), f"in the family: {', '.join(sorted(needs.illnesses))}"
        ),
    ]


@dataclass(frozen=True, slots=True)
class Activity:
    """What happened with a customer, counted."""

    claims: int
    renewals: int
    messages: int
    payments: int


@dataclass(frozen=True, slots=True)
class Insight:
    """What stands out (9.2)."""

    claim_likelihood: Literal["High", "Moderate", "Low"]
    customer_profile: Literal["Excellent", "Good", "Average"]
    observations: list[str]


def insight(needs: Needs, activity: Activity, today: date) -> Insight:
    """What stands out of a customer's history."""
    tenure = int((today - needs.held_since).days / 365.25) if needs.held_since else 0
    claims = activity.claims
    excellent = tenure > 5 and needs.own_policies >= 2 and claims <= 1
    good = tenure >= 2 and claims < 3
    held = f"{needs.own_policies} {'policy' if needs.own_policies == 1 else 'policies'}"
    return Insight(
        "High" if claims > 2 else "Moderate" if claims else "Low",
        "Excellent" if excellent else "Good" if good else "Average",
        [
            f"With us for {tenure} years, with {held}." if tenure else f"A new customer, with {held}.",
            f"{claims} claim{'s' * (claims > 1)} so far." if claims else "No claims so far.",
            f"Renewed {activity.renewals} times." if activity.renewals else "Nothing renewed with us yet.",
            f"{activity.messages} messages were sent." if activity.messages else "No messages were sent yet.",
            f"{activity.payments} payments were received." if activity.payments else "No payments were received yet.",
        ],
    )
