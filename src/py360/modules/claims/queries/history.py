"""The claims history of a renewal case: the claims of its policy with their figures (domain reference, section 11), and those of the
customer's other policies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from py360.kit import ids, sql
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import NotFound
from py360.kit.reads import Reads
from py360.modules.claims.queries import rows
from py360.modules.claims.queries.detail import documents_of, lines_of
from py360.modules.claims.statuses import rating
from py360.modules.claims.views import ClaimsHistoryView, ClaimSummaryView, HistoryClaimView

MOST: Final = 200
_CASE: Final = """
select k.customer_id, k.policy_id, u.full_name, p.premium_amount * case p.payment_frequency when 'monthly' then 12
  when 'quarterly' then 4 when 'half_yearly' then 2 else 1 end as premium
from cases_public_case k join customers_public_contact u on u.id = k.customer_id join customers_public_policy p on p.id = k.policy_id
where k.id = %(case)s and {within}
"""
_CLAIMS: Final = (
    rows.COLUMNS
    + ", c.description, c.rejection_reason, c.reported_at, c.decided_at "
    + rows.TABLES
    + " where c.policy_id = %(policy)s order by c.id desc limit %(most)s"
)
_OTHERS: Final = (
    rows.COLUMNS
    + rows.TABLES
    + " where c.customer_id = %(customer)s and c.policy_id <> %(policy)s and {within} order by c.id desc limit %(most)s"
)
_SUMMARY: Final = sql.read(__file__, "summarize_claims")


@dataclass(frozen=True, slots=True)
class Case:
    """The customer and the policy of a case, and what the policy costs in a year (INR)."""

    customer_id: int
    policy_id: int
    full_name: str
    premium: Decimal


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of all claims of a policy; amounts in INR, the mean from report to decision in days."""

    total: int
    counted: int
    claimed: Decimal
    approved: Decimal
    rejected: Decimal
    pending: Decimal
    settled: Decimal
    last: date | None
    by_type: dict[str, int]
    days: float | None
    approval_rate: float | None
    satisfaction: float | None


@dataclass(frozen=True, slots=True)
class HistoryClaim(rows.ClaimRow):
    """A claim with what its card shows."""

    description: str
    rejection_reason: str | None
    reported_at: datetime
    decided_at: datetime | None


async def of_case(reads: Reads, caller: Caller, case: str, now: datetime) -> ClaimsHistoryView:
    """The claims of the policy of a case within the caller's reach, newest first, and those of the customer's other policies that
    are within it; raises NotFound."""
    number = ids.number("case", case)
    within, params = reach_filter(caller, "k")
    found = await reads.fetch_one(Case, _CASE.format(within=within), {**params, "case": number})
    if found is None:
        raise NotFound(f"There is no case {ids.code('case', number)} within your reach.", code="case_not_found")
    within, params = reach_filter(caller)
    values = {**params, "policy": found.policy_id, "customer": found.customer_id, "most": MOST}
    claims = await reads.fetch_all(HistoryClaim, _CLAIMS, values)
    others = await reads.fetch_all(rows.ClaimRow, _OTHERS.format(within=within), values)
    summary = await reads.fetch_only(Summary, _SUMMARY, values)
    return {
        "caseId": ids.code("case", number),
        "customerName": found.full_name,
        "summary": _summary(summary, found.premium),
        "claims": await _to_public(reads, claims, now),
        "otherClaims": [rows.to_public(claim, now) for claim in others],
    }


async def _to_public(reads: Reads, claims: Sequence[HistoryClaim], now: datetime) -> list[HistoryClaimView]:
    numbers = [claim.id for claim in claims]
    lines, documents = await lines_of(reads, numbers), await documents_of(reads, numbers)
    return [
        {
            **rows.to_public(claim, now),
            "description": claim.description,
            "rejectionReason": claim.rejection_reason,
            "documents": [each.name for each in documents if each.claim_id == claim.id and each.received_at],
            "timeline": [line.to_public() for line in reversed(lines) if line.claim_id == claim.id],
        }
        for claim in claims
    ]


def _summary(found: Summary, premium: Decimal) -> ClaimSummaryView:
    return {
        "totalClaims": found.total,
        "totalClaimAmount": found.claimed,
        "approvedAmount": found.approved,
        "rejectedAmount": found.rejected,
        "pendingAmount": found.pending,
        "settledAmount": found.settled,
        "lastClaim": found.last,
        "byType": found.by_type,
        "averageProcessingTime": found.days,
        "approvalRate": found.approval_rate,
        "customerSatisfaction": found.satisfaction,
        "claimRating": rating(found.counted, found.claimed, premium),
    }
