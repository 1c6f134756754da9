"""The figures of the inbox: dashboard, analytics and renewal statistics (domain reference, 16.5, 16.6, 17).

Formulas: breached = settled after the deadline, or open behind it, of the mails that have one; compliance = 100 - breached %; within,
nearing and breached make 100; efficiency = completed / assigned x 100; response rate = answered / received; satisfaction (of 5) =
3 + 2 x mean sentiment score, for want of a rating; auto-resolution = resolved by the system / resolved; auto-responses = answers
that the system sent. What a program wrote, and junk, counts nowhere.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, Literal

from py360.kit import sql
from py360.kit.caller import Caller
from py360.kit.clock import INDIA, day_begins, day_ends
from py360.kit.reads import Reads
from py360.modules.inbox.classify.result import CATEGORIES, Category
from py360.modules.inbox.figure_views import (
    AgentRatingView,
    CategoryCountsView,
    CategoryShareView,
    ChangeView,
    DayWorkView,
    MailDashboardView,
    MailReportView,
    OverviewView,
    SentimentSharesView,
)
from py360.modules.inbox.queries import bulk_figures
from py360.modules.inbox.queries.filters import within
from py360.modules.inbox.queries.spans import Span, change, percent

_COUNT: Final = sql.read(__file__, "count_mails")
_BY_DAY: Final = sql.read(__file__, "count_mails_by_day")
_BY_AGENT: Final = sql.read(__file__, "count_mails_by_agent")
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAYS: Final[Mapping[str, int]] = {"7days": 7, "30days": 30, "90days": 90, "1year": 365}
Range = Literal["7days", "30days", "90days", "1year"]


@dataclass(frozen=True, slots=True)
class Counts:
    """The mails of a span, counted. Times in hours."""

    total_today: int
    new: int
    in_progress: int
    resolved: int
    escalated: int
    sla_breaches: int
    with_deadline: int
    sla_nearing: int
    total: int
    positive: int
    neutral: int
    negative: int
    mean_score: Decimal | None
    reply_hours: Decimal | None
    replied: int
    unread: int
    tagged: int
    resolved_automatically: int

    @property
    def breached_percent(self) -> float:
        """Of the mails with a deadline."""
        return percent(self.sla_breaches, self.with_deadline)

    @property
    def satisfaction(self) -> float | None:
        """Of 5."""
        return None if self.mean_score is None else round(3 + 2 * float(self.mean_score), 1)


@dataclass(frozen=True, slots=True)
class DayCount:
    """The mails of a day and category."""

    day: date
    category: Category
    received: int
    resolved: int
    pending: int
    resolution_hours: Decimal | None


@dataclass(frozen=True, slots=True)
class AgentCount:
    """The mails of an agent."""

    user_id: int
    name: str
    assigned: int
    completed: int
    reply_hours: Decimal | None
    mean_score: Decimal | None

    @property
    def efficiency(self) -> float:
        """Completed of assigned, in percent."""
        return percent(self.completed, self.assigned)


def hours_of(value: Decimal | None) -> float | None:
    """Hours as the API answers them."""
    return None if value is None else round(float(value), 2)


def _params(caller: Caller, span: Span, now: datetime) -> tuple[str, dict[str, object]]:
    reach, params = within(caller)
    return reach, {
        **params,
        "first": day_begins(span.first),
        "last": day_ends(span.last),
        "today": day_begins(now.astimezone(INDIA).date()),
        "now": now,
        "category": span.category,
        "status": span.status,
    }


async def _counts(reads: Reads, caller: Caller, span: Span, now: datetime) -> Counts:
    reach, params = _params(caller, span, now)
    return await reads.fetch_only(Counts, _COUNT.format(reach=reach), params)


async def _by_day(reads: Reads, caller: Caller, span: Span, now: datetime) -> Sequence[DayCount]:
    reach, params = _params(caller, span, now)
    return await reads.fetch_all(DayCount, _BY_DAY.format(reach=reach), params)


async def _by_agent(reads: Reads, caller: Caller, span: Span, now: datetime) -> Sequence[AgentCount]:
    reach, params = _params(caller, span, now)
    return await reads.fetch_all(AgentCount, _BY_AGENT.format(reach=reach), params)


async def dashboard(reads: Reads, caller: Caller, span: Span, now: datetime) -> MailDashboardView:
    """The dashboard of a span."""
    counts = await _counts(reads, caller, span, now)
    days = await _by_day(reads, caller, span, now)
    agents = await _by_agent(reads, caller, span, now)
    totals: dict[date, int] = defaultdict(int)
    for each in days:
        totals[each.day] += each.received
    week = [span.last - timedelta(days=back) for back in range(6, -1, -1)]
    week_total = sum(totals[day] for day in week)
    return {
        "cards": {
            "totalToday": counts.total_today,
            "new": counts.new,
            "inProgress": counts.in_progress,
            "resolved": counts.resolved,
            "escalated": counts.escalated,
            "slaBreaches": counts.sla_breaches,
        },
        "alert": counts.sla_breaches > 0,
        "categoryCounts": _category_counts(days),
        "byWeekday": [
            {"day": name, **_category_counts(each for each in days if each.day.weekday() == number)}
            for number, name in enumerate(_WEEKDAYS)
        ],
        "daily": [{"date": day, "total": totals[day]} for day in week],
        "weekTotal": week_total,
        "dailyAverage": round(week_total / 7),
        "sla": {
            "within": round(100 - counts.breached_percent, 1) if counts.with_deadline else 100.0,
            "breached": counts.breached_percent,
        },
        "agents": [
            {
                "userId": each.user_id,
                "name": each.name,
                "assigned": each.assigned,
                "completed": each.completed,
                "pending": each.assigned - each.completed,
                "efficiency": each.efficiency,
            }
            for each in agents
        ],
        "dateFrom": span.first,
        "dateTo": span.last,
    }


def _category_counts(days: Iterable[DayCount]) -> CategoryCountsView:
    counts: CategoryCountsView = {"complaint": 0, "feedback": 0, "refund": 0, "appointment": 0, "uncategorized": 0}
    for each in days:
        counts[each.category] += each.received
    return counts


_ACKNOWLEDGED: Final = """
select count(*) from emails e where {reach} and e.direction = 'outbound' and (e.compose -> 'automatic')::boolean
  and e.delivery_status = 'sent' and e.received_at >= %(first)s and e.received_at < %(last)s
