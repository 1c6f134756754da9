"""The seven figures of the dashboard, and how they develop (domain reference, 23)."""

from typing import Final

from py360.kit.caller import Caller
from py360.kit.reads import Reads
from py360.modules.analytics.filters import PENDING_ACTION, Period, Scope
from py360.modules.analytics.links import case_list
from py360.modules.analytics.queries.cells import check
from py360.modules.analytics.queries.figures import Figures, buckets, figures_of, series, total
from py360.modules.analytics.views import KeyFigures, PeriodView, StatsView, TrendView
from py360.modules.cases import api as cases

LOST: Final = ("failed", "lapsed")
PAID_OR_CLOSED: Final = frozenset({"payment_processed", "renewed", "lapsed", "cancelled"})


async def stats(reads: Reads, caller: Caller, scope: Scope, before: Scope | None) -> StatsView:
    """The figures of the cases uploaded in the period, beside those of the period before.

    paymentCollected is what came in during the period and was not given back; paymentPending is what its open cases still owe.
    """
    await check(reads, caller, scope)
    return {
        **await _key_figures(reads, caller, scope),
        "period": period_view(scope.period),
        "previous": {**await _key_figures(reads, caller, before), "period": period_view(before.period)}
        if before
        else None,
        "cases": {
            "totalCases": case_list(scope),
            "inProgress": case_list(scope, status="in_progress"),
            "renewed": case_list(scope, status="renewed"),
            "pendingAction": case_list(scope, status=",".join(PENDING_ACTION)),
            "errors": case_list(scope, status="failed"),
            "paymentPending": case_list(
                scope, status=",".join(status for status in cases.LABELS if status not in PAID_OR_CLOSED)
            ),
        },
    }


async def _key_figures(reads: Reads, caller: Caller, scope: Scope) -> KeyFigures:
    cases = {each.key: each for each in await figures_of(reads, caller, scope, "opened", "status")}
    paid = total(await figures_of(reads, caller, scope, "paid"))
    whole = total(cases.values())

    def number(*statuses: str) -> int:
        return sum(cases.get(status, Figures()).cases for status in statuses)

    return {
        "totalCases": whole.cases,
        "inProgress": number("in_progress"),
        "renewed": number("renewed"),
        "pendingAction": number(*PENDING_ACTION),
        "errors": number("failed"),
        "paymentCollected": paid.collected,
        "paymentPending": whole.pending,
    }


def period_view(period: Period) -> PeriodView:
    """The days of a period; `all` has no first one."""
    return {"dateRange": period.word, "from": None if period.word == "all" else period.first, "to": period.last}


async def trends(reads: Reads, caller: Caller, scope: Scope) -> list[TrendView]:
    """New cases by the day they were uploaded; renewals and the success rate by the day cases ended.

    successRate = renewed / (renewed + failed + lapsed) of the bucket, from 0 to 1.
    """
    await check(reads, caller, scope)
    opened = await series(reads, caller, scope, "opened")
    ended = await series(reads, caller, scope, "ended")
    rows: list[TrendView] = []
    for key, name in buckets(scope.period, [each.key for each in (*opened, *ended)]):
        new = sum(each.cases for each in opened if each.key == key)
        renewed = sum(each.cases for each in ended if each.key == key and each.part == "renewed")
        failed = sum(each.cases for each in ended if each.key == key and each.part in LOST)
        rate = round(renewed / (renewed + failed), 3) if renewed + failed else 0.0
        rows.append({"name": name, "newCases": new, "renewals": renewed, "successRate": rate})
    return rows
