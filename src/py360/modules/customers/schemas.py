"""What the API of customers takes (domain reference, section 4)."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AliasChoices, Field, StringConstraints, model_validator

from py360.kit import card_numbers
from py360.kit.free_json import FreeJson
from py360.kit.wire import AS_CODE, SHOWN, Day, Schema, as_stored
from py360.modules.customers.contacts import Email, Pan, Phone

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
# Screens say premium and expiryDate, as the answers do; the tables say premium_amount and end_date. Both are taken.
Premium = Annotated[
    Decimal,
    Field(
        gt=0,
        max_digits=12,
        decimal_places=2,
        validation_alias=AliasChoices("premiumAmount", "premium", "premium_amount"),
    ),
]
EndDate = Annotated[Day, Field(validation_alias=AliasChoices("endDate", "expiryDate", "end_date"))]
Key = Annotated[int, Field(ge=1, lt=2**63)]
Language = Annotated[str, StringConstraints(min_length=2, max_length=10)]


def _check_channels(preferences: FreeJson) -> FreeJson:
    """Channels take true, false or one of the four words; the other parts are kept as they come.

    Opted Out is stored as false, which is what the send gate looks for; it knows the phone as `call`.
    """
    known = dict(preferences)
    for channel in ("email", "phone", "whatsapp", "sms", "aiCall", "postalMail"):
        choice = preferences.get(channel)
        if choice is not None and choice not in (True, False, "Preferred", "Accepted", "Backup", "Opted Out"):
            raise ValueError(f"{channel} is Preferred, Accepted, Backup or Opted Out")
        if choice == "Opted Out":
            known[channel] = False
    if "phone" in known:
        known["call"] = known["phone"]
    return known


Profile = Annotated[Literal["normal", "hni", "super_hni", "vip"], AS_CODE]
Frequency = Annotated[Literal["annual", "half_yearly", "quarterly", "monthly", "one_time"], AS_CODE]
Preferences = Annotated[FreeJson, Field(max_length=20), AfterValidator(_check_channels)]
# Forms and files have keys of their own here: street, city, state, pincode; what is covered; how to be reminded and billed.
Address = FreeJson
CoverageDetails = FreeJson
PreferencePart = FreeJson
PaymentPart = Annotated[
    FreeJson, AfterValidator(card_numbers.refuse), Field(description="A card only by its last four digits")
]


class CustomerChange(Schema):
    """The fields of a customer to change."""

    passed_over = SHOWN | {"customerId", "name", "kycStatus", "kycDocuments", "verification"}

    first_name: Name = "-"
    last_name: Annotated[str, StringConstraints(max_length=100)] = ""
    email: Email | None = None
    phone: Phone | None = None
    date_of_birth: date | None = None
    gender: Annotated[Literal["male", "female", "other"], AS_CODE] | None = None
    pan: Pan | None = None
    address: Address | None = None
    customer_profile: Profile = "normal"
    preferred_language: Language = "en"
    communication_preferences: Preferences | None = None


class CustomerIn(CustomerChange):
    """A new customer: a name and at least one contact."""

    first_name: Name
    customer_code: Annotated[str, StringConstraints(min_length=1, max_length=50)] | None = None

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if not (self.email or self.phone):
            raise ValueError("give an e-mail address or a phone number")
        return self


class PreferencesIn(Schema):
    """How a customer wants to be reached, reminded and billed; parts left out stay as they are."""

    communication: Preferences | None = None
    renewal_timeline: PreferencePart | None = None
    payment: PaymentPart | None = None
    language: PreferencePart | None = None
    preferred_language: Language | None = None


class PolicyPersonIn(Schema):
    """The proposer of a policy, or the life assured; the age follows from the date of birth where that is known."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    relationship: Annotated[str, StringConstraints(max_length=50)] | None = None
    date_of_birth: date | None = None
    age: Annotated[int, Field(ge=0, le=130)] | None = None
    gender: Annotated[Literal["male", "female", "other"], AS_CODE] | None = None
    occupation: Annotated[str, StringConstraints(max_length=100)] | None = None


class ProposerIn(PolicyPersonIn):
    """Who applied for the policy and pays it."""

    annual_income: Annotated[Decimal, Field(ge=0, max_digits=15, decimal_places=2)] | None = None


