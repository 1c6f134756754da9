"""Customers and their policies."""

import asyncio
from typing import Annotated, Final

from fastapi import Depends, Response

from py360.console.api_client import Data
from py360.console.listing import Column, Filter, Listing
from py360.console.navigation import text
from py360.console.pages.renewals.cases import POLICY_TYPES
from py360.console.visit import PageRouter, Visit, VisitWith
from py360.kit.pages import LANGUAGES

router = PageRouter()

CUSTOMERS: Final = Listing(
    address="/customers",
    path="/customers",
    key="customers",
    title=text("Customers"),
    icon="customers",
    nothing=text("No customers yet"),
    nothing_text=text("Customers come with the policy files that you upload."),
    filters=(
        Filter("search", text("Search"), "search", placeholder=text("Name, number, mobile or e-mail")),
        Filter("profile", text("Profile"), choices=(("Normal", text("Normal")), ("HNI", "HNI"), ("Super HNI", "Super HNI"), ("VIP", "VIP"))),
        Filter("city", text("City"), "text"),
        Filter("state", text("State"), "text", more=True),
        Filter("language", text("Language"), choices=tuple((each.code, each.name) for each in LANGUAGES.values()), more=True),
        Filter("kycStatus", text("KYC"), choices=(("pending", text("Pending")), ("verified", text("Verified")), ("rejected", text("Rejected"))), more=True),
    ),
    columns=(
        Column("name", text("Customer"), link="/customers/{id}", lead=True, under="id"),
        Column("phone", text("Mobile")),
        Column("email", text("E-mail")),
        Column("customerProfile", text("Profile"), "label"),
        Column("preferredLanguage", text("Language"), "language"),
        Column("kycStatus", text("KYC"), "badge"),
        Column("createdAt", text("Since"), "day", optional=True),
    ),
)  # fmt: skip
DUPLICATES: Final = Listing(
    address="/duplicates",
    path="/customers/duplicates",
    key="duplicates",
    title=text("Duplicates"),
    lead=text("Customers who may be the same person. They are looked for every night: merge them, or say that they are two people."),
    icon="users",
    sort="-score",
    nothing=text("No duplicates found"),
    nothing_text=text("Customers with the same mobile, e-mail or PAN, or a similar name, would stand here."),
    filters=(
        Filter("search", text("Search"), "search", placeholder=text("Name or customer number")),
        Filter("status", text("Status"), choices=(("open", text("Open")), ("dismissed", text("Two people")))),
        Filter("reason", text("Why"), choices=(
            ("pan", "PAN"), ("phone", text("Mobile")), ("email", text("E-mail")), ("dateOfBirth", text("Date of birth")),
            ("pincode", text("Pincode")), ("name", text("Name")),
        )),
        Filter("minScore", text("Likeness from"), "number", more=True),
    ),
    columns=(
        Column("customer.name", text("Customer"), link="/customers/{customer.id}", lead=True, under="customer.id"),
        Column("customer.phone", text("Contacts"), under="customer.email"),
        Column("other.name", text("Other customer"), link="/customers/{other.id}", under="other.id"),
        Column("other.phone", text("Their contacts"), under="other.email"),
        Column("reasons", text("Why"), "list"),
        Column("score", text("Likeness"), "percent", sort="score"),
        Column("customer.policies", text("Policies"), "number", optional=True),
        Column("other.policies", text("Their policies"), "number", optional=True),
        Column("dismissReason", text("Reason"), under="dismissedBy", optional=True),
    ),
)  # fmt: skip
POLICIES: Final = Listing(
    address="/policies",
    path="/policies",
    key="policies",
    title=text("Policies"),
    icon="policies",
    nothing=text("No policies yet"),
    nothing_text=text("Policies come with the files that you upload."),
    filters=(
        Filter("search", text("Search"), "search", placeholder=text("Policy number or customer")),
        Filter("status", text("Status"), choices=(("active", text("Active")), ("expired", text("Expired")), ("cancelled", text("Cancelled")), ("lapsed", text("Lapsed")))),
        Filter("type", text("Type"), choices=POLICY_TYPES),
        Filter("renewalFrom", text("Due from"), "date"),
        Filter("renewalTo", text("Due to"), "date"),
    ),
    columns=(
        Column("policyNumber", text("Policy"), link="/policies/{id}", lead=True, under="productName"),
        Column("customerName", text("Customer"), link="/customers/{customerId}"),
        Column("policyType", text("Type"), "label"),
        Column("status", text("Status"), "badge"),
        Column("premium", text("Premium"), "money"),
        Column("startDate", text("Begins"), "day"),
        Column("endDate", text("Ends"), "day"),
        Column("sumInsured", text("Sum insured"), "money", optional=True),
    ),
)  # fmt: skip

