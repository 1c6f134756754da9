"""What other modules may call: customers and their policies."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.errors import NotFound
from py360.modules.customers.bulk import merge, sort_into_search
from py360.modules.customers.columns import CATEGORIES
from py360.modules.customers.contacts import Email, Phone
from py360.modules.customers.file_entities import customer_entity, policy_entity
from py360.modules.customers.grace import HEALTH_MONTHLY_DAYS as HEALTH_MONTHLY_GRACE_DAYS
from py360.modules.customers.grace import USUAL_DAYS as USUAL_GRACE_DAYS
from py360.modules.customers.grace import GracePeriod, grace_periods, set_grace_periods
from py360.modules.customers.picture.needs import Needs, needs_of
from py360.modules.customers.picture.people import PolicyPeople, people_of_policy
from py360.modules.customers.picture.views import FamilyView, LifeAssuredView, MemberView, ProposerView
from py360.modules.customers.queries import CustomerPolicy
from py360.modules.customers.queries import policy as find_policy
from py360.modules.customers.service.customers import change_customer
from py360.modules.customers.service.policies import change_policy
from py360.modules.customers.service.renew import expire, renew, restore
from py360.modules.customers.service.undo_import import keep_changed, undo_import
from py360.modules.customers.verification.sender import VerificationMessage, use_verification_sender

__all__ = [
    "CATEGORIES",
    "HEALTH_MONTHLY_GRACE_DAYS",
    "USUAL_GRACE_DAYS",
    "CustomerPolicy",
    "Email",
    "FamilyView",
    "GracePeriod",
    "LifeAssuredView",
    "MemberView",
    "Needs",
    "Phone",
    "Policy",
    "PolicyPeople",
    "ProposerView",
    "VerificationMessage",
    "change_customer",
    "change_policy",
    "customer_entity",
    "expire",
    "find_policy",
    "grace_periods",
    "keep_changed",
    "merge",
    "needs_of",
    "people_of_policy",
    "policy",
    "policy_entity",
    "renew",
    "restore",
    "seed",
    "set_grace_periods",
    "sort_into_search",
    "undo_import",
    "use_verification_sender",
]

# Names as policies hold them; base premiums from the SQL of the specification's authors, and what a line usually covers in INR
# (domain reference, section 4). It describes the line: what a policy covers is in the policy.
_SEED_TYPES: Final = """
insert into policy_types (name, description, base_premium, coverage_details) values
  ('motor', 'Cars, two-wheelers and commercial vehicles', 1200, '{"groups": [{"title": "Liability", "items": [
    {"name": "Third party", "value": 750000}, {"name": "Personal accident of the owner", "value": 1500000},
    {"name": "Each passenger", "value": 200000}]}]}'::jsonb),
  ('home', 'Houses, flats and what is in them', 950, '{"groups": [{"title": "Stay elsewhere", "items": [
    {"name": "Temporary accommodation a day", "value": 5000}]}]}'),
  ('life', 'Term, endowment and unit-linked plans', 2400, null),
  ('health', 'Medical expenses of a person or a family', 3600, '{"groups": [{"title": "Hospital", "items": [
    {"name": "Room rent a day", "value": 8000}, {"name": "Maternity", "value": 150000}, {"name": "Newborn", "value": 100000}]}]}'),
  ('travel', 'Journeys at home and abroad', null, null), ('commercial', 'Shops, offices, goods and liability', null, null)
on conflict (name) do update set coverage_details = excluded.coverage_details
where policy_types.coverage_details is null and excluded.coverage_details is not null
"""


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as other modules see one; amounts in INR."""

    id: int
    client_id: int
    policy_number: str
    customer_id: int
    policy_type: str
    premium_amount: Decimal
    start_date: date
    end_date: date
    renewal_date: date | None
    grace_period_days: int
    branch_id: int | None


async def seed(session: AsyncSession) -> None:
    """Make sure the policy types exist; an office's own changes stay."""
    await db.execute(session, _SEED_TYPES)


async def policy(session: AsyncSession, policy_id: int) -> Policy:
    """One policy; raises NotFound. Knows no caller."""
    found = await db.fetch_one(
        session,
        Policy,
        "select id, client_id, policy_number, customer_id, policy_type, premium_amount, start_date, end_date, renewal_date,"
        " grace_period_days, branch_id from policies where id = %(id)s",
        {"id": policy_id},
    )
    if found is None:
        raise NotFound(f"There is no policy {policy_id}.")
    return found
