"""What a customer paid in the last ten calendar years of India, summed by the database over all of it.

A payment is on time when it came in on its due date or before, by India's calendar: the first due date of the instalments that it
paid, or its case's.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from py360.kit import sql
from py360.kit.reads import Reads
from py360.modules.customers.picture.views import PaymentView, PremiumYearView

# Payments that are listed of each year, the newest first; the sums are of all.
LISTED: Final = 100
_PAID: Final = sql.read(__file__, "paid")
_FIGURES: Final = f"""
{_PAID}
select count(*)::integer as count, count(*) filter (where days_early >= 0)::integer as on_time, coalesce(sum(amount), 0) as total,
  avg(days_early) as average_early, mode() within group (order by mode) as most_used,
  count(*) filter (where recent)::integer as recent, count(*) filter (where recent and days_early >= 0)::integer as recent_on_time,
  coalesce(sum(amount) filter (where recent), 0) as recent_total, coalesce(sum(amount) filter (where year = %(year)s), 0) as this_year
from paid
"""
_YEARS: Final = (
    f"{_PAID} select year, sum(amount) as total, count(*)::integer as count from paid group by year order by year desc"
)
_NEWEST: Final = f"""
{_PAID}
select n.year, n.captured_at, n.amount, n.mode, n.policy_number from (
  select p.*, row_number() over (partition by year order by captured_at desc, id desc) as place from paid p
) n where n.place <= {LISTED} order by n.captured_at desc, n.id desc
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over all payments; `recent` are those of the last 365 days."""

    count: int
    on_time: int
    total: Decimal
    average_early: Decimal | None
    most_used: str | None
    recent: int
    recent_on_time: int
    recent_total: Decimal
    this_year: Decimal


@dataclass(frozen=True, slots=True)
class _Year:
    year: int
    total: Decimal
    count: int


@dataclass(frozen=True, slots=True)
class _Payment:
    year: int
    captured_at: datetime
    amount: Decimal
    mode: str
    policy_number: str


@dataclass(frozen=True, slots=True)
class Paid:
    """What a customer paid: the sums, and the years with their newest payments."""

    figures: Figures
    years: list[PremiumYearView]


async def read(reads: Reads, params: Mapping[str, object]) -> Paid:
    """Of the customer `id`: what was paid on these `policies` since `since`; `year` is this one, `recent_since` a year ago."""
    figures = await reads.fetch_only(Figures, _FIGURES, params)
    if not figures.count:
        return Paid(figures, [])
    years = await reads.fetch_all(_Year, _YEARS, params)
    listed: dict[int, list[PaymentView]] = defaultdict(list)
    for each in await reads.fetch_all(_Payment, _NEWEST, params):
        listed[each.year].append(
            {"amount": each.amount, "date": each.captured_at, "policy": each.policy_number, "mode": each.mode}
        )
    return Paid(
        figures,
        [
            {"year": each.year, "total": each.total, "count": each.count, "payments": listed[each.year]}
            for each in years
        ],
    )
