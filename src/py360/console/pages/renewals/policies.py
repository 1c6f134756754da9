"""One policy with its members and its timeline, and the registers beside cases: notices, directions, who takes cases."""

import asyncio
from typing import Annotated, Final

from fastapi import Depends, Response

from py360.console.api_client import Data
from py360.console.listing import Column, Filter, Listing
from py360.console.navigation import text
from py360.console.pages.renewals.cases import CHANNELS
from py360.console.visit import PageRouter, Visit, VisitWith

router = PageRouter()

NOTICES: Final = Listing(
    address="/notices",
    path="/notices",
    key="notices",
    title=text("Notice register"),
    lead=text("Each notice that was sent: its text, version, channel, time and proof."),
    icon="mail",
    nothing=text("No notices yet"),
    nothing_text=text("Renewal notices of campaigns and colleagues stand here with their proof."),
    filters=(
        Filter("search", text("Search"), "search", placeholder=text("Policy, recipient or subject")),
        Filter("channel", text("Channel"), choices=(*CHANNELS, ("call", text("Call")))),
    ),
    columns=(
        Column("policyNumber", text("Policy"), lead=True, under="subject"),
        Column("caseId", text("Case"), link="/cases/{caseId}/messages"),
        Column("channel", text("Channel"), "label", under="recipient"),
        Column("template", text("Template"), under="templateVersion"),
        Column("status", text("Status"), "badge", under="error"),
        Column("sentAt", text("Sent"), "moment"),
        Column("deliveredAt", text("Delivered"), "moment"),
        Column("text", text("Text"), optional=True),
        Column("vendorMessageId", text("Proof of the vendor"), under="vendor", optional=True),
        Column("sentBy", text("By"), optional=True),
    ),
)
DIRECTION_KINDS: Final = (
    ("do_not_renew", text("Do not renew")), ("refer", text("Refer")), ("not_taken", text("Not taken")),
)  # fmt: skip
DIRECTIONS: Final = Listing(
    address="/renewal-directions",
    path="/renewal-directions",
    key="directions",
    title=text("Renewal directions"),
    lead=text("What was decided before a renewal, by whom and why. Cases follow it."),
    icon="dnc",
    nothing=text("No directions yet"),
    nothing_text=text("Say here that a policy is not renewed, is referred, or was not taken."),
    filters=(
        Filter("search", text("Search"), "search", placeholder=text("Policy, customer or reason")),
        Filter("direction", text("Direction"), choices=DIRECTION_KINDS),
        Filter("active", text("In force"), choices=(("true", text("Yes")), ("false", text("No")))),
    ),
    columns=(
        Column("policyNumber", text("Policy"), lead=True, under="customerName"),
        Column("direction", text("Direction"), "label", under="reason"),
        Column("dueDate", text("Due"), "day"),
        Column("owner", text("Owner")),
        Column("active", text("In force"), "yes", under="endedReason"),
        Column("createdAt", text("When"), "moment", under="createdBy"),
    ),
)
AGENTS: Final = Listing(
    address="/agents",
    path="/agents",
    key="agents",
    title=text("Who takes cases"),
    lead=text("Capacity, working hours and absence: cases are assigned to those who have room."),
    icon="users",
    nothing=text("No agents yet"),
    filters=(Filter("search", text("Search"), "search"),),
    columns=(
        Column("name", text("Name"), lead=True, under="email"),
        Column("node", text("Unit")),
        Column("openCases", text("Open cases"), "number"),
        Column("capacity", text("Capacity"), "number"),
        Column("worksFrom", text("From")),
        Column("worksTo", text("To")),
        Column("absentFrom", text("Absent from"), "day"),
        Column("absentTo", text("Absent to"), "day"),
    ),
)
WEEK: Final = (
    ("1", text("Monday")), ("2", text("Tuesday")), ("3", text("Wednesday")), ("4", text("Thursday")), ("5", text("Friday")),
    ("6", text("Saturday")), ("7", text("Sunday")),
)  # fmt: skip


@router.get("/notices")
async def notices(
    visit: Annotated[Visit, Depends(VisitWith("cases", "closed-cases", query=NOTICES.query))],
) -> Response:
    """The register of notices."""
    return await NOTICES.show(visit)


@router.get("/renewal-directions")
async def directions(
    visit: Annotated[Visit, Depends(VisitWith("cases", "closed-cases", query=DIRECTIONS.query))],
) -> Response:
    """What was decided about renewals."""
    return await DIRECTIONS.show(visit, "policies/directions.html", kinds=DIRECTION_KINDS)


@router.get("/agents")
async def agents(visit: Annotated[Visit, Depends(VisitWith("cases", query=AGENTS.query))]) -> Response:
    """Who takes cases, and when."""
    return await AGENTS.show(visit, "policies/agents.html", week=WEEK)


@router.get("/policies/{policy}")
async def policy(visit: Annotated[Visit, Depends(VisitWith("policy-timeline"))], policy: str) -> Response:
    """One policy: its terms, the people in it, and what happened."""
    found, members, happened = await asyncio.gather(
        visit.api.get(Data, f"/policies/{policy}"),
        visit.api.find(Data, f"/policies/{policy}/members"),
        visit.api.get(Data, f"/policies/{policy}/timeline", maxEvents=100),
    )
    return visit.page("policies/policy.html", policy=found, members=members, happened=happened)
