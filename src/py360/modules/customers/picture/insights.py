"""Payments, behaviour, communications and claims of a customer, with the formulas of section 4 of the domain reference.

A payment is on time when it came in on its due date or before, by India's calendar: the first due date of the instalments that it
paid, or its case's.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from py360.kit import sql
from py360.kit.caller import Caller
from py360.kit.clock import INDIA
from py360.kit.reads import Reads
from py360.modules.customers.picture import timeline
from py360.modules.customers.picture.views import (
    ClaimsView,
    CommunicationsView,
    InsightsView,
    KindView,
    PaymentView,
    PremiumYearView,
    UpcomingPaymentView,
)
from py360.modules.customers.queries import Customer

YEARS: Final = 10
MOST: Final = 1_000
RECENT: Final = 10
ZERO: Final = Decimal(0)
_PAYMENTS: Final = """
select r.captured_at, r.captured_amount - r.refunded_amount as amount, coalesce(r.method, 'unknown') as mode,
  coalesce(paid.due_date, k.due_date) as due_date, k.policy_number
from cases_public_case k join payments_public_receipt r on r.case_id = k.id
left join lateral (
  select min(i.due_date) as due_date from jsonb_array_elements(r.allocations) s
  join payments_public_instalment i on i.id = (s ->> 'instalmentId')::bigint
) paid on true
where k.customer_id = %(id)s and k.policy_id = any(%(policies)s) and r.captured_at >= %(since)s
  and r.captured_amount > r.refunded_amount
order by r.captured_at desc limit %(most)s
"""
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
select k.claim_number, k.claim_type, k.status, k.claim_amount, k.incident_date
from claims_public_claim k where k.customer_id = %(id)s and k.policy_id = any(%(policies)s) and k.status <> 'withdrawn'
order by k.id desc limit 100
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
class Payment:
    """Money that came in and was kept."""

    captured_at: datetime
    amount: Decimal
    mode: str
    due_date: date
    policy_number: str

    @property
    def day(self) -> date:
        """India's day on which it came in."""
        return self.captured_at.astimezone(INDIA).date()

    @property
    def days_early(self) -> int:
        """Days before the due date; below zero when it was late."""
        return (self.due_date - self.day).days

    def to_public(self) -> PaymentView:
        """The payment of the wire."""
        return {"amount": self.amount, "date": self.captured_at, "policy": self.policy_number, "mode": self.mode}


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
    """A claim of the customer."""

    claim_number: str
    claim_type: str
    status: str
    claim_amount: Decimal
    incident_date: date


def on_time_percentage(payments: Sequence[Payment]) -> float | None:
    """Payments that came in time, of all, in per cent; None without a payment."""
    return round(100 * sum(each.days_early >= 0 for each in payments) / len(payments), 1) if payments else None


def reliability(percentage: float | None) -> str | None:
    """The rating of a payer by the share of payments in time."""
    if percentage is None:
        return None
    return next(
        word for least, word in ((95, "Excellent"), (85, "Good"), (70, "Average"), (0, "Poor")) if percentage >= least
    )


def claim_rating(claims: Sequence[Claim], yearly_premium: Decimal) -> str:
    """Up to 2 claims Low Risk, up to 4 Medium Risk, more High Risk; worth more than ten yearly premiums, one step more."""
    step = (len(claims) > 2) + (len(claims) > 4)
    if yearly_premium > 0 and sum((each.claim_amount for each in claims), ZERO) > 10 * yearly_premium:
        step = min(step + 1, 2)
    return ("Low Risk", "Medium Risk", "High Risk")[step]


async def of_customer(reads: Reads, caller: Caller, customer: Customer, now: datetime) -> InsightsView:
    """The insights page of a customer that is known to be within reach."""
    today = now.astimezone(INDIA).date()
    policies = await timeline.held_policies(reads, caller, customer.id)
    numbers = [policy.id for policy in policies]
    params: dict[str, object] = {"id": customer.id, "policies": numbers, "most": MOST}
    params["since"] = datetime(today.year - YEARS + 1, 1, 1, tzinfo=INDIA)
    payments = await reads.fetch_all(Payment, _PAYMENTS, params)
    upcoming = await reads.fetch_all(Upcoming, _UPCOMING, params)
    messages = await reads.fetch_all(Messages, _MESSAGES, params)
    kinds = await reads.fetch_all(Kind, _KINDS, params)
    claims = await reads.fetch_all(Claim, _CLAIMS, params)
    families = len(await reads.fetch_all(int, _FAMILY, params))
    lapsed = await reads.fetch_only(int, _LAPSED, params)
    recent, _ = await timeline.events(reads, customer.id, numbers, timeline.TimelineFilter(max_events=RECENT))
    year = [each for each in payments if each.captured_at > now - timedelta(days=365)]
    percentage = on_time_percentage(payments)
    modes = Counter(each.mode for each in payments)
    most_used = modes.most_common(1)[0][0] if modes else None
    early = [each.days_early for each in payments]
    return {
        "customerId": customer.customer_code,
        "customerName": customer.full_name,
        "upcomingPayments": [_upcoming(each, today) for each in upcoming],
        "lastTwelveMonths": {
            "payments": len(year),
            "onTime": sum(each.days_early >= 0 for each in year),
            "onTimePercentage": on_time_percentage(year),
            "totalPaid": _total(year),
        },
        "behaviour": {
            "averageTimingDays": round(sum(early) / len(early), 1) if early else None,
            "preferredMethod": most_used,
            "reliability": reliability(percentage),
        },
        "recentActivity": [each.to_public() for each in recent],
        "premiumHistory": _by_year(payments),
        "summary": {
            "totalPaid": _total(payments),
            "onTimePercentage": percentage,
            "paymentCount": len(payments),
            "mostUsedMode": most_used,
        },
        "profiling": {
            "onTimePercentage": percentage,
            "customerSince": min((policy.since for policy in policies), default=None),
            "rating": reliability(percentage),
            "paidThisYear": _total([each for each in payments if each.day.year == today.year]),
            "activePolicies": sum(policy.status == "active" for policy in policies),
            "familyPolicies": families,
            "lapsedPolicies": lapsed,
        },
        "communications": _communications(messages, kinds),
        "claims": _claims(claims, sum((policy.yearly for policy in policies), ZERO)),
    }


def _total(payments: Sequence[Payment]) -> Decimal:
    return sum((each.amount for each in payments), ZERO)


def _upcoming(due: Upcoming, today: date) -> UpcomingPaymentView:
    return {
        "amount": due.amount,
        "dueDate": due.due_date,
        "policy": due.policy_number,
        "daysLeft": (due.due_date - today).days,
    }


def _by_year(payments: Sequence[Payment]) -> list[PremiumYearView]:
    grouped: dict[int, list[Payment]] = defaultdict(list)
    for each in payments:
        grouped[each.day.year].append(each)
    return [
        {"year": year, "total": _total(each), "payments": [payment.to_public() for payment in each]}
        for year, each in sorted(grouped.items(), reverse=True)
    ]


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
    return {
        "count": len(claims),
        "totalAmount": sum((each.claim_amount for each in claims), ZERO),
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
        "rating": claim_rating(claims, yearly_premium),
    }
