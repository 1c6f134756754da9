"""Which pages there are, in what order, and who sees them (domain reference, sections 1 and 3.5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from py360.console.session import HOME
from py360.kit.caller import Caller


def text(message: str) -> str:
    """Marks a text for the catalogues; it is looked up where it is shown."""
    return message


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of the menu. No permission: everybody who is signed in."""

    path: str
    label: str
    icon: str
    permissions: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()  # none: any


@dataclass(frozen=True, slots=True)
class Group:
    """Pages that belong together; a group without a label is on top."""

    label: str
    entries: tuple[Entry, ...]


# Who may ask the assistant.
ASKING: Final = ("dashboard", "cases", "closed-cases", "upload", "campaigns", "renewal-email-manager", "emails")
ADMINISTRATORS: Final = ("super_admin", "admin")  # of the installation, for all its clients
GROUPS: Final = (
    Group(
        "",
        (
            Entry("/dashboard", text("Dashboard"), "dashboard", ("dashboard",)),
            Entry("/assistant", text("Assistant"), "assistant", ASKING),
        ),
    ),
    Group(
        text("Renewals"),
        (
            Entry("/uploads", text("Uploads"), "upload", ("upload",)),
            Entry("/cases", text("Cases"), "cases", ("cases",)),
            Entry("/call-list", text("Who to call first"), "target", ("cases", "closed-cases")),
            Entry("/closed-cases", text("Closed cases"), "closed", ("closed-cases",)),
            Entry("/claims", text("Claims"), "claims", ("claims",)),
            Entry("/renewal-directions", text("Renewal directions"), "dnc", ("cases", "closed-cases")),
            Entry("/renewal-rules", text("Renewal rules"), "settings", ("settings", "cases")),
            Entry("/notices", text("Notice register"), "mail", ("cases", "closed-cases")),
            Entry("/agents", text("Who takes cases"), "users", ("cases",)),
            Entry("/logs", text("Case logs"), "logs", ("logs",)),
        ),
    ),
    Group(
        text("Service"),
        (
            Entry("/policy-servicing", text("Policy servicing"), "policies", ("policy-servicing",)),
            Entry("/new-business", text("New business"), "plus", ("new-business",)),
            Entry("/medical-management", text("Medical underwriting"), "health", ("medical-management",)),
        ),
    ),
    Group(
        text("Money"),
        (
            Entry("/payments", text("Payments to approve"), "payments", ("cases:payment-approvals",)),
            Entry("/mandates", text("E-mandates"), "undo", ("cases", "closed-cases")),
            Entry("/payment-exceptions", text("Exceptions"), "warn", ("billing",)),
            Entry("/statements", text("Bank and settlement files"), "file", ("billing",)),
            Entry("/ledger", text("Ledger"), "logs", ("billing",)),
            Entry("/billing", text("Costs of messages"), "providers", ("billing",)),
        ),
    ),
    Group(
        text("Messages"),
        (
            Entry("/inbox", text("Inbox"), "inbox", ("emails", "renewal-email-manager")),
            Entry("/campaigns", text("Campaigns"), "campaigns", ("campaigns",)),
            Entry("/bulk-mail", text("Bulk mail"), "mail", ("bulk-email",)),
            Entry("/templates", text("Templates"), "templates", ("templates",)),
            Entry("/dnc", text("Do not contact"), "dnc", ("settings",)),
        ),
    ),
    Group(
        text("Customers"),
        (
            Entry("/customers", text("Customers"), "customers", ("policy-timeline",)),
            Entry("/duplicates", text("Duplicates"), "users", ("policy-timeline",)),
            Entry("/policies", text("Policies"), "policies", ("policy-timeline",)),
            Entry("/recommendations", text("Recommendations"), "star", ("policy-timeline", "cases")),
            Entry("/risks", text("Customers by risk"), "warn", ("policy-timeline", "cases")),
        ),
    ),
    Group(
        text("Administration"),
        (
            Entry("/organization", text("Organisation"), "organization", ("settings", "dashboard:hierarchy")),
            Entry("/channels", text("Channels"), "channels", ("dashboard", "cases", "users")),
            Entry("/users", text("Users"), "users", ("users",)),
            Entry("/roles", text("Roles"), "roles", ("users",)),
            Entry("/mailboxes", text("Mailboxes"), "mail", ("settings",)),
            Entry("/providers", text("Provider accounts"), "providers", ("settings",)),
            Entry("/clients", text("Clients"), "organization", ("users",), ADMINISTRATORS),
            Entry("/audit-log", text("Audit log"), "logs", ("settings", "users")),
            Entry("/settings", text("Settings"), "settings", ("settings",)),
            Entry("/sandbox", text("Sandbox"), "sandbox", ("settings",), ADMINISTRATORS),
        ),
    ),
)
PROFILE: Final = Entry("/profile", text("Your profile"), "profile")


def menu(caller: Caller) -> list[Group]:
    """The menu of a caller: the pages that they may open."""
    groups = [Group(group.label, tuple(_open_to(caller, group.entries))) for group in GROUPS]
    return [group for group in groups if group.entries]


def _open_to(caller: Caller, entries: Iterable[Entry]) -> list[Entry]:
    return [
        entry
        for entry in entries
        if (not entry.permissions or caller.may(*entry.permissions)) and (not entry.roles or caller.role in entry.roles)
    ]


def landing(caller: Caller) -> str:
    """Where a caller begins: the first page that they may open, else their profile."""
    groups = menu(caller)
    return HOME + (groups[0].entries[0] if groups else PROFILE).path
