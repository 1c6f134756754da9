"""Channels, and how units of the organisation do: their figures, their people, beside each other and beside the period before."""

import asyncio
from typing import Annotated, Final

from fastapi import Depends, Response

from py360.console.api_client import Data
from py360.console.listing import Column, Filter, Listing
from py360.console.navigation import text
from py360.console.pages.colleagues import colleagues
from py360.console.visit import PageRouter, Visit, VisitWith

router = PageRouter()

CHANNEL_TYPES: Final = (
    ("online", text("Online")), ("mobile", text("Mobile app")), ("offline", text("Branch")), ("phone", text("Telephone")),
    ("agent", text("Agents")),
)  # fmt: skip
CHANNEL_STATUSES: Final = (
    ("active", text("Active")),
    ("inactive", text("Inactive")),
    ("maintenance", text("Maintenance")),
)
CHANNELS: Final = Listing(
    address="/channels",
    path="/channels",
    key="channels",
    title=text("Channels"),
    lead=text("The ways in which business comes in: capacity, working hours, cost and what each achieves."),
    icon="channels",
    nothing=text("No channels yet"),
    nothing_text=text("Add the branches, web sites, call centres and agents through which policies are sold."),
    filters=(
        Filter("search", text("Search"), "search"),
        Filter("type", text("Type"), choices=CHANNEL_TYPES),
        Filter("status", text("Status"), choices=CHANNEL_STATUSES),
    ),
    columns=(
        Column("name", text("Channel"), link="/channels/{id}", lead=True, under="manager"),
        Column("type", text("Type"), "label"),
        Column("status", text("Status"), "badge"),
        Column("isOpenNow", text("Open now"), "yes"),
        Column("openCases", text("Open cases"), "number"),
        Column("renewedCases", text("Renewed"), "number"),
        Column("conversionRate", text("Conversion"), "percent"),
        Column("revenue", text("Collected"), "money"),
        Column("budget", text("Budget in rupees"), "money", optional=True),
        Column("costPerLead", text("Cost of a lead"), "money", optional=True),
    ),
)
SEEING: Final = ("dashboard", "cases", "users")
PERIOD: Final = frozenset({"from", "to"})
CanSee = Annotated[Visit, Depends(VisitWith(*SEEING, query=PERIOD))]


@router.get("/channels")
async def channels(visit: Annotated[Visit, Depends(VisitWith(*SEEING, query=CHANNELS.query))]) -> Response:
    """The channels of the caller's clients."""
    return await CHANNELS.show(
        visit,
        "organization/channels.html",
        picks=_may_change(visit),
        types=CHANNEL_TYPES,
        statuses=CHANNEL_STATUSES,
        people=await colleagues(visit),
    )


@router.get("/channels/{channel_id}")
async def channel(visit: CanSee, channel_id: str) -> Response:
    """One channel: its settings and its performance."""
    found, figures, people = await asyncio.gather(
        visit.api.get(Data, f"/channels/{channel_id}"),
        visit.api.get(Data, f"/channels/{channel_id}/performance", **visit.query),
        colleagues(visit),
    )
    return visit.page(
        "organization/channel.html", channel=found, figures=figures, people=people, types=CHANNEL_TYPES,
        statuses=CHANNEL_STATUSES, may_change=_may_change(visit),
    )  # fmt: skip


@router.get("/organization/{node_id}/performance")
async def performance(visit: CanSee, node_id: str) -> Response:
    """How a unit does in a period: beside the period before, and its parts beside each other."""
    found = await visit.api.get(Data, f"/hierarchy/{node_id}/performance", **visit.query)
    return visit.page("organization/performance.html", found=found)


@router.get("/hierarchy-comparison")
async def comparison(visit: Annotated[Visit, Depends(VisitWith(*SEEING, query=PERIOD | {"nodeIds"}))]) -> Response:
    """Chosen units beside each other."""
    tree = await visit.api.get(Data, "/hierarchy")
    chosen = [each for each in visit.request.query_params.getlist("nodeIds") if each]
    period = {name: value for name, value in visit.query.items() if name in PERIOD}
    found = await visit.api.get(Data, "/hierarchy/compare", nodeIds=chosen, **period) if chosen else None
    return visit.page("organization/comparison.html", tree=tree, found=found, chosen=chosen)


def _may_change(visit: Visit) -> bool:
    return visit.may_change and visit.may("dashboard:hierarchy", "users")
