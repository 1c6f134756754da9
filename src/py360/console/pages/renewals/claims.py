"""Claims: the list, reporting one, and one claim with its documents, clocks, decisions and history."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Depends, Response

from py360.console.api_client import Data
from py360.console.listing import Column, Filter, Listing
from py360.console.navigation import text
from py360.console.pages.colleagues import colleagues
from py360.console.pages.renewals.cases import PRIORITIES
from py360.console.visit import PageRouter, Visit, VisitWith

router = PageRouter()

TYPES: Final = (
    ("vehicle", text("Vehicle")), ("home", text("Home")), ("health", text("Health")), ("travel", text("Travel")),
    ("life", text("Life")), ("death", text("Death")), ("commercial", text("Commercial")),
)  # fmt: skip
STATUSES: Final = (
    ("open", text("Open")), ("submitted", text("Submitted")), ("under_review", text("Under review")),
    ("approved", text("Approved")), ("rejected", text("Rejected")), ("settled", text("Settled")),
    ("withdrawn", text("Withdrawn")),
)  # fmt: skip
CLOCKS: Final = (("warning", text("Nearly over")), ("breached", text("Over")))
EVENTS: Final = (
    ("note", text("Note")), ("initial_assessment", text("Initial assessment")),
    ("documentation_received", text("Documentation received")), ("pre_authorization", text("Pre-authorisation")),
    ("discharge_requested", text("Discharge requested")), ("discharge_authorized", text("Discharge authorised")),
    ("site_inspection", text("Site inspection")), ("medical_review", text("Medical review")),
    ("police_verification", text("Police verification")),
)  # fmt: skip
LEVELS: Final[Mapping[str, str]] = {"success": "good", "warning": "warn", "error": "bad"}  # of the timeline, as tones
CLAIMS: Final = Listing(
    address="/claims",
    path="/claims",
    key="claims",
    title=text("Claims"),
    icon="claims",
    nothing=text("No claims yet"),
    nothing_text=text("Report a claim for a customer, or send them a link through which they report it themselves."),
    filters=(
        Filter("search", text("Search"), "search", placeholder=text("Claim, policy, customer or title")),
        Filter("status", text("Status"), choices=STATUSES),
        Filter("type", text("Type"), choices=TYPES),
        Filter("clock", text("Statutory clock"), choices=CLOCKS),
        Filter("starred", text("Star"), choices=(("true", text("Starred")),)),
        Filter("approval", text("Second person"), choices=(("pending", text("Waits for one")),), more=True),
        Filter("priority", text("Priority"), choices=PRIORITIES, more=True),
        Filter("source", text("Reported by"), choices=(("staff", text("The office")), ("customer", text("The customer"))), more=True),
        Filter("assignedTo", text("Handler’s number (0 is nobody)"), "number", more=True),
        Filter("customerId", text("Customer"), "text", more=True),
        Filter("reportedFrom", text("Reported from"), "date", more=True),
        Filter("reportedTo", text("Reported to"), "date", more=True),
    ),
    columns=(
        Column("claimNumber", text("Claim"), link="/claims/{claimNumber}", lead=True, under="title", sort="claimNumber"),
        Column("customerName", text("Customer"), under="policyNumber", sort="customerName"),
        Column("type", text("Type"), "label", under="category"),
        Column("status", text("Status"), "badge", sort="status"),
        Column("claimAmount", text("Claimed"), "money", sort="claimAmount"),
        Column("clockState", text("Clock"), "badge", under="clockDueAt", under_kind="moment", sort="clockDueAt"),
        Column("assignedAdjuster", text("Handler")),
        Column("reportedDate", text("Reported"), "day", sort="reportedDate"),
        Column("priority", text("Priority"), "label", optional=True),
        Column("reserveAmount", text("Reserve"), "money", optional=True),
        Column("approvedAmount", text("Approved"), "money", optional=True),
        Column("settlementAmount", text("Settled"), "money", optional=True),
        Column("incidentDate", text("Happened"), "day", optional=True),
    ),
)  # fmt: skip
CanWork = Annotated[Visit, Depends(VisitWith("claims"))]


@router.get("/claims")
async def claims(visit: Annotated[Visit, Depends(VisitWith("claims", query=CLAIMS.query))]) -> Response:
    """The claims within the caller's reach."""
    return await CLAIMS.show(visit, "claims/list.html")


@router.get("/claims/new")
async def new_claim(
    visit: Annotated[Visit, Depends(VisitWith("claims", query=frozenset({"policyNumber"})))],
) -> Response:
    """The form that reports a claim."""
    return visit.page(
        "claims/new.html",
        types=TYPES,
        priorities=PRIORITIES,
        people=await colleagues(visit),
        policy_number=visit.query.get("policyNumber", ""),
    )


@router.get("/claims/{claim}")
async def claim(visit: CanWork, claim: str) -> Response:
    """One claim: clocks, documents, decisions, money, history."""
    found, papers, happened, settings, people = await asyncio.gather(
        visit.api.get(Data, f"/claims/{claim}"),
        visit.api.get(Data, f"/claims/{claim}/documents"),
        visit.api.get(Data, f"/claims/{claim}/timeline"),
        visit.api.find(Data, "/settings/claims"),
        colleagues(visit),
    )
    stored = await visit.api.find(Data, "/files", entityType="claim", entityId=claim, limit=100)
    return visit.page(
        "claims/claim.html",
        claim=found,
        papers=papers,
        stored=stored,
        happened=happened,
        settings=settings,
        people=people,
        types=TYPES,
        priorities=PRIORITIES,
        events=EVENTS,
        levels=LEVELS,
    )
