"""The period of figures: an Indian financial year unless another is asked for."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Final

from pydantic import ConfigDict, Field

from py360.kit.errors import Invalid
from py360.kit.wire import Day, QuerySchema

APRIL: Final = 4
LONGEST_DAYS: Final = 3_660


@dataclass(frozen=True, slots=True)
class Period:
    """The days of figures, both included."""

    first: date
    last: date

    def before(self) -> "Period":
        """The period of the same length right before."""
        return Period(self.first - (self.last - self.first) - timedelta(days=1), self.first - timedelta(days=1))

    def months(self, by_day: frozenset[date] = frozenset()) -> dict[str, object]:
        """The parameters of the sums: whole months, and the months that are read day by day, by their first days.

        Whole months stand in sums of months; those at the ends of the period, and those of `by_day`, are read by days.
        """
        whole: list[date] = []
        single: list[date] = []
        month = self.first.replace(day=1)
        while month <= self.last:
            following = (month + timedelta(days=32)).replace(day=1)
            is_whole = self.first <= month and following <= self.last + timedelta(days=1)
            (whole if is_whole and month not in by_day else single).append(month)
            month = following
        return {"months": whole, "by_day": single, "first": self.first, "last": self.last}


class PeriodFilter(QuerySchema):
    """From which day to which, in India's calendar; the financial year (April to March) to date when left out."""

    model_config = ConfigDict(frozen=True)

    first: Annotated[Day | None, Field(alias="from", description="The first day")] = None
    last: Annotated[Day | None, Field(alias="to", description="The last day, included")] = None

    def period(self, today: date) -> Period:
        """The days; raises Invalid when they are in the wrong order, or more than ten years."""
        last = self.last or today
        first = self.first or financial_year(min(last, today))
        if first > last:
            raise Invalid(
                "The period ends before it begins.",
                code="dates_reversed",
                details=[{"field": "to", "message": "must not be before from"}],
            )
        if (last - first).days > LONGEST_DAYS:
            raise Invalid(
                "Figures are for ten years at most.",
                code="period_too_long",
                details=[{"field": "from", "message": f"at most {LONGEST_DAYS} days before to"}],
            )
        return Period(first, last)


def financial_year(day: date) -> date:
    """The first of April on the day or before."""
    return date(day.year if day.month >= APRIL else day.year - 1, APRIL, 1)
