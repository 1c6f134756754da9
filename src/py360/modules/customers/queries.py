"""Reading customers and policies. Within reach is who has a case within reach; reach `all` sees the whole clients."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from py360.kit import ids, resources
from py360.kit.caller import Caller, Predicate, reach_filter
from py360.kit.errors import Conflict, NotFound
from py360.kit.free_json import FreeJson
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.customers.ages import with_age
from py360.modules.customers.service.customers import PREFERENCE_PARTS
from py360.modules.customers.views import (
    ContactVerificationView,
    CustomerView,
    PolicyTypeView,
    PolicyView,
    PreferencesView,
)

_CUSTOMER: Final = """
select c.id, c.customer_code, c.first_name, c.last_name, c.full_name, c.email, c.phone, c.date_of_birth, c.gender, c.pan,
  c.address, c.customer_profile, c.preferred_language, c.kyc_status, c.communication_preferences, c.email_verified_at,
  c.phone_verified_at, c.pan_verified_at, c.client_id, c.created_at, c.updated_at,
  (extract(epoch from c.updated_at) * 1000000)::bigint as edition, c.merged_into
from customers c
"""
_POLICY: Final = """
select p.id, p.client_id, p.policy_number, p.customer_id, u.customer_code, u.full_name, p.policy_type, p.product_name,
  p.product_category, p.premium_amount, p.sum_insured, p.start_date, p.end_date, p.renewal_date, p.payment_frequency,
  p.status, p.grace_period_days, p.agent_id, p.branch_id, p.coverage_details, p.auto_renewal, p.version, p.created_at,
  p.updated_at, p.proposer, p.life_assured, p.channel_details,
  (select t.id from policy_types t where t.name = lower(p.policy_type)) as policy_type_id
from policies p join customers u on u.id = p.customer_id
"""
_CUSTOMER_SORTS: Final = {
    "id": "c.id",
    "createdAt": "c.id",
    "name": "lower(c.full_name)",
    "customerCode": "c.customer_code",
}
_POLICY_SORTS: Final = {
    "id": "p.id",
    "createdAt": "p.id",
    "policyNumber": "p.policy_number",
    "renewalDate": "p.renewal_date",
    "expiryDate": "p.end_date",
    "status": "p.status",
    "premium": "p.premium_amount",
}


def customers_within(caller: Caller, alias: str = "c") -> Predicate:
    """The predicate on customers (under this alias) that the caller's reach means; its parameters are the same for each alias."""
    return _within(caller, alias, "customer_id")


def policies_within(caller: Caller) -> Predicate:
    """The predicate on `policies p` that the caller's reach means."""
    return _within(caller, "p", "policy_id")


def _within(caller: Caller, alias: str, named: str) -> Predicate:
    """What a case within reach names in this column; reach `all` needs no case."""
    within, params = reach_filter(caller, "k")
    clients = f"{alias}.client_id = any(%(reach_clients)s)"
    if caller.reach == "all":
        return clients, dict(params)
    cases = f"select k.{named} from cases_public_case k where {within}"
    return f"{clients} and {alias}.id in ({cases})", dict(params)


