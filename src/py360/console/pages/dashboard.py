"""The first page of most people: where the renewals stand, as figures, charts, and metrics that users compose."""

import asyncio
from typing import Annotated, Final, TypedDict, cast

from fastapi import Depends, Path, Response

from py360.console.api_client import ApiProblem, Data, Json
from py360.console.listing import Column, Counted, Filter, Listing
from py360.console.navigation import ADMINISTRATORS, text
from py360.console.pages.dashboard_charts import CHARTS, drawn
from py360.console.pages.renewals.cases import POLICY_TYPES
from py360.console.visit import PageRouter, Visit, VisitWith

router = PageRouter()
RANGES: Final = (
    ("day", text("Today")), ("week", text("This week")), ("month", text("This month")), ("quarter", text("This quarter")),
    ("year", text("This financial year")), ("all", text("All days")), ("custom", text("From – to")),
)  # fmt: skip
STATUSES: Final = (
    ("pending", text("Waiting for an action")), ("in_progress", text("In progress")), ("renewed", text("Renewed")),
    ("failed", text("Failed")), ("lapsed", text("Lapsed")), ("cancelled", text("Cancelled")),
)  # fmt: skip
DEFAULT_RANGE: Final = "month"
FILTERS: Final = frozenset({"dateRange", "startDate", "endDate", "policyType", "caseStatus", "teamId", "memberId"})
COMPOSED: Final = frozenset({"measure", "grouping", "chart"})
METRICS: Final = Listing(
    address="/dashboard/metrics",
    path="/dashboard/metrics",
    key="metrics",
    title=text("Metrics"),
    lead=text("Figures that you and your colleagues composed. Everybody sees them within their own reach."),
    icon="dashboard",
    sort="name",
    nothing=text("No metrics yet"),
    nothing_text=text("Choose what to measure and how to group it, keep it under a name, and share it."),
    filters=(Filter("search", text("Search"), "search"),),
    columns=(
        Column("name", text("Metric"), link="/dashboard/metrics/{id}", sort="name", under="description", lead=True),
        Column("measureTitle", text("Measure"), "translated"),
        Column("groupingTitle", text("Grouped by"), "translated"),
        Column("isShared", text("Shared"), "yes"),
        Column("owner", text("Owner")),
        Column("updatedAt", text("Changed"), "moment"),
    ),
)


class Teams(TypedDict):
    """The places that a caller can narrow to."""

    teams: list[Data]


class Preferences(TypedDict):
    """What of the caller's own settings the page reads."""

    showTour: bool


class Kept(TypedDict):
    """The caller's own settings."""

    settings: Preferences


class PeriodFigures(TypedDict):
    """The figures of a period that are compared with those of the period before."""

    totalCases: int
    renewed: int
    paymentCollected: float


class DashboardFigures(PeriodFigures):
    """The figures of a period; the page reads the others by name."""

    previous: PeriodFigures | None


class TrendRow(TypedDict):
    """New cases and renewals of a day, week or month."""

    name: str
    newCases: int
    renewals: int


class ChartRows(TypedDict):
    """A chart."""

    title: str
    rows: list[Data]


class Point(TypedDict):
    """A group and its value."""

    key: str
    name: str
    value: float | None
    cases: str | None


class Computed(TypedDict):
    """What a metric comes to."""

    title: str
    unit: str
    grouping: str
    points: list[Point]


def _filters(visit: Visit) -> dict[str, str]:
    """The filters in the address; a month when none says otherwise."""
    chosen = {name: value for name, value in visit.query.items() if name in FILTERS}
    chosen.setdefault("dateRange", DEFAULT_RANGE)
    if chosen["dateRange"] != "custom":
        chosen = {name: value for name, value in chosen.items() if name not in ("startDate", "endDate")}
    return chosen


async def _teams(visit: Visit) -> list[tuple[str, str]]:
    found = await visit.api.get(Teams, "/teams", limit=100)
    return [(str(team["id"]), str(team["name"])) for team in found["teams"]]


@router.get("/dashboard")
async def dashboard(visit: Annotated[Visit, Depends(VisitWith("dashboard", query=FILTERS))]) -> Response:
    """The seven figures beside those of the period before, and the trend; the charts are asked for one by one."""
    filters = _filters(visit)
    problem = ""
    try:
        stats, trends = await _figures(visit, filters)
    except ApiProblem as refused:  # filters that do not fit: the page says so above them
        if refused.status not in (404, 422):
            raise
        problem = " ".join([refused.message, *(str(each["message"]) for each in refused.details)])
        filters = {"dateRange": DEFAULT_RANGE}
        stats, trends = await _figures(visit, filters)
    series = {
        "x": [row["name"] for row in trends],
        "lines": [
            {"name": text("New cases"), "values": [row["newCases"] for row in trends]},
            {"name": text("Renewals"), "values": [row["renewals"] for row in trends]},
        ],
    }
    return visit.page(
        "dashboard/index.html",
        stats=stats,
        changes=_changes(stats),
        series=series,
        charts=CHARTS,
        filters=filters,
        ranges=RANGES,
        policy_types=POLICY_TYPES,
        statuses=STATUSES,
        teams=await _teams(visit),
        problem=problem,
        tour=await _tour(visit, stats),
    )