"""


async def analytics(reads: Reads, caller: Caller, named: Range, now: datetime) -> MailReportView:
    """The report of a span that ends today."""
    today = now.astimezone(INDIA).date()
    span = Span(today - timedelta(days=DAYS[named] - 1), today)
    counts, earlier = await _counts(reads, caller, span, now), await _counts(reads, caller, span.before(), now)
    days, days_before = await _by_day(reads, caller, span, now), await _by_day(reads, caller, span.before(), now)
    agents = await _by_agent(reads, caller, span, now)
    reach, params = _params(caller, span, now)
    acknowledged = await reads.fetch_only(int, _ACKNOWLEDGED.format(reach=reach), params)
    templates = await bulk_figures.templates_used(reads, caller, span)
    return {
        "range": named,
        "overview": _overview(counts, earlier),
        "daily": _daily(days, span),
        "categories": _categories(days, days_before),
        "agents": [_agent(each) for each in agents],
        "sla": {
            "withinSLA": round(100 - counts.breached_percent - percent(counts.sla_nearing, counts.with_deadline), 1),
            "nearingSLA": percent(counts.sla_nearing, counts.with_deadline),
            "breachedSLA": counts.breached_percent,
            "overallCompliance": round(100 - counts.breached_percent, 1),
        },
        "automation": {
            "autoResponses": acknowledged,
            "autoResolutionRate": percent(counts.resolved_automatically, counts.resolved),
            "autoTagged": counts.tagged,
            "autoTaggingRate": percent(counts.tagged, counts.total),
            "templatesUsed": templates[0].templates if templates else 0,
            "avgTemplateEffectiveness": percent(templates[0].all_opened, templates[0].all_delivered)
            if templates
            else 0.0,
        },
        "sentiment": _sentiment(counts),
        "bulk": await bulk_figures.bulk_figures(reads, caller, span),
        "templates": [each.to_public() for each in templates],
    }


def _sentiment(counts: Counts) -> SentimentSharesView:
    judged = counts.positive + counts.neutral + counts.negative
    return {
        "positive": percent(counts.positive, judged),
        "neutral": percent(counts.neutral, judged),
        "negative": percent(counts.negative, judged),
    }


def _overview(counts: Counts, earlier: Counts) -> OverviewView:
    return {
        "totalEmails": _changed(counts.total, earlier.total),
        "resolvedEmails": _changed(counts.resolved, earlier.resolved),
        "avgResponseTime": _changed(hours_of(counts.reply_hours), hours_of(earlier.reply_hours)),
        "customerSatisfaction": _changed(counts.satisfaction, earlier.satisfaction),
    }


def _changed(now: float | None, before: float | None) -> ChangeView:
    return {"value": now, "change": change(now, before)}


def _daily(days: Sequence[DayCount], span: Span) -> list[DayWorkView]:
    dates = [span.first + timedelta(days=place) for place in range(span.days)]
    found: dict[date, DayWorkView] = {
        each: {"date": each, "received": 0, "resolved": 0, "pending": 0} for each in dates
    }
    for each in days:
        day = found[each.day]
        day["received"] += each.received
        day["resolved"] += each.resolved
        day["pending"] += each.pending
    return list(found.values())


def _categories(days: Sequence[DayCount], before: Sequence[DayCount]) -> list[CategoryShareView]:
    total = sum(each.received for each in days)
    found: list[CategoryShareView] = []
    for category in CATEGORIES:
        own = [each for each in days if each.category == category]
        count, resolved = sum(each.received for each in own), sum(each.resolved for each in own)
        hours = sum(float(each.resolution_hours or 0) * each.resolved for each in own)
        earlier = sum(each.received for each in before if each.category == category)
        found.append(
            {
                "category": category,
                "count": count,
                "percentage": percent(count, total),
                "avgResolutionTime": round(hours / resolved, 2) if resolved else None,
                "trend": "up" if count > earlier * 1.05 else "down" if count < earlier * 0.95 else "stable",
            }
        )
    return found


def _agent(agent: AgentCount) -> AgentRatingView:
    rate = agent.efficiency
    rating = None if agent.mean_score is None else round(3 + 2 * float(agent.mean_score), 1)
    return {
        "userId": agent.user_id,
        "name": agent.name,
        "emailsHandled": agent.assigned,
        "avgResponseTime": hours_of(agent.reply_hours),
        "resolutionRate": rate,
        "customerRating": rating,
        "efficiency": "excellent" if rate >= 90 else "good" if rate >= 85 else "average",
    }
