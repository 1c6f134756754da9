"""The service desk's mail: folders, one mail with its conversation, writing, and the figures of the desk."""

import asyncio
import base64
from dataclasses import replace
from typing import Annotated, Final, TypedDict

from fastapi import Depends, Response

from py360.console.api_client import Data
from py360.console.listing import Column, Filter, Listing
from py360.console.navigation import text
from py360.console.pages.colleagues import colleagues
from py360.console.visit import PageRouter, Visit, VisitWith

router = PageRouter()

CATEGORIES: Final = (
    ("complaint", text("Complaint")), ("feedback", text("Feedback")), ("refund", text("Refund")),
    ("appointment", text("Appointment")), ("uncategorized", text("Uncategorised")),
)  # fmt: skip
STATUSES: Final = (
    ("new", text("New")), ("in_progress", text("In progress")), ("resolved", text("Resolved")),
    ("escalated", text("Escalated")), ("archived", text("Archived")), ("closed", text("Closed")),
)  # fmt: skip
PRIORITIES: Final = (
    ("low", text("Low")), ("medium", text("Medium")), ("high", text("High")), ("urgent", text("Urgent")),
    ("critical", text("Critical")),
)  # fmt: skip
SENTIMENTS: Final = (("positive", text("Positive")), ("neutral", text("Neutral")), ("negative", text("Negative")))
INTENTS: Final = (
    ("renewal_request", text("Renewal request")), ("quote_delivery", text("Quote delivery")),
    ("satisfaction_feedback", text("Satisfaction feedback")), ("coverage_inquiry", text("Coverage inquiry")),
    ("payment_reminder", text("Payment reminder")), ("renewal_approval", text("Renewal approval")),
    ("claim_impact_inquiry", text("Claim impact inquiry")), ("renewal_confirmation", text("Renewal confirmation")),
    ("cancellation_request", text("Cancellation request")), ("multi_policy_renewal", text("Multi policy renewal")),
    ("apology_update", text("Apology update")), ("price_objection", text("Price objection")),
    ("general_inquiry", text("General inquiry")),
)  # fmt: skip
SENDERS: Final = (("normal", text("Normal")), ("hni", "HNI"), ("super_hni", "Super HNI"), ("vip", "VIP"))
MAILS: Final = Listing(
    address="/inbox",
    path="/emails",
    key="emails",
    title=text("Inbox"),
    icon="inbox",
    sort="-arrival",
    live="email.new",
    nothing=text("No mails here"),
    nothing_text=text("Mail comes in by itself from the mailboxes that are connected."),
    filters=(
        Filter("search", text("Search"), "search", placeholder=text("Subject, sender, text; from:address for a sender")),
        Filter("quick", text("Show"), choices=(
            ("unread", text("Unread")), ("today", text("Today")), ("yesterday", text("Yesterday")), ("week", text("Last 7 days")),
            ("month", text("Last 30 days")), ("sla_breach", text("Too late to answer")),
        )),
        Filter("category", text("Category"), choices=CATEGORIES),
        Filter("assignedTo", text("Assigned to"), choices=(("me", text("Me")), ("none", text("Nobody")))),
        Filter("due", text("Policy due"), choices=(
            ("due", text("Within 7 days")), ("current", text("Within 30 days")), ("overdue", text("Overdue")), ("custom", text("Between two days")),
        )),
        Filter("dueFrom", text("Policy due from"), "date", more=True),
        Filter("dueTo", text("Policy due to"), "date", more=True),
        Filter("status", text("Status"), choices=STATUSES, more=True),
        Filter("intent", text("Intent"), choices=INTENTS, more=True),
        Filter("sentiment", text("Mood"), choices=SENTIMENTS, more=True),
        Filter("priority", text("Priority"), choices=PRIORITIES, more=True),
        Filter("customerCategory", text("Type of customer"), choices=SENDERS),
        Filter("hasAttachments", text("Attachments"), choices=(("true", text("Yes")), ("false", text("No"))), more=True),
        Filter("hasFollowUp", text("Follow-up"), choices=(("true", text("Yes")), ("false", text("No"))), more=True),
        Filter("module", text("About"), choices=(("renewal", text("A policy or a case")),), more=True),
        Filter("dateFrom", text("From"), "date", more=True),
        Filter("dateTo", text("To"), "date", more=True),
        Filter("tag", text("Tag"), "text", more=True),
        Filter("senderDomain", text("Domain of the sender"), "text", more=True),
        Filter("minSize", text("At least so many bytes"), "number", more=True),
        Filter("accountId", text("Mailbox’s number"), "number", more=True),
        Filter("caseId", text("Case’s number"), "number", more=True),
    ),
    columns=(
        Column("subject", text("Subject"), link="/inbox/{id}", lead=True, under="preview", sort="subject"),
        Column("fromName", text("From"), under="from"),
        Column("customerCategory", text("Type of customer"), "label", optional=True),
        Column("category", text("Category"), "label", under="intent", under_kind="label"),
        Column("sentiment.overall", text("Mood"), "label"),
        Column("priority", text("Priority"), "badge", sort="priority"),
        Column("slaStatus", text("Answer due"), "badge", under="slaDeadline", under_kind="moment", sort="slaDeadline"),
        Column("assignedToName", text("Assigned to")),
        Column("status", text("Status"), "badge", sort="status"),
        Column("dateReceived", text("Received"), "moment", sort="dateReceived"),
        Column("dueDate", text("Policy due"), "day", under="dueStatus", under_kind="label", sort="dueDate"),
        Column("policyNumber", text("Policy"), optional=True),
        Column("caseId", text("Case"), link="/cases/{caseId}", optional=True),
        Column("scheduledFollowUp.at", text("Follow-up"), "moment", sort="followUp", optional=True),
        Column("language", text("Language"), optional=True),
        Column("tags", text("Tags"), "list", optional=True),
        Column("size", text("Size"), "size", optional=True),
    ),
)  # fmt: skip
READERS: Final = ("emails", "renewal-email-manager")
# What a mail may do in its frame: show itself. Its links open outside; remote pictures only for those who asked for them.
FRAME_POLICY: Final = (
    "default-src 'none'; img-src data:{remote}; style-src 'unsafe-inline'; frame-ancestors 'self';"
    " sandbox allow-popups allow-popups-to-escape-sandbox"
)
CanRead = Annotated[Visit, Depends(VisitWith(*READERS))]
SeesImages = Annotated[Visit, Depends(VisitWith(*READERS, query=frozenset({"images"})))]


