"""Reading customers and policies. Within reach is who has a case within reach; reach `all` sees the whole clients."""

from collections.abc import Mapping
from typing import Any, Final

from py360.kit import ids
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import Invalid, NotFound
from py360.kit.paging import EXACT_UP_TO, Page, pagination
from py360.kit.reads import Reads

_CUSTOMER: Final = """
select c.id, c.customer_code, c.first_name, c.last_name, c.full_name, c.email, c.phone, c.date_of_birth, c.gender, c.pan,
  c.address, c.customer_profile, c.preferred_language, c.kyc_status, c.communication_preferences, c.email_verified_at,
  c.phone_verified_at, c.pan_verified_at, c.client_id, c.created_at, c.updated_at,
  (extract(epoch from c.updated_at) * 1000000)::bigint as edition
from customers c
"""
_POLICY: Final = """
select p.id, p.policy_number, p.customer_id, u.customer_code, u.full_name, p.policy_type, p.product_name,
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
    "premium": "p.premium_amount",
}


def customers_within(caller: Caller) -> tuple[str, dict[str, Any]]:
    """The predicate on `customers c` that the caller's reach means."""
    within, params = reach_filter(caller, "k")
    if caller.reach == "all":
        return "c.client_id = any(%(reach_clients)s)", dict(params)
    cases = f"select k.customer_id from cases_public_case k where {within}"
    return f"c.client_id = any(%(reach_clients)s) and c.id in ({cases})", dict(params)


def policies_within(caller: Caller) -> tuple[str, dict[str, Any]]:
    """The predicate on `policies p` that the caller's reach means."""
    within, params = reach_filter(caller, "k")
    if caller.reach == "all":
        return "p.client_id = any(%(reach_clients)s)", dict(params)
    cases = f"select k.policy_id from cases_public_case k where {within}"
    return f"p.client_id = any(%(reach_clients)s) and p.id in ({cases})", dict(params)


def _order(sort: str | None, known: Mapping[str, str]) -> str:
    text = (sort or "-createdAt").strip()
    column = known.get(text.removeprefix("-"))
    if column is None:
        raise Invalid(
            f"“{text[:60]}” is not a column to sort by.",
            code="unknown_sort",
            details=[{"field": "sort", "message": "one of " + ", ".join(known)}],
        )
    return f"{column} desc" if text.startswith("-") else column


def _like(text: str) -> str:
    return "%" + text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def shown_customer(row: Mapping[str, Any]) -> dict[str, Any]:
    """A customer of the wire."""
    return {
        "id": row["customer_code"],
        "customerId": row["id"],
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
        "policyNumber": row["policy_number"],
        "customerId": row["customer_code"],
        "customerName": row["full_name"],
        "policyType": row["policy_type"],
        "productName": row["product_name"],
        "productCategory": row["product_category"],
        "premium": row["premium_amount"],
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


async def _page(
    reads: Reads, select: str, table: str, where: str, params: dict[str, Any], order: str, page: Page
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The rows of a page and its `pagination`; the total is counted up to 10,000."""
    alias = table.split()[-1]
    rows = await reads.all(
        f"{select} where {where} order by {order}, {alias}.id desc limit {page.limit} offset {page.offset}", params
    )
    counted = await reads.value(
        f"select count(*) from (select from {table} where {where} limit {EXACT_UP_TO + 1}) few", params
    )
    return rows, pagination(page, max(counted, page.offset + len(rows)), counted <= EXACT_UP_TO)


async def customers(reads: Reads, caller: Caller, page: Page, search: str | None) -> dict[str, Any]:
    """Customers within reach; `search` is a piece of the name, or a whole code, phone or e-mail."""
    where, params = customers_within(caller)
    if search and (text := search.strip()):
        where += (
            " and (lower(c.full_name) like %(like)s or c.customer_code = %(exact)s"
            " or c.id in (select o.id from customers o where o.client_id = any(%(reach_clients)s)"
            " and (o.phone = any(%(phones)s) or o.email = lower(%(exact)s))))"
        )
        params |= {"like": _like(text), "exact": text, "phones": [text, "+91" + text.lstrip("0")]}
    rows, pages = await _page(reads, _CUSTOMER, "customers c", where, params, _order(page.sort, _CUSTOMER_SORTS), page)
    return {"customers": [shown_customer(row) for row in rows], "pagination": pages}


async def customer(reads: Reads, caller: Caller, text: str) -> dict[str, Any]:
    """One customer by code or number, as read; raises NotFound."""
    where, params = customers_within(caller)
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
    row = await reads.one(
        f"{_CUSTOMER} where (c.customer_code = %(code)s or c.id = %(number)s) and {where}"
        " order by c.customer_code = %(code)s desc limit 1",
        {**params, "code": text, "number": number},
    )
    if row is None and number is None and text.lower().startswith("cust-"):
        return await customer(reads, caller, str(ids.number("customer", text)))  # the code a policy file replaced
    if row is None:
        raise NotFound(f"There is no customer {text[:60]} within your reach.", code="customer_not_found")
    return row


async def policies(
    reads: Reads,
    caller: Caller,
    page: Page,
    *,
    search: str | None = None,
    status: str | None = None,
    customer_id: int | None = None,
) -> dict[str, Any]:
    """Policies within reach; `search` is a piece of the policy number."""
    where, params = policies_within(caller)
    if search and search.strip():
        where += " and lower(p.policy_number) like %(like)s"
        params["like"] = _like(search.strip())
    if status:
        where += " and p.status = %(status)s"
        params["status"] = status
    if customer_id is not None:
        where += " and p.customer_id = %(customer)s"
        params["customer"] = customer_id
    rows, pages = await _page(reads, _POLICY, "policies p", where, params, _order(page.sort, _POLICY_SORTS), page)
    return {"policies": [shown_policy(row) for row in rows], "pagination": pages}


async def policy(reads: Reads, caller: Caller, text: str) -> dict[str, Any]:
    """One policy by its number or our key, as read; raises NotFound."""
    where, params = policies_within(caller)
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
    row = await reads.one(
        f"{_POLICY} where (p.policy_number = %(text)s or p.id = %(number)s) and {where}"
        " order by p.policy_number = %(text)s desc limit 1",
        {**params, "text": text, "number": number},
    )
    if row is None:
        raise NotFound(f"There is no policy {text[:60]} within your reach.", code="policy_not_found")
    return row


async def policy_types(reads: Reads) -> list[dict[str, Any]]:
    """The kinds of policies that can be chosen."""
    return await reads.all(
        'select id, name, description, base_premium as "basePremium", coverage_details as "coverageDetails"'
        " from policy_types where is_active order by name"
    )
