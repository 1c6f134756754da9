"""Users, roles, the organisation, provider accounts and settings."""

import asyncio
from typing import Annotated, Final, TypedDict

from fastapi import Depends, Response

from py360.console.api_client import Data
from py360.console.listing import Column, Filter, Listing
from py360.console.navigation import ADMINISTRATORS, text
from py360.console.visit import PageRouter, Visit, VisitWith
from py360.kit.errors import NotFound

router = PageRouter()

USERS: Final = Listing(
    address="/users",
    path="/users",
    key="users",
    title=text("Users"),
    icon="users",
    filters=(
        Filter("search", text("Search"), "search", placeholder=text("Name or e-mail")),
        Filter("status", text("Status"), choices=(("active", text("Active")), ("inactive", text("Inactive")), ("pending", text("Pending")), ("suspended", text("Suspended")))),
        Filter("role", text("Role")),
    ),
    columns=(
        Column("name", text("User"), link="/users/{id}", lead=True, under="email"),
        Column("roleName", text("Role"), "translated", under="jobTitle"),
        Column("status", text("Status"), "badge"),
        Column("clientName", text("Client")),
        Column("lastLogin", text("Last sign-in"), "moment"),
    ),
)  # fmt: skip
ROLES: Final = Listing(
    address="/roles",
    path="/roles",
    key="roles",
    title=text("Roles"),
    icon="roles",
    filters=(Filter("search", text("Search"), "search"),),
    columns=(
        Column(
            "displayName",
            text("Role"),
            "translated",
            link="/roles/{id}",
            lead=True,
            under="description",
            under_kind="translated",
        ),
        Column("reach", text("Reaches"), "label"),
        Column("userCount", text("Users"), "number"),
        Column("isSystem", text("Preset"), "yes"),
    ),
)
PROVIDERS: Final = Listing(
    address="/providers",
    path="/providers",
    key="providers",
    title=text("Provider accounts"),
    icon="providers",
    lead=text("Accounts at the vendors that carry messages and payments. Secrets are sealed and never shown again."),
    filters=(
        Filter("search", text("Search"), "search"),
        Filter("channel", text("Channel"), choices=(("email", text("E-mail")), ("sms", "SMS"), ("whatsapp", "WhatsApp"), ("call", text("Call")), ("payment", text("Payment")))),
    ),
    columns=(
        Column("name", text("Account"), link="/providers/{id}", lead=True),
        Column("channel", text("Channel"), "label"),
        Column("type", text("Vendor"), "label"),
        Column("status", text("Status"), "badge"),
        Column("isDefault", text("Default"), "yes"),
        Column("isActive", text("Active"), "yes"),
        Column("isSandbox", text("Sandbox"), "yes"),
        Column("lastTested", text("Tested"), "moment", optional=True),
        Column("lastUsed", text("Used"), "moment"),
    ),
)  # fmt: skip
AUDIT: Final = Listing(
    address="/audit-log",
    path="/audit-logs",
    key="auditLogs",
    title=text("Audit log"),
    lead=text("Who changed what, when and from where."),
    icon="logs",
    nothing=text("Nothing was changed yet"),
    filters=(
        Filter("search", text("Search"), "search", placeholder=text("Action or address")),
        Filter("from", text("From"), "date"),
        Filter("to", text("To"), "date"),
        Filter("entityType", text("About"), "text", more=True),
        Filter("entityId", text("Its number"), "number", more=True),
        Filter("userId", text("User’s number"), "number", more=True),
    ),
    columns=(
        Column("action", text("What"), lead=True, under="path"),
        Column("user", text("By")),
        Column("entityType", text("About"), "label", under="entityId"),
        Column("ipAddress", text("From where")),
        Column("timestamp", text("When"), "moment"),
        Column("requestId", text("Request"), optional=True),
    ),
)
CLIENTS: Final = Listing(
    address="/clients",
    path="/clients",
    key="clients",
    title=text("Clients"),
    lead=text("The insurers that this installation works for. Each sees only its own data."),
    icon="organization",
    filters=(Filter("search", text("Search"), "search", placeholder=text("Name")),),
    columns=(
        Column("clientName", text("Client"), lead=True, under="clientCode"),
        Column("industry", text("Industry")),
        Column("contactEmail", text("Contact"), under="contactPhone"),
        Column("userCount", text("Users"), "number"),
        Column("isActive", text("Active"), "yes"),
    ),
)
REACHES: Final = (
    ("own", text("Their own cases")),
    ("team", text("Their team")),
    ("subtree", text("Their part of the organisation")),
    ("all", text("Everything")),
)
SECTIONS: Final = (
    ("renewals", text("Renewals")), ("campaigns", text("Campaigns")), ("payments", text("Payments")), ("dnc", text("Do not contact")),
    ("email", text("E-mail")), ("claims", text("Claims")), ("whatsapp-flow", text("WhatsApp flows")), ("feedback", text("Feedback")),
    ("integrations", text("Integrations")), ("system", text("System")),
)  # fmt: skip
CanManageUsers = Annotated[Visit, Depends(VisitWith("users"))]
CanSet = Annotated[Visit, Depends(VisitWith("settings"))]


class RoleName(TypedDict):
    """What of a role its choices show."""

    name: str
    displayName: str


