"""Campaigns: the list, the form that makes one, and the page that follows one while it runs."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Final, TypedDict

from fastapi import Depends, Response
from starlette.datastructures import QueryParams

from py360.console.api_client import ApiProblem, Data, Json
from py360.console.listing import Column, Counted, Filter, Listing
from py360.console.navigation import text
from py360.console.pages.renewals.cases import CHANNELS, POLICY_TYPES
from py360.console.pages.renewals.cases import STATUSES as CASE_STATUSES
from py360.console.visit import PageRouter, Visit, VisitWith
from py360.kit.errors import Conflict

router = PageRouter()

PURPOSES: Final = (
    ("renewal", text("Renewal")), ("payment", text("Payment")), ("welcome", text("Welcome")), ("claims", text("Claims")),
    ("transactional", text("Transactional")), ("promotional", text("Promotional")),
)  # fmt: skip
AUDIENCES: Final = (
    ("all", text("All its cases"), text("Every case of the upload, or every case within your reach.")),
    ("pending", text("Renewals still open"), text("Not yet paid, not yet closed.")),
    ("expired", text("Policies that have ended"), text("Their term is over and they are not renewed.")),
)
STATUSES: Final = (
    ("draft", text("Draft")), ("scheduled", text("Scheduled")), ("active", text("Active")), ("paused", text("Paused")),
    ("completed", text("Completed")), ("cancelled", text("Cancelled")), ("failed", text("Failed")),
)  # fmt: skip
_CLOSED: Final = frozenset({"renewed", "failed", "lapsed", "cancelled"})
OPEN_STATUSES: Final = tuple(each for each in CASE_STATUSES if each[0] not in _CLOSED)
CAMPAIGNS: Final = Listing(
    address="/campaigns",
    path="/campaigns",
    key="campaigns",
    title=text("Campaigns"),
    icon="campaigns",
    live="campaign.metrics",
    nothing=text("No campaigns yet"),
    nothing_text=text("A campaign writes to many customers at once, on one or several channels."),
    filters=(
        Filter("search", text("Search"), "search", placeholder=text("Name or description")),
        Filter("status", text("Status"), choices=STATUSES),
        Filter("type", text("Channel"), choices=CHANNELS),
        Filter("purpose", text("Purpose"), choices=PURPOSES),
        Filter("performance", text("Opened by"), choices=(("high", text("70 percent or more")), ("medium", text("40 to 70 percent")), ("low", text("less than 40 percent"))), more=True),
        Filter("minSize", text("Recipients from"), "number", more=True),
        Filter("maxSize", text("Recipients to"), "number", more=True),
        Filter("tags", text("Tags"), "text", more=True),
        Filter("dateFrom", text("Created from"), "date", more=True),
        Filter("dateTo", text("Created to"), "date", more=True),
    ),
    columns=(
        Column("name", text("Campaign"), link="/campaigns/{id}", lead=True, under="uploadFilename"),
        Column("status", text("Status"), "badge"),
        Column("channels", text("Channels"), "list"),
        Column("targetCount", text("Recipients"), "number"),
        Column("metrics.sent", text("Sent"), "number"),
        Column("metrics.delivered", text("Delivered"), "number"),
        Column("metrics.opened", text("Opened"), "number"),
        Column("metrics.converted", text("Renewed"), "number"),
        Column("createdDate", text("Created"), "day"),
        Column("purpose", text("Purpose"), "label", optional=True),
        Column("metrics.failed", text("Failed"), "number", optional=True),
        Column("metrics.skipped", text("Skipped"), "number", optional=True),
    ),
)  # fmt: skip
SKIP_REASONS: Final = (
    ("opted_out", text("Opted out")), ("no_opt_in", text("No opt-in")), ("suppressed", text("Suppressed")), ("dnc", text("Do not contact")),
    ("invalid_contact", text("Invalid contact")), ("death_claim", text("Death claim")), ("dlt_unmatched", text("DLT unmatched")),
    ("frequency_cap", text("Frequency cap")), ("paid", text("Paid")), ("case_closed", text("Case closed")),
)  # fmt: skip
RECIPIENTS: Final = Listing(
    address="/campaigns",
    path="",
    key="recipients",
    title=text("Recipients"),
    icon="customers",
    nothing=text("Nobody here"),
    filters=(
        Filter("reached", text("Who was"), choices=(
            ("sent", text("Sent to")), ("delivered", text("Reached")), ("opened", text("Opening it")), ("clicked", text("Clicking")),
            ("replied", text("Answering")), ("unsubscribed", text("Unsubscribing")), ("converted", text("Renewing after it")),
        )),
        Filter("status", text("State now"), choices=tuple(
            (code, text(code.capitalize())) for code in ("pending", "sent", "delivered", "opened", "clicked", "failed", "bounced", "skipped", "unknown")
        )),
        Filter("skipReason", text("Skipped because"), choices=SKIP_REASONS),
    ),
    columns=(
        Column("customerName", text("Customer"), under="contact", lead=True),
        Column("caseId", text("Case"), link="/cases/{caseId}"),
        Column("status", text("Status"), "badge"),
        Column("skipReason", text("Why not"), "label", under="errorMessage", under_kind="sentence"),
        Column("sentAt", text("Sent"), "moment"),
        Column("deliveredAt", text("Delivered"), "moment"),
        Column("openedAt", text("Opened"), "moment"),
        Column("clickedAt", text("Clicked"), "moment"),
    ),
)  # fmt: skip
# The choices of AudienceFilter (the API's schema), as the form names them; a name that ends in [] takes several.
_AUDIENCE: Final = "targetAudience."
_AUDIENCE_FILTERS: Final = ("dueFrom", "dueTo", "statuses[]", "policyTypes[]", "maxRenewalProbability")
_FROM: Final = frozenset({"uploadId", "audienceId"})  # what a new campaign may be made from
_KEPT: Final = "kept"  # the form's choice of a kept audience
_CHECKED: Final = frozenset(
    {
        "type[]", *_FROM, "targetAudience", "purpose", *(f"templates.{name}" for name, _ in CHANNELS),
        *(f"{_AUDIENCE}{name}" for name in _AUDIENCE_FILTERS),
    }
)  # fmt: skip
CanSee = Annotated[Visit, Depends(VisitWith("campaigns"))]
CanCreate = ("campaigns:campaign-creation", "upload:campaign-creation")


class Draft(TypedDict):
    """What of a campaign decides whether and how its form is filled in; the template reads the rest."""

    status: str
    uploadId: str | None


class Account(TypedDict):
    """What of a sender's account the estimate needs."""

    channel: str
    isActive: bool
    isDefault: bool
    config: Mapping[str, Json]


