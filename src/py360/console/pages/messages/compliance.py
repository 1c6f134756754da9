"""Who must not be written to: the do-not-contact registry, overrides, suppressions, and what they have blocked."""

from typing import Annotated, Final

from fastapi import Depends, Response

from py360.console.api_client import Data
from py360.console.listing import Column, Filter, Listing
from py360.console.navigation import text
from py360.console.visit import PageRouter, Visit, VisitWith

router = PageRouter()
CHANNELS: Final = (("whatsapp", "WhatsApp"), ("sms", "SMS"), ("email", text("E-mail")), ("call", text("Call")))

REGISTRY: Final = Listing(
    address="/dnc",
    path="/dnc",
    key="entries",
    title=text("Do not contact"),
    icon="dnc",
    nothing=text("Nobody is registered"),
    nothing_text=text("Entries come from customers, from the government's register and from you."),
    filters=(
        Filter("search", text("Search"), "search", placeholder=text("Name, mobile or e-mail")),
        Filter("type", text("Covers"), choices=(("phone", text("Phone")), ("email", text("E-mail")), ("both", text("Both")))),
        Filter("source", text("From"), choices=tuple((code, text(code.capitalize())) for code in ("government", "customer", "manual", "system", "complaint"))),
        Filter("active", text("Active"), choices=(("true", text("Yes")), ("false", text("No")))),
    ),
    columns=(
        Column("customerName", text("Customer"), lead=True, under="reason"),
        Column("customerPhone", text("Mobile"), under="customerEmail"),
        Column("dncType", text("Covers"), "label"),
        Column("dncSource", text("From"), "label"),
        Column("isActive", text("Active"), "yes"),
        Column("effectiveDate", text("Since"), "day"),
        Column("expiryDate", text("Until"), "day"),
    ),
)  # fmt: skip
BLOCKED: Final = Listing(
    address="/dnc/blocked",
    path="/dnc/blocked-messages",
    key="messages",
    title=text("Blocked messages"),
    icon="dnc",
    nothing=text("Nothing was blocked"),
    filters=(Filter("search", text("Search"), "search"), Filter("channel", text("Channel"), choices=CHANNELS)),
    columns=(
        Column("recipientPhone", text("Recipient"), lead=True, under="recipientEmail"),
        Column("messageType", text("Channel"), "label"),
        Column("reason", text("Why")),
        Column("caseId", text("Case"), link="/cases/{caseId}"),
        Column("campaignId", text("Campaign"), link="/campaigns/{campaignId}"),
        Column("attemptedAt", text("When"), "moment"),
    ),
)
OVERRIDES: Final = Listing(
    address="/dnc/overrides",
    path="/dnc/overrides",
    key="overrides",
    title=text("Overrides"),
    icon="dnc",
    nothing=text("No overrides asked for"),
    filters=(
        Filter("search", text("Search"), "search"),
        Filter("status", text("Status"), choices=(("pending", text("Pending")), ("approved", text("Approved")), ("rejected", text("Rejected")))),
    ),
    columns=(
        Column("customerName", text("Customer"), lead=True, under="customerPhone"),
        Column("reason", text("Reason"), under="approvalReason"),
        Column("overrideType", text("Kind"), "label"),
        Column("status", text("Status"), "badge"),
        Column("startDate", text("From"), "day"),
        Column("endDate", text("Until"), "day"),
    ),
)  # fmt: skip
SUPPRESSIONS: Final = Listing(
    address="/suppressions",
    path="/suppressions",
    key="suppressions",
    title=text("Suppressions"),
    lead=text("Contacts that opted out, bounced or complained. They are skipped by every campaign."),
    icon="dnc",
    nothing=text("No suppressions"),
    filters=(
        Filter("search", text("Search"), "search", placeholder=text("Mobile or e-mail")),
        Filter("channel", text("Channel"), choices=CHANNELS),
        Filter("reason", text("Reason"), choices=tuple((code, text(code.replace("_", " ").capitalize())) for code in ("unsubscribe", "stop", "hard_bounce", "complaint", "manual"))),
    ),
    columns=(
        Column("contact", text("Contact"), lead=True),
        Column("channel", text("Channel"), "label"),
        Column("reason", text("Reason"), "label", under="details"),
        Column("createdAt", text("Since"), "moment"),
        Column("expiresAt", text("Until"), "moment"),
    ),
)  # fmt: skip

REPORTS: Final = Listing(
    address="/dnc/reports",
    path="/dnc/compliance-reports",
    key="reports",
    title=text("Compliance reports"),
    lead=text(
        "What was sent in a period, what was kept back, and whether a message went to a contact of the registry."
    ),
    icon="dnc",
    nothing=text("No reports yet"),
    nothing_text=text("Make one for a month, a quarter or any days."),
    columns=(
        Column("periodStart", text("From"), "day", lead=True),
        Column("periodEnd", text("Until"), "day"),
        Column("reportType", text("Kind"), "label"),
        Column("totalSent", text("Sent"), "number"),
        Column("totalBlocked", text("Blocked"), "number"),
        Column("overridesApproved", text("Overrides approved"), "number"),
        Column("violations", text("Violations"), "number"),
        Column("complianceScore", text("Score"), "percent"),
        Column("createdAt", text("When"), "moment"),
    ),
)
REPORT_KINDS: Final = (
    ("monthly", text("A month")), ("quarterly", text("A quarter")), ("annual", text("A year")), ("custom", text("Any days")),
)  # fmt: skip


@router.get("/dnc")
async def registry(visit: Annotated[Visit, Depends(VisitWith("settings", query=REGISTRY.query))]) -> Response:
    """The registry."""
    figures = await visit.api.get(Data, "/dnc/statistics")
    return await REGISTRY.show(visit, "dnc/registry.html", tab="registry", figures=figures)


@router.get("/dnc/blocked")
async def blocked(visit: Annotated[Visit, Depends(VisitWith("settings", query=BLOCKED.query))]) -> Response:
    """Messages that were not sent because of an entry."""
    return await BLOCKED.show(visit, "dnc/frame.html", tab="blocked")


@router.get("/dnc/overrides")
async def overrides(visit: Annotated[Visit, Depends(VisitWith("settings", query=OVERRIDES.query))]) -> Response:
    """Who asked to write to somebody registered, and what was decided."""
    return await OVERRIDES.show(visit, "dnc/overrides.html", tab="overrides")


@router.get("/dnc/reports")
async def reports(visit: Annotated[Visit, Depends(VisitWith("settings", query=REPORTS.query))]) -> Response:
    """The compliance reports, and a form for a new one."""
    return await REPORTS.show(visit, "dnc/reports.html", tab="reports", kinds=REPORT_KINDS)


@router.get("/suppressions")
async def suppressions(visit: Annotated[Visit, Depends(VisitWith("settings", query=SUPPRESSIONS.query))]) -> Response:
    """Contacts that are not written to on a channel."""
    return await SUPPRESSIONS.show(visit, "dnc/suppressions.html", tab="suppressions")
