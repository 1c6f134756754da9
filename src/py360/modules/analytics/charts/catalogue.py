"""Every chart under its id: its title, how it is drawn, and what makes its rows."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from py360.kit.caller import Caller
from py360.kit.errors import NotFound
from py360.kit.reads import Reads
from py360.modules.analytics.charts import cases, money, outreach
from py360.modules.analytics.charts.views import ChartRow, ChartView
from py360.modules.analytics.filters import Scope
from py360.modules.analytics.queries.cells import check
from py360.modules.analytics.queries.overview import period_view

Rows = Callable[[Reads, Caller, Scope], Awaitable[Sequence[ChartRow]]]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart; `shape` is how it is drawn."""

    title: str
    shape: str
    rows: Rows


CHARTS: Final[Mapping[str, Chart]] = {
    "case-volume": Chart("Case volume", "bar", cases.case_volume),
    "success-rate": Chart("Success rate", "area", cases.success_rate),
    "batch-status": Chart("Status by batch", "stacked-bar", cases.batch_status),
    "payment-status": Chart("Payments by batch", "line", cases.payment_status),
    "channel-distribution": Chart("Cases by channel", "pie", cases.channel_distribution),
    "region-performance": Chart("Regions and branches", "bar", cases.region_performance),
    "manager-performance": Chart("Managers", "bar", cases.manager_performance),
    "persistency": Chart("Persistency", "line", cases.persistency),
    "communication-modes": Chart("Messages and calls", "bar", outreach.communication_modes),
    "cost-per-renewal": Chart("Cost per renewal", "bar", outreach.cost_per_renewal),
    "funnel": Chart("From file to renewal", "funnel", outreach.funnel),
    "campaigns": Chart("Campaigns", "cards", outreach.campaign_cards),
    "payment-modes": Chart("How customers paid", "pie", money.payment_modes),
    "collection-modes": Chart("Collection by mode", "pie", money.payment_modes),
    "payment-types": Chart("Premium frequency", "pie", money.payment_types),
    "payment-timeline": Chart("Days from due date to payment", "line", money.payment_timeline),
    "due-date-analysis": Chart("Payments around the due date", "bar", money.due_date_analysis),
    "policy-collection": Chart("Collection by policy type", "stacked-bar", money.policy_collection),
    "channel-collection": Chart("Collection by channel", "bar", money.channel_collection),
}


async def chart(reads: Reads, caller: Caller, chart_id: str, scope: Scope) -> ChartView:
    """A chart within the caller's reach; raises NotFound for an unknown id, naming those there are."""
    found = CHARTS.get(chart_id.strip().lower().replace("_", "-").replace(" ", "-"))
    if found is None:
        raise NotFound(f"There is no chart “{chart_id[:60]}”. There are: {', '.join(CHARTS)}.")
    await check(reads, caller, scope)
    rows = await found.rows(reads, caller, scope)
    return {
        "id": chart_id,
        "title": found.title,
        "shape": found.shape,
        "period": period_view(scope.period),
        "rows": list(rows),
    }
