"""The figures of the renewal e-mail manager (domain reference, section 17)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from py360.kit.caller import Caller
from py360.kit.clock import INDIA, day_begins
from py360.kit.reads import Reads
from py360.modules.inbox.figure_views import RenewalStatsView
from py360.modules.inbox.queries.figures import hours_of
from py360.modules.inbox.queries.filters import within
from py360.modules.inbox.queries.spans import Span, percent


@dataclass(frozen=True, slots=True)
class _Sender:
    email: str
    count: int


@dataclass(frozen=True, slots=True)
class _Volume:
    day: date
    received: int
    sent: int


async def renewal_stats(reads: Reads, caller: Caller, now: datetime) -> RenewalStatsView:
    """The figures of the renewal e-mail manager, of the last 30 days (domain reference, 17)."""
    reach, params = within(caller)
    today = now.astimezone(INDIA).date()
    span = Span(today - timedelta(days=29), today)
    about = f"{reach} and (e.case_id is not null or e.policy_number is not null) and e.received_at >= %(first)s"
    params |= {"first": day_begins(span.first)}
    senders = await reads.fetch_all(
        _Sender,
        f"select e.from_email as email, count(*) as count from emails e where {about} and e.direction = 'inbound'"
        " group by 1 order by 2 desc, 1 limit 10",
        params,
    )
    volume = await reads.fetch_all(
        _Volume,
        "select (e.received_at at time zone 'Asia/Kolkata')::date as day, count(*) filter (where e.direction = 'inbound') as received,"
        f" count(*) filter (where e.direction = 'outbound') as sent from emails e where {about} group by 1 order by 1",
        params,
    )
    totals = await reads.fetch_only(
        _Totals,
        "select count(*) as total, count(*) filter (where e.direction = 'inbound') as inbound,"
        " count(*) filter (where e.direction = 'inbound' and not e.read_status and e.folder = 'inbox') as unread,"
        " count(*) filter (where e.first_reply_at is not null) as replied,"
        " avg(extract(epoch from e.first_reply_at - e.received_at) / 3600) as reply_hours,"
        " count(*) filter (where e.sentiment_label = 'positive') as positive,"
        " count(*) filter (where e.sentiment_label = 'neutral') as neutral,"
        f" count(*) filter (where e.sentiment_label = 'negative') as negative from emails e where {about}",
        params,
    )
    return {
        "totalEmails": totals.total,
        "unreadCount": totals.unread,
        "responseRate": percent(totals.replied, totals.inbound),
        "avgResponseTime": hours_of(totals.reply_hours),
        "topSenders": [{"email": each.email, "count": each.count} for each in senders],
        "dailyVolume": [{"date": each.day, "received": each.received, "sent": each.sent} for each in volume],
        "sentimentDistribution": {"positive": totals.positive, "neutral": totals.neutral, "negative": totals.negative},
    }


@dataclass(frozen=True, slots=True)
class _Totals:
    total: int
    inbound: int
    unread: int
    replied: int
    reply_hours: Decimal | None
    positive: int
    neutral: int
    negative: int
