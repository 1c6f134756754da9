"""Sums of the roll-ups, grouped."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from functools import reduce
from typing import Final

from py360.kit.caller import Caller
from py360.kit.reads import Reads
from py360.modules.analytics.columns import MEASURES, listed
from py360.modules.analytics.filters import Period, Scope
from py360.modules.analytics.queries.cells import Kind, Source, source

_SUMS: Final = listed(MEASURES, "coalesce(sum({0}), 0) as {0}")
LONGEST_BY_DAY: Final = 31
ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Figures:
    """The measures of one group; money in INR. `days`: from the due date to the payment, added up."""

    key: str = ""
    part: str = ""
    cases: int = 0
    amount: Decimal = ZERO
    pending: Decimal = ZERO
    collected: Decimal = ZERO
    reached: int = 0
    engaged: int = 0
    paid: int = 0
    days: int = 0
    calls: int = 0
    email_sent: int = 0
    email_delivered: int = 0
    email_cost: Decimal = ZERO
    sms_sent: int = 0
    sms_delivered: int = 0
    sms_cost: Decimal = ZERO
    whatsapp_sent: int = 0
    whatsapp_delivered: int = 0
    whatsapp_cost: Decimal = ZERO
    call_sent: int = 0
    call_delivered: int = 0
    call_cost: Decimal = ZERO

    @property
    def cost(self) -> Decimal:
        """What the messages cost."""
        return self.email_cost + self.sms_cost + self.whatsapp_cost + self.call_cost


_MEASURED: Final = tuple(each.name for each in fields(Figures) if each.name not in ("key", "part"))


def total(figures: Iterable[Figures], key: str = "", part: str = "") -> Figures:
    """These together."""

    def add(one: Figures, other: Figures) -> Figures:
        sums = {name: getattr(one, name) + getattr(other, name) for name in _MEASURED}
        return Figures(key, part, **sums)

    return reduce(add, figures, Figures(key, part))


def grouped(figures: Iterable[Figures], of: Callable[[Figures], str]) -> dict[str, Figures]:
    """Added up by what `of` says of each, in the order in which it first says it."""
    groups: dict[str, list[Figures]] = {}
    for each in figures:
        groups.setdefault(of(each), []).append(each)
    return {key: total(members, key) for key, members in groups.items()}


async def figures(reads: Reads, found: Source, key: str = "''", part: str = "''") -> list[Figures]:
    """The sums by up to two columns (or SQL expressions) of the roll-ups; groups without a case are left out."""
    return await reads.fetch_all(
        Figures,
        f"select ({key})::text as key, ({part})::text as part, {_SUMS} from {found.sql} group by 1, 2 having sum(cases) <> 0",
        found.params,
    )


async def figures_of(
    reads: Reads, caller: Caller, scope: Scope, kind: Kind, key: str = "''", part: str = "''"
) -> list[Figures]:
    """The sums of a kind of facts for these filters, within the caller's reach."""
    return await figures(reads, source(caller, scope, kind), key, part)


def by_day(period: Period) -> bool:
    """Whether a series over the period has a bucket for each day; else one for each month."""
    return period.days <= LONGEST_BY_DAY


async def series(reads: Reads, caller: Caller, scope: Scope, kind: Kind, part: str = "status") -> list[Figures]:
    """The sums by hour (of a day), day or month; `key` is `0` to `23`, or the first day of the bucket."""
    if scope.period.word == "day":
        return await figures(reads, source(caller, scope, kind, facts=True), "hour", part)
    if by_day(scope.period):
        return await figures(reads, source(caller, scope, kind, by_day=True), "day", part)
    return await figures(reads, source(caller, scope, kind), "date_trunc('month', day::timestamp)::date", part)


def buckets(period: Period, found: Iterable[str]) -> list[tuple[str, str]]:
    """The buckets of a period in order, each with its key and its name: `9:00`, `Mon`, `Day 12`, `2026-11-24` or `Nov 2026`.

    A period without bounds begins with the first bucket `found`.
    """
    if period.word == "day":
        return [(str(hour), f"{hour}:00") for hour in range(24)]
    if by_day(period):
        days = [date.fromordinal(period.first.toordinal() + n) for n in range(period.days)]
        return [(day.isoformat(), _name(day, period.word)) for day in days]
    first, last = period.first.replace(day=1), period.last
    if period.word == "all":
        first = min((date.fromisoformat(key) for key in found), default=last.replace(day=1))
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    starts = [date(number // 12, number % 12 + 1, 1) for number in months]
    return [(month.isoformat(), f"{month:%b %Y}") for month in starts]


def _name(day: date, word: str) -> str:
    if word == "week":
        return f"{day:%a}"
    return f"Day {day.day}" if word == "month" else day.isoformat()


def percent(part: Decimal | int, whole: Decimal | int) -> float:
    """One decimal; 0 when the whole is 0."""
    return round(100 * float(part) / float(whole), 1) if whole else 0.0
