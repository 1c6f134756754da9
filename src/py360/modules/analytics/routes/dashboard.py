"""The renewal dashboard."""

from typing import Annotated

from fastapi import Path, Query, Response
from fastapi.responses import StreamingResponse

from py360.kit.http import Answer, DbReads, Res, download, files, ok
from py360.modules.analytics.access import CanSeeDashboard
from py360.modules.analytics.charts.catalogue import chart
from py360.modules.analytics.charts.views import ChartView
from py360.modules.analytics.export import MisExport, mis
from py360.modules.analytics.filters import Filters, scope_of
from py360.modules.analytics.queries import overview
from py360.modules.analytics.routes.base import router
from py360.modules.analytics.views import StatsView, TrendView

Asked = Annotated[Filters, Query()]


@router.get("/dashboard/stats", response_model=Answer[StatsView])
async def stats(res: Res, caller: CanSeeDashboard, asked: Asked) -> Response:
    """The seven figures of the cases that were uploaded in the period, and the same of the period before."""
    scope = scope_of(asked, res.clock.today())
    return ok(await overview.stats(res.reads, caller, scope, scope.before()))


@router.get("/dashboard/trends", response_model=Answer[list[TrendView]])
async def trends(res: Res, caller: CanSeeDashboard, asked: Asked) -> Response:
    """New cases, renewals and the success rate: by hour of a day, by day up to 31 days, else by month."""
    return ok(await overview.trends(res.reads, caller, scope_of(asked, res.clock.today())))


@router.get("/dashboard/charts/{chart_id}", response_model=Answer[ChartView])
async def show_chart(
    reads: DbReads, res: Res, caller: CanSeeDashboard, chart_id: Annotated[str, Path(max_length=60)], asked: Asked
) -> Response:
    """A chart of the dashboard. `cases` of a row is the address, below /api, of the cases behind it."""
    return ok(await chart(reads, caller, chart_id, scope_of(asked, res.clock.today())))


@router.post("/dashboard/export", responses=files("*/*"), response_class=StreamingResponse)
async def export_mis(reads: DbReads, res: Res, caller: CanSeeDashboard, body: MisExport) -> StreamingResponse:
    """The MIS report as an Excel, csv, pdf or json file."""
    today = res.clock.today()
    return await download(await mis(reads, caller, body, scope_of(body, today), today))
