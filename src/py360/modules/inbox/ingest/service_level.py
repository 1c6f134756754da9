"""By when a mail should be settled: hours by its category, counted in the office's working hours where it keeps such."""

from datetime import datetime, time, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit.clock import INDIA
from py360.modules.settings import api as settings

WARN_SHARE: Final = 0.75  # of the window; [P] domain reference, 16.2
WARN_HOURS: Final = 6


async def deadline_for(session: AsyncSession, client_id: int, received: datetime, category: str) -> datetime:
    """By when a mail of a client should be settled."""
    return deadline(received, category, await settings.get(session, client_id, settings.Email))


def hours_for(category: str, in_force: settings.Email) -> int:
    """The hours that a mail of a category may take."""
    own = {
        "complaint": in_force.sla_complaint_hours,
        "feedback": in_force.sla_feedback_hours,
        "refund": in_force.sla_refund_hours,
        "appointment": in_force.sla_appointment_hours,
    }
    return own.get(category, in_force.sla_other_hours)


def deadline(received: datetime, category: str, in_force: settings.Email) -> datetime:
    """When the service level is broken."""
    hours = timedelta(hours=hours_for(category, in_force))
    if not in_force.sla_in_working_hours:
        return received + hours
    return after_working_time(
        received, hours, time.fromisoformat(in_force.working_from), time.fromisoformat(in_force.working_to),
        frozenset(in_force.working_days),
    )  # fmt: skip


def after_working_time(start: datetime, needed: timedelta, opens: time, closes: time, days: frozenset[int]) -> datetime:
    """The moment so much working time after `start`. `days`: 1 is Monday; times are India's."""
    local = start.astimezone(INDIA)
    day = local.date()
    left = needed
    while True:
        if day.isoweekday() in days:
            begin = max(local, datetime.combine(day, opens, INDIA))
            end = datetime.combine(day, closes, INDIA)
            if begin < end:
                if left <= end - begin:
                    return begin + left
                left -= end - begin
        day += timedelta(days=1)


def warns_at(received: datetime, deadline: datetime) -> datetime:
    """From when on a mail is close to its deadline: three quarters of the window, or six hours before its end, whichever is first."""
    window = deadline - received
    return min(received + window * WARN_SHARE, max(received, deadline - timedelta(hours=WARN_HOURS)))
