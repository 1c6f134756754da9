"""The people of a policy: who proposed it, whose life it insures, who is insured with them (domain reference, section 4).

Where nobody stated a proposer or a life assured, they are the customer: most policies are applied for by whom they insure.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from py360.kit.free_json import FreeJson
from py360.kit.reads import Reads
from py360.modules.customers.ages import with_age
from py360.modules.customers.picture import members
from py360.modules.customers.picture.views import FamilyView, LifeAssuredView, MemberView, PersonView, ProposerView

SELF: Final = "Self"
_POLICY: Final = """
select p.id, lower(p.policy_type) as policy_type, p.premium_amount, p.sum_insured, p.proposer, p.life_assured, p.channel_details,
  u.full_name, u.date_of_birth, u.gender, f.annual_income, f.demographics ->> 'occupation' as occupation
from policies p join customers u on u.id = p.customer_id left join customer_profiles f on f.customer_id = u.id
where p.id = %(id)s
"""


@dataclass(frozen=True, slots=True)
class PolicyPeople:
    """The people of a policy as its pages show them; `channel_details` as they were stated."""

    proposer: ProposerView
    life_assured: LifeAssuredView
    channel_details: FreeJson
    members: list[MemberView]
    family: FamilyView | None


@dataclass(frozen=True, slots=True)
class _Policy:
    """A policy with what is known of its customer; amounts in INR."""

    id: int
    policy_type: str
    premium_amount: Decimal
    sum_insured: Decimal | None
    proposer: FreeJson | None
    life_assured: FreeJson | None
    channel_details: FreeJson | None
    full_name: str
    date_of_birth: date | None
    gender: str | None
    annual_income: Decimal | None
    occupation: str | None

    def customer(self) -> FreeJson:
        """The customer, as a person of the policy."""
        known = {
            "name": self.full_name,
            "relationship": SELF,
            "dateOfBirth": self.date_of_birth.isoformat() if self.date_of_birth else None,
            "gender": self.gender,
            "occupation": self.occupation,
            "annualIncome": self.annual_income,
        }
        return {name: value for name, value in known.items() if value is not None}


async def people_of_policy(reads: Reads, policy_id: int, today: date) -> PolicyPeople:
    """The people of a policy that is known to be within reach. Only health policies have members."""
    policy = await reads.fetch_only(_Policy, _POLICY, {"id": policy_id})
    insured = await members.members_of(reads, policy.id, today) if policy.policy_type == "health" else []
    return PolicyPeople(
        _proposer(policy, today),
        _life_assured(policy, today),
        policy.channel_details or {},
        insured,
        members.family(insured, policy.premium_amount) if policy.policy_type == "health" else None,
    )


def _person(person: FreeJson) -> PersonView:
    return {
        "name": person["name"],
        "relationship": person.get("relationship"),
        "age": person.get("age"),
        "dateOfBirth": person.get("dateOfBirth"),
        "gender": person.get("gender"),
        "occupation": person.get("occupation"),
    }


def _proposer(policy: _Policy, today: date) -> ProposerView:
    person = with_age(policy.proposer or policy.customer(), today) or {}
    return {**_person(person), "annualIncome": _amount(person, "annualIncome")}


def _life_assured(policy: _Policy, today: date) -> LifeAssuredView:
    person = with_age(policy.life_assured or policy.customer(), today) or {}
    return {
        **_person(person),
        "sumAssured": policy.sum_insured if (stated := _amount(person, "sumAssured")) is None else stated,
        "nomineeDetails": person.get("nomineeDetails"),
    }


def _amount(person: FreeJson, name: str) -> Decimal | None:
    """An amount in INR; stored blocks have it as text."""
    return None if person.get(name) is None else Decimal(str(person[name]))
