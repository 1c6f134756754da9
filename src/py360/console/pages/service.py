"""The three desks beside renewals: policy servicing, new business, and medical underwriting."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Response

from py360.console.api_client import Data
from py360.console.listing import Column, Filter, Listing
from py360.console.navigation import text
from py360.console.pages.colleagues import colleagues
from py360.console.pages.renewals.cases import POLICY_TYPES, PRIORITIES
from py360.console.visit import PageRouter, Visit, VisitWith

router = PageRouter()
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Desk:
    """One desk: its list, and what its forms offer. `entity` is what its documents belong to."""

    listing: Listing
    types: Pairs
    entity: str
    new: str  # the text of the button that opens a request
    explained: tuple[str, ...]  # statuses that need a reason
    needs_policy: bool = False


def _listing(address: str, key: str, title: str, icon: str, lead: str, types: Pairs, statuses: Pairs) -> Listing:
    return Listing(
        address=address,
        path=address,
        key=key,
        title=title,
        lead=lead,
        icon=icon,
        sort="-createdAt",
        nothing=text("Nothing asked for yet"),
        nothing_text=text("What customers ask for stands here, with its status, documents and history."),
        filters=(
            Filter("search", text("Search"), "search", placeholder=text("Number, customer, policy or title")),
            Filter("status", text("Status"), choices=tuple(statuses)),
            Filter("type", text("Type"), choices=tuple(types)),
            Filter("priority", text("Priority"), choices=PRIORITIES, more=True),
            Filter("assignedTo", text("Handler’s number (0 is nobody)"), "number", more=True),
            Filter("dueFrom", text("Due from"), "date", more=True),
            Filter("dueTo", text("Due to"), "date", more=True),
        ),
        columns=(
            Column("number", text("Number"), link=f"{address}/{{id}}", lead=True, under="title"),
            Column("customerName", text("Customer"), under="policyNumber"),
            Column("typeLabel", text("Type"), "translated"),
            Column("status", text("Status"), "badge", sort="status"),
            Column("priority", text("Priority"), "label", sort="priority"),
            Column("assignedAgent", text("Handler")),
            Column("dueOn", text("Due"), "day", sort="dueOn"),
            Column("createdAt", text("Asked on"), "day", sort="createdAt"),
            Column("premium", text("Premium"), "money", optional=True),
            Column("sumInsured", text("Sum insured"), "money", optional=True),
        ),
    )  # fmt: skip


_SERVICING_TYPES: Final = (
    ("address_change", text("Change of address")), ("contact_change", text("Change of contact details")),
    ("name_correction", text("Correction of a name")), ("nominee_change", text("Change of nominee")),
    ("sum_insured_change", text("Change of sum insured")), ("vehicle_change", text("Change of vehicle")),
    ("payment_mode_change", text("Change of payment frequency")), ("member_change", text("Member added or removed")),
    ("duplicate_policy", text("Duplicate policy document")), ("cancellation", text("Cancellation")), ("other", text("Other")),
)  # fmt: skip
_MEDICAL_TYPES: Final = (
    ("questionnaire", text("Medical questionnaire")), ("tele_medical", text("Tele-medical interview")),
    ("examination", text("Physical examination")), ("laboratory", text("Laboratory tests")),
    ("specialist", text("Specialist report")),
)  # fmt: skip
_BEGIN: Final = (
    ("submitted", text("Submitted")), ("under_review", text("Under review")),
    ("documents_pending", text("Documents pending")),
)  # fmt: skip
SERVICING: Final = Desk(
    _listing(
        "/policy-servicing", "requests", text("Policy servicing"), "policies",
        text("Endorsements: changes of a policy that customers ask for."), _SERVICING_TYPES,
        (*_BEGIN, ("approved", text("Approved")), ("completed", text("Completed")), ("rejected", text("Rejected")), ("withdrawn", text("Withdrawn"))),
    ),
    _SERVICING_TYPES, "servicing", text("New request"), ("rejected",), needs_policy=True,
)  # fmt: skip
NEW_BUSINESS: Final = Desk(
    _listing(
        "/new-business", "applications", text("New business"), "plus",
        text("Applications for new policies, from the first word to the issued policy."), POLICY_TYPES,
        (
            *_BEGIN, ("medical_pending", text("Medical pending")), ("approved", text("Approved")), ("issued", text("Issued")),
            ("declined", text("Declined")), ("withdrawn", text("Withdrawn")),
        ),
    ),
    POLICY_TYPES, "new_business", text("New application"), ("declined",),
)  # fmt: skip
MEDICAL: Final = Desk(
    _listing(
        "/medical-management", "assessments", text("Medical underwriting"), "health",
        text("Examinations and reports that an application or a policy needs."), _MEDICAL_TYPES,
        (
            ("requested", text("Requested")), ("scheduled", text("Scheduled")), ("reports_received", text("Reports received")),
            ("accepted", text("Accepted")), ("loaded", text("Accepted with loading")), ("postponed", text("Postponed")),
            ("declined", text("Declined")), ("cancelled", text("Cancelled")),
        ),
    ),
    _MEDICAL_TYPES, "medical", text("New assessment"), ("loaded", "postponed", "declined"),
)  # fmt: skip
_QUERY: Final = SERVICING.listing.query
CanService = Annotated[Visit, Depends(VisitWith("policy-servicing", query=_QUERY))]
CanWorkNewBusiness = Annotated[Visit, Depends(VisitWith("new-business", query=_QUERY))]
CanAssess = Annotated[Visit, Depends(VisitWith("medical-management", query=_QUERY))]


@router.get("/policy-servicing")
async def requests(visit: CanService) -> Response:
    """The endorsement requests."""
    return await _list(visit, SERVICING)


@router.get("/policy-servicing/{request_id}")
async def request(visit: CanService, request_id: str) -> Response:
    """One endorsement request."""
    return await _one(visit, SERVICING, request_id)


@router.get("/new-business")
async def applications(visit: CanWorkNewBusiness) -> Response:
    """The applications."""
    return await _list(visit, NEW_BUSINESS)


@router.get("/new-business/{application_id}")
async def application(visit: CanWorkNewBusiness, application_id: str) -> Response:
    """One application."""
    return await _one(visit, NEW_BUSINESS, application_id)


@router.get("/medical-management")
async def assessments(visit: CanAssess) -> Response:
    """The underwriting assessments."""
    return await _list(visit, MEDICAL)


@router.get("/medical-management/{assessment_id}")
async def assessment(visit: CanAssess, assessment_id: str) -> Response:
    """One assessment."""
    return await _one(visit, MEDICAL, assessment_id)


async def _list(visit: Visit, desk: Desk) -> Response:
    people = await colleagues(visit)
    return await desk.listing.show(visit, "service/list.html", desk=desk, priorities=PRIORITIES, people=people)


async def _one(visit: Visit, desk: Desk, number: str) -> Response:
    found, history, stored, people = await asyncio.gather(
        visit.api.get(Data, f"{desk.listing.path}/{number}"),
        visit.api.get(Data, f"{desk.listing.path}/{number}/history", limit=100),
        visit.api.find(Data, "/files", entityType=desk.entity, entityId=number, limit=100),
        colleagues(visit),
    )
    return visit.page(
        "service/request.html",
        desk=desk,
        found=found,
        history=history,
        stored=stored,
        people=people,
        priorities=PRIORITIES,
    )
