"""Payments, behaviour, communications and claims of a customer, with the formulas of section 4 of the domain reference."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from py360.kit import sql
from py360.kit.caller import Caller
from py360.kit.clock import INDIA
from py360.kit.reads import Reads
from py360.modules.customers.picture import payments, timeline
from py360.modules.customers.picture.views import (
    ClaimsView,
    CommunicationsView,
    InsightsView,
    KindView,
    UpcomingPaymentView,
)
from py360.modules.customers.queries import Customer

YEARS: Final = 10
RECENT: Final = 10
CLAIMS: Final = 100  # that are listed, the newest first; the figures are of all
ZERO: Final = Decimal(0)
_UPCOMING: Final = """
select u.policy_number, u.due_date, u.amount from (
  select k.policy_number, coalesce(i.due_date, k.due_date) as due_date, case when i.id is not null then i.amount - i.paid_amount
    else coalesce(k.renewal_amount, k.premium_amount) - (
      select coalesce(sum(m.paid), 0) from payments_public_money m where m.case_id = k.id) end as amount
  from cases_public_case k left join payments_public_instalment i on i.case_id = k.id
  where k.customer_id = %(id)s and k.policy_id = any(%(policies)s) and k.is_open and k.payment_status <> 'completed'
) u where u.amount > 0 order by u.due_date limit 50
"""
_MESSAGES: Final = """
select m.communication_type as channel, count(*)::integer as count, count(m.replied_at)::integer as answered,
  max(coalesce(m.sent_at, m.created_at)) as last_at
from cases_public_case k join messaging_public_message m on m.case_id = k.id
where k.customer_id = %(id)s and k.policy_id = any(%(policies)s) and m.status <> 'blocked' group by 1 order by 1
"""
_KINDS: Final = sql.read(__file__, "count_kinds")
_CLAIMS: Final = """
select k.claim_number, k.claim_type, k.status, k.claim_amount, k.incident_date, count(*) over ()::integer as count,
  sum(k.claim_amount) over () as total
from claims_public_claim k where k.customer_id = %(id)s and k.policy_id = any(%(policies)s) and k.status <> 'withdrawn'
order by k.id desc limit %(claims)s
"""
_FAMILY: Final = """
select count(distinct m.policy_id) from policy_members m where m.policy_id = any(%(policies)s)
group by m.policy_id having count(*) > 1
"""
_LAPSED: Final = """
select count(distinct k.policy_id) from cases_public_case k
where k.customer_id = %(id)s and k.policy_id = any(%(policies)s) and k.status = 'lapsed'
"""


@dataclass(frozen=True, slots=True)
class Upcoming:
    """An amount that falls due."""

    policy_number: str
    due_date: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Messages:
    """The messages of a channel."""

    channel: str
    count: int
    answered: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Kind:
    """How often the customer turned to the office about something."""

    kind: str
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of the customer, with the number and the sum of all of them."""

    claim_number: str
    claim_type: str
    status: str
    claim_amount: Decimal
    incident_date: date
    count: int
    total: Decimal


def on_time_percentage(on_time: int, count: int) -> float | None:
    """Payments that came in time, of all, in per cent; None without a payment."""
    return round(100 * on_time / count, 1) if count else None


def reliability(percentage: float | None) -> str | None:
    """The rating of a payer by the share of payments in time."""
    if percentage is None:
        return None
    return next(
        word for least, word in ((95, "Excellent"), (85, "Good"), (70, "Average"), (0, "Poor")) if percentage >= least
    )


def claim_rating(count: int, amount: Decimal, yearly_premium: Decimal) -> str:
    """Up to 2 claims Low Risk, up to 4 Medium Risk, more High Risk; worth more than ten yearly premiums, one step more."""
    step = (count > 2) + (count > 4)
    if yearly_premium > 0 and amount > 10 * yearly_premium:
        step = min(step + 1, 2)
    return ("Low Risk", "Medium Risk", "High Risk")[step]