class ListSettings(TypedDict):
    """How many mails a page has, and whether new ones appear in it by themselves."""

    emailsPerPage: int
    emailAutoRefresh: bool


class MailSettings(TypedDict):
    """What the office set for mail."""

    settings: ListSettings


class Attached(TypedDict):
    """A file of a mail."""

    type: str | None
    size: int | None
    url: str | None


class MailHtml(TypedDict):
    """A mail's text and its files, as its frame shows them."""

    html: str | None
    attachments: list[Attached]


@router.get("/inbox")
async def inbox(
    visit: Annotated[Visit, Depends(VisitWith(*READERS, query=MAILS.query | {"folder", "tab"}))],
) -> Response:
    """The mails of a folder, within the caller's reach."""
    folders, people, settings = await asyncio.gather(
        visit.api.get(Data, "/email-folders"), colleagues(visit), visit.api.get(MailSettings, "/settings/email")
    )
    chosen = settings["settings"]
    return await (MAILS if chosen["emailAutoRefresh"] else replace(MAILS, live="")).show(
        visit,
        "inbox/list.html",
        more={} if visit.query.get("limit") else {"limit": str(chosen["emailsPerPage"])},
        picks=visit.may_change,
        folders=folders,
        people=people,
        categories=CATEGORIES,
        place=visit.query.get("tab") or visit.query.get("folder") or "",
    )


@router.get("/inbox/compose")
async def compose(
    visit: Annotated[Visit, Depends(VisitWith(*READERS, query=frozenset({"to", "caseId", "draft"})))],
) -> Response:
    """The form of a new mail, or of a draft that goes on."""
    draft_id = visit.query.get("draft", "")
    accounts, templates, draft, files = await asyncio.gather(
        visit.api.find(Data, "/email-accounts", limit=100),
        visit.api.find(Data, "/templates", type="email", status="active", limit=100),
        _draft(visit),
        visit.api.find(Data, "/files", entityType="email", entityId=draft_id) if draft_id else _no_files(),
    )
    return visit.page(
        "inbox/compose.html", accounts=accounts, templates=templates, draft=draft, files=files, priorities=PRIORITIES
    )


