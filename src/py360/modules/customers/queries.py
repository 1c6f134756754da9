"""Reading customers and policies. Within reach is who has a case within reach; reach `all` sees the whole clients."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from py360.kit import ids
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import Conflict, NotFound
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads

_CUSTOMER: Final = """
select c.id, c.customer_code, c.first_name, c.last_name, c.full_name, c.email, c.phone, c.date_of_birth, c.gender, c.pan,
  c.address, c.customer_profile, c.preferred_language, c.kyc_status, c.communication_preferences, c.email_verified_at,
  c.phone_verified_at, c.pan_verified_at, c.client_id, c.created_at, c.updated_at,
  (extract(epoch from c.updated_at) * 1000000)::bigint as edition
from customers c
"""
_POLICY: Final = """
select p.id, p.client_id, p.policy_number, p.customer_id, u.customer_code, u.full_name, p.policy_type, p.product_name,
  p.product_category, p.premium_amount, p.sum_insured, p.start_date, p.end_date, p.renewal_date, p.payment_frequency,
  p.status, p.grace_period_days, p.agent_id, p.branch_id, p.coverage_details, p.auto_renewal, p.version, p.created_at,
  p.updated_at
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


def customers_within(caller: Caller) -> tuple[str, dict[str, Any]]:
    """The predicate on `customers c` that the caller's reach means."""
    return _within(caller, "c", "customer_id")


def policies_within(caller: Caller) -> tuple[str, dict[str, Any]]:
    """The predicate on `policies p` that the caller's reach means."""
    return _within(caller, "p", "policy_id")


def _within(caller: Caller, alias: str, named: str) -> tuple[str, dict[str, Any]]:
    """What a case within reach names in this column; reach `all` needs no case."""
    within, params = reach_filter(caller, "k")
    clients = f"{alias}.client_id = any(%(reach_clients)s)"
    if caller.reach == "all":
        return clients, dict(params)
    cases = f"select k.{named} from cases_public_case k where {within}"
    return f"{clients} and {alias}.id in ({cases})", dict(params)


def shown_customer(row: Mapping[str, Any]) -> dict[str, Any]:
    """A customer of the wire."""
    return {
        "id": row["customer_code"],
        "customerId": row["id"],
        "clientId": row["client_id"],
        "name": row["full_name"],
        "firstName": row["first_name"],
        "lastName": row["last_name"],
        "email": row["email"],
        "phone": row["phone"],
        "dateOfBirth": row["date_of_birth"],
        "gender": row["gender"],
        "pan": row["pan"],
        "address": row["address"],
        "customerProfile": row["customer_profile"],
        "preferredLanguage": row["preferred_language"],
        "kycStatus": row["kyc_status"],
        "communicationPreferences": row["communication_preferences"],
        "verification": {
            part: {"verified": row[f"{part}_verified_at"] is not None, "verifiedAt": row[f"{part}_verified_at"]}
            for part in ("email", "phone", "pan")
        },
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
    }


