"""What recommendations and risk look at in a customer's picture: the inputs of 9.1 as plain values."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from py360.kit import resources
from py360.kit.caller import Caller
from py360.kit.free_json import FreeJson
from py360.kit.reads import Reads
from py360.modules.customers import queries
from py360.modules.customers.ages import age_on
from py360.modules.customers.picture import profile as profiles

_OWN: Final = """
select policy_type, product_name, coalesce(inception_date, start_date) as since, status = 'active' as is_active
from policies where customer_id = %(id)s
"""


@dataclass(frozen=True, slots=True)
class OwnPolicy:
    """A policy that the customer has or had with us, as far as needs go."""

    policy_type: str
    product_name: str | None
    since: date
    is_active: bool


@dataclass(frozen=True, slots=True)
class Needs:
    """A customer's situation; amounts in INR a year, None where nothing was stated."""

    customer_id: int
    client_id: int
    customer_code: str
    customer_name: str
    income: Decimal | None
    age: int | None
    dependents: int
    vehicles: int
    vehicle_value: Decimal
    owns_residence: bool
    built_up_area: int
    area_rating: str
    illnesses: frozenset[str]
    category: str
    horizon: str
    driving_record: str
    health: str
    lifestyle: str
    previous_claims: int
    avoided: tuple[str, ...]
    max_budget: Decimal | None
    held: tuple[str, ...]
    held_since: date | None
    own_policies: int
    available_capacity: int | None


async def needs_of(reads: Reads, caller: Caller, customer: str) -> Needs:
    """The needs of a customer, by code or number; raises NotFound when out of reach."""
    found = await queries.customer(reads, caller, customer)
    stated = await profiles.read(reads, found.id)
    own = await reads.fetch_all(OwnPolicy, _OWN, {"id": found.id})
    held = [each for each in own if each.is_active]
    capacity = stated.capacity()
    demographics, residence, risk = stated.demographics or {}, stated.residence or {}, stated.risk or {}
    preferences = stated.policy_preferences or {}
    medical = _block(stated.family_history, "medicalHistory")
    elsewhere = [
        str(each.get("policyType", ""))
        for each in stated.other_policies or []
        if str(each.get("status", "active")).strip().lower() == "active"
    ]
    return Needs(
        customer_id=found.id,
        client_id=found.client_id,
        customer_code=found.customer_code,
        customer_name=found.full_name,
        income=stated.annual_income,
        age=age_on(resources.current().clock.today(), found.date_of_birth) or demographics.get("age"),
        dependents=demographics.get("dependents") or 0,
        vehicles=len(stated.vehicles or []),
        vehicle_value=sum((Decimal(str(each.get("currentValue") or 0)) for each in stated.vehicles or []), Decimal(0)),
        owns_residence=residence.get("ownership") == "owned",
        built_up_area=residence.get("builtUpArea") or 0,
        area_rating=str((stated.location or {}).get("areaRating") or ""),
        illnesses=frozenset(name for name, each in medical.items() if isinstance(each, dict) and each.get("present")),
        category=str(risk.get("category") or ""),
        horizon=str(risk.get("investmentHorizon") or ""),
        driving_record=str(risk.get("drivingRecord") or ""),
        health=str(risk.get("healthConditions") or ""),
        lifestyle=str(risk.get("lifestyle") or ""),
        previous_claims=risk.get("previousClaims") or 0,
        avoided=tuple(str(each) for each in preferences.get("avoidedTypes") or ()),
        max_budget=None if preferences.get("maxBudget") is None else Decimal(str(preferences["maxBudget"])),
        held=(*(f"{each.policy_type} {each.product_name or ''}".strip() for each in held), *elsewhere),
        held_since=min((each.since for each in own), default=None),
        own_policies=len(held),
        available_capacity=capacity["availableCapacity"],
    )


def _block(block: FreeJson | None, name: str) -> FreeJson:
    inner = (block or {}).get(name)
    return inner if isinstance(inner, dict) else {}
