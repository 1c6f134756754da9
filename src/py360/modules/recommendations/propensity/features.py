"""What the model knows about a case, taken when the case opens (`sql/take_features.sql`), and how a reason names it.

Gender, name, community and contact details are left out on purpose: nobody is called sooner or later because of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from py360.kit.money import format_inr

Value: TypeAlias = float | str | None
Column: TypeAlias = NDArray[np.float64] | NDArray[np.object_]
Table: TypeAlias = Mapping[str, Column]  # by feature; nan and None are unknown
Effect = Literal["raises", "lowers"]


@dataclass(frozen=True, slots=True)
class Feature:
    """One input. `sentence` says a value in words, as a reason."""

    name: str
    kind: Literal["number", "category"]
    sentence: Callable[[Value], str]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a case is likelier or less likely to lapse than the average one."""

    code: str
    text: str
    effect: Effect


def _number(known: Callable[[float], str], unknown: str) -> Callable[[Value], str]:
    return lambda value: known(float(value)) if value is not None else unknown


def _word(known: Callable[[str], str], unknown: str) -> Callable[[Value], str]:
    return lambda value: known(str(value)) if value is not None else unknown


def _premium(rupees: float) -> str:
    return f"The premium is {format_inr(Decimal(round(rupees))).removesuffix('.00')}"


def _premium_change(change: float) -> str:
    percent = round(change * 100, 1)
    if not percent:
        return "The premium stays the same"
    return f"The premium {'rises' if percent > 0 else 'falls'} by {abs(percent):g} %"


_OFTEN: Final = {1: "once a year", 2: "twice a year", 4: "every quarter", 12: "every month"}


FEATURES: Final = (
    Feature("age", "number", _number(lambda years: f"The customer is {years:.0f} years old", "The customer's age is not known")),
    Feature("premium", "number", _number(_premium, "The premium is not known")),
    Feature("premium_change", "number", _number(_premium_change, "The change of the premium is not known")),
    Feature(
        "payments_per_year", "number",
        _number(lambda times: f"The customer pays {_OFTEN.get(round(times), 'at once')}", "How often the customer pays is not known"),
    ),
    Feature(
        "policies_held", "number",
        _number(lambda held: "The customer has no other policy" if held <= 1 else f"The customer has {held:.0f} policies",
                "How many policies the customer has is not known"),
    ),
    Feature(
        "tenure_years", "number",
        _number(lambda years: "The policy is in its first year" if years < 1 else f"The policy was renewed for {years:.0f} years",
                "How long the policy has been held is not known"),
    ),
    Feature("line", "category", _word(lambda line: f"It is a {line} policy", "The kind of policy is not known")),
    Feature("channel", "category", _word(lambda channel: f"It was sold through {channel}", "The sales channel is not known")),
    Feature("city", "category", _word(lambda city: f"The customer lives in {city}", "The customer's city is not known")),
)  # fmt: skip
BY_NAME: Final = {feature.name: feature for feature in FEATURES}
NAMES: Final = tuple(BY_NAME)


def number_column(values: list[float | None]) -> NDArray[np.float64]:
    """A column of numbers; None is nan."""
    return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)


def word_column(values: list[str | None]) -> NDArray[np.object_]:
    """A column of words; None is unknown."""
    return np.array(values, dtype=object)
