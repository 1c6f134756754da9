"""Kept audiences: filters over the open cases under a name, and who is in one today."""

from dataclasses import dataclass, replace
from typing import Annotated, Final

from fastapi import Depends, Response

from py360.console.api_client import Data
from py360.console.listing import Column, Filter, Listing
from py360.console.navigation import text
from py360.console.pages.messages.campaigns import OPEN_STATUSES
from py360.console.pages.renewals.cases import POLICY_TYPES
from py360.console.visit import PageRouter, Visit, VisitWith

router = PageRouter()

AUDIENCES: Final = Listing(
    address="/audiences",
    path="/audiences",
    key="audiences",
    title=text("Audiences"),
    lead=text("Filters over the open cases that several campaigns use. Who is in one is found anew each time."),
    icon="customers",
    nothing=text("No audiences yet"),
    nothing_text=text("Keep a filter under a name, and choose it for a campaign."),
    filters=(Filter("search", text("Search"), "search", placeholder=text("Name or description")),),
    columns=(
        Column("name", text("Audience"), link="/audiences/{id}", lead=True, under="description", sort="name"),
        Column("segments", text("Labels"), "list"),
        Column("createdBy", text("By")),
        Column("lastUpdated", text("Changed"), "moment", sort="lastUpdated"),
    ),
)
CONTACTS: Final = Listing(
    address="/audiences",
    path="/audiences",
    key="contacts",
    title=text("Audience"),
    icon="customers",
    views=False,
    nothing=text("No open case matches today"),
    nothing_text=text("The filter is applied again whenever the audience is opened or used."),
    filters=(Filter("search", text("Search"), "search", placeholder=text("Customer or policy number")),),
    columns=(
        Column("name", text("Customer"), lead=True, under="customerId", sort="name"),
        Column("caseId", text("Case"), link="/cases/{caseId}", under="policyNumber", sort="caseId"),
        Column("policyType", text("Policy type"), "label"),
        Column("dueDate", text("Due"), "day", sort="dueDate"),
        Column("status", text("Status"), "badge"),
        Column("phone", text("Mobile"), under="email"),
    ),
)


@dataclass(frozen=True, slots=True)
class FormChoices:
    """What the form of an audience offers, and whether the caller may send it."""

    statuses: tuple[tuple[str, str], ...]
    policy_types: tuple[tuple[str, str], ...]
    may: bool


@router.get("/audiences")
async def audiences(visit: Annotated[Visit, Depends(VisitWith("campaigns", query=AUDIENCES.query))]) -> Response:
    """The kept audiences."""
    return await AUDIENCES.show(visit, "campaigns/audiences.html", form=_choices(visit))


@router.get("/audiences/{audience_id}")
async def audience(
    visit: Annotated[Visit, Depends(VisitWith("campaigns", query=CONTACTS.query))], audience_id: str
) -> Response:
    """One audience: its filter, and the open cases that are in it today."""
    found = await visit.api.get(Data, f"/audiences/{audience_id}")
    contacts = replace(CONTACTS, address=f"/audiences/{audience_id}", path=f"/audiences/{audience_id}/contacts")
    return await contacts.show(visit, "campaigns/audience.html", audience=found, form=_choices(visit))


def _choices(visit: Visit) -> FormChoices:
    may = visit.may("campaigns:audience-segmentation") and visit.may_change
    return FormChoices(OPEN_STATUSES, POLICY_TYPES, may)
