"""The inputs of a customer's profile: read, and set block by block (domain reference, 9.1)."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from psycopg.types.json import Jsonb
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.caller import Caller
from py360.kit.errors import PreconditionFailed
from py360.kit.free_json import FreeJson
from py360.kit.wire import as_stored
from py360.modules.customers.ages import age_on
from py360.modules.customers.picture.schemas import ProfileIn
from py360.modules.customers.picture.views import CapacityView, IncomeView, ProfileView
from py360.modules.customers.queries import Customer

COVERAGE_INCOMES: Final = 10  # domain reference, A 10: coverage capacity is ten yearly incomes
_PROFILE: Final = """
select p.annual_income, p.income_capture_date, p.income_source, p.demographics, p.location, p.residence, p.vehicles, p.risk,
  p.policy_preferences, p.family_history, p.other_policies, p.policy_capacity, p.last_profile_update, p.version,
  held.policies, held.coverage
from (
  select count(*) as policies, coalesce(sum(sum_insured), 0) as coverage
  from policies where customer_id = %(id)s and status = 'active'
) held
left join customer_profiles p on p.customer_id = %(id)s
"""
_LOCK: Final = """
insert into customer_profiles (customer_id, client_id, version) values (%(id)s, %(client)s, 0)
on conflict (customer_id) do update set customer_id = excluded.customer_id returning version
"""
# Blocks that are one column each, by their field.
_JSON: Final = {
    "demographics": "demographics",
    "location": "location",
    "residence": "residence",
    "vehicles": "vehicles",
    "risk_profile": "risk",
    "policy_preferences": "policy_preferences",
    "family_history": "family_history",
    "other_policies": "other_policies",
    "policy_capacity": "policy_capacity",
}
_BLOCKS: Final = 10


@dataclass(frozen=True, slots=True)
class Profile:
    """A stored profile, with what the customer holds; everything is None where nothing was ever stated."""

    annual_income: Decimal | None
    income_capture_date: date | None
    income_source: str | None
    demographics: FreeJson | None
    location: FreeJson | None
    residence: FreeJson | None
    vehicles: list[FreeJson] | None
    risk: FreeJson | None
    policy_preferences: FreeJson | None
    family_history: FreeJson | None
    other_policies: list[FreeJson] | None
    policy_capacity: FreeJson | None
    last_profile_update: datetime | None
    version: int | None
    policies: int
    coverage: Decimal

    @property
    def edition(self) -> int:
        """The version of the ETag; 0 before anything was stated."""
        return self.version or 0

    def income(self) -> IncomeView | None:
        """The income block."""
        if self.annual_income is None:
            return None
        return {
            "amount": self.annual_income,
            "currency": "INR",
            "dateCaptured": self.income_capture_date,
            "source": self.income_source,
            "lastUpdated": self.last_profile_update,
        }

    def capacity(self) -> CapacityView:
        """How many policies the customer may hold and holds, those with other insurers counted; coverage in INR."""
        stored = self.policy_capacity or {}
        others = [each for each in self.other_policies or [] if str(each.get("status", "active")).lower() == "active"]
        held = self.policies + len(others)
        most = stored.get("maxRecommended")
        coverage = sum((Decimal(str(each.get("coverage") or 0)) for each in others), self.coverage)
        return {
            "maxRecommended": most,
            "currentlyHeld": held,
            "utilizationPercentage": round(100 * held / most, 1) if most else None,
            "availableCapacity": max(most - held, 0) if most is not None else None,
            "recommendedNextPolicy": stored.get("recommendedNextPolicy"),
            "maxCoverage": None if self.annual_income is None else COVERAGE_INCOMES * self.annual_income,
            "utilizedCoverage": coverage,
        }


async def read(source: db.Source, customer_id: int) -> Profile:
    """The profile of a customer that is known to be within reach."""
    return await db.fetch_only(source, Profile, _PROFILE, {"id": customer_id})


def to_public(profile: Profile, customer: Customer, today: date) -> ProfileView:
    """The profile as the API answers it. Age and gender come from the customer where they are known there."""
    demographics = dict(profile.demographics or {})
    if (age := age_on(today, customer.date_of_birth)) is not None:
        demographics["age"] = age
    if customer.gender:
        demographics["gender"] = customer.gender
    known = (
        profile.annual_income, demographics, profile.location, profile.residence, profile.vehicles, profile.risk,
        profile.policy_preferences, profile.family_history, profile.other_policies, profile.policy_capacity,
    )  # fmt: skip
    return {
        "customerId": customer.customer_code,
        "customerName": customer.full_name,
        "annualIncome": profile.income(),
        "demographics": demographics or None,
        "location": profile.location,
        "residence": profile.residence,
        "vehicles": profile.vehicles or [],
        "riskProfile": profile.risk,
        "policyPreferences": profile.policy_preferences,
        "familyHistory": profile.family_history,
        "otherPolicies": profile.other_policies or [],
        "policyCapacity": profile.capacity(),
        "completeness": round(100 * sum(block not in (None, {}, []) for block in known) / _BLOCKS),
        "lastUpdated": profile.last_profile_update,
    }


async def save(session: AsyncSession, caller: Caller, customer: Customer, body: ProfileIn, if_match: int | None) -> int:
    """Set the given blocks; the new version. Raises PreconditionFailed when it is not the version the caller saw."""
    version = await db.fetch_only(session, int, _LOCK, {"id": customer.id, "client": customer.client_id})
    if if_match is not None and if_match != version:
        raise PreconditionFailed(headers={"ETag": f'"{version}"'})
    values = _values(body, body.model_fields_set)
    values |= {"last_profile_update": resources.current().clock.now(), "updated_by": caller.user_id}
    sets = ", ".join(f"{column} = %({column})s" for column in values)
    return await db.fetch_only(
        session,
        int,
        f"update customer_profiles set {sets}, version = version + 1 where customer_id = %(customer)s returning version",
        {**values, "customer": customer.id},
    )


def _values(body: ProfileIn, given: set[str]) -> dict[str, object]:
    """The columns of the given blocks; those of the specification's table follow their block."""
    values: dict[str, object] = {
        column: _stored(getattr(body, field)) for field, column in _JSON.items() if field in given
    }
    if "annual_income" in given:
        income = body.annual_income
        values["annual_income"] = income.amount if income else None
        values["income_capture_date"] = (income.date_captured or resources.current().clock.today()) if income else None
        values["income_source"] = income.source if income else None
    if "location" in given:
        values["location_rating"] = body.location.area_rating if body.location else None
    if "residence" in given:
        values["residence_type"] = body.residence.ownership if body.residence else None
        values["property_type"] = body.residence.type if body.residence else None
    if "risk_profile" in given:
        values["risk_profile"] = body.risk_profile.category if body.risk_profile else None
    return values


def _stored(block: BaseModel | list[BaseModel] | None) -> Jsonb | None:
    if block is None:
        return None
    if isinstance(block, list):
        return Jsonb([as_stored(each) for each in block])
    return Jsonb(as_stored(block))
