"""Bulk mail and mail merge, and the report over the desk's mail."""

import asyncio
from typing import Annotated, Final

from fastapi import Depends, Response

from py360.console.api_client import Data
from py360.console.listing import Column, Filter, Listing
from py360.console.navigation import text
from py360.console.visit import PageRouter, Visit, VisitWith

router = PageRouter()

BULK: Final = Listing(
    address="/bulk-mail",
    path="/emails/bulk",
    key="campaigns",
    title=text("Bulk mail"),
    lead=text("One mail to many, from a template; each recipient may get a letter of their own as a PDF."),
    icon="mail",
    live="campaign.metrics",
    nothing=text("No bulk mail yet"),
    nothing_text=text("Paste addresses, choose a template and send: opt-outs are checked for each."),
    filters=(
        Filter("search", text("Search"), "search"),
        Filter("status", text("Status"), choices=(
            ("scheduled", text("Scheduled")), ("in_progress", text("In progress")), ("completed", text("Completed")), ("stopped", text("Stopped")),
        )),
    ),
    columns=(
        Column("name", text("Name"), link="/bulk-mail/{id}", lead=True, under="template"),
        Column("status", text("Status"), "badge"),
        Column("recipients", text("Recipients"), "number"),
        Column("sent", text("Sent"), "number"),
        Column("delivered", text("Delivered"), "number"),
        Column("opened", text("Opened"), "number"),
        Column("clicked", text("Clicked"), "number"),
        Column("blocked", text("Not sent"), "number"),
        Column("createdDate", text("When"), "moment"),
    ),
)  # fmt: skip
RANGES: Final = (
    ("7days", text("Last 7 days")), ("30days", text("Last 30 days")), ("90days", text("Last 90 days")), ("1year", text("Last year")),
)  # fmt: skip
CanSend = Annotated[Visit, Depends(VisitWith("bulk-email"))]


@router.get("/bulk-mail")
async def bulk_mails(visit: Annotated[Visit, Depends(VisitWith("bulk-email", query=BULK.query))]) -> Response:
    """The bulk mails."""
    return await BULK.show(visit, "inbox/bulk.html")


@router.get("/bulk-mail/new")
async def new(visit: CanSend) -> Response:
    """The form of a bulk mail."""
    templates, letters = await asyncio.gather(
        visit.api.find(Data, "/templates", type="email", status="active", limit=100),
        visit.api.get(Data, "/mail-merge/templates"),
    )
    return visit.page("inbox/bulk_new.html", templates=templates, letters=letters)


@router.get("/bulk-mail/letters")
async def letters(visit: CanSend) -> Response:
    """The letters of mail merge with their fields, and how they are made."""
    found = await visit.api.get(Data, "/mail-merge/templates")
    return visit.page("inbox/letters.html", found=found, may=visit.may("settings") and visit.may_change)


@router.get("/bulk-mail/{bulk_id}")
async def progress(visit: CanSend, bulk_id: str) -> Response:
    """How far a bulk mail is, and why recipients were left out."""
    return visit.page("inbox/bulk_progress.html", found=await visit.api.get(Data, f"/emails/bulk/{bulk_id}/progress"))


@router.get("/mail-report")
async def report(
    visit: Annotated[Visit, Depends(VisitWith("email-analytics", query=frozenset({"range"})))],
) -> Response:
    """The report over the desk's mail, beside the time before."""
    found = await visit.api.get(Data, "/emails/analytics", **visit.query)
    return visit.page("inbox/report.html", found=found, ranges=RANGES)
