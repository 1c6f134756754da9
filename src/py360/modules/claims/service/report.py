"""A claim that comes through a customer's link: sent twice, it is one claim."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.modules.claims.schemas import ClaimIn
from py360.modules.claims.service.lock import Claim, lock_any
from py360.modules.claims.service.submit import Policy, submit_as_customer

_LOCK: Final = "select pg_advisory_xact_lock(hashtextextended('claims.report', %(policy)s))"
_SAME: Final = """
select id from claims where policy_id = %(policy)s and source = 'customer' and claim_type = %(type)s
  and incident_date = %(incident)s and status in ('submitted', 'under_review') order by id limit 1
"""


async def report_once(session: AsyncSession, policy: Policy, body: ClaimIn) -> Claim:
    """Report the claim; the one that is there already when the customer reported the same type for the same day. Raises Invalid."""
    await db.execute(session, _LOCK, {"policy": policy.id})
    values = {"policy": policy.id, "type": body.type, "incident": body.incident_date}
    known = await db.fetch_one(session, int, _SAME, values)
    return await (submit_as_customer(session, policy, body) if known is None else lock_any(session, known))
