"""The figures of the inbox."""

from collections.abc import AsyncIterator, Mapping
from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import Query, Response
from fastapi.responses import StreamingResponse

from py360.kit.errors import Invalid
from py360.kit.export import Column, export
from py360.kit.http import Answer, Res, download, files, ok
from py360.kit.wire import AS_CODE, Day
from py360.modules.inbox.access import CanReadMail, CanSeeMailAnalytics, CanSeeMailDashboard
from py360.modules.inbox.figure_views import MailDashboardView, MailReportView, RenewalStatsView
from py360.modules.inbox.queries import figures, renewal_figures
from py360.modules.inbox.queries.spans import Span
from py360.modules.inbox.routes.base import router
from py360.modules.inbox.schemas import Category, Status

MAX_DAYS = 366


@router.get("/emails/dashboard", response_model=Answer[MailDashboardView])
async def mail_dashboard(
    res: Res,
    caller: CanSeeMailDashboard,
    date_from: Annotated[Day | None, Query(alias="dateFrom")] = None,
    date_to: Annotated[Day | None, Query(alias="dateTo")] = None,
    category: Annotated[Literal["all"] | Category | None, AS_CODE] = None,
    status: Annotated[Literal["all"] | Status | None, AS_CODE] = None,
) -> Response:
    """Cards and charts over the mails of some days (the last seven, when none are named), within the caller's reach."""
    last = date_to or res.clock.today()
    first = date_from or last - timedelta(days=6)
    if not 0 <= (last - first).days < MAX_DAYS:
        raise Invalid(
            f"Choose a span of at most {MAX_DAYS} days that does not end before it begins.",
            code="bad_span",
            details=[{"field": "dateFrom", "message": "must not be after dateTo"}],
        )
    span = Span(first, last, _chosen(category), _chosen(status))
    return ok(await figures.dashboard(res.reads, caller, span, res.clock.now()))


def _chosen(code: str | None) -> str | None:
    return code if code != "all" else None


RangeParam = Annotated[figures.Range, Query(description="Ends today")]


@router.get("/emails/analytics", response_model=Answer[MailReportView])
async def mail_analytics(res: Res, caller: CanSeeMailAnalytics, range: RangeParam = "30days") -> Response:
    """The report of a span: overview with the change to the span before, days, categories, agents, service level, bulk mail."""
    return ok(await figures.analytics(res.reads, caller, range, res.clock.now()))


@router.get("/emails/analytics/export", responses=files("text/csv", "*/*"), response_class=StreamingResponse)
async def export_analytics(
    res: Res,
    caller: CanSeeMailAnalytics,
    range: RangeParam = "30days",
    format: Annotated[Literal["csv", "xlsx", "pdf", "json"], Query()] = "csv",
) -> Response:
    """The report as a file: one figure per row."""
    report = await figures.analytics(res.reads, caller, range, res.clock.now())

    async def rows() -> AsyncIterator[Mapping[str, object]]:
        for section, values in report.items():
            for name, value in _lines(values):
                yield {"section": section, "figure": name, "value": value}

    columns = [
        Column("Section", lambda row: row["section"]),
        Column("Figure", lambda row: row["figure"]),
        Column("Value", lambda row: row["value"]),
    ]
    return await download(export("email_analytics", format, columns, rows()))


def _lines(values: object, name: str = "") -> list[tuple[str, object]]:
    """The figures of a part of the report, each under its path."""
    if isinstance(values, Mapping):
        return [line for key, value in values.items() for line in _lines(value, f"{name}.{key}" if name else str(key))]
    if isinstance(values, list):
        return [
            line
            for place, value in enumerate(values, 1)
            for line in _lines(value, f"{name}{'.' if name else ''}{place}")
        ]
    return [(name or "value", str(values) if isinstance(values, date) else values)]


@router.get("/emails/renewal-stats", response_model=Answer[RenewalStatsView])
async def renewal_stats(res: Res, caller: CanReadMail) -> Response:
    """The figures of the renewal e-mail manager: the last 30 days."""
    return ok(await renewal_figures.renewal_stats(res.reads, caller, res.clock.now()))
