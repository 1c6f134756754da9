"""The permissions that exist and the roles an installation starts with (domain reference, 3.5 to 3.7 and A 12 to 14).

A page permission opens a page. `page:feature` permissions open parts of it: a set that names no feature of a page has
all of them, a set that names some has only those. Routes ask for either kind.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from py360.kit.caller import Reach
from py360.kit.errors import Invalid


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission as the role dialog shows it."""

    id: str
    name: str
    description: str
    category: str
    route: str | None


@dataclass(frozen=True, slots=True)
class PresetRole:
    """A role that every installation has."""

    name: str
    display_name: str
    description: str
    reach: Reach
    permissions: tuple[str, ...]


_CORE: Final = "Core Pages"
_EMAIL: Final = "Email Pages"
_MARKETING: Final = "Marketing Pages"
_SURVEY: Final = "Survey Pages"
_COMMUNICATION: Final = "Communication Pages"
_RENEWAL: Final = "Renewal Pages"
_ADMIN: Final = "Admin Pages"
_PERSONAL: Final = "Personal Pages"

PAGES: Final = (
    Permission("dashboard", "Dashboard", "Renewal figures at a glance", _CORE, "/dashboard/renewals"),
    Permission("upload", "Upload Data", "Upload policy files and create campaigns from them", _CORE, "/upload"),
    Permission("cases", "Case Tracking", "Follow and work on open renewal cases", _CORE, "/cases"),
    Permission("closed-cases", "Closed Cases", "Look at finished renewal cases", _CORE, "/closed-cases"),
    Permission(
        "policy-timeline",
        "Policy Timeline",
        "A customer's policies and what happened to them",
        _CORE,
        "/policy-timeline",
    ),
    Permission("logs", "Case Logs", "Search the history of cases", _CORE, "/logs"),
    Permission("claims", "Claims Management", "Claims and their progress", _CORE, "/claims"),
    Permission("policy-servicing", "Policy Servicing", "Endorsement requests", _CORE, "/policy-servicing"),
    Permission("new-business", "New Business", "Applications for new policies", _CORE, "/new-business"),
    Permission("medical-management", "Medical Management", "Underwriting assessments", _CORE, "/medical-management"),
    Permission("emails", "Email Inbox", "Read and answer mail", _EMAIL, "/emails"),
    Permission("email-dashboard", "Email Dashboard", "Mail figures at a glance", _EMAIL, "/emails/dashboard"),
    Permission("email-analytics", "Email Analytics", "Mail reports over time", _EMAIL, "/emails/analytics"),
    Permission("bulk-email", "Bulk Email", "Send one mail to many", _EMAIL, "/emails/bulk"),
    Permission("campaigns", "Campaigns", "Campaigns over every channel", _MARKETING, "/campaigns"),
    Permission("templates", "Template Manager", "Texts of messages", _MARKETING, "/templates"),
    Permission("feedback", "Feedback & Surveys", "What customers say", _SURVEY, "/feedback"),
    Permission("survey-designer", "Survey Designer", "Build and publish surveys", _SURVEY, "/survey-designer"),
    Permission(
        "whatsapp-flow", "WhatsApp Flow", "Build and run WhatsApp conversations", _COMMUNICATION, "/whatsapp-flow"
    ),
    Permission("renewal-email-manager", "Email Manager", "Renewal mail", _RENEWAL, "/renewals/email-manager"),
    Permission("renewal-whatsapp-manager", "WhatsApp Manager", "Renewal chats", _RENEWAL, "/renewals/whatsapp-manager"),
    Permission("settings", "Settings", "Settings, providers and the do-not-contact registry", _ADMIN, "/settings"),
    Permission("billing", "Billing", "Charges, invoices and vendors", _ADMIN, "/billing"),
    Permission("users", "User Management", "Users, roles and permissions", _ADMIN, "/users"),
    Permission("profile", "Profile", "Your own account", _PERSONAL, "/profile"),
)

# Only what a route checks is here: a test (tests/house) tries each. The features of pages to come are listed with those pages.
_FEATURES: Final = {
    "upload": (
        "file-upload", "campaign-creation", "multi-channel", "template-selection", "scheduling", "analytics-view",
    ),
    "campaigns": (
        "campaign-creation", "campaign-editing", "campaign-control", "performance-analytics", "audience-segmentation",
        "multi-channel", "email", "whatsapp", "sms",
    ),
    "cases": ("payments", "payment-approvals"),
    "settings": ("integrations",),
    "dashboard": ("hierarchy",),
    "claims": ("approval",),
}  # fmt: skip

_CATEGORY: Final = {page.id: page.category for page in PAGES}

FEATURES: Final = tuple(
    Permission(f"{page}:{name}", name.replace("-", " ").title(), f"Part of {page}", _CATEGORY[page], None)
    for page, names in _FEATURES.items()
    for name in names
)

PAGE_IDS: Final = frozenset(page.id for page in PAGES)
KNOWN: Final = PAGE_IDS | {feature.id for feature in FEATURES}

_E4: Final = ("emails", "email-dashboard", "email-analytics", "bulk-email")
_M2: Final = ("campaigns", "templates")
_S2: Final = ("feedback", "survey-designer")
_W: Final = ("whatsapp-flow",)
_R2: Final = ("renewal-email-manager", "renewal-whatsapp-manager")
_A3: Final = ("settings", "billing", "users")
_P: Final = ("profile",)
_REN: Final = ("cases", "closed-cases", "policy-timeline", "logs")
_EVERYTHING: Final = tuple(page.id for page in PAGES)