class Accounts(TypedDict):
    """The accounts of the caller's clients."""

    providers: list[Account]


class Planned(TypedDict):
    """How many recipients of a channel would be written to; the template reads the rest."""

    sendCount: int


class Sms(TypedDict):
    """How long a text message is."""

    parts: int


class Preview(TypedDict, total=False):
    """A template with sample values, as far as the check shows it."""

    sms: Sms
    warnings: list[Data]


@router.get("/campaigns")
async def campaigns(visit: Annotated[Visit, Depends(VisitWith("campaigns", query=CAMPAIGNS.query))]) -> Response:
    """The campaigns, and the figures of all together."""
    totals, counts = None, {}
    if visit.may("campaigns:performance-analytics"):
        totals, every, active, scheduled = await asyncio.gather(
            visit.api.get(Data, "/campaigns/analytics"),
            *(_count(visit, status) for status in ("", "active", "scheduled")),
        )
        counts = {"all": every, "active": active, "scheduled": scheduled}
    return await CAMPAIGNS.show(visit, "campaigns/list.html", totals=totals, counts=counts, more={"view": "parent"})


async def _count(visit: Visit, status: str) -> int:
    """How many campaigns there are, each once whatever its channels; of a status, or all."""
    found = await visit.api.get(Counted, "/campaigns", view="parent", status=status, limit=1)
    return found["pagination"]["total"]


@router.get("/campaigns/new")
async def new(visit: Annotated[Visit, Depends(VisitWith(*CanCreate, query=_FROM))]) -> Response:
    """The form for a new campaign."""
    return await _form(visit, None, visit.query.get("uploadId", ""))


@router.get("/campaigns/{campaign_id}/edit")
async def edit(visit: Annotated[Visit, Depends(VisitWith("campaigns:campaign-editing"))], campaign_id: str) -> Response:
    """The same form for a draft: its texts and its audience, beside what any campaign lets change."""
    found = await visit.api.get(Draft, f"/campaigns/{campaign_id}")
    if found["status"] != "draft":
        raise Conflict("Only a draft can be changed here: this campaign is planned already.")
    return await _form(visit, found, found["uploadId"] or "")


async def _form(visit: Visit, campaign: Draft | None, upload: str) -> Response:
    uploads, kept, templates = await asyncio.gather(
        visit.api.get(Data, "/upload/history", status="completed", limit=100) if visit.may("upload") else _nothing(),
        visit.api.get(Data, "/audiences", limit=100) if visit.may("campaigns") and not campaign else _nothing(),
        _templates(visit),
    )
    return visit.page(
        "campaigns/new.html",
        campaign=campaign,
        uploads=uploads.get("uploads", []),
        kept=kept.get("audiences", []) if visit.may("campaigns:audience-segmentation") else [],
        templates=templates,
        accounts=(await _accounts(visit))["providers"],
        chosen=upload,
        channels=CHANNELS,
        purposes=PURPOSES,
        audiences=AUDIENCES,
        may_filter=visit.may("campaigns:audience-segmentation"),
        case_statuses=OPEN_STATUSES,
        policy_types=POLICY_TYPES,
    )