def _verification(at: datetime | None) -> ContactVerificationView:
    return {"verified": at is not None, "verifiedAt": at}


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as lists and pages show one; `edition` is the version of its ETag."""

    id: int
    customer_code: str
    first_name: str
    last_name: str
    full_name: str
    email: str | None
    phone: str | None
    date_of_birth: date | None
    gender: str | None
    pan: str | None
    address: FreeJson | None
    customer_profile: str
    preferred_language: str
    kyc_status: str
    communication_preferences: FreeJson | None
    email_verified_at: datetime | None
    phone_verified_at: datetime | None
    pan_verified_at: datetime | None
    client_id: int
    created_at: datetime
    updated_at: datetime
    edition: int
    merged_into: int | None

    def to_public(self) -> CustomerView:
        """A customer as the API answers it."""
        return {
            "id": self.customer_code,
            "customerId": self.id,
            "clientId": self.client_id,
            "name": self.full_name,
            "firstName": self.first_name,
            "lastName": self.last_name,
            "email": self.email,
            "phone": self.phone,
            "dateOfBirth": self.date_of_birth,
            "gender": self.gender,
            "pan": self.pan,
            "address": self.address,
            "customerProfile": self.customer_profile,
            "preferredLanguage": self.preferred_language,
            "kycStatus": self.kyc_status,
            "communicationPreferences": self.communication_preferences,
            "verification": {
                "email": _verification(self.email_verified_at),
                "phone": _verification(self.phone_verified_at),
                "pan": _verification(self.pan_verified_at),
            },
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
        }

    def preferences(self) -> PreferencesView:
        """The preferences as the API answers them: the channels, and beside them the other parts of the stored object."""
        stored = self.communication_preferences or {}
        words = {True: "Accepted", False: "Opted Out"}
        communication = {
            channel: words[choice] if isinstance(choice, bool) else choice
            for channel, choice in stored.items()
            if channel != "call" and channel not in PREFERENCE_PARTS.values()
        }
        return {
            "communication": communication,
            "renewalTimeline": stored.get("renewalTimeline"),
            "payment": stored.get("payment"),
            "language": stored.get("language"),
            "preferredLanguage": self.preferred_language,
        }


@dataclass(frozen=True, slots=True)
class CustomerPolicy:
    """A policy with its customer's name; amounts in INR."""

    id: int
    client_id: int
    policy_number: str
    customer_id: int
    customer_code: str
    full_name: str
    policy_type: str
    product_name: str | None
    product_category: str | None
    premium_amount: Decimal
    sum_insured: Decimal | None
    start_date: date
    end_date: date
    renewal_date: date | None
    payment_frequency: str
    status: str
    grace_period_days: int
    agent_id: int | None
    branch_id: int | None
    coverage_details: FreeJson | None
    auto_renewal: bool
    version: int
    created_at: datetime
    updated_at: datetime
    proposer: FreeJson | None
    life_assured: FreeJson | None
    channel_details: FreeJson | None
    policy_type_id: int | None

    def to_public(self) -> PolicyView:
        """A policy as the API answers it; amounts in INR."""
        today = resources.current().clock.today()
        return {
            "id": self.id,
            "clientId": self.client_id,
            "policyNumber": self.policy_number,
            "customerId": self.customer_code,
            "customerName": self.full_name,
            "policyType": self.policy_type,
            "policyTypeId": self.policy_type_id,
            "productName": self.product_name,
            "productCategory": self.product_category,
            "premium": self.premium_amount,
            "premiumAmount": self.premium_amount,
            "sumInsured": self.sum_insured,
            "startDate": self.start_date,
            "endDate": self.end_date,
            "expiryDate": self.end_date,
            "renewalDate": self.renewal_date,
            "paymentFrequency": self.payment_frequency,
            "status": self.status,
            "gracePeriodDays": self.grace_period_days,
            "agentId": self.agent_id,
            "branchId": self.branch_id,
            "coverageDetails": self.coverage_details or {},
            "autoRenewal": self.auto_renewal,
            "proposer": with_age(self.proposer, today),
            "lifeAssured": with_age(self.life_assured, today),
            "channelDetails": self.channel_details,
            "version": self.version,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
        }


@dataclass(frozen=True, slots=True)
class PolicyType:
    """A type of policies that can be chosen; the premium in INR."""

    id: int
    name: str
    description: str | None
    base_premium: Decimal | None
    coverage_details: FreeJson | None

    def to_public(self) -> PolicyTypeView:
        """A policy type as the API answers it; the premium in INR."""
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "basePremium": self.base_premium,
            "coverageDetails": self.coverage_details,
        }


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """Which customers: `search` is a piece of the name, or a whole code, phone or e-mail; the rest are whole words."""

    search: str | None = None
    profile: str | None = None
    language: str | None = None
    kyc_status: str | None = None
    city: str | None = None
    state: str | None = None

    def where(self, caller: Caller) -> Predicate:
        """The predicate on `customers c`, which starts from the caller's reach, and its parameters."""
        where, params = customers_within(caller)
        where += " and c.merged_into is null"
        if self.search and (text := self.search.strip()):
            where += (
                " and (lower(c.full_name) like %(like)s or c.customer_code = %(exact)s"
                " or c.id in (select o.id from customers o where o.client_id = any(%(reach_clients)s)"
                " and (o.phone = any(%(phones)s) or o.email = lower(%(exact)s))))"
            )
            params |= {"like": containing(text.lower()), "exact": text, "phones": [text, "+91" + text.lstrip("0")]}
        for column, value in (
            ("c.customer_profile", self.profile),
            ("c.preferred_language", self.language),
            ("c.kyc_status", self.kyc_status),
            ("c.address->>'city'", self.city),
            ("c.address->>'state'", self.state),
        ):
            if value:
                name = f"equal{len(params)}"
                where += f" and lower({column}) = lower(%({name})s)"
                params[name] = value.strip()
        return where, params


