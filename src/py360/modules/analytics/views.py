"""What the dashboard's routes answer."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

Money = Annotated[Decimal, Field(strict=False, description="INR")]

# `from` is a word of the language.
PeriodView = TypedDict(
    "PeriodView",
    {"dateRange": str, "from": Annotated[date | None, Field(strict=False)], "to": Annotated[date, Field(strict=False)]},
)


class KeyFigures(TypedDict):
    """The seven figures, in the order of the cards."""

    totalCases: int
    inProgress: int
    renewed: int
    pendingAction: Annotated[int, Field(description="Pending, follow-up and on hold")]
    errors: Annotated[int, Field(description="Failed cases")]
    paymentCollected: Money
    paymentPending: Money


class PreviousView(KeyFigures):
    """The figures of the period before."""

    period: PeriodView


class DrillDown(TypedDict):
    """The case lists behind the figures, below `/api`."""

    totalCases: str
    inProgress: str
    renewed: str
    pendingAction: str
    errors: str
    paymentPending: str


class StatsView(KeyFigures):
    """The figures of a period, and of the one before; all days have none before."""

    period: PeriodView
    previous: PreviousView | None
    cases: DrillDown


class TrendView(TypedDict):
    """One bucket."""

    name: str
    newCases: int
    renewals: int
    successRate: float
