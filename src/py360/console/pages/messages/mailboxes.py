"""The mailboxes of the service desk, and the rules that sort what comes in."""

import asyncio
from typing import Annotated, Final, TypedDict, cast

from fastapi import Depends, Response
from fastapi.responses import RedirectResponse

from py360.console.api_client import Data
from py360.console.listing import Column, Filter, Listing
from py360.console.navigation import text
from py360.console.pages.messages.inbox import CATEGORIES, READERS
from py360.console.session import HOME
from py360.console.visit import PageRouter, Visit, VisitWith
from py360.kit.errors import NotFound

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
REPORTS: Final = Listing(
    address="/mail-webhook",
    path="/email-webhook/deliveries",
    key="deliveries",
    title=text("Webhook of new mails"),
    lead=text("Each new mail is reported to an address of your own, signed, without its text."),
    icon="mail",
    nothing=text("No reports yet"),
    nothing_text=text("Once the webhook is switched on in the settings, each new mail is reported and listed here."),
    filters=(
        Filter("search", text("Search"), "search"),
        Filter("status", text("Status"), choices=(
            ("pending", text("Pending")), ("delivered", text("Delivered")), ("failed", text("Failed")),
        )),
    ),
    columns=(
        Column("emailId", text("Mail"), link="/inbox/{emailId}", lead=True),
        Column("status", text("Status"), "badge", under="error", under_kind="sentence"),
        Column("attempts", text("Tries"), "number"),
        Column("nextAttemptAt", text("Next try"), "moment"),
        Column("createdAt", text("Received"), "moment"),
        Column("finishedAt", text("Done"), "moment"),
    ),
)  # fmt: skip
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
ACTIONS: Final = (("star", text("Star")), ("move_to_folder", text("Move to a folder")))
MOST_CONDITIONS: Final = 10  # of a rule, as the API takes them
MOST_ACTIONS: Final = 5
CanSort = Annotated[Visit, Depends(VisitWith(*READERS))]
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


@router.get("/mail-webhook")
async def webhook(visit: Annotated[Visit, Depends(VisitWith("settings", query=REPORTS.query))]) -> Response:
    """Where new mails are reported, and which reports did not arrive."""
    return await REPORTS.show(visit, "inbox/webhook.html", state=await visit.api.get(Data, "/email-webhook"))


@router.get("/mail-rules")
async def rules(visit: Annotated[Visit, Depends(VisitWith("settings", *READERS))]) -> Response:
    """The rules that sort mail, the words that say what it is about, and the office's own folders."""
    sorting, words, folders = await asyncio.gather(
        _sorting(visit), _every(visit, "/email-classification-rules", "rules"), visit.api.find(Data, "/email-folders")
    )
    return visit.page(
        "inbox/rules.html", sorting=sorting, words=words, folders=folders, categories=CATEGORIES,
        condition_fields=CONDITION_FIELDS, operators=OPERATORS, actions=ACTIONS, may_sort=visit.may(*READERS),
    )  # fmt: skip


@router.get("/mail-rules/new")
async def new_rule(visit: CanSort) -> Response:
    """The form of a rule: what a mail must be like, and what is done with it then."""
    return await _rule_form(visit, None)


@router.get("/mail-rules/{rule_id}")
async def rule(visit: CanSort, rule_id: int) -> Response:
    """The same form for a rule that is there."""
    found = [each for each in await _sorting(visit) if each["id"] == rule_id]
    if not found:
        raise NotFound("There is no such rule. It may have been deleted.")
    return await _rule_form(visit, found[0])


async def _rule_form(visit: Visit, rule: Data | None) -> Response:
    folders = await visit.api.get(Data, "/email-folders")
    return visit.page(
        "inbox/rule.html", rule=rule, folders=folders["folders"], condition_fields=CONDITION_FIELDS, operators=OPERATORS,
        actions=ACTIONS, most_conditions=MOST_CONDITIONS, most_actions=MOST_ACTIONS,
    )  # fmt: skip


async def _sorting(visit: Visit) -> list[Data]:
    """The rules of the inbox in their order, for those who may read mail."""
    return await _every(visit, "/email-rules", "rules") if visit.may(*READERS) else []


async def _every(visit: Visit, path: str, key: str) -> list[Data]:
    """A list of the API from its first page to its last; an office has 200 rules at most."""
    rows: list[Data] = []
    page = 1
    while True:
        listed = await visit.api.get(Data, path, limit=100, page=page)
        rows += cast(list[Data], listed[key])  # an answer of our own API
        if page >= cast(dict[str, int], listed["pagination"])["totalPages"]:  # as above
            return rows
        page += 1