@router.get("/campaigns/check")
async def check(visit: Annotated[Visit, Depends(VisitWith(*CanCreate, query=_CHECKED))]) -> Response:
    """A part of the form's page: how many would be written to, what it would cost, what speaks against it."""
    asked = visit.request.query_params
    channels = asked.getlist("type[]")
    templates = {name: found for name in channels if (found := asked.get(f"templates.{name}"))}
    if not channels:
        return _checked(visit)
    body: Data = {
        "type": [*channels],
        "templates": {**templates},
        "targetAudience": _audience(asked),
        "purpose": asked.get("purpose", "renewal"),
    }
    body |= {name: asked[name] for name in _FROM if asked.get(name)}
    try:
        planned = await visit.api.post(dict[str, Planned], "/campaigns/preview-audience", body)
    except ApiProblem as refused:
        return _checked(visit, problem=refused.message)
    previews = {name: await _preview(visit, code) for name, code in templates.items()}
    costs = _costs(planned, previews, (await _accounts(visit))["providers"])
    return _checked(visit, planned, previews, costs)


def _checked(
    visit: Visit,
    planned: Mapping[str, Planned] = MappingProxyType({}),
    previews: Mapping[str, Preview] = MappingProxyType({}),
    costs: Mapping[str, Decimal] = MappingProxyType({}),
    problem: str = "",
) -> Response:
    """The part of the page; without anything planned it says what to choose."""
    return visit.page(
        "campaigns/check.html",
        planned=planned,
        previews=previews,
        costs=costs,
        problem=problem,
        skip_reasons=SKIP_REASONS,
    )


@router.get("/campaigns/{campaign_id}")
async def campaign(visit: CanSee, campaign_id: str) -> Response:
    """One campaign, live."""
    found = await visit.api.get(Data, f"/campaigns/{campaign_id}")
    analytics = None
    if visit.may("campaigns:performance-analytics"):
        analytics = await visit.api.get(Data, f"/campaigns/{campaign_id}/analytics")
    return visit.page("campaigns/campaign.html", campaign=found, analytics=analytics, tab="monitor")


@router.get("/campaigns/{campaign_id}/recipients")
async def recipients(
    visit: Annotated[Visit, Depends(VisitWith("campaigns", query=RECIPIENTS.query))], campaign_id: str
) -> Response:
    """Who was written to, what became of each, and why some were not."""
    found = await visit.api.get(Data, f"/campaigns/{campaign_id}")
    listed = await visit.api.get(Data, f"/campaigns/{campaign_id}/recipients", **visit.query)
    return visit.page(
        "campaigns/recipients.html",
        campaign=found,
        listing=RECIPIENTS,
        rows=listed["recipients"],
        pagination=listed["pagination"],
        tab="recipients",
    )


@router.get("/campaigns/{campaign_id}/rules")
async def rules(visit: CanSee, campaign_id: str) -> Response:
    """Consent, the do-not-contact registry and templates' registration, and what happened to the campaign."""
    found = await visit.api.get(Data, f"/campaigns/{campaign_id}")
    kept = None
    if visit.may("campaigns:performance-analytics"):
        kept = await visit.api.get(Data, f"/campaigns/{campaign_id}/compliance")
    return visit.page("campaigns/rules.html", campaign=found, rules=kept, tab="rules")


def _audience(asked: QueryParams) -> Json:
    """The audience that a form asks for: one of the usual ones, or a filter; everybody where nothing is chosen."""
    if usual := asked.get("targetAudience"):
        return "all" if usual == _KEPT else usual
    chosen: Data = {}
    for name in _AUDIENCE_FILTERS:
        if given := [value for value in asked.getlist(_AUDIENCE + name) if value]:
            chosen[name.removesuffix("[]")] = [*given] if name.endswith("[]") else given[0]
    return chosen or "all"


async def _nothing() -> Data:
    return {}


async def _templates(visit: Visit) -> list[Json]:
    """The templates that may be sent, of every channel, as far as the caller may see them."""
    if not visit.may("templates", "campaigns", "upload"):
        return []
    try:
        found = await visit.api.get(Data, "/templates", active=True, limit=100)
    except ApiProblem:
        return []
    templates = found["templates"]
    return templates if isinstance(templates, list) else []


async def _accounts(visit: Visit) -> Accounts:
    """The senders' accounts, for those who may see them; the others send with the default one."""
    return await visit.api.get(Accounts, "/providers") if visit.may("settings") else {"providers": []}


async def _preview(visit: Visit, template: str) -> Preview:
    try:
        return await visit.api.post(Preview, f"/templates/{template}/preview", {})
    except ApiProblem:
        return {}


def _costs(
    planned: Mapping[str, Planned], previews: Mapping[str, Preview], accounts: list[Account]
) -> dict[str, Decimal]:
    """What each channel would cost in INR, by the default account's price of a message; without a price, nothing is said."""
    costs = {}
    for channel, audience in planned.items():
        prices = [
            account["config"].get("unitPrice") for account in accounts
            if account["channel"] == channel and account["isActive"] and account["isDefault"]
        ]  # fmt: skip
        if prices and prices[0] is not None:
            parts = previews.get(channel, {}).get("sms", {"parts": 1})["parts"] if channel == "sms" else 1
            costs[channel] = Decimal(str(prices[0])) * audience["sendCount"] * parts
    return costs
