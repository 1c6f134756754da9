"""What a metric comes to: its value in each group, within the reach of the user who looks."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from py360.kit.caller import Caller
from py360.kit.errors import Invalid
from py360.kit.reads import Reads
from py360.modules.analytics.charts.cases import NOT_GIVEN
from py360.modules.analytics.charts.money import FREQUENCIES, MODES
from py360.modules.analytics.filters import Scope
from py360.modules.analytics.links import NO_CHANNEL, case_list
from py360.modules.analytics.metrics import catalogue
from py360.modules.analytics.metrics.catalogue import GROUPINGS, Number
from py360.modules.analytics.queries.cells import check, source
from py360.modules.analytics.queries.figures import Figures, figures
from py360.modules.cases import api as cases

MAX_DAYS: Final = 366
MAX_GROUPS: Final = 500
# How the case list calls a grouping.
_FILTERS: Final = {
    "policyType": "policyType", "status": "status", "place": "teamId", "batch": "batchId", "agent": "agent",
}  # fmt: skip
_NAMES: Final = {
    "place": "select id, name from organization_public_node where id = any(%(ids)s)",
    "batch": "select id, batch_code as name from uploads_public_batch where id = any(%(ids)s)",
    "agent": "select id, name from identity_public_users where id = any(%(ids)s)",
}


@dataclass(frozen=True, slots=True)
class Point:
    """A group and the metric's value in it; null where there is nothing to divide by."""

    key: str
    name: str
    value: Number
    cases: str = ""  # the address of the list of its cases (of a place with those below it); empty where there is none


@dataclass(frozen=True, slots=True)
class _Name:
    id: int
    name: str


async def points(reads: Reads, caller: Caller, measure: str, grouping: str, scope: Scope) -> list[Point]:
    """The values, in time's order or the highest first. Raises Invalid for more than a year of days, or too many groups."""
    catalogue.check(measure, grouping)
    measured, grouped = catalogue.measure(measure), catalogue.grouping(grouping)
    by_day = grouped is GROUPINGS["day"]
    if by_day and scope.period.days > MAX_DAYS:
        raise Invalid(
            f"A metric by day covers {MAX_DAYS} days at most. Choose a shorter period, or group by month.",
            code="range_too_long",
            details=[{"field": "grouping", "message": "month, or a shorter dateRange"}],
        )
    await check(reads, caller, scope)
    found = source(caller, scope, measured.kind, by_day=by_day, facts=grouped.of_facts)
    parts: dict[str, list[Figures]] = {}
    for each in await figures(reads, found, grouped.key, measured.parts):
        parts.setdefault(each.key, []).append(each)
    if len(parts) > MAX_GROUPS:
        raise Invalid(
            f"That makes {len(parts)} groups; a metric has {MAX_GROUPS} at most. Narrow it by a filter.",
            code="too_many_groups",
            details=[{"field": "grouping", "message": "another one, or narrower filters"}],
        )
    names = await _names(reads, grouping, list(parts))
    if grouping == "none":
        whole = measured.value(next(iter(parts.values()), []))
        return [Point("", measured.title, whole, case_list(scope) if measured.kind == "opened" else "")]
    values = [
        Point(key, name, measured.value(each), _cases(scope, grouping, key, name) if measured.kind == "opened" else "")
        for key, each in parts.items()
        for name in [names.get(key, NOT_GIVEN)]
    ]
    return sorted(values, key=_in_time if grouped.by_time else _highest_first)


def _cases(scope: Scope, grouping: str, key: str, name: str) -> str:
    """The case list of a group of cases by the day they were uploaded."""
    if grouping == "day":
        return case_list(scope, dateFrom=key, dateTo=key)
    if grouping == "month":
        first = date.fromisoformat(key)
        last = first.replace(day=monthrange(first.year, first.month)[1])
        if scope.period.word != "all":
            first, last = max(first, scope.period.first), min(last, scope.period.last)
        return case_list(scope, dateFrom=first.isoformat(), dateTo=last.isoformat())
    if grouping == "channel":
        return case_list(scope, channel=key or NO_CHANNEL)
    if grouping not in _FILTERS or key in ("", "0"):  # what has no value has no filter
        return ""
    return case_list(scope, **{_FILTERS[grouping]: name if grouping == "batch" else key})


def _in_time(point: Point) -> tuple[float, str]:
    return 0.0, point.key


def _highest_first(point: Point) -> tuple[float, str]:
    return -float(point.value or 0), point.name


async def _names(reads: Reads, grouping: str, keys: Sequence[str]) -> dict[str, str]:
    """What the groups are called."""
    if grouping in _NAMES:
        ids = [int(key) for key in keys]
        return {str(each.id): each.name for each in await reads.fetch_all(_Name, _NAMES[grouping], {"ids": ids})}
    known = {"status": cases.LABELS, "frequency": FREQUENCIES, "method": MODES}.get(grouping, {})
    if grouping == "policyType":
        return {key: key.title() for key in keys}
    if grouping == "month":
        return {key: key[:7] for key in keys}
    return {key: known.get(key, key or NOT_GIVEN) for key in keys}
