"""Customers and their policies."""

import asyncio
from typing import Annotated, Final

from fastapi import Depends, Response

from py360.console.api_client import Data
from py360.console.listing import Column, Filter, Listing
from py360.console.navigation import text
from py360.console.visit import PageRouter, Visit, VisitWith

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
        Filter("language", text("Language"), "text", more=True),
        Filter("kycStatus", text("KYC"), "text", more=True),
    ),
    columns=(
        Column("name", text("Customer"), link="/customers/{id}", lead=True, under="id"),
        Column("phone", text("Mobile")),
        Column("email", text("E-mail")),
        Column("customerProfile", text("Profile")),
        Column("preferredLanguage", text("Language")),
        Column("kycStatus", text("KYC"), "badge"),
        Column("createdAt", text("Since"), "day", optional=True),
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
        Filter("type", text("Type"), "text"),
        Filter("renewalFrom", text("Due from"), "date"),
        Filter("renewalTo", text("Due to"), "date"),
    ),
    columns=(
        Column("policyNumber", text("Policy"), lead=True, under="productName"),
        Column("customerName", text("Customer"), link="/customers/{customerId}"),
        Column("policyType", text("Type"), "label"),
        Column("status", text("Status"), "badge"),
        Column("premium", text("Premium"), "money"),
        Column("startDate", text("Begins"), "day"),
        Column("endDate", text("Ends"), "day"),
        Column("sumInsured", text("Sum insured"), "money", optional=True),
    ),
)  # fmt: skip


@router.get("/customers")
async def customers(visit: Annotated[Visit, Depends(VisitWith("policy-timeline", query=CUSTOMERS.query))]) -> Response:
    """The customers within the caller's reach."""
    return await CUSTOMERS.show(visit)


@router.get("/policies")
async def policies(visit: Annotated[Visit, Depends(VisitWith("policy-timeline", query=POLICIES.query))]) -> Response:
    """The policies within the caller's reach."""
    return await POLICIES.show(visit)


@router.get("/customers/{customer}")
async def customer(visit: Annotated[Visit, Depends(VisitWith("policy-timeline"))], customer: str) -> Response:
    """One customer: contacts, policies, consent, and what happened."""
    found, held, consents, happened = await asyncio.gather(
        visit.api.get(Data, f"/customers/{customer}"),
        visit.api.get(Data, f"/customers/{customer}/policies", limit=100),
        visit.api.find(Data, f"/consents/{customer}"),
        visit.api.find(Data, f"/customers/{customer}/timeline"),
    )
    return visit.page(
        "customers/customer.html", customer=found, policies=held["policies"], consents=consents, happened=happened
    )
