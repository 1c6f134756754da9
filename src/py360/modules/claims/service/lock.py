"""The claim that a request changes: within the caller's reach, and locked until its transaction ends."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import NotFound, PreconditionFailed

_LOCK: Final = """
select c.id, c.client_id, c.claim_number, c.policy_id, c.customer_id, c.case_id, c.claim_type, c.category, c.status,
  c.claim_amount, c.approved_amount, c.reserve_amount, c.incident_date, c.reported_date, c.reported_at, c.assigned_to,
  c.is_cashless, c.is_investigated, c.starred, c.version
from claims c where {where} for update
"""
_TOUCH: Final = "update claims set version = version + 1 where id = %(id)s returning version"


@dataclass(slots=True)
class Claim:
    """A locked claim; amounts in INR. `status` follows its moves within the transaction."""

    id: int
    client_id: int
    claim_number: str
    policy_id: int
    customer_id: int
    case_id: int | None
    claim_type: str
    category: str | None
    status: str
    claim_amount: Decimal
    approved_amount: Decimal | None
    reserve_amount: Decimal
    incident_date: date
    reported_date: date
    reported_at: datetime
    assigned_to: int | None
    is_cashless: bool
    is_investigated: bool
    starred: bool
    version: int


def not_found(text: str) -> NotFound:
    """The answer about a claim that does not exist or is out of reach: the two answer alike."""
    return NotFound(f"There is no claim {text[:60]} within your reach.", code="claim_not_found")


async def lock(session: AsyncSession, caller: Caller, text: str, if_match: int | None = None) -> Claim:
    """One claim by its number or key; raises NotFound, and PreconditionFailed when it is not the version the caller saw."""
    within, params = reach_filter(caller)
    where = f"(c.claim_number = upper(%(text)s) or c.id = %(number)s) and {within}"
    values = {**params, "text": text.strip(), "number": ids.bare_number(text)}
    claim = await db.fetch_one(session, Claim, _LOCK.format(where=where), values)
    if claim is None:
        raise not_found(text)
    if if_match is not None and if_match != claim.version:
        raise PreconditionFailed(headers={"ETag": f'"{claim.version}"'})
    return claim


async def lock_any(session: AsyncSession, claim_id: int) -> Claim:
    """One claim whatever the reach, for the system and for customers with a signed link; raises NotFound."""
    claim = await db.fetch_one(session, Claim, _LOCK.format(where="c.id = %(id)s"), {"id": claim_id})
    if claim is None:
        raise not_found(str(claim_id))
    return claim


async def touch(session: AsyncSession, claim: Claim) -> int:
    """The claim has a new version, which is returned."""
    claim.version = await db.fetch_only(session, int, _TOUCH, {"id": claim.id})
    return claim.version
