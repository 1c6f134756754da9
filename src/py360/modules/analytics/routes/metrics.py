"""Metrics that users compose, keep, chart and export."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated, get_args

from fastapi import Path, Response

from py360.kit.caller import Caller
from py360.kit.export import Column, Export, export
from py360.kit.http import (
    Answer,
    AsFile,
    DbReads,
    IfMatch,
    PageParams,
    Res,
    Search,
    Session,
    download,
    etag,
    listed,
    ok,
)
from py360.kit.resources import Resources
from py360.modules.analytics.access import CanSeeDashboard
from py360.modules.analytics.filters import POLICY_TYPES, RANGES, Filters, scope_of
from py360.modules.analytics.metrics import keep
from py360.modules.analytics.metrics.catalogue import GROUPINGS, MEASURES
from py360.modules.analytics.metrics.compute import Point, points
from py360.modules.analytics.metrics.schemas import Definition, Drawn, MetricIn
from py360.modules.analytics.metrics.views import (
    CatalogueView,
    MetricDataView,
    MetricDeleted,
    MetricList,
    MetricSaved,
    MetricView,
)
from py360.modules.analytics.queries.overview import period_view
from py360.modules.analytics.routes.base import router

MetricId = Annotated[int, Path(ge=1, le=2**62)]


@router.get("/dashboard/metrics/catalogue", response_model=Answer[CatalogueView])
async def catalogue(caller: CanSeeDashboard) -> Response:
    """The measures, groupings and charts that a metric can be made of."""
    view: CatalogueView = {
        "measures": [
            {"id": name, "title": each.title, "description": each.description, "unit": each.unit}
            for name, each in MEASURES.items()
        ],
        "groupings": [{"id": name, "title": each.title} for name, each in GROUPINGS.items()],
        "charts": list(get_args(Drawn)),
        "dateRanges": list(RANGES),
        "policyTypes": list(POLICY_TYPES),
    }
    return ok(view)


@router.post("/dashboard/metrics/preview", response_model=Answer[MetricDataView])
async def preview(res: Res, caller: CanSeeDashboard, body: Definition) -> Response:
    """What a metric would come to, without keeping it."""
    return ok(await _data(res, caller, body.measure, body.grouping, body.filters))


@router.get("/dashboard/metrics", response_model=Answer[MetricList])
async def list_metrics(
    reads: DbReads, caller: CanSeeDashboard, page: PageParams, search: Search = None, as_file: AsFile = None
) -> Response:
    """The caller's metrics and those that others of the client share."""
    return await listed(reads, keep.metrics(caller, search, page.sort), page, as_file)


@router.post("/dashboard/metrics", status_code=201, response_model=Answer[MetricSaved])
async def add_metric(session: Session, res: Res, caller: CanSeeDashboard, body: MetricIn) -> Response:
    """Keep a metric."""
    number = await keep.add(session, caller, body, res.clock.today())
    answer = {"metricId": number, "version": 1, "message": f"“{body.name}” is kept."}
    return ok(answer, 201, {"Location": f"/api/dashboard/metrics/{number}"})


@router.get("/dashboard/metrics/{metric_id}", response_model=Answer[MetricView])
async def read_metric(reads: DbReads, caller: CanSeeDashboard, metric_id: MetricId) -> Response:
    """One metric. Its ETag is the version that a change asks for."""
    found = await keep.one(reads, caller, metric_id)
    return ok(found.to_public(), headers=etag(found.version))


@router.put("/dashboard/metrics/{metric_id}", response_model=Answer[MetricSaved])
async def change_metric(
    session: Session, res: Res, caller: CanSeeDashboard, metric_id: MetricId, body: MetricIn, if_match: IfMatch
) -> Response:
    """Change one's own metric."""
    before = await keep.one(res.reads, caller, metric_id)
    version = await keep.change(session, caller, metric_id, body, res.clock.today(), if_match)
    body.as_shown(before.to_public())
    answer = {"metricId": metric_id, "version": version, "message": f"“{body.name}” is saved."}
    return ok(answer, headers=etag(version))


@router.delete("/dashboard/metrics/{metric_id}", response_model=Answer[MetricDeleted])
async def delete_metric(session: Session, caller: CanSeeDashboard, metric_id: MetricId) -> Response:
    """Delete one's own metric."""
    name = await keep.delete(session, caller, metric_id)
    return ok({"metricId": metric_id, "message": f"“{name}” is deleted."})


@router.get("/dashboard/metrics/{metric_id}/data", response_model=Answer[MetricDataView])
async def metric_data(res: Res, caller: CanSeeDashboard, metric_id: MetricId, as_file: AsFile = None) -> Response:
    """What the metric comes to now, within the caller's reach; as a file with `format`."""
    metric = await keep.one(res.reads, caller, metric_id)
    filters = keep.filters_of(metric)
    if not as_file:
        return ok(await _data(res, caller, metric.measure, metric.grouping, filters))
    found = await points(res.reads, caller, metric.measure, metric.grouping, scope_of(filters, res.clock.today()))
    headings = (GROUPINGS[metric.grouping].title, MEASURES[metric.measure].title)
    return await download(_file(f"metric_{metric_id}", as_file, headings, found))


async def _data(res: Resources, caller: Caller, measure: str, grouping: str, filters: Filters) -> MetricDataView:
    scope = scope_of(filters, res.clock.today())
    found = await points(res.reads, caller, measure, grouping, scope)
    return {
        "measure": measure,
        "title": MEASURES[measure].title,
        "unit": MEASURES[measure].unit,
        "grouping": grouping,
        "period": period_view(scope.period),
        "points": [
            {
                "key": point.key,
                "name": point.name,
                "value": float(point.value) if point.value is not None else None,
                "cases": point.cases or None,
            }
            for point in found
        ],
    }


def _file(name: str, format: str, headings: tuple[str, str], found: Sequence[Point]) -> Export:
    async def rows() -> AsyncIterator[Mapping[str, object]]:
        for point in found:
            yield {"name": point.name, "value": point.value}

    columns = [Column(headings[0], lambda row: row["name"]), Column(headings[1], lambda row: row["value"])]
    return export(name, format, columns, rows())
