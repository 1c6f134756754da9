"""The state machine of a campaign (domain reference, section 12.2)."""

from collections.abc import Mapping
from typing import Final

from py360.kit.errors import Conflict, Invalid

ALLOWED: Final[Mapping[str, tuple[str, ...]]] = {
    "draft": ("scheduled", "active", "cancelled"),
    "scheduled": ("active", "paused", "cancelled"),
    "active": ("paused", "completed", "cancelled", "failed"),
    "paused": ("active", "cancelled"),
    "completed": (),
    "cancelled": (),
    "failed": (),
}
_SPELLED: Final = {status: status for status in ALLOWED} | {
    "stopped": "cancelled",
    "stop": "cancelled",
    "canceled": "cancelled",
    "pause": "paused",
    "resume": "active",
    "running": "active",
    "launch": "active",
    "sending": "active",
}


def status_named(text: str) -> str:
    """The canonical status behind a spelling (`stopped` is `cancelled`); raises Invalid otherwise."""
    status = _SPELLED.get(text.strip().lower())
    if status is None:
        raise Invalid(
            f"“{text[:40]}” is not a status of a campaign. There are: {', '.join(ALLOWED)}.", code="unknown_status"
        )
    return status


def check(old: str, new: str) -> None:
    """Raise Conflict, naming the allowed ones, when a campaign may not go from one status to another."""
    if new not in ALLOWED[old]:
        may = f"It may become {', '.join(ALLOWED[old])}." if ALLOWED[old] else "It is over."
        raise Conflict(
            f"A campaign that is {old} cannot become {new}. {may}",
            code="transition_refused",
            details=[{"field": "status", "message": status} for status in ALLOWED[old]],
        )