class Roles(TypedDict):
    """The roles of the installation."""

    roles: list[RoleName]


class VendorType(TypedDict):
    """A kind of account, as far as its form needs it."""

    channel: str
    type: str


class Types(TypedDict):
    """The catalogue of vendors."""

    types: list[VendorType]


@router.get("/users")
async def users(visit: Annotated[Visit, Depends(VisitWith("users", query=USERS.query))]) -> Response:
    """The users of the caller's clients."""
    roles = await _roles(visit)
    names = [(each["name"], each["displayName"]) for each in roles]
    return await USERS.show(visit, "admin/users.html", roles=roles, choices={"role": names})


@router.get("/users/{user_id}")
async def user(visit: CanManageUsers, user_id: str) -> Response:
    """One user: the account, and what they may open beside or against their role."""
    found, catalogue, roles = await asyncio.gather(
        visit.api.get(Data, f"/users/{user_id}"), visit.api.get(Data, "/permissions"), _roles(visit)
    )
    return visit.page("admin/user.html", user=found, catalogue=catalogue, roles=roles)


@router.get("/roles")
async def roles(visit: Annotated[Visit, Depends(VisitWith("users", query=ROLES.query))]) -> Response:
    """The roles of the installation."""
    return await ROLES.show(visit, "admin/roles.html", reaches=REACHES)


@router.get("/roles/{role_id}")
async def role(visit: CanManageUsers, role_id: str) -> Response:
    """One role and what it may do."""
    found, catalogue = await asyncio.gather(
        visit.api.get(Data, f"/roles/{role_id}"), visit.api.get(Data, "/permissions")
    )
    return visit.page("admin/role.html", role=found, catalogue=catalogue, reaches=REACHES)


@router.get("/audit-log")
async def audit_log(visit: Annotated[Visit, Depends(VisitWith("settings", "users", query=AUDIT.query))]) -> Response:
    """What was changed, by whom."""
    return await AUDIT.show(visit)


@router.get("/clients")
async def clients(visit: Annotated[Visit, Depends(VisitWith("users", query=CLIENTS.query))]) -> Response:
    """The clients of the installation; its administrators may add one."""
    return await CLIENTS.show(visit, "admin/clients.html", may=visit.may_change and _administers(visit))


@router.get("/providers")
async def providers(visit: Annotated[Visit, Depends(VisitWith("settings", query=PROVIDERS.query))]) -> Response:
    """The accounts at vendors."""
    types = await visit.api.get(Types, "/providers/types")
    return await PROVIDERS.show(visit, "admin/providers.html", types=types["types"])


@router.get("/providers/new")
async def new_provider(
    visit: Annotated[Visit, Depends(VisitWith("settings", query=frozenset({"channel", "type"})))],
) -> Response:
    """The form of a vendor, as the catalogue describes it."""
    kind = await _type(visit, visit.query.get("channel", ""), visit.query.get("type", ""))
    return visit.page("admin/provider.html", account=None, kind=kind)


@router.get("/providers/{provider_id}")
async def provider(visit: CanSet, provider_id: str) -> Response:
    """One account: its form, its test, what it has carried."""
    account = await visit.api.get(Data, f"/providers/{provider_id}")
    kind = await _type(visit, str(account["channel"]), str(account["type"]))
    return visit.page("admin/provider.html", account=account, kind=kind)


@router.get("/settings")
async def settings(visit: CanSet) -> Response:
    """The first tab of the settings."""
    return await settings_section(visit, "renewals")


@router.get("/settings/{section}")
async def settings_section(visit: CanSet, section: str) -> Response:
    """One tab of the settings."""
    found, described = await asyncio.gather(
        visit.api.get(Data, f"/settings/{section}"), visit.api.get(Data, f"/settings/{section}/fields")
    )
    return visit.page(
        "admin/settings.html", section=section, sections=SECTIONS, values=found["settings"], fields=described["fields"]
    )


@router.get("/organization")
async def organization(visit: Annotated[Visit, Depends(VisitWith("settings", "dashboard:hierarchy"))]) -> Response:
    """Regions, branches and teams as a tree."""
    found = await visit.api.get(Data, "/hierarchy")
    return visit.page("admin/organization.html", nodes=found["nodes"])


@router.get("/organization/{node_id}")
async def node(
    visit: Annotated[Visit, Depends(VisitWith("settings", "dashboard:hierarchy"))], node_id: str
) -> Response:
    """One node and its people."""
    found, members = await asyncio.gather(
        visit.api.get(Data, f"/hierarchy/nodes/{node_id}"), visit.api.get(Data, f"/hierarchy/{node_id}/members")
    )
    return visit.page("admin/node.html", node=found, members=members["members"])


def _administers(visit: Visit) -> bool:
    """Whether the caller administers the installation, for all its clients."""
    return visit.caller is not None and visit.caller.role in ADMINISTRATORS


async def _roles(visit: Visit) -> list[RoleName]:
    return (await visit.api.get(Roles, "/roles"))["roles"]


async def _type(visit: Visit, channel: str, name: str) -> VendorType:
    """The catalogue's entry for a kind of account; raises NotFound."""
    for kind in (await visit.api.get(Types, "/providers/types"))["types"]:
        if (kind["channel"], kind["type"]) == (channel, name):
            return kind
    raise NotFound("There is no such kind of account.")