PRESET_ROLES: Final = (
    PresetRole("super_admin", "Super Administrator", "Everything, for every client", "all", _EVERYTHING),
    PresetRole("admin", "Administrator", "Everything, for every client", "all", _EVERYTHING),
    PresetRole("client_admin", "Client Administrator", "Everything within one client", "all", _EVERYTHING),
    PresetRole(
        "manager", "Manager", "Runs a part of the renewals office", "subtree",
        ("dashboard", "upload", *_REN, "claims", *_E4, *_M2, *_S2, *_W, *_R2, *_P),
    ),
    PresetRole(
        "operations_manager", "Operations Manager", "Runs the daily work", "subtree",
        ("dashboard", "upload", "cases", "closed-cases", "policy-timeline", "emails", "email-dashboard", *_M2, "feedback", *_P),
    ),
    PresetRole(
        "campaign_manager", "Campaign Manager", "Plans and runs campaigns", "subtree",
        ("dashboard", "upload", "cases", "closed-cases", "policy-timeline", *_E4, *_M2, *_S2, *_W, *_P),
    ),
    PresetRole(
        "all_modules_manager", "All Modules Manager", "Every module except renewals", "all",
        ("dashboard", "upload", "claims", "policy-servicing", "new-business", "medical-management",
         *_E4, *_M2, *_S2, *_W, *_A3, *_P),
    ),
    PresetRole(
        "senior_agent", "Senior Agent", "Works cases and helps the team; sees campaign figures", "team",
        ("dashboard", "upload", "cases", "closed-cases", "policy-timeline", "emails", "email-dashboard",
         "campaigns", "campaigns:performance-analytics", *_P),
    ),
    PresetRole(
        "renewals_specialist", "Renewals Specialist", "Renewals of the team", "team",
        ("dashboard", "upload", *_REN, *_R2, *_P),
    ),
    PresetRole(
        "agent", "Agent", "Works the cases assigned to them", "own",
        ("dashboard", *_REN, "emails", "email-dashboard", *_W, *_R2, *_P),
    ),
    PresetRole("viewer", "Viewer", "May look, changes nothing", "team", ("dashboard", "cases", "closed-cases", "policy-timeline", *_P)),
)  # fmt: skip

# Administrators of the servicing organisation work for all its clients; everybody else belongs to one.
SPAN_CLIENTS: Final = frozenset({"super_admin", "admin"})
READ_ONLY_ROLES: Final = frozenset({"viewer"})
DEFAULT_ROLE: Final = "viewer"
REACHES: Final[tuple[Reach, ...]] = ("own", "team", "subtree", "all")  # from narrow to wide

# The interface's languages (domain reference, section 29): code, English name, own name, right-to-left.
LANGUAGES: Final = (
    ("en", "English", "English", False),
    ("hi", "Hindi", "हिन्दी", False),
    ("bn", "Bengali", "বাংলা", False),
    ("te", "Telugu", "తెలుగు", False),
    ("mr", "Marathi", "मराठी", False),
    ("ta", "Tamil", "தமிழ்", False),
    ("gu", "Gujarati", "ગુજરાતી", False),
    ("ml", "Malayalam", "മലയാളം", False),
    ("kn", "Kannada", "ಕನ್ನಡ", False),
    ("pa", "Punjabi", "ਪੰਜਾਬੀ", False),
    ("as", "Assamese", "অসমীয়া", False),
    ("or", "Odia", "ଓଡ଼ିଆ", False),
    ("ur", "Urdu", "اردو", True),
)
LANGUAGE_CODES: Final = frozenset(code for code, *_ in LANGUAGES)


def held(role: Iterable[str], granted: Iterable[str] = (), revoked: Iterable[str] = ()) -> frozenset[str]:
    """The names a user holds, as people read them: the role's, plus what was granted, minus what was revoked."""
    return _without({*role, *granted}, frozenset(revoked))


def permitted(role: Iterable[str], granted: Iterable[str] = (), revoked: Iterable[str] = ()) -> frozenset[str]:
    """Everything a user may do: as `held`, with the features that pages imply. What routes are checked against."""
    return _without(expand(role) | expand(granted), frozenset(revoked))


def _without(names: Iterable[str], revoked: frozenset[str]) -> frozenset[str]:
    """The names that are neither revoked nor features of a revoked page."""
    return frozenset(name for name in names if name not in revoked and name.partition(":")[0] not in revoked)


def expand(names: Iterable[str]) -> frozenset[str]:
    """A set with the features it implies: a page without named features brings all of them."""
    given = frozenset(names)
    implied = {
        f"{page}:{feature}"
        for page, features in _FEATURES.items()
        if page in given and not any(f"{page}:{feature}" in given for feature in features)
        for feature in features
    }
    return given | implied


def overrides(role: Iterable[str], wanted: Iterable[str]) -> tuple[list[str], list[str]]:
    """What to grant and what to revoke so that a holder of `role` ends up with the set `wanted`."""
    base, target = expand(role), expand(wanted)
    granted = sorted(set(wanted) - base)
    gone = base - target
    return granted, sorted(name for name in gone if ":" not in name or name.partition(":")[0] not in gone)


def refuse_unknown(names: Iterable[str]) -> None:
    """Raise Invalid for names that are no permission of ours."""
    if bad := sorted(set(names) - KNOWN):
        raise Invalid(
            f"No such permission: {', '.join(bad)}.", code="unknown_permission",
            details=[{"field": "permissions", "message": f"unknown: {name}"} for name in bad],
        )  # fmt: skip