async def _figures(visit: Visit, filters: dict[str, str]) -> tuple[DashboardFigures, list[TrendRow]]:
    return await asyncio.gather(
        visit.api.get(DashboardFigures, "/dashboard/stats", **filters),
        visit.api.get(list[TrendRow], "/dashboard/trends", **filters),
    )


async def _tour(visit: Visit, stats: DashboardFigures) -> dict[str, bool] | None:
    """Which steps of the main job are done; None for those who have closed the tour."""
    kept = await visit.api.get(Kept, "/user/settings")
    if not kept["settings"]["showTour"]:
        return None
    uploads, campaigns = await asyncio.gather(
        _is_any(visit, "upload", "/upload/history"), _is_any(visit, "campaigns", "/campaigns")
    )
    is_administrator = visit.caller is not None and visit.caller.role in ADMINISTRATORS
    return {"uploaded": uploads, "launched": campaigns, "renewed": bool(stats["renewed"]), "sandbox": is_administrator}


async def _is_any(visit: Visit, permission: str, path: str) -> bool:
    """Whether a list that the caller may see has a row."""
    return visit.may(permission) and (await visit.api.get(Counted, path, limit=1))["pagination"]["total"] > 0


def _changes(now: DashboardFigures) -> dict[str, float | None]:
    """By how many percent each figure moved since the period before; None where that had none."""
    before = now["previous"]
    if before is None:
        return {}
    return {
        "totalCases": _moved(now["totalCases"], before["totalCases"]),
        "renewed": _moved(now["renewed"], before["renewed"]),
        "paymentCollected": _moved(now["paymentCollected"], before["paymentCollected"]),
    }


def _moved(now: float, before: float) -> float | None:
    return round(100 * (now - before) / before, 1) if before else None


@router.get("/dashboard/charts/{chart_id}")
async def chart(
    visit: Annotated[Visit, Depends(VisitWith("dashboard", query=FILTERS))],
    chart_id: Annotated[str, Path(max_length=60)],
) -> Response:
    """One chart, as a part of the dashboard."""
    found = await visit.api.get(ChartRows, f"/dashboard/charts/{chart_id}", **_filters(visit))
    rows = found["rows"]
    return visit.page("dashboard/chart.html", chart=drawn(chart_id, rows), title=found["title"], rows=rows)


@router.get("/dashboard/metrics")
async def metrics(visit: Annotated[Visit, Depends(VisitWith("dashboard", query=METRICS.query))]) -> Response:
    """The metrics that the caller sees."""
    return await METRICS.show(visit, "dashboard/metrics.html")


@router.get("/dashboard/metrics/new")
async def compose(visit: Annotated[Visit, Depends(VisitWith("dashboard", query=FILTERS | COMPOSED))]) -> Response:
    """Compose a metric: what it comes to is shown as one chooses."""
    catalogue, teams = await asyncio.gather(visit.api.get(Data, "/dashboard/metrics/catalogue"), _teams(visit))
    chosen = {"measure": "renewalRate", "grouping": "channel", "chart": "bar", **visit.query}
    filters = _filters(visit)
    computed, problem = await _preview(visit, chosen["measure"], chosen["grouping"], filters)
    return visit.page(
        "dashboard/compose.html",
        measures=_choices(catalogue["measures"]),
        groupings=_choices(catalogue["groupings"]),
        teams=teams,
        chosen=chosen,
        filters=filters,
        ranges=RANGES,
        policy_types=POLICY_TYPES,
        statuses=STATUSES,
        computed=computed,
        series=_series(computed) if computed else None,
        problem=problem,
    )


def _choices(entries: Json) -> list[tuple[str, str]]:
    """Entries of the catalogue as pairs of their names and titles."""
    return [(str(each["id"]), str(each["title"])) for each in cast(list[Data], entries)]


async def _preview(visit: Visit, measure: str, grouping: str, filters: dict[str, str]) -> tuple[Computed | None, str]:
    """What it comes to, or why it cannot be computed."""
    body: dict[str, Json] = {"measure": measure, "grouping": grouping, "filters": cast(dict[str, Json], filters)}
    try:
        return await visit.api.post(Computed, "/dashboard/metrics/preview", body), ""
    except ApiProblem as refused:
        if refused.status not in (404, 422):
            raise
        return None, refused.message


@router.get("/dashboard/metrics/{metric_id}")
async def metric(visit: Annotated[Visit, Depends(VisitWith("dashboard"))], metric_id: int) -> Response:
    """A metric: its chart, its values, what it is made of."""
    kept, computed = await asyncio.gather(
        visit.api.get(Data, f"/dashboard/metrics/{metric_id}"),
        visit.api.get(Computed, f"/dashboard/metrics/{metric_id}/data"),
    )
    return visit.page("dashboard/metric.html", metric=kept, computed=computed, series=_series(computed))


def _series(computed: Computed) -> dict[str, object]:
    """The values as charts.js draws them."""
    points = computed["points"]
    by_day = computed["grouping"] == "day"
    return {
        "x": [point["key"] if by_day else point["name"] for point in points],
        "lines": [{"name": computed["title"], "values": [point["value"] for point in points]}],
    }