def customers(caller: Caller, chosen: CustomerFilter, sort: str | None) -> Listing[Customer]:
    """Customers within reach."""
    where, params = chosen.where(caller)
    return Listing(
        "customers",
        _CUSTOMER,
        where,
        ordering(sort, _CUSTOMER_SORTS, "-createdAt", "c.id"),
        params,
        Customer.to_public,
        (
            "id", "name", "email", "phone", "dateOfBirth", "gender", "pan", "address", "customerProfile",
            "preferredLanguage", "kycStatus", "createdAt",
        ),
        row=Customer,
    )  # fmt: skip


async def customer(reads: Reads, caller: Caller, text: str) -> Customer:
    """One customer by code or number. Raises NotFound, and Conflict when several of the caller's clients use the code."""
    where, params = customers_within(caller)
    number = ids.bare_number(text)
    found = await reads.fetch_all(
        Customer,
        f"{_CUSTOMER} where (c.customer_code = %(code)s or c.id = %(number)s) and {where}"
        " order by c.customer_code = %(code)s desc limit 2",
        {**params, "code": text, "number": number},
    )
    if [each.customer_code for each in found] == [text, text]:
        raise _several_clients("customers", text)
    if found:
        kept = found[0].merged_into
        return found[0] if kept is None else await customer(reads, caller, str(kept))
    if number is None and text.lower().startswith("cust-"):
        return await customer(reads, caller, str(ids.number("customer", text)))  # the code a policy file replaced
    raise NotFound(f"There is no customer {text[:60]} within your reach.", code="customer_not_found")


def _several_clients(what: str, text: str) -> Conflict:
    return Conflict(
        f"Several clients have {what} with {text[:60]}. Add clientId to say which client you mean.",
        code="several_clients",
    )


@dataclass(frozen=True, slots=True)
class PolicyFilter:
    """Which policies: `search` is a piece of the policy number; the renewal date from and to, both days included."""

    search: str | None = None
    status: str | None = None
    type: str | None = None
    renewal_from: date | None = None
    renewal_to: date | None = None
    customer_id: int | None = None

    def where(self, caller: Caller) -> Predicate:
        """The predicate on `policies p`, which starts from the caller's reach, and its parameters."""
        where, params = policies_within(caller)
        for condition, name, value in (
            ("lower(p.policy_number) like %(like)s", "like", containing(self.search and self.search.lower())),
            ("p.status = %(status)s", "status", self.status),
            ("lower(p.policy_type) = lower(%(type)s)", "type", self.type),
            ("p.renewal_date >= %(from)s", "from", self.renewal_from),
            ("p.renewal_date <= %(to)s", "to", self.renewal_to),
            ("p.customer_id = %(customer)s", "customer", self.customer_id),
        ):
            if value is not None:
                where += f" and {condition}"
                params[name] = value
        return where, params


def policies(caller: Caller, chosen: PolicyFilter, sort: str | None) -> Listing[CustomerPolicy]:
    """Policies within reach."""
    where, params = chosen.where(caller)
    return Listing(
        "policies",
        _POLICY,
        where,
        ordering(sort, _POLICY_SORTS, "-createdAt", "p.id"),
        params,
        CustomerPolicy.to_public,
        (
            "policyNumber", "customerId", "customerName", "policyType", "productName", "productCategory", "premium",
            "sumInsured", "startDate", "expiryDate", "renewalDate", "paymentFrequency", "status", "autoRenewal",
        ),
        counted="policies p",
        row=CustomerPolicy,
    )  # fmt: skip


async def policy(reads: Reads, caller: Caller, text: str) -> CustomerPolicy:
    """One policy by its number or our key. Raises NotFound, and Conflict when several of the caller's clients use the number."""
    where, params = policies_within(caller)
    found = await reads.fetch_all(
        CustomerPolicy,
        f"{_POLICY} where (p.policy_number = %(text)s or p.id = %(number)s) and {where}"
        " order by p.policy_number = %(text)s desc limit 2",
        {**params, "text": text, "number": ids.bare_number(text)},
    )
    if [each.policy_number for each in found] == [text, text]:
        raise _several_clients("policies", text)
    if not found:
        raise NotFound(f"There is no policy {text[:60]} within your reach.", code="policy_not_found")
    return found[0]


async def policy_types(reads: Reads) -> list[PolicyType]:
    """The policy types that can be chosen."""
    return await reads.fetch_all(
        PolicyType,
        "select id, name, description, base_premium, coverage_details from policy_types where is_active order by name",
    )