def shown_policy(row: Mapping[str, Any]) -> dict[str, Any]:
    """A policy of the wire; amounts in INR."""
    return {
        "id": row["id"],
        "clientId": row["client_id"],
        "policyNumber": row["policy_number"],
        "customerId": row["customer_code"],
        "customerName": row["full_name"],
        "policyType": row["policy_type"],
        "productName": row["product_name"],
        "productCategory": row["product_category"],
        "premium": row["premium_amount"],
        "premiumAmount": row["premium_amount"],
        "sumInsured": row["sum_insured"],
        "startDate": row["start_date"],
        "endDate": row["end_date"],
        "expiryDate": row["end_date"],
        "renewalDate": row["renewal_date"],
        "paymentFrequency": row["payment_frequency"],
        "status": row["status"],
        "gracePeriodDays": row["grace_period_days"],
        "agentId": row["agent_id"],
        "branchId": row["branch_id"],
        "coverageDetails": row["coverage_details"] or {},
        "autoRenewal": row["auto_renewal"],
        "version": row["version"],
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
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

    def where(self, caller: Caller) -> tuple[str, dict[str, Any]]:
        """The predicate on `customers c`, which starts from the caller's reach, and its parameters."""
        where, params = customers_within(caller)
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


def customers(caller: Caller, chosen: CustomerFilter, sort: str | None) -> Listing:
    """Customers within reach."""
    where, params = chosen.where(caller)
    return Listing(
        "customers",
        _CUSTOMER,
        where,
        ordering(sort, _CUSTOMER_SORTS, "-createdAt", "c.id"),
        params,
        shown_customer,
        (
            "id", "name", "email", "phone", "dateOfBirth", "gender", "pan", "address", "customerProfile",
            "preferredLanguage", "kycStatus", "createdAt",
        ),
    )  # fmt: skip


def _only_one(rows: list[dict[str, Any]], column: str, text: str, what: str) -> dict[str, Any] | None:
    """The first row, if any; raises Conflict when two clients of the caller use this code or number."""
    if len(rows) == 2 and rows[0][column] == rows[1][column] == text:
        raise Conflict(
            f"Several clients have {what} with {text[:60]}. Add clientId to say which client you mean.",
            code="several_clients",
        )
    return rows[0] if rows else None


async def customer(reads: Reads, caller: Caller, text: str) -> dict[str, Any]:
    """One customer by code or number, as read; raises NotFound."""
    where, params = customers_within(caller)
    number = ids.bare_number(text)
    rows = await reads.all(
        f"{_CUSTOMER} where (c.customer_code = %(code)s or c.id = %(number)s) and {where}"
        " order by c.customer_code = %(code)s desc limit 2",
        {**params, "code": text, "number": number},
    )
    row = _only_one(rows, "customer_code", text, "customers")
    if row is None and number is None and text.lower().startswith("cust-"):
        return await customer(reads, caller, str(ids.number("customer", text)))  # the code a policy file replaced
    if row is None:
        raise NotFound(f"There is no customer {text[:60]} within your reach.", code="customer_not_found")
    return row


@dataclass(frozen=True, slots=True)
class PolicyFilter:
    """Which policies: `search` is a piece of the policy number; the renewal date from and to, both days included."""

    search: str | None = None
    status: str | None = None
    type: str | None = None
    renewal_from: date | None = None
    renewal_to: date | None = None
    customer_id: int | None = None

    def where(self, caller: Caller) -> tuple[str, dict[str, Any]]:
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


def policies(caller: Caller, chosen: PolicyFilter, sort: str | None) -> Listing:
    """Policies within reach."""
    where, params = chosen.where(caller)
    return Listing(
        "policies",
        _POLICY,
        where,
        ordering(sort, _POLICY_SORTS, "-createdAt", "p.id"),
        params,
        shown_policy,
        (
            "policyNumber", "customerId", "customerName", "policyType", "productName", "productCategory", "premium",
            "sumInsured", "startDate", "expiryDate", "renewalDate", "paymentFrequency", "status", "autoRenewal",
        ),
        counted="policies p",
    )  # fmt: skip


async def policy(reads: Reads, caller: Caller, text: str) -> dict[str, Any]:
    """One policy by its number or our key, as read; raises NotFound."""
    where, params = policies_within(caller)
    number = ids.bare_number(text)
    rows = await reads.all(
        f"{_POLICY} where (p.policy_number = %(text)s or p.id = %(number)s) and {where}"
        " order by p.policy_number = %(text)s desc limit 2",
        {**params, "text": text, "number": number},
    )
    row = _only_one(rows, "policy_number", text, "policies")
    if row is None:
        raise NotFound(f"There is no policy {text[:60]} within your reach.", code="policy_not_found")
    return row


async def policy_types(reads: Reads) -> list[dict[str, Any]]:
    """The kinds of policies that can be chosen."""
    return await reads.all(
        'select id, name, description, base_premium as "basePremium", coverage_details as "coverageDetails"'
        " from policy_types where is_active order by name"
    )
