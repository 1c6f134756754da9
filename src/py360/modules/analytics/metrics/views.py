"""What the routes of metrics answer."""

from datetime import datetime

from typing_extensions import TypedDict

from py360.kit.http import Pagination
from py360.modules.analytics.metrics.schemas import StoredFilters
from py360.modules.analytics.views import PeriodView


class MeasureView(TypedDict):
    """A measure of the catalogue."""

    id: str
    title: str
    description: str
    unit: str


class GroupingView(TypedDict):
    """A grouping of the catalogue."""

    id: str
    title: str


class CatalogueView(TypedDict):
    """What a metric can be made of."""

    measures: list[MeasureView]
    groupings: list[GroupingView]
    charts: list[str]
    dateRanges: list[str]
    policyTypes: list[str]


class MetricView(TypedDict):
    """A metric."""

    id: int
    name: str
    description: str
    chart: str
    measure: str
    measureTitle: str
    unit: str
    grouping: str
    groupingTitle: str
    filters: StoredFilters
    isShared: bool
    isOwn: bool
    owner: str
    version: int
    createdAt: datetime
    updatedAt: datetime


class MetricList(TypedDict):
    """A page of metrics."""

    metrics: list[MetricView]
    pagination: Pagination


class MetricSaved(TypedDict):
    """A metric that was saved."""

    metricId: int
    version: int
    message: str


class MetricDeleted(TypedDict):
    """A metric that was deleted."""

    metricId: int
    message: str


class PointView(TypedDict):
    """A group and the value in it; null where there is nothing to divide by. `cases`: the list that has its cases, if any has."""

    key: str
    name: str
    value: float | int | None
    cases: str | None


class MetricDataView(TypedDict):
    """What a metric comes to within the caller's reach."""

    measure: str
    title: str
    unit: str
    grouping: str
    period: PeriodView
    points: list[PointView]
