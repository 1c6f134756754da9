"""The claims history of a renewal case: all claims of its customer, with their figures (domain reference, section 11)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from py360.kit import ids
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import NotFound
from py360.kit.reads import Reads
from py360.modules.claims.queries import rows
from py360.modules.claims.queries.detail import documents_of, lines_of
from py360.modules.claims.statuses import rating
from py360.modules.claims.views import ClaimsHistoryView, ClaimSummaryView, HistoryClaimView

MOST: Final = 200
DAY: Final = 86_400
_CASE: Final = """
select k.customer_id, u.full_name,
  (select coalesce(sum(p.premium_amount * case p.payment_frequency when 'monthly' then 12 when 'quarterly' then 4
     when 'half_yearly' then 2 else 1 end), 0) from customers_public_policy p where p.customer_id = k.customer_id) as premium
from cases_public_case k join customers_public_contact u on u.id = k.customer_id where k.id = %(case)s and {within}
"""
_CLAIMS: Final = (
    rows.COLUMNS
    + ", c.description, c.rejection_reason, c.reported_at, c.decided_at "
    + rows.TABLES
    + " where c.customer_id = %(customer)s and c.client_id = any(%(clients)s) order by c.id desc limit %(most)s"
)

# Of the communications that name one of these claims: the mean of the ratings, out of 5.
_SATISFACTION: Final = """
select round(avg(n.satisfaction), 1)::float8 from cases_public_communication n
where n.customer_id = %(customer)s and n.claim_number = any(%(claims)s)
"""


@dataclass(frozen=True, slots=True)
class Case:
    """The customer of a case, and what all their policies cost in a year (INR)."""

    customer_id: int
    full_name: str
    premium: Decimal


@dataclass(frozen=True, slots=True)
class HistoryClaim(rows.ClaimRow):
    """A claim with what its card shows."""

    description: str
    rejection_reason: str | None
    reported_at: datetime
    decided_at: datetime | None


async def of_case(reads: Reads, caller: Caller, case: str, now: datetime) -> ClaimsHistoryView:
    """The claims of the customer of a case within the caller's reach, newest first; raises NotFound."""
    number = ids.number("case", case)
    within, params = reach_filter(caller, "k")
    found = await reads.fetch_one(Case, _CASE.format(within=within), {**params, "case": number})
    if found is None:
        raise NotFound(f"There is no case {ids.code('case', number)} within your reach.", code="case_not_found")
    values = {"customer": found.customer_id, "clients": list(caller.client_ids), "most": MOST}
    claims = await reads.fetch_all(HistoryClaim, _CLAIMS, values)
    rated = {"customer": found.customer_id, "claims": [claim.claim_number for claim in claims]}
    satisfaction = await reads.fetch_one(float, _SATISFACTION, rated)
    return {
        "caseId": ids.code("case", number),
        "customerName": found.full_name,
        "summary": summarize(claims, found.premium, satisfaction),
        "claims": await _to_public(reads, claims, now),
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


def summarize(claims: Sequence[HistoryClaim], premium: Decimal, satisfaction: float | None) -> ClaimSummaryView:
    """The figures of these claims; withdrawn ones count as claims, not as money. `satisfaction`: out of 5."""
    counted = [claim for claim in claims if claim.status != "withdrawn"]
    decided = [claim for claim in counted if claim.status in ("approved", "settled", "rejected")]
    approved = [claim for claim in decided if claim.status != "rejected"]
    days = [(claim.decided_at - claim.reported_at).total_seconds() / DAY for claim in decided if claim.decided_at]
    zero = Decimal(0)
    claimed = sum((claim.claim_amount for claim in counted), zero)
    return {
        "totalClaims": len(claims),
        "totalClaimAmount": claimed,
        "approvedAmount": sum((claim.approved_amount or zero for claim in approved), zero),
        "rejectedAmount": sum((claim.rejected_amount or zero for claim in decided), zero),
        "pendingAmount": sum((claim.claim_amount for claim in counted if claim not in decided), zero),
        "settledAmount": sum((claim.settlement_amount or zero for claim in counted), zero),
        "lastClaim": max((claim.reported_date for claim in claims), default=None),
        "byType": dict(Counter(claim.claim_type for claim in claims)),
        "averageProcessingTime": round(sum(days) / len(days), 1) if days else None,
        "approvalRate": round(100 * len(approved) / len(decided), 1) if decided else None,
        "customerSatisfaction": satisfaction,
        "claimRating": rating(len(counted), claimed, premium),
    }
