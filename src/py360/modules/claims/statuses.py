"""The terms of a claim: its types, statuses and the moves between them (domain reference, section 11)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal

from py360.kit.errors import Conflict

Status = Literal["submitted", "under_review", "approved", "rejected", "settled", "withdrawn"]
ClaimType = Literal["vehicle", "home", "health", "travel", "life", "death", "commercial"]

LABELS: Final[Mapping[str, str]] = {
    "submitted": "Submitted",
    "under_review": "Under Review",
    "approved": "Approved",
    "rejected": "Rejected",
    "settled": "Settled",
    "withdrawn": "Withdrawn",
}
TRANSITIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "submitted": ("under_review", "withdrawn"),
    "under_review": ("approved", "rejected"),
    "approved": ("settled",),
    "rejected": ("under_review",),  # an appeal
    "settled": (),
    "withdrawn": (),
}
OPEN: Final = ("submitted", "under_review", "approved")
# The three words of the screens: `approved` covers what is settled.
SCREEN_STATUS: Final[Mapping[str, str]] = {
    "submitted": "pending",
    "under_review": "pending",
    "approved": "approved",
    "settled": "approved",
    "rejected": "rejected",
    "withdrawn": "rejected",
}
OF_SCREEN: Final[Mapping[str, tuple[str, ...]]] = {
    "pending": ("submitted", "under_review"),
    "approved": ("approved", "settled"),
    "open": OPEN,
}
TYPE_WORDS: Final[Mapping[str, str]] = {
    "vehicle": "Vehicle",
    "home": "Home",
    "health": "Health",
    "travel": "Travel",
    "life": "Life",
    "death": "Death",
    "commercial": "Commercial",
}
OTHER_TYPE_NAMES: Final[Mapping[str, str]] = {
    "motor": "vehicle",
    "auto": "vehicle",
    "property": "home",
    "business": "commercial",
    "maturity": "life",
}
OF_POLICY: Final[Mapping[str, tuple[ClaimType, ...]]] = {
    "motor": ("vehicle",),
    "home": ("home",),
    "life": ("death", "life"),
    "health": ("health",),
    "travel": ("travel", "health"),
    "commercial": ("commercial",),
}
_MEDIUM_RISK_FROM: Final = 3
_HIGH_RISK_FROM: Final = 5
_PREMIUMS: Final = 10


def types_of(policy_type: str) -> tuple[ClaimType, ...]:
    """Which types of claim a policy type knows; of an unknown one, all."""
    return OF_POLICY.get(policy_type.lower(), ("vehicle", "home", "health", "travel", "life", "death", "commercial"))


def check_move(claim_number: str, old: str, new: str) -> None:
    """Raise Conflict unless a claim may go from one status to the other; the details name the allowed ones."""
    if new in TRANSITIONS[old]:
        return
    allowed = [LABELS[code] for code in TRANSITIONS[old]]
    words = ", ".join(allowed) or "nothing: the claim is closed"
    raise Conflict(
        f"{claim_number} cannot go from {LABELS[old]} to {LABELS[new]}.",
        code="status_not_allowed",
        details=[{"field": "status", "message": f"from {LABELS[old]} a claim can go to {words}", "allowed": allowed}],
    )


def rating(claims: int, claimed: Decimal, yearly_premium: Decimal) -> str:
    """The claim rating of a customer: up to 2 claims Low Risk, up to 4 Medium Risk, more High Risk; claims worth more than
    ten yearly premiums (INR) raise it by one step (domain reference, section 11)."""
    step = (claims >= _MEDIUM_RISK_FROM) + (claims >= _HIGH_RISK_FROM)
    if yearly_premium > 0 and claimed > _PREMIUMS * yearly_premium:
        step = min(step + 1, 2)
    return ("Low Risk", "Medium Risk", "High Risk")[step]
