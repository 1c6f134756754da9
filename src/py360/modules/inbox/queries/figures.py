"""The figures of the inbox: dashboard, analytics and renewal statistics (domain reference, 16.5, 16.6, 17).

Formulas: service level kept = mails settled (or still open) before their deadline; compliance = 100 - breached %; efficiency =
completed / assigned x 100; response rate = answered / received; satisfaction (of 5) = 3 + 2 x mean sentiment score, for want of
a rating; a change is in percent of the span before, which is as long.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, Literal

from py360.kit import sql
from py360.kit.caller import Caller
from py360.kit.clock import INDIA, day_begins, day_ends
from py360.kit.reads import Reads
from py360.modules.inbox.queries.filters import within

_COUNT: Final = sql.read(__file__, "count_mails")
_BY_DAY: Final = sql.read(__file__, "count_mails_by_day")
_BY_AGENT: Final = sql.read(__file__, "count_mails_by_agent")
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
CATEGORIES: Final = ("complaint", "feedback", "refund", "appointment", "uncategorized")
DAYS: Final[Mapping[str, int]] = {"7days": 7, "30days": 30, "90days": 90, "1year": 365}
Range = Literal["7days", "30days", "90days", "1year"]
Figures = dict[str, object]


@dataclass(frozen=True, slots=True)
class Span:
    """Which mails are counted: days of India, both included."""

    first: date
    last: date
    category: str | None = None
    status: str | None = None

    @property
    def days(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    def before(self) -> "Span":
        """The span before, as long."""
        return Span(self.first - timedelta(days=self.days), self.first - timedelta(days=1), self.category, self.status)


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
    category: str
    received: int
    resolved: int
    pending: int
    resolution_hours: Decimal | None


@dataclass(frozen=True, slots=True)
class AgentCount:
    """The mails of somebody."""

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


def percent(part: int, whole: int) -> float:
    """A share in percent; 0 of nothing."""
    return round(100 * part / whole, 1) if whole else 0.0


def hours_of(value: Decimal | None) -> float | None:
    """Hours as the wire shows them."""
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


async def dashboard(reads: Reads, caller: Caller, span: Span, now: datetime) -> Figures:
    """The dashboard of a span."""
    counts = await _counts(reads, caller, span, now)
    days = await _by_day(reads, caller, span, now)
    agents = await _by_agent(reads, caller, span, now)
    categories = dict.fromkeys(CATEGORIES, 0)
    weekdays: dict[str, dict[str, int]] = {day: dict.fromkeys(CATEGORIES, 0) for day in _WEEKDAYS}
    totals: dict[date, int] = defaultdict(int)
    for each in days:
        categories[each.category] += each.received
        weekdays[_WEEKDAYS[each.day.weekday()]][each.category] += each.received
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
        "categoryCounts": categories,
        "byWeekday": [{"day": day, **values} for day, values in weekdays.items()],
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


@dataclass(frozen=True, slots=True)
class _Bulk:
    recipients: int
    sent: int
    delivered: int
    opened: int
    clicked: int


_BULK: Final = """
select count(*) as recipients, count(m.sent_at) as sent, count(m.delivered_at) as delivered, count(m.opened_at) as opened,
  count(m.clicked_at) as clicked
from email_bulk_recipients r join email_bulk_campaigns b on b.id = r.campaign_id
left join messaging_public_message m on m.id = r.message_id
where b.client_id = any(%(clients)s) and b.created_at >= %(first)s and b.created_at < %(last)s
"""


@dataclass(frozen=True, slots=True)
class _TemplateUse:
    template_id: int
    name: str
    usage: int
    opened: int
    clicked: int


_TEMPLATES: Final = """
select t.id as template_id, t.name, count(*) as usage, count(m.opened_at) as opened, count(m.clicked_at) as clicked
from messaging_public_message m join templates_public_template t on t.id = m.template_id
where m.client_id = any(%(clients)s) and m.communication_type = 'email' and m.created_at >= %(first)s and m.created_at < %(last)s
  and m.status <> 'blocked'
group by t.id, t.name order by count(*) desc limit 20
"""


async def analytics(reads: Reads, caller: Caller, named: Range, now: datetime) -> Figures:
    """The report of a span that ends today."""
    today = now.astimezone(INDIA).date()
    span = Span(today - timedelta(days=DAYS[named] - 1), today)
    counts, earlier = await _counts(reads, caller, span, now), await _counts(reads, caller, span.before(), now)
    days, days_before = await _by_day(reads, caller, span, now), await _by_day(reads, caller, span.before(), now)
    agents = await _by_agent(reads, caller, span, now)
    params = {"clients": list(caller.client_ids), "first": day_begins(span.first), "last": day_ends(span.last)}
    bulk = await reads.fetch_only(_Bulk, _BULK, params)
    earlier_bulk = await reads.fetch_only(
        _Bulk, _BULK, {**params, "first": day_begins(span.before().first), "last": day_begins(span.first)}
    )
    templates = await reads.fetch_all(_TemplateUse, _TEMPLATES, params)
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
            "autoTagged": counts.tagged,
            "autoTaggingRate": percent(counts.tagged, counts.total),
            "templatesUsed": len(templates),
            "avgTemplateEffectiveness": percent(sum(t.opened for t in templates), sum(t.usage for t in templates)),
        },
        "sentiment": {
            "positive": percent(counts.positive, counts.positive + counts.neutral + counts.negative),
            "neutral": percent(counts.neutral, counts.positive + counts.neutral + counts.negative),
            "negative": percent(counts.negative, counts.positive + counts.neutral + counts.negative),
        },
        "bulk": {
            "recipients": bulk.recipients,
            "sent": bulk.sent,
            "deliveryRate": percent(bulk.delivered, bulk.sent),
            "openRate": percent(bulk.opened, bulk.sent),
            "clickRate": percent(bulk.clicked, bulk.sent),
            "sentChange": _change(bulk.sent, earlier_bulk.sent),
        },
        "templates": [
            {
                "templateId": each.template_id,
                "name": each.name,
                "usage": each.usage,
                "avgOpenRate": percent(each.opened, each.usage),
                "avgClickRate": percent(each.clicked, each.usage),
            }
            for each in templates
        ],
    }


def _change(now: float | None, before: float | None) -> float | None:
    """In percent of what was before; none where that was nothing."""
    if now is None or not before:
        return None
    return round(100 * (now - before) / before, 1)


def _overview(counts: Counts, earlier: Counts) -> Figures:
    values: dict[str, tuple[float | None, float | None]] = {
        "totalEmails": (counts.total, earlier.total),
        "resolvedEmails": (counts.resolved, earlier.resolved),
        "avgResponseTime": (hours_of(counts.reply_hours), hours_of(earlier.reply_hours)),
        "customerSatisfaction": (counts.satisfaction, earlier.satisfaction),
    }
    return {name: {"value": now, "change": _change(now, before)} for name, (now, before) in values.items()}


def _daily(days: Sequence[DayCount], span: Span) -> list[Figures]:
    received: dict[date, list[int]] = {span.first + timedelta(days=place): [0, 0, 0] for place in range(span.days)}
    for each in days:
        sums = received[each.day]
        sums[0] += each.received
        sums[1] += each.resolved
        sums[2] += each.pending
    return [
        {"date": day, "received": sums[0], "resolved": sums[1], "pending": sums[2]} for day, sums in received.items()
    ]


def _categories(days: Sequence[DayCount], before: Sequence[DayCount]) -> list[Figures]:
    total = sum(each.received for each in days)
    found: list[Figures] = []
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


def _agent(agent: AgentCount) -> Figures:
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