EVENTS: Final = (
    ("renewal", text("Renewals")), ("payment", text("Payments")), ("claim", text("Claims")),
    ("communication", text("Messages")), ("document", text("Documents")), ("modification", text("Changes")),
    ("policy_created", text("New policies")),
)  # fmt: skip
KYC_KINDS: Final = (
    ("pan", "PAN"), ("aadhaar", text("Aadhaar")), ("passport", text("Passport")), ("voter_id", text("Voter ID")),
    ("driving_licence", text("Driving licence")), ("utility_bill", text("Utility bill")),
    ("bank_statement", text("Bank statement")), ("photo", text("Photo")),
)  # fmt: skip
CanRead = Annotated[Visit, Depends(VisitWith("policy-timeline"))]


@router.get("/customers")
async def customers(visit: Annotated[Visit, Depends(VisitWith("policy-timeline", query=CUSTOMERS.query))]) -> Response:
    """The customers within the caller's reach."""
    return await CUSTOMERS.show(visit)


@router.get("/duplicates")
async def every_duplicate(
    visit: Annotated[Visit, Depends(VisitWith("policy-timeline", query=DUPLICATES.query))],
) -> Response:
    """Customers who may be the same person, the surest first."""
    return await DUPLICATES.show(
        visit, "customers/every_duplicate.html", more={} if visit.query.get("sort") else {"sort": DUPLICATES.sort}
    )


@router.get("/policies")
async def policies(visit: Annotated[Visit, Depends(VisitWith("policy-timeline", query=POLICIES.query))]) -> Response:
    """The policies within the caller's reach."""
    return await POLICIES.show(visit)


@router.get("/customers/{customer}")
async def customer(visit: CanRead, customer: str) -> Response:
    """One customer: contacts, policies, consent."""
    policies, consents = await asyncio.gather(
        visit.api.get(Data, f"/customers/{customer}/policies", limit=100), visit.api.find(Data, f"/consents/{customer}")
    )
    return await _page(visit, customer, "customer", policies=policies, consents=consents)


@router.get("/customers/{customer}/timeline")
async def timeline(
    visit: Annotated[Visit, Depends(VisitWith("policy-timeline", query=frozenset({"type", "search", "cursor"})))],
    customer: str,
) -> Response:
    """Everything that happened with a customer, across renewals, payments, claims, messages and documents."""
    happened = await visit.api.get(Data, f"/customers/{customer}/timeline", **visit.query)
    return await _page(visit, customer, "timeline", happened=happened, types=EVENTS)


@router.get("/customers/{customer}/picture")
async def picture(visit: CanRead, customer: str) -> Response:
    """What a customer pays, holds and claims, and who they are."""
    insights, profile = await asyncio.gather(
        visit.api.get(Data, f"/customers/{customer}/insights"), visit.api.get(Data, f"/customers/{customer}/profile")
    )
    return await _page(visit, customer, "picture", insights=insights, profile=profile)


@router.get("/customers/{customer}/documents")
async def documents(visit: CanRead, customer: str) -> Response:
    """KYC, the documents on file, and what of the contacts is verified."""
    kyc, stored = await asyncio.gather(
        visit.api.get(Data, f"/customers/{customer}/kyc"),
        visit.api.find(Data, "/files", entityType="customer", entityId=customer, limit=100),
    )
    return await _page(visit, customer, "documents", kyc=kyc, stored=stored, kinds=KYC_KINDS)


@router.get("/customers/{customer}/duplicates")
async def duplicates(visit: CanRead, customer: str) -> Response:
    """Customers who may be the same person; merges, and how to undo them."""
    return await _page(
        visit, customer, "duplicates", found=await visit.api.get(Data, f"/customers/{customer}/duplicates")
    )


async def _page(visit: Visit, customer: str, tab: str, **values: object) -> Response:
    found = await visit.api.get(Data, f"/customers/{customer}")
    return visit.page(f"customers/{tab}.html", customer=found, tab="overview" if tab == "customer" else tab, **values)
