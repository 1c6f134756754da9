"""Assessing a customer's risk: the result is kept with its factors (domain reference, 9.4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, jsonb, resources, sql
from py360.kit.caller import Caller
from py360.kit.listing import Listing, containing, ordering
from py360.modules.customers.api import Needs
from py360.modules.recommendations import rules
from py360.modules.recommendations.listing import within_reach
from py360.modules.recommendations.views import EarlierRiskView, FactorView, KeptRiskView, RiskView

_KEEP: Final = sql.read(__file__, "keep_risk")
# From now on the customer's own counts, not that of one who was merged into them.
_OWN: Final = "update customer_risks set is_duplicate = true where customer_id = %(customer)s and made_for is not null"
_KEPT: Final = """
select u.customer_code, u.full_name, r.category, r.score, r.factors, r.assessed_at
from customer_risks r join customers_public_contact u on u.id = r.customer_id
"""
_SORTS: Final = {"score": "r.score", "assessedAt": "r.assessed_at", "customerName": "u.full_name"}


@dataclass(frozen=True, slots=True)
class _Earlier:
    category: str
    score: int
    assessed_at: datetime

    def to_public(self) -> EarlierRiskView:
        return {"category": self.category, "score": self.score, "assessedAt": self.assessed_at}


@dataclass(frozen=True, slots=True)
class KeptRisk:
    """A customer's risk, as it was assessed last."""

    customer_code: str
    full_name: str
    category: str
    score: int
    factors: list[FactorView]
    assessed_at: datetime

    def to_public(self) -> KeptRiskView:
        """The row as the API answers it."""
        return {
            "customerId": self.customer_code,
            "customerName": self.full_name,
            "category": self.category,
            "score": self.score,
            "factors": self.factors,
            "assessedAt": self.assessed_at,
        }


async def assess(session: AsyncSession, caller: Caller, needs: Needs) -> RiskView:
    """The risk of a customer who is known to be within reach; it is kept, and answered beside the one kept before."""
    found = rules.risk(needs)
    view = to_public(found, needs.customer_code)
    params = {
        "customer": needs.customer_id, "client": needs.client_id, "category": found.category, "score": found.score,
        "factors": jsonb.dumps(view["factors"]), "user": caller.user_id, "now": resources.current().clock.now(),
    }  # fmt: skip
    await db.execute(session, _OWN, params)
    earlier = await db.fetch_one(session, _Earlier, _KEEP, params)
    return view | {"previous": earlier.to_public() if earlier else None}


def to_public(found: rules.Risk, customer_code: str | None) -> RiskView:
    """A risk as the API answers it; without a customer's code, that of a profile that was entered."""
    factors: list[FactorView] = [
        {"name": each.name, "points": each.points, "reason": each.reason} for each in found.factors
    ]
    return {
        "customerId": customer_code,
        "category": found.category,
        "score": found.score,
        "factors": factors,
        "previous": None,
    }


def kept_risks(caller: Caller, sort: str | None, search: str | None, category: str | None) -> Listing[KeptRisk]:
    """The risks of customers within reach, the highest first."""
    where, params = within_reach(caller)
    if pattern := containing(search):
        where += " and (u.full_name ilike %(search)s or u.customer_code ilike %(search)s)"
        params |= {"search": pattern}
    if category:
        where += " and r.category = %(category)s"
        params |= {"category": category}
    return Listing(
        name="risks",
        select=_KEPT,
        where=where,
        order=ordering(sort, _SORTS, "score", "r.customer_id"),
        params=params,
        to_public=KeptRisk.to_public,
        columns=("customerId", "customerName", "category", "score", "factors", "assessedAt"),
        row=KeptRisk,
    )
