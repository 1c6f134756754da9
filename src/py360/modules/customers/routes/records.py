"""Customers and policies as records: lists, added, read, changed."""

from datetime import date
from typing import Annotated, Literal

from fastapi import Query, Response

from py360.kit.http import Answer, AsFile, DbReads, IfMatch, PageParams, Search, Session, etag, listed, ok
from py360.modules.customers import queries
from py360.modules.customers.access import CanChangeCustomers, CanReadCustomers
from py360.modules.customers.picture import kyc
from py360.modules.customers.routes.base import router
from py360.modules.customers.schemas import CustomerChange, CustomerIn, PolicyChange, PolicyIn, PreferencesIn
from py360.modules.customers.service import customers, policies
from py360.modules.customers.views import (
    CustomerAdded,
    CustomerList,
    CustomerPageView,
    CustomerSaved,
    PolicyAdded,
    PolicyList,
    PolicySaved,
    PolicyTypeList,
    PolicyView,
    PreferencesSaved,
    PreferencesView,
)

Word = Annotated[str | None, Query(max_length=50)]


@router.get("/customers", response_model=Answer[CustomerList])
async def list_customers(
    reads: DbReads,
    caller: CanReadCustomers,
    page: PageParams,
    search: Search = None,
    profile: Word = None,
    language: Word = None,
    kyc_status: Annotated[str | None, Query(alias="kycStatus", max_length=50)] = None,
    city: Word = None,
    state: Word = None,
    as_file: AsFile = None,
) -> Response:
    """The customers within the caller's reach; `search` takes a piece of a name, or a whole code, phone or e-mail."""
    chosen = queries.CustomerFilter(search, profile, language, kyc_status, city, state)
    return await listed(reads, queries.customers(caller, chosen, page.sort), page, as_file)


@router.post("/customers", status_code=201, response_model=Answer[CustomerAdded])
async def add_customer(session: Session, caller: CanChangeCustomers, body: CustomerIn) -> Response:
    """Add a customer of the caller's client."""
    number = await customers.create_customer(session, caller.client_id, body)
    code = body.customer_code or f"CUST-{number}"
    return ok({"id": code, "customerId": number, "message": f"{code} was added."}, 201)


@router.get("/customers/{customer}", response_model=Answer[CustomerPageView])
async def read_customer(reads: DbReads, caller: CanReadCustomers, customer: str) -> Response:
    """One customer, by code or number. The ETag is what a change asks for."""
    found = await queries.customer(reads, caller, customer)
    shown = {**found.to_public(), "kycDocuments": await kyc.documents_of(reads, found)}
    return ok(shown, headers=etag(found.edition))


@router.put("/customers/{customer}", response_model=Answer[CustomerSaved])
async def change_customer(
    session: Session, reads: DbReads, caller: CanChangeCustomers, customer: str, body: CustomerChange, if_match: IfMatch
) -> Response:
    """Change the given fields; a contact that changes has to be verified again."""
    found = await queries.customer(reads, caller, customer)
    changed = await customers.change_customer(session, found.id, body.given(), if_match)
    body.as_shown(found.to_public())
    return ok({"id": found.customer_code, "changes": changed, "message": f"{found.customer_code} was saved."})


@router.get("/customers/{customer}/policies", response_model=Answer[PolicyList])
async def customer_policies(
    reads: DbReads, caller: CanReadCustomers, customer: str, page: PageParams, as_file: AsFile = None
) -> Response:
    """The customer's policies within the caller's reach."""
    found = await queries.customer(reads, caller, customer)
    chosen = queries.PolicyFilter(customer_id=found.id)
    return await listed(reads, queries.policies(caller, chosen, page.sort), page, as_file)


@router.get("/customers/{customer}/preferences", response_model=Answer[PreferencesView])
async def read_preferences(reads: DbReads, caller: CanReadCustomers, customer: str) -> Response:
    """How the customer wants to be reached, reminded and billed; what was never stated is missing."""
    found = await queries.customer(reads, caller, customer)
    return ok(found.preferences(), headers=etag(found.edition))


@router.put("/customers/{customer}/preferences", response_model=Answer[PreferencesSaved])
async def change_preferences(
    session: Session, reads: DbReads, caller: CanChangeCustomers, customer: str, body: PreferencesIn, if_match: IfMatch
) -> Response:
    """Set the parts given; the others stay."""
    found = await queries.customer(reads, caller, customer)
    await customers.change_preferences(session, found.id, body, if_match)
    return ok({"id": found.customer_code, "message": "The preferences were saved."})


@router.get("/policies", response_model=Answer[PolicyList])
async def list_policies(
    reads: DbReads,
    caller: CanReadCustomers,
    page: PageParams,
    search: Search = None,
    status: Literal["active", "expired", "cancelled", "suspended"] | None = None,
    type: Word = None,
    renewal_from: Annotated[date | None, Query(alias="renewalFrom")] = None,
    renewal_to: Annotated[date | None, Query(alias="renewalTo")] = None,
    as_file: AsFile = None,
) -> Response:
    """The policies within the caller's reach; `search` takes a piece of the policy number."""
    chosen = queries.PolicyFilter(search, status, type, renewal_from, renewal_to)
    return await listed(reads, queries.policies(caller, chosen, page.sort), page, as_file)


@router.post("/policies", status_code=201, response_model=Answer[PolicyAdded])
async def add_policy(session: Session, reads: DbReads, caller: CanChangeCustomers, body: PolicyIn) -> Response:
    """A policy entered by hand, for a customer within reach."""
    found = await queries.customer(reads, caller, str(body.customer_id))
    number = await policies.create_policy(session, found.client_id, found.id, body)
    message = f"Policy {body.policy_number} was added."
    return ok({"id": number, "policyNumber": body.policy_number, "message": message}, 201)


@router.get("/policies/{policy:path}", response_model=Answer[PolicyView])
async def read_policy(reads: DbReads, caller: CanReadCustomers, policy: str) -> Response:
    """One policy, by its policy number or our key."""
    found = await queries.policy(reads, caller, policy)
    return ok(found.to_public(), headers=etag(found.version))


@router.put("/policies/{policy:path}", response_model=Answer[PolicySaved])
async def change_policy(
    session: Session, reads: DbReads, caller: CanChangeCustomers, policy: str, body: PolicyChange, if_match: IfMatch
) -> Response:
    """Change the given fields; number and customer stay."""
    found = await queries.policy(reads, caller, policy)
    changed = await policies.change_policy(session, found.id, body.given(), if_match)
    body.as_shown(found.to_public())
    return ok({"id": found.id, "changes": changed, "message": f"Policy {found.policy_number} was saved."})


@router.get("/policy-types", response_model=Answer[PolicyTypeList])
async def policy_types(reads: DbReads, caller: CanReadCustomers) -> Response:
    """The policy types."""
    return ok({"policyTypes": [each.to_public() for each in await queries.policy_types(reads)]})
