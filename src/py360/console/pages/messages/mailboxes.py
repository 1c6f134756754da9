"""The mailboxes of the service desk, and the rules that sort what comes in."""

import asyncio
from typing import Annotated, Final, TypedDict

from fastapi import Depends, Response
from fastapi.responses import RedirectResponse

from py360.console.api_client import Data
from py360.console.listing import Column, Filter, Listing
from py360.console.navigation import text
from py360.console.pages.messages.inbox import CATEGORIES, READERS
from py360.console.session import HOME
from py360.console.visit import PageRouter, Visit, VisitWith

router = PageRouter()

MAILBOXES: Final = Listing(
    address="/mailboxes",
    path="/email-accounts",
    key="accounts",
    title=text("Mailboxes"),
    lead=text("The addresses whose mail the service desk reads and answers."),
    icon="mail",
    nothing=text("No mailboxes yet"),
    nothing_text=text("Connect the address that customers write to; its mail then comes in by itself."),
    filters=(Filter("search", text("Search"), "search"),),
    columns=(
        Column("name", text("Mailbox"), link="/mailboxes/{id}", lead=True, under="email"),
        Column("status", text("Status"), "badge", under="statusReason"),
        Column("provider", text("Provider"), "label"),
        Column("syncedMessages", text("Mails"), "number"),
        Column("lastSync", text("Synchronised"), "moment"),
        Column("imapServer", "IMAP", optional=True),
        Column("smtpServer", "SMTP", optional=True),
    ),
)
PROVIDERS: Final = (("custom", text("Another")), ("gmail", "Gmail"), ("outlook", "Outlook"), ("yahoo", "Yahoo"))
CONDITION_FIELDS: Final = (
    ("from", text("Sender")), ("to", text("Recipient")), ("cc", text("Copy")), ("subject", text("Subject")),
    ("content", text("Text")),
)  # fmt: skip
OPERATORS: Final = (
    ("contains", text("contains")), ("equals", text("is")), ("starts_with", text("begins with")),
    ("ends_with", text("ends with")),
)  # fmt: skip
# What Google and Microsoft send the browser back with; beside state, code and error nothing is read.
SENT_BACK: Final = frozenset(
    {
        "state",
        "code",
        "error",
        "error_description",
        "error_uri",
        "error_subcode",
        "scope",
        "authuser",
        "prompt",
        "hd",
        "session_state",
        "iss",
    }
)
CanManage = Annotated[Visit, Depends(VisitWith("settings"))]


class Connected(TypedDict):
    """A mailbox that was connected."""

    id: int


@router.get("/mailboxes")
async def mailboxes(visit: Annotated[Visit, Depends(VisitWith("settings", query=MAILBOXES.query))]) -> Response:
    """The connected mailboxes."""
    return await MAILBOXES.show(visit, "inbox/mailboxes.html")


@router.get("/mailboxes/new")
async def new_mailbox(visit: CanManage) -> Response:
    """The form that connects a mailbox."""
    return visit.page("inbox/mailbox.html", account=None, providers=PROVIDERS, consent_address=_consent_address(visit))


def _consent_address(visit: Visit) -> str:
    """Where the vendor's page sends the browser back to."""
    return f"{visit.request.app.state.resources.settings.public_url}{HOME}/mailboxes/consent"


@router.get("/mailboxes/consent")
async def consent(visit: Annotated[Visit, Depends(VisitWith("settings", query=SENT_BACK))]) -> Response:
    """The browser comes back from Google's or Microsoft's page: the mailbox is connected, and shown."""
    asked = visit.request.query_params
    given: Data = {name: asked.get(name, "") for name in ("state", "code")}
    given["error"] = (asked.get("error_description") or asked.get("error", ""))[:500]
    made = await visit.api.post(Connected, "/email-accounts/authorize/finish", given)
    return RedirectResponse(f"{HOME}/mailboxes/{made['id']}", 303)


@router.get("/mailboxes/{account_id}")
async def mailbox(visit: CanManage, account_id: str) -> Response:
    """One mailbox: its servers, its state, its test."""
    found = await visit.api.get(Data, f"/email-accounts/{account_id}")
    return visit.page("inbox/mailbox.html", account=found, providers=PROVIDERS, consent_address=_consent_address(visit))


@router.get("/mail-rules")
async def rules(visit: Annotated[Visit, Depends(VisitWith("settings", *READERS))]) -> Response:
    """The rules that sort mail, the words that say what it is about, and the office's own folders."""
    sorting, words, folders = await asyncio.gather(
        visit.api.get(Data, "/email-rules", limit=100),
        visit.api.get(Data, "/email-classification-rules", limit=100),
        visit.api.find(Data, "/email-folders"),
    )
    return visit.page(
        "inbox/rules.html", sorting=sorting, words=words, folders=folders, categories=CATEGORIES,
        condition_fields=CONDITION_FIELDS, operators=OPERATORS,
    )  # fmt: skip
