"""The dashboard's filters (domain reference, 23): which days, policy types, statuses, team and member."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from py360.kit import ids
from py360.kit.errors import Invalid
from py360.kit.wire import QuerySchema
from py360.modules.cases import api as cases

Text = Annotated[str, StringConstraints(max_length=60)]
RANGES: Final = ("day", "week", "month", "quarter", "year", "custom", "all")
ALL: Final = frozenset({"", "all"})
# What screens call a policy type, and what policies are filed under.
_TYPES: Final[Mapping[str, str]] = {"vehicle": "motor", "business": "commercial"}
POLICY_TYPES: Final = ("motor", "home", "life", "health", "travel", "commercial")
PENDING_ACTION: Final = ("pending", "follow_up", "on_hold")
NOT_RENEWED: Final = frozenset({"failed", "lapsed", "cancelled"})  # statuses of cases that ended without a renewal
FIRST_DAY: Final = date(2000, 1, 1)
MAX_YEARS: Final = 10
APRIL: Final = 4


class Filters(QuerySchema):
    """The filters of the dashboard, as they come in the query or in a body; empty ones narrow nothing."""

    date_range: Text = Field("all", description="day, week, month, quarter, year (from April), custom or all; in India")
    start_date: date | None = Field(None, description="With `custom`: the first day")
    end_date: date | None = Field(None, description="With `custom`: the last day")
    policy_type: Text = Field("all", description="motor (or vehicle), home, life, health, travel, commercial, or all")
    case_status: Text = Field("all", description="A status in any spelling; pending means all that wait; or all")
    team_id: Text = Field("", description="A region, branch or team, with what is below it")
    member_id: Text = Field("", description="An agent's id")


@dataclass(frozen=True, slots=True)
class Period:
    """Days in India, both included; `word` is the range that was asked for."""

    first: date
    last: date
    word: str

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def before(self) -> "Period | None":
        """The period that it is compared with: as long, and just before; the calendar's for whole months and years."""
        if self.word == "all":
            return None
        last = self.first - timedelta(days=1)
        if self.word in ("month", "quarter", "year"):
            return period(self.word, last)
        return Period(last - timedelta(days=self.days - 1), last, self.word)


@dataclass(frozen=True, slots=True)
class Scope:
    """The filters as values: no types or statuses mean all of them."""

    period: Period
    policy_types: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    team_id: int | None = None
    member_id: int | None = None

    def before(self) -> "Scope | None":
        """The same filters for the period before; None for all days."""
        earlier = self.period.before()
        return replace(self, period=earlier) if earlier else None


def period(word: str, day: date) -> Period:
    """The range that a day is in: its day, week from Monday, month, quarter, financial year, or all days there are."""
    if word == "day":
        return Period(day, day, word)
    if word == "week":
        first = day - timedelta(days=day.weekday())
        return Period(first, first + timedelta(days=6), word)
    if word == "month":
        return Period(day.replace(day=1), _month(day, 1) - timedelta(days=1), word)
    if word == "quarter":
        first = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        return Period(first, _month(first, 3) - timedelta(days=1), word)
    if word == "year":
        first = date(day.year if day.month >= APRIL else day.year - 1, APRIL, 1)
        return Period(first, date(first.year + 1, APRIL, 1) - timedelta(days=1), word)
    return Period(FIRST_DAY, day, "all")


def _month(day: date, months: int) -> date:
    """The first day of the month that comes so many months later."""
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def scope_of(filters: Filters, today: date) -> Scope:
    """The filters' values; raises Invalid, naming the field, for what nothing is called."""
    kind = filters.policy_type.strip().lower()
    return Scope(
        _period(filters, today),
        () if kind in ALL else (policy_type(kind),),
        statuses_of(filters.case_status),
        _number("teamId", filters.team_id),
        _number("memberId", filters.member_id),
    )


def _period(filters: Filters, today: date) -> Period:
    word = filters.date_range.strip().lower() or "all"
    if word not in RANGES:
        raise _unknown("dateRange", filters.date_range, RANGES)
    if word != "custom":
        if filters.start_date or filters.end_date:
            raise Invalid(
                "startDate and endDate go with dateRange=custom.",
                code="dates_without_custom",
                details=[{"field": "dateRange", "message": "custom, when the days are given"}],
            )
        return period(word, today)
    if filters.start_date is None or filters.end_date is None:
        field = "startDate" if filters.start_date is None else "endDate"
        raise Invalid(
            "A custom range needs its first and its last day.",
            code="dates_required",
            details=[{"field": field, "message": "required with dateRange=custom"}],
        )
    if filters.end_date < filters.start_date:
        raise Invalid(
            "The last day is before the first one.",
            code="dates_reversed",
            details=[{"field": "endDate", "message": "must not be before startDate"}],
        )
    if (filters.end_date - filters.start_date).days > MAX_YEARS * 366:
        raise Invalid(
            f"A custom range has {MAX_YEARS} years at most.",
            code="range_too_long",
            details=[{"field": "startDate", "message": f"at most {MAX_YEARS} years before endDate"}],
        )
    return Period(filters.start_date, filters.end_date, "custom")


def policy_type(text: str) -> str:
    """What policies of a type are filed under; raises Invalid."""
    code = _TYPES.get(text, text)
    if code not in POLICY_TYPES:
        raise _unknown("policyType", text, (*POLICY_TYPES, "vehicle", "business", "all"))
    return code


def statuses_of(text: str) -> tuple[str, ...]:
    """The statuses that a filter means; several with commas. `pending` is every case that waits for an action."""
    found: list[str] = []
    for word in text.split(","):
        if word.strip().lower() in ALL:
            continue
        try:
            code = cases.status_code(word)
        except Invalid as error:
            details = [{"field": "caseStatus", "message": each["message"]} for each in error.details]
            raise Invalid(error.message, code=error.code, details=details) from error
        found += PENDING_ACTION if code == "pending" else (code,)
    return tuple(dict.fromkeys(found))


def _number(field: str, text: str) -> int | None:
    if text.strip().lower() in ALL:
        return None
    number = ids.bare_number(text.strip())
    if number is None:
        raise Invalid(
            f"“{text}” is not a number.",
            code="unknown_value",
            details=[{"field": field, "message": "a number, or all"}],
        )
    return number


def _unknown(field: str, text: str, known: tuple[str, ...]) -> Invalid:
    return Invalid(
        f"“{text}” is not possible here.",
        code="unknown_value",
        details=[{"field": field, "message": "one of " + ", ".join(known)}],
    )
