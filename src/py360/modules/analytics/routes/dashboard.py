"""The renewal dashboard."""

from typing import Annotated

from fastapi import Query, Response

from py360.kit.http import Answer, Res, ok
from py360.modules.analytics.access import CanSeeDashboard
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
