"""Where a case stands by its dates. Nothing is stored: the dates and the days of grace say it, whenever they are asked."""

from datetime import date, datetime, timedelta
from typing import Literal

Stage = Literal["pre_due", "due", "grace", "reinstatement", "lapsed", "renewed", "cancelled"]

ContactClock = Literal["none", "running", "paused", "breached", "met"]


def grace_ends(due: date, grace_days: int, grace_until: date | None) -> date:
    """The last day on which the premium keeps the policy: of the grace, or of the time a lapsed case was given."""
    last = _last_of_grace(due, grace_days)
    return max(last, grace_until) if grace_until else last


def _last_of_grace(due: date, grace_days: int) -> date:
    return due + timedelta(days=min(grace_days, (date.max - due).days))  # the calendar ends: an old row may lie there


def stage_of(status: str, due: date, grace_days: int, today: date) -> Stage:
    """The stage of a case; an open one whose grace is over is being reinstated."""
    match status:
        case "renewed" | "lapsed" | "cancelled":
            return status
    if today < due:
        return "pre_due"
    if today == due:
        return "due"
    return "grace" if today <= _last_of_grace(due, grace_days) else "reinstatement"


def contact_clock(
    due_at: datetime | None, paused_at: datetime | None, breached_at: datetime | None, contacted: bool, now: datetime
) -> ContactClock:
    """The clock of the first contact after an assignment. It has no due moment any more when the customer was contacted."""
    if breached_at is not None:
        return "breached"
    if due_at is None:
        return "met" if contacted else "none"
    if paused_at is not None:
        return "paused"
    return "running" if now <= due_at else "breached"