async def of_customer(reads: Reads, caller: Caller, customer: Customer, now: datetime) -> InsightsView:
    """The insights page of a customer that is known to be within reach."""
    today = now.astimezone(INDIA).date()
    policies = await timeline.held_policies(reads, caller, customer.id)
    numbers = [policy.id for policy in policies]
    params: dict[str, object] = {"id": customer.id, "policies": numbers, "claims": CLAIMS, "year": today.year}
    params["since"] = datetime(today.year - YEARS + 1, 1, 1, tzinfo=INDIA)
    params["recent_since"] = now - timedelta(days=365)
    paid = await payments.read(reads, params)
    upcoming = await reads.fetch_all(Upcoming, _UPCOMING, params)
    messages = await reads.fetch_all(Messages, _MESSAGES, params)
    kinds = await reads.fetch_all(Kind, _KINDS, params)
    claims = await reads.fetch_all(Claim, _CLAIMS, params)
    families = len(await reads.fetch_all(int, _FAMILY, params))
    lapsed = await reads.fetch_only(int, _LAPSED, params)
    recent, _ = await timeline.events(reads, customer.id, numbers, timeline.TimelineFilter(max_events=RECENT))
    figures = paid.figures
    percentage = on_time_percentage(figures.on_time, figures.count)
    return {
        "customerId": customer.customer_code,
        "customerName": customer.full_name,
        "upcomingPayments": [_upcoming(each, today) for each in upcoming],
        "lastTwelveMonths": {
            "payments": figures.recent,
            "onTime": figures.recent_on_time,
            "onTimePercentage": on_time_percentage(figures.recent_on_time, figures.recent),
            "totalPaid": figures.recent_total,
        },
        "behaviour": {
            "averageTimingDays": None if figures.average_early is None else round(float(figures.average_early), 1),
            "preferredMethod": figures.most_used,
            "reliability": reliability(percentage),
        },
        "recentActivity": [each.to_public() for each in recent],
        "premiumHistory": paid.years,
        "summary": {
            "totalPaid": figures.total,
            "onTimePercentage": percentage,
            "paymentCount": figures.count,
            "mostUsedMode": figures.most_used,
        },
        "profiling": {
            "onTimePercentage": percentage,
            "customerSince": min((policy.since for policy in policies), default=None),
            "rating": reliability(percentage),
            "paidThisYear": figures.this_year,
            "activePolicies": sum(policy.status == "active" for policy in policies),
            "familyPolicies": families,
            "lapsedPolicies": lapsed,
        },
        "communications": _communications(messages, kinds),
        "claims": _claims(claims, sum((policy.yearly for policy in policies), ZERO)),
    }


def _upcoming(due: Upcoming, today: date) -> UpcomingPaymentView:
    return {
        "amount": due.amount,
        "dueDate": due.due_date,
        "policy": due.policy_number,
        "daysLeft": (due.due_date - today).days,
    }


def _communications(messages: Sequence[Messages], kinds: Sequence[Kind]) -> CommunicationsView:
    counted = {each.kind: each for each in kinds}
    moments = [*(each.last_at for each in messages), *(each.last_at for each in kinds)]
    return {
        "byChannel": {each.channel: each.count for each in messages},
        "total": sum(each.count for each in messages),
        "answered": sum(each.answered for each in messages),
        "lastContact": max(moments, default=None),
        "inquiries": _kind(counted.get("inquiries")),
        "billing": _kind(counted.get("billing")),
        "coverage": _kind(counted.get("coverage")),
        "complaints": _kind(counted.get("complaints")),
    }


def _kind(counted: Kind | None) -> KindView:
    return {"count": counted.count if counted else 0, "lastContact": counted.last_at if counted else None}


def _claims(claims: Sequence[Claim], yearly_premium: Decimal) -> ClaimsView:
    count, total = (claims[0].count, claims[0].total) if claims else (0, ZERO)
    return {
        "count": count,
        "totalAmount": total,
        "claims": [
            {
                "claimNumber": each.claim_number,
                "type": each.claim_type,
                "status": each.status,
                "amount": each.claim_amount,
                "date": each.incident_date,
            }
            for each in claims
        ],
        "rating": claim_rating(count, total, yearly_premium),
    }