class LifeAssuredIn(PolicyPersonIn):
    """Whose life is insured. `nomineeDetails`: "Name (Relation)"."""

    sum_assured: Annotated[Decimal, Field(ge=0, max_digits=15, decimal_places=2)] | None = None
    nominee_details: Annotated[str, StringConstraints(max_length=255)] | None = None


class ChannelDetailsIn(Schema):
    """Through whom a policy was sold."""

    business_channel: Annotated[str, StringConstraints(max_length=100)] | None = None
    region: Annotated[str, StringConstraints(max_length=100)] | None = None
    sales_manager: Annotated[str, StringConstraints(max_length=200)] | None = None
    agent_name: Annotated[str, StringConstraints(max_length=200)] | None = None
    agent_status: Annotated[Literal["active", "inactive"], AS_CODE] | None = None


def _stored(person: Schema | None) -> dict[str, object] | None:
    """A block as its column keeps it: what was stated, under the API's names."""
    if person is None:
        return None
    stored = as_stored(person)
    return {name: value for name, value in stored.items() if name != "age" or "dateOfBirth" not in stored}


class PolicyChange(Schema):
    """The fields of a policy to change; its number and its customer stay."""

    passed_over = SHOWN | {"policyNumber", "customerId", "customerName", "policyTypeId"}
    moves = frozenset({"policyTypeId"})

    policy_type: Annotated[str, StringConstraints(min_length=1, max_length=50)] = "-"
    product_name: Annotated[str, StringConstraints(max_length=255)] | None = None
    product_category: Annotated[str, StringConstraints(max_length=50)] | None = None
    premium_amount: Premium = Decimal(1)
    sum_insured: Annotated[Decimal, Field(ge=0, max_digits=15, decimal_places=2)] | None = None
    start_date: Day = date.min
    end_date: EndDate = date.max
    renewal_date: Day | None = None
    payment_frequency: Frequency = "annual"
    status: Literal["active", "expired", "cancelled", "suspended"] = "active"
    grace_period_days: Annotated[int, Field(ge=0, le=365)] = 30
    coverage_details: CoverageDetails | None = None
    auto_renewal: bool = True
    agent_id: Annotated[Key | None, Field(description="The user to whom its renewal cases are given")] = None
    branch_id: Annotated[Key | None, Field(description="The branch that answers for it")] = None
    proposer: ProposerIn | None = None
    life_assured: LifeAssuredIn | None = None
    channel_details: ChannelDetailsIn | None = None

    def given(self) -> dict[str, object]:
        """The fields that were sent; people and channel as their columns keep them."""
        fields = super().given()
        people = {"proposer": self.proposer, "life_assured": self.life_assured, "channel_details": self.channel_details}
        return fields | {name: _stored(block) for name, block in people.items() if name in fields}

    @model_validator(mode="before")
    @classmethod
    def _one_spelling(cls, data: object) -> object:
        """Answers show both spellings, so that forms may send both: the screens' own counts."""
        if not isinstance(data, dict):
            return data
        twice = {other for name, other in (("premium", "premiumAmount"), ("expiryDate", "endDate")) if name in data}
        return {name: value for name, value in data.items() if name not in twice}


class PolicyIn(PolicyChange):
    """A policy entered by hand; its renewal date is its end date unless given."""

    policy_number: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    customer_id: str | int
    policy_type: Annotated[str, StringConstraints(min_length=1, max_length=50)]
    premium_amount: Premium
    start_date: Day
    end_date: EndDate


class VerifyIn(Schema):
    """A contact to check, and whose it is: the customer, or the case whose customer it is."""

    case_id: str | int | None = None
    customer_id: str | int | None = None
    customer_name: Annotated[str, StringConstraints(max_length=200)] | None = None


class VerifyEmail(VerifyIn):
    """An e-mail address."""

    email: Email


class VerifyPhone(VerifyIn):
    """A phone number; `code` is the one-time code that the customer named."""

    phone: Phone
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] | None = None


class VerifyPan(VerifyIn):
    """A permanent account number."""

    pan: Pan


class MergeIn(Schema):
    """The customer to merge into another one, and why."""

    duplicate_id: str | int
    reason: Annotated[str, StringConstraints(max_length=500)] | None = None


class DismissIn(Schema):
    """Why two customers are two people."""

    reason: Annotated[str, StringConstraints(max_length=500)] | None = None