@router.get("/inbox/figures")
async def figures(
    visit: Annotated[
        Visit, Depends(VisitWith("email-dashboard", query=frozenset({"dateFrom", "dateTo", "category", "status"})))
    ],
) -> Response:
    """The dashboard of the inbox."""
    found = await visit.api.get(Data, "/emails/dashboard", **visit.query)
    return visit.page("inbox/figures.html", found=found, categories=CATEGORIES, statuses=STATUSES)


@router.get("/inbox/renewals")
async def renewals(visit: CanRead) -> Response:
    """The figures of mail about policies and cases."""
    return visit.page("inbox/renewals.html", found=await visit.api.get(Data, "/emails/renewal-stats"))


@router.get("/inbox/{email_id}")
async def mail(visit: SeesImages, email_id: str) -> Response:
    """One mail: its text, its conversation, what it was taken for, and the forms to work on it."""
    found = await visit.api.get(Data, f"/emails/{email_id}", images=visit.query.get("images") == "true")
    thread, events, folders, people, related = await asyncio.gather(
        visit.api.get(Data, f"/emails/{email_id}/thread", limit=50, sort="dateReceived"),
        visit.api.get(Data, f"/emails/{email_id}/audit", limit=50),
        visit.api.get(Data, "/email-folders"),
        colleagues(visit),
        visit.api.get(Data, f"/emails/{email_id}/related", limit=10),
    )
    return visit.page(
        "inbox/mail.html", mail=found, thread=thread, events=events, folders=folders, people=people, related=related,
        categories=CATEGORIES, intents=INTENTS, sentiments=SENTIMENTS, priorities=PRIORITIES, statuses=STATUSES, senders=SENDERS,
        with_images=visit.query.get("images") == "true",
    )  # fmt: skip


@router.get("/inbox/{email_id}/html")
async def html(visit: SeesImages, email_id: str) -> Response:
    """The mail's sanitised HTML, for its frame: no script, no form, no request to anybody."""
    with_images = visit.query.get("images") == "true"
    found = await visit.api.get(MailHtml, f"/emails/{email_id}", images=with_images)
    headers = {
        "Content-Security-Policy": FRAME_POLICY.format(remote=" https: http:" if with_images else ""),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    page = f'<!doctype html><base target="_blank"><body>{await _with_pictures(visit, found)}'
    return Response(page, headers=headers, media_type="text/html; charset=utf-8")


@router.get("/inbox/{email_id}/viewers")
async def viewers(visit: CanRead, email_id: str) -> Response:
    """A part of a page: who has the mail open, too."""
    return visit.page("inbox/viewers.html", found=await visit.api.get(Data, f"/emails/{email_id}/viewers"))


@router.get("/inbox/{email_id}/suggestions")
async def suggestions(visit: CanRead, email_id: str) -> Response:
    """A part of a page: replies that could be sent, to choose from and to change."""
    found = await visit.api.get(Data, f"/emails/{email_id}")
    asked: Data = {"subject": found.get("subject"), "body": str(found.get("body") or found.get("subject"))[:MAX_ASKED]}
    return visit.page("inbox/suggestions.html", found=await visit.api.post(Data, "/ai/email/smart-replies", asked))


PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
MAX_PICTURES: Final = 4 << 20  # bytes of a mail that its frame shows
MAX_ASKED: Final = 20_000  # characters of a mail that suggestions are made from


async def _with_pictures(visit: Visit, found: MailHtml) -> str:
    """The HTML with the pictures that came with the mail in it: the frame may load nothing, not even from here."""
    html, room = found.get("html") or "", MAX_PICTURES
    for each in found.get("attachments") or []:
        address, kind, size = each.get("url") or "", each.get("type") or "", each.get("size") or 0
        quoted = f'"{address}"'
        if quoted in html and kind in PICTURES and size <= room:
            room -= size
            picture = await visit.api.download(address.removeprefix("/api"), unscanned=True)
            html = html.replace(quoted, f'"data:{kind};base64,{base64.b64encode(picture).decode()}"')
    return html


async def _no_files() -> None:
    return None


async def _draft(visit: Visit) -> Data | None:
    draft = visit.query.get("draft")
    return await visit.api.get(Data, f"/emails/{draft}") if draft else None
