"""What messages cost: by service and day, by account at a vendor, and what became of each message."""

import asyncio
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Final, TypedDict

from fastapi import Depends, Response

from py360.console.api_client import Data
from py360.console.listing import Column, Filter, Listing
from py360.console.navigation import text
from py360.console.visit import PageRouter, Visit, VisitWith

router = PageRouter()

CHANNELS: Final = (("whatsapp", "WhatsApp"), ("sms", "SMS"), ("email", text("E-mail")), ("call", text("Call")))
DELIVERIES: Final = Listing(
    address="/billing/messages",
    path="/billing/delivery-status",
    key="deliveries",
    title=text("Messages and their cost"),
    lead=text("Every message of the period, what became of it, and what it cost."),
    icon="mail",
    nothing=text("No messages in this period"),
    nothing_text=text("Choose other days to see more."),
    filters=(
        Filter("search", text("Search"), "search", placeholder=text("Customer or policy")),
        Filter("channel", text("Channel"), choices=CHANNELS),
        Filter("status", text("Status"), choices=(("delivered", text("Delivered")), ("failed", text("Failed")), ("pending", text("Pending")))),
        Filter("from", text("From"), "date"),
        Filter("to", text("To"), "date"),
    ),
    columns=(
        Column("customerName", text("Customer"), lead=True, under="policyNumber"),
        Column("caseId", text("Case"), link="/cases/{caseId}"),
        Column("communicationType", text("Channel"), "label", under="vendor"),
        Column("deliveryStatus", text("Status"), "badge", under="errorMessage", under_kind="sentence"),
        Column("sentAt", text("Sent"), "moment"),
        Column("deliveredAt", text("Delivered"), "moment", optional=True),
        Column("cost", text("Cost"), "money"),
    ),
)  # fmt: skip
_PERIOD: Final = frozenset({"from", "to"})
CanSee = Annotated[Visit, Depends(VisitWith("billing", query=_PERIOD))]


class Day(TypedDict):
    """What was sent on a day, as the API answers it."""

    date: date
    total: int
    cost: Decimal


class Stats(TypedDict):
    """The days of a period."""

    periodFrom: date
    periodTo: date
    days: Sequence[Day]


@router.get("/billing")
async def billing(visit: CanSee) -> Response:
    """The costs of a period: this month, or the days in the address."""
    summary, stats, vendors = await asyncio.gather(
        visit.api.get(Data, "/billing/summary", **visit.query),
        visit.api.get(Stats, "/billing/communication-stats", **visit.query),
        visit.api.get(Data, "/vendors/communications", **visit.query),
    )
    days = stats["days"]
    series = {"x": [day["date"] for day in days], "lines": [{"name": "cost", "values": [day["cost"] for day in days]}]}
    return visit.page("billing/index.html", summary=summary, stats=stats, vendors=vendors["vendors"], series=series)


@router.get("/billing/messages")
async def messages(visit: Annotated[Visit, Depends(VisitWith("billing", query=DELIVERIES.query))]) -> Response:
    """The messages of a period one by one."""
    return await DELIVERIES.show(visit, "billing/messages.html")


@router.get("/billing/vendors/{vendor_id}")
async def vendor(visit: CanSee, vendor_id: str) -> Response:
    """One account at a vendor: the period, and its last twelve months."""
    found = await visit.api.get(Data, f"/vendors/{vendor_id}/performance", **visit.query)
    return visit.page("billing/vendor.html", found=found)
