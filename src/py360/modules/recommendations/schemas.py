"""What the API of recommendations takes."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from py360.kit.wire import AS_CODE, Schema

CustomerCode = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class RecommendFor(Schema):
    """The customer to recommend policies to, by code or number."""

    customer_id: CustomerCode
    limit: Annotated[int, Field(ge=1, le=6)] = 3


class RiskProfile(Schema):
    """How risky a life is; what else a profile says of it takes no points off."""

    passed_over = frozenset({"category", "riskTolerance", "investmentHorizon"})

    previous_claims: Annotated[int, Field(ge=0, le=1_000)] | None = None
    driving_record: Annotated[str, StringConstraints(max_length=100)] | None = None
    health_conditions: Annotated[Literal["none", "minor", "major"], AS_CODE] | None = None
    lifestyle: Annotated[Literal["sedentary", "moderate", "active"], AS_CODE] | None = None


class Location(Schema):
    """Where a person lives."""

    passed_over = frozenset({"city", "state", "pincode", "residentialArea", "coordinates"})

    area_rating: Annotated[Literal["good", "average", "low"], AS_CODE] | None = None


class Illness(Schema):
    """Whether an illness is in the family."""

    passed_over = frozenset({"relation", "ageOfOnset"})

    present: bool


class FamilyHistory(Schema):
    """The illnesses of a family by name."""

    passed_over = frozenset({"lifeExpectancy", "geneticRiskFactors"})

    medical_history: (
        Annotated[dict[Annotated[str, StringConstraints(max_length=60)], Illness | None], Field(max_length=20)] | None
    ) = None


class Profile(Schema):
    """A profile as `GET /customers/{id}/profile` answers one; the person need not be a customer. Other blocks take no points
    off, and neither does what is not known."""

    passed_over = frozenset(
        {
            "annualIncome", "demographics", "residence", "vehicles", "policyPreferences", "otherPolicies", "policyCapacity",
            "customerId", "customerName", "completeness", "lastUpdated",
        }
    )  # fmt: skip

    risk_profile: RiskProfile | None = None
    location: Location | None = None
    family_history: FamilyHistory | None = None


class AssessRisk(Schema):
    """The customer whose risk is asked for, or a profile."""

    customer_id: CustomerCode | None = None
    profile: Profile | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.customer_id is None) == (self.profile is None):
            raise ValueError("enter either customerId or profile")
        return self


class Response(Schema):
    """What became of a recommendation."""

    outcome: Literal["accepted", "declined", "converted"]
    note: Annotated[str, StringConstraints(max_length=500)] | None = None
