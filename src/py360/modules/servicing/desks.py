"""The three desks and what is asked of each (domain reference, 31): kinds of request, statuses and how they follow each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from py360.kit.errors import Conflict, Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Desk:
    """One desk: its page's permission, the path and the name of its list, the prefix of its numbers.

    `transitions` begin with the first status; a status without any is final. `explained`: a reason must be given.
    """

    kind: str
    permission: str
    path: str
    name: str
    noun: str
    prefix: str
    types: Mapping[str, str]
    labels: Mapping[str, str]
    transitions: Mapping[str, frozenset[str]]
    explained: frozenset[str]
    needs_policy: bool

    @property
    def first(self) -> str:
        """The status of a new request."""
        return next(iter(self.transitions))

    @property
    def final(self) -> frozenset[str]:
        """The statuses that end a request."""
        return frozenset(status for status, following in self.transitions.items() if not following)


SERVICING: Final = Desk(
    "servicing",
    "policy-servicing",
    "/policy-servicing",
    "requests",
    "endorsement request",
    "SRV-",
    {
        "address_change": "Change of address",
        "contact_change": "Change of contact details",
        "name_correction": "Correction of a name",
        "nominee_change": "Change of nominee",
        "sum_insured_change": "Change of sum insured",
        "vehicle_change": "Change of vehicle",
        "payment_mode_change": "Change of payment frequency",
        "member_change": "Member added or removed",
        "duplicate_policy": "Duplicate policy document",
        "cancellation": "Cancellation",
        "other": "Other",
    },
    {
        "submitted": "Submitted",
        "under_review": "Under Review",
        "documents_pending": "Documents Pending",
        "approved": "Approved",
        "completed": "Completed",
        "rejected": "Rejected",
        "withdrawn": "Withdrawn",
    },
    {
        "submitted": frozenset({"under_review", "documents_pending", "withdrawn"}),
        "under_review": frozenset({"documents_pending", "approved", "rejected", "withdrawn"}),
        "documents_pending": frozenset({"under_review", "rejected", "withdrawn"}),
        "approved": frozenset({"completed", "withdrawn"}),
        "rejected": frozenset({"under_review"}),
        "completed": frozenset(),
        "withdrawn": frozenset(),
    },
    frozenset({"rejected"}),
    needs_policy=True,
)
NEW_BUSINESS: Final = Desk(
    "new_business",
    "new-business",
    "/new-business",
    "applications",
    "application",
    "NB-",
    {
        "motor": "Motor",
        "health": "Health",
        "life": "Life",
        "home": "Home",
        "travel": "Travel",
        "commercial": "Commercial",
    },
    {
        "submitted": "Submitted",
        "under_review": "Under Review",
        "documents_pending": "Documents Pending",
        "medical_pending": "Medical Pending",
        "approved": "Approved",
        "issued": "Issued",
        "declined": "Declined",
        "withdrawn": "Withdrawn",
    },
    {
        "submitted": frozenset({"under_review", "documents_pending", "withdrawn"}),
        "under_review": frozenset({"documents_pending", "medical_pending", "approved", "declined", "withdrawn"}),
        "documents_pending": frozenset({"under_review", "declined", "withdrawn"}),
        "medical_pending": frozenset({"under_review", "declined", "withdrawn"}),
        "approved": frozenset({"issued", "declined", "withdrawn"}),
        "issued": frozenset(),
        "declined": frozenset(),
        "withdrawn": frozenset(),
    },
    frozenset({"declined"}),
    needs_policy=False,
)
MEDICAL: Final = Desk(
    "medical",
    "medical-management",
    "/medical-management",
    "assessments",
    "underwriting assessment",
    "MED-",
    {
        "questionnaire": "Medical questionnaire",
        "tele_medical": "Tele-medical interview",
        "examination": "Physical examination",
        "laboratory": "Laboratory tests",
        "specialist": "Specialist report",
    },
    {
        "requested": "Requested",
        "scheduled": "Scheduled",
        "reports_received": "Reports Received",
        "accepted": "Accepted",
        "loaded": "Accepted with Loading",
        "postponed": "Postponed",
        "declined": "Declined",
        "cancelled": "Cancelled",
    },
    {
        "requested": frozenset({"scheduled", "reports_received", "cancelled"}),
        "scheduled": frozenset({"reports_received", "requested", "cancelled"}),
        "reports_received": frozenset({"accepted", "loaded", "postponed", "declined"}),
        "postponed": frozenset({"scheduled", "declined", "cancelled"}),
        "accepted": frozenset(),
        "loaded": frozenset(),
        "declined": frozenset(),
        "cancelled": frozenset(),
    },
    frozenset({"loaded", "postponed", "declined"}),
    needs_policy=False,
)
DESKS: Final = (SERVICING, NEW_BUSINESS, MEDICAL)


def code_of(text: str) -> str:
    """`Under Review` and `under-review` are `under_review`."""
    return text.strip().lower().replace(" ", "_").replace("-", "_")


def check_type(desk: Desk, text: str) -> str:
    """The code of a type of request; raises Invalid, naming the known ones."""
    if (code := code_of(text)) not in desk.types:
        raise Invalid(
            f"“{text[:60]}” is no type of {desk.noun}.",
            code="unknown_type",
            details=[{"field": "type", "message": "one of " + ", ".join(desk.types)}],
        )
    return code


def check_move(desk: Desk, number: str, old: str, text: str, reason: str | None) -> str:
    """The status to move to. Raises Invalid (unknown, or a reason is missing) and Conflict with the allowed ones."""
    new = code_of(text)
    if new not in desk.labels:
        raise Invalid(
            f"“{text[:60]}” is no status of an {desk.noun}.",
            code="unknown_status",
            details=[{"field": "status", "message": "one of " + ", ".join(desk.labels)}],
        )
    if new not in desk.transitions[old]:
        allowed = [desk.labels[code] for code in desk.labels if code in desk.transitions[old]]
        words = ", ".join(allowed) or "nothing: it has ended"
        raise Conflict(
            f"{number} cannot go from {desk.labels[old]} to {desk.labels[new]}.",
            code="status_not_allowed",
            details=[
                {"field": "status", "message": f"from {desk.labels[old]} it can go to {words}", "allowed": allowed}
            ],
        )
    if new in desk.explained and not reason:
        raise Invalid(
            f"Give the reason why {number} is {desk.labels[new]}.",
            code="reason_required",
            details=[{"field": "reason", "message": f"required for {desk.labels[new]}"}],
        )
    return new


def number_of(desk: Desk, text: str) -> int:
    """The key behind a request's number, or a bare one; raises NotFound."""
    bare = text.strip().upper().removeprefix(desk.prefix)
    if not (bare.isascii() and bare.isdigit() and len(bare) <= 18):
        raise not_found(desk, text)
    return int(bare)


def not_found(desk: Desk, text: str) -> NotFound:
    """The answer about a request that does not exist or is out of reach: the two answer alike."""
    return NotFound(f"There is no {desk.noun} {text[:60]} within your reach.", code="request_not_found")
