"""The inputs of a customer's profile (domain reference, 9.1) and the people of a policy (section 4), under the API's names."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from py360.kit.wire import AS_CODE, SHOWN, Schema

Word = Annotated[str, StringConstraints(max_length=100)]
Money = Annotated[Decimal, Field(ge=0, max_digits=15, decimal_places=2, description="INR")]
Words = Annotated[list[Word], Field(max_length=30)]
Gender = Annotated[Literal["male", "female", "other"], AS_CODE]
Rating = Annotated[Literal["good", "average", "low"], AS_CODE]


class Income(Schema):
    """What the customer earns in a year, and where we know it from."""

    passed_over = frozenset({"lastUpdated"})

    amount: Money
    currency: Literal["INR"] = "INR"
    date_captured: date | None = None
    source: Word | None = None


class Demographics(Schema):
    """Who the customer is; the age follows from the date of birth where that is known."""

    age: Annotated[int, Field(ge=0, le=130)] | None = None
    gender: Gender | None = None
    marital_status: Word | None = None
    dependents: Annotated[int, Field(ge=0, le=30)] | None = None
    occupation: Word | None = None
    employer: Word | None = None


class Coordinates(Schema):
    """A place on the map, in degrees."""

    lat: Annotated[Decimal, Field(ge=-90, le=90)]
    lng: Annotated[Decimal, Field(ge=-180, le=180)]


class Location(Schema):
    """Where the customer lives."""

    city: Word | None = None
    state: Word | None = None
    pincode: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{5}$")] | None = None
    residential_area: Word | None = None
    area_rating: Rating | None = None
    coordinates: Coordinates | None = None


class Residence(Schema):
    """The house or flat."""

    ownership: Annotated[Literal["owned", "rented"], AS_CODE] | None = None
    type: Annotated[Literal["villa", "apartment", "independent_house", "row_house"], AS_CODE] | None = None
    built_up_area: Annotated[int, Field(ge=0, le=1_000_000, description="Square feet")] | None = None
    age_of_property: Annotated[int, Field(ge=0, le=500, description="Years")] | None = None
    security_features: Words = Field(default_factory=list)
    parking_type: Word | None = None


class Vehicle(Schema):
    """A car or a two-wheeler."""

    type: Word
    make: Word | None = None
    model: Word | None = None
    year: Annotated[int, Field(ge=1900, le=2200)] | None = None
    registration_number: Annotated[str, StringConstraints(max_length=20, to_upper=True)] | None = None
    fuel_type: Word | None = None
    cc: Annotated[int, Field(ge=0, le=20_000)] | None = None
    current_value: Money | None = None


class RiskProfile(Schema):
    """How risky the customer's life is, and how much risk they take."""

    category: Annotated[Literal["safe", "medium", "high"], AS_CODE] | None = None
    risk_tolerance: Annotated[int, Field(ge=1, le=10)] | None = None
    investment_horizon: Annotated[Literal["short_term", "medium_term", "long_term"], AS_CODE] | None = None
    previous_claims: Annotated[int, Field(ge=0, le=1_000)] | None = None
    driving_record: Word | None = None
    health_conditions: Annotated[Literal["none", "minor", "major"], AS_CODE] | None = None
    lifestyle: Annotated[Literal["sedentary", "moderate", "active"], AS_CODE] | None = None


class PolicyPreferences(Schema):
    """What the customer wants to buy, and what not."""

    preferred_types: Words = Field(default_factory=list)
    avoided_types: Words = Field(default_factory=list)
    preferred_premium_frequency: Word | None = None
    max_budget: Money | None = None
    priority_features: Words = Field(default_factory=list)


class Illness(Schema):
    """Whether an illness is in the family."""

    present: bool
    relation: Word | None = None
    age_of_onset: Annotated[int, Field(ge=0, le=130)] | None = None


class Illnesses(Schema):
    """The four illnesses that insurers ask for."""

    diabetes: Illness | None = None
    heart_disease: Illness | None = None
    cancer: Illness | None = None
    hypertension: Illness | None = None


class FamilyHistory(Schema):
    """The health of the family."""

    medical_history: Illnesses | None = None
    life_expectancy: Annotated[int, Field(ge=0, le=130)] | None = None
    genetic_risk_factors: Words = Field(default_factory=list)


class OtherPolicy(Schema):
    """A policy with another insurer."""

    policy_number: Word | None = None
    policy_type: Word
    provider: Word | None = None
    source: Word | None = None
    premium: Money | None = None
    coverage: Money | None = None
    start_date: date | None = None
    status: Word = "active"


class Capacity(Schema):
    """How many policies suit the customer; what they hold is counted."""

    passed_over = frozenset(
        {"currentlyHeld", "utilizationPercentage", "availableCapacity", "maxCoverage", "utilizedCoverage"}
    )

    max_recommended: Annotated[int, Field(ge=0, le=1_000)] | None = None
    recommended_next_policy: Word | None = None


class ProfileIn(Schema):
    """The blocks of a profile to set; those left out stay, null empties one."""

    passed_over = SHOWN | {"customerId", "customerName", "completeness", "lastUpdated"}
    moves = frozenset({"completeness", "lastUpdated", "policyCapacity"})

    annual_income: Income | None = None
    demographics: Demographics | None = None
    location: Location | None = None
    residence: Residence | None = None
    vehicles: Annotated[list[Vehicle], Field(max_length=20)] | None = None
    risk_profile: RiskProfile | None = None
    policy_preferences: PolicyPreferences | None = None
    family_history: FamilyHistory | None = None
    other_policies: Annotated[list[OtherPolicy], Field(max_length=50)] | None = None
    policy_capacity: Capacity | None = None


class MemberIn(Schema):
    """A person insured under a health policy; with the id of one that is there, that one. The age follows from the birth."""

    passed_over = frozenset({"age", "lastClaimDate", "lastClaimAmount", "claimHistory"})

    id: Annotated[int, Field(ge=1, lt=2**63)] | None = None
    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    relationship: Annotated[str, StringConstraints(min_length=1, max_length=50)]
    date_of_birth: date | None = None
    gender: Gender | None = None
    sum_insured: Money | None = None
    premium_contribution: Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)] | None = None
    medical_history: Words = Field(default_factory=list)


class MembersIn(Schema):
    """All members of a policy; one that is left out is removed."""

    passed_over = frozenset({"policyId", "policyNumber", "summary"})

    members: Annotated[list[MemberIn], Field(max_length=20)]
