"""The people insured under a health policy, with their claims."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.errors import Conflict, Invalid, NotFound, PreconditionFailed
from py360.kit.reads import Reads
from py360.modules.customers.ages import age_on
from py360.modules.customers.picture.schemas import MembersIn
from py360.modules.customers.picture.views import ClaimBriefView, FamilyView, MembersView, MemberView
from py360.modules.customers.queries import CustomerPolicy

_MEMBERS: Final = """
select id, name, relationship, date_of_birth, gender, sum_insured, premium_contribution, medical_history
from policy_members where policy_id = %(policy)s order by position, id
"""
_CLAIMS: Final = """
select k.member_id, k.incident_date, k.claim_amount, coalesce(k.title, k.category) as title, k.status
from claims_public_claim k where k.policy_id = %(policy)s and k.member_id is not null order by k.incident_date desc, k.id desc
"""
_TOUCH: Final = """
update policies set version = version + 1 where id = %(id)s and (%(version)s::int is null or version = %(version)s) returning version
"""
_REMOVE: Final = "delete from policy_members where policy_id = %(policy)s and not id = any(%(kept)s)"
_ADD: Final = """
insert into policy_members (client_id, policy_id, position, name, relationship, date_of_birth, gender, sum_insured,
  premium_contribution, medical_history)
values (%(client)s, %(policy)s, %(position)s, %(name)s, %(relationship)s, %(date_of_birth)s, %(gender)s, %(sum_insured)s,
  %(premium_contribution)s, %(medical_history)s)
"""
_CHANGE: Final = """
update policy_members set position = %(position)s, name = %(name)s, relationship = %(relationship)s,
  date_of_birth = %(date_of_birth)s, gender = %(gender)s, sum_insured = %(sum_insured)s,
  premium_contribution = %(premium_contribution)s, medical_history = %(medical_history)s
where id = %(id)s and policy_id = %(policy)s
"""


@dataclass(frozen=True, slots=True)
class Member:
    """A person insured under a policy; amounts in INR."""

    id: int
    name: str
    relationship: str
    date_of_birth: date | None
    gender: str | None
    sum_insured: Decimal | None
    premium_contribution: Decimal | None
    medical_history: list[str]


@dataclass(frozen=True, slots=True)
class MemberClaim:
    """A claim of a member."""

    member_id: int
    incident_date: date
    claim_amount: Decimal
    title: str | None
    status: str

    def to_public(self) -> ClaimBriefView:
        """The claim as the API answers it."""
        return {
            "date": self.incident_date,
            "amount": self.claim_amount,
            "description": self.title,
            "status": self.status,
        }


async def read(reads: Reads, policy: CustomerPolicy, today: date) -> MembersView:
    """The members of a policy that is known to be within reach."""
    shown = await members_of(reads, policy.id, today)
    return {
        "policyId": policy.id,
        "policyNumber": policy.policy_number,
        "members": shown,
        "summary": family(shown, policy.premium_amount),
    }


async def members_of(reads: Reads, policy_id: int, today: date) -> list[MemberView]:
    """The members of a policy that is known to be within reach, with their claims."""
    members = await reads.fetch_all(Member, _MEMBERS, {"policy": policy_id})
    claims: dict[int, list[MemberClaim]] = defaultdict(list)
    for claim in await reads.fetch_all(MemberClaim, _CLAIMS, {"policy": policy_id}) if members else []:
        claims[claim.member_id].append(claim)
    return [_to_public(member, claims[member.id], today) for member in members]


def family(members: Sequence[MemberView], premium: Decimal) -> FamilyView:
    """The family in figures; the recent claims are each member's newest."""
    return {
        "members": len(members),
        "annualPremium": premium,
        "totalClaims": sum(len(member["claimHistory"]) for member in members),
        "recentClaimsValue": sum((member["lastClaimAmount"] or Decimal(0) for member in members), Decimal(0)),
    }


def _to_public(member: Member, claims: list[MemberClaim], today: date) -> MemberView:
    return {
        "id": member.id,
        "name": member.name,
        "relationship": member.relationship,
        "age": age_on(today, member.date_of_birth),
        "dateOfBirth": member.date_of_birth,
        "gender": member.gender,
        "sumInsured": member.sum_insured,
        "premiumContribution": member.premium_contribution,
        "medicalHistory": member.medical_history,
        "lastClaimDate": claims[0].incident_date if claims else None,
        "lastClaimAmount": claims[0].claim_amount if claims else None,
        "claimHistory": [claim.to_public() for claim in claims],
    }


async def save(
    session: AsyncSession, policy: CustomerPolicy, body: MembersIn, today: date, if_match: int | None
) -> int:
    """Set all members of a policy; its new version. Only health policies have members.

    Raises Conflict, Invalid (born in the future), NotFound (an id of another policy) and PreconditionFailed.
    """
    if policy.policy_type.lower() != "health":
        raise Conflict(f"{policy.policy_number} is no health policy: it has no members.", code="no_members")
    for place, member in enumerate(body.members):
        if member.date_of_birth and member.date_of_birth > today:
            message = "must not be after today"
            field = f"members.{place}.dateOfBirth"
            raise Invalid(f"{field} {message}.", details=[{"field": field, "message": message}])
    version = await db.fetch_one(session, int, _TOUCH, {"id": policy.id, "version": if_match})
    if version is None:
        raise PreconditionFailed
    kept = [member.id for member in body.members if member.id is not None]
    await db.execute(session, _REMOVE, {"policy": policy.id, "kept": kept})
    for place, member in enumerate(body.members):
        values = member.model_dump() | {"client": policy.client_id, "policy": policy.id, "position": place}
        if member.id is None:
            await db.execute(session, _ADD, values)
        elif not await db.execute(session, _CHANGE, values):
            raise NotFound(f"{policy.policy_number} has no member {member.id}.", code="member_not_found")
    return version
