"""Follow-ups of mails (domain reference, 17: `scheduledFollowUp`): set by a person, ended by the customer's answer, or due."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources, sql
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid
from py360.modules.inbox.schemas import FollowUpIn
from py360.modules.inbox.service.lock import LockedMail, note
from py360.modules.notifications import api as notifications

FARTHEST: Final = timedelta(days=730)
_DUE: Final = sql.read(__file__, "due_follow_ups")
_NONE: Final[dict[str, datetime | str | int | None]] = {
    "follow_up_at": None, "follow_up_note": None, "follow_up_by": None,
}  # fmt: skip


async def values_of(
    session: AsyncSession, caller: Caller, mail: LockedMail, asked: FollowUpIn | None
) -> dict[str, datetime | str | int | None]:
    """What a follow-up sets on a locked mail, its line in the history written; None removes it.

    Raises Invalid for a time that is over or too far, Conflict (`no_follow_up`) for a mail that was not sent or lies in the trash.
    """
    if asked is None:
        if mail.follow_up_at is not None:
            await note(session, caller, [mail.id], "follow_up_removed")
        return dict(_NONE)
    text = asked.note or None
    if (asked.at, text) == (mail.follow_up_at, mail.follow_up_note):
        return {}
    _check(mail, asked.at)
    details = {"at": asked.at.isoformat(), **({"note": text} if text else {})}
    await note(session, caller, [mail.id], "follow_up_set", details)
    return {"follow_up_at": asked.at, "follow_up_note": text, "follow_up_by": caller.user_id}


def _check(mail: LockedMail, at: datetime) -> None:
    if mail.folder in ("junk", "spam", "trash") or mail.delivery_status in ("draft", "scheduled", "sending", "failed"):
        where = f"lies in {mail.folder}" if mail.delivery_status is None else "was not sent yet"
        raise Conflict(f"{mail.code} {where}: it cannot be followed up.", code="no_follow_up")
    now = resources.current().clock.now()
    if not now < at <= now + FARTHEST:
        raise Invalid(
            f"Choose a time in the future, within the next {FARTHEST.days} days.",
            code="time_is_over" if at <= now else "time_is_too_far",
            details=[
                {"field": "scheduledFollowUp.at", "message": "is in the past" if at <= now else "is too far away"}
            ],
        )


@dataclass(frozen=True, slots=True)
class _Due:
    id: int
    subject: str
    user_id: int | None
    note: str | None
    is_thrown_away: bool


async def remind(session: AsyncSession, now: datetime) -> int:
    """Mails whose follow-up is due are back at the top of their folder, unread; their assignee, or who set it, is notified, once.
    How many there were; what is in junk or trash by now only loses its follow-up."""
    due = await db.fetch_all(session, _Due, _DUE, {"now": now})
    back = [each for each in due if not each.is_thrown_away]
    await note(session, None, [each.id for each in back], "follow_up_due")
    await notifications.notify_each(
        session,
        [
            notifications.Notice(
                each.user_id,
                f"Follow-up is due: {each.subject[:150] or '(no subject)'}",
                each.note or "The customer has not answered.",
                {"emailId": ids.code("mail", each.id)},
            )
            for each in back
            if each.user_id is not None
        ],
        type="reminder",
    )
    return len(back)
