"""Where a case stands by its dates. Nothing is stored: the dates and the days of grace say it, whenever they are asked."""

from datetime import date, timedelta
from typing import Literal

Stage = Literal["pre_due", "due", "grace", "reinstatement", "lapsed", "renewed", "cancelled"]


def grace_ends(due: date, grace_days: int, grace_until: date | None) -> date:
    """The last day on which the premium keeps the policy: of the grace, or of the time a lapsed case was given."""
    last = due + timedelta(days=grace_days)
    return max(last, grace_until) if grace_until else last


def stage_of(status: str, due: date, grace_days: int, today: date) -> Stage:
    """The stage of a case; an open one whose grace is over is being reinstated."""
    match status:
        case "renewed" | "lapsed" | "cancelled":
            return status
    if today < due:
        return "pre_due"
    if today == due:
        return "due"
    return "grace" if today <= due + timedelta(days=grace_days) else "reinstatement"
