"""A follow-up of a mail ends when its customer answers (domain reference, 17: `scheduledFollowUp`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, sql

_END: Final = sql.read(__file__, "end_answered_follow_ups")


@dataclass(frozen=True, slots=True)
class Answer:
    """A mail that came in: its conversation, its sender, the customer behind it where known, and when."""

    thread_id: str
    sender: str
    customer_id: int | None
    at: datetime


async def end_follow_ups(session: AsyncSession, account_id: int, answers: Sequence[Answer]) -> None:
    """Follow-ups of mails of a mailbox that their customer has answered now are over; their history says so."""
    if not answers:
        return
    params = {
        "account": account_id,
        "threads": [each.thread_id for each in answers],
        "senders": [each.sender for each in answers],
        "customers": [each.customer_id for each in answers],
        "moments": [each.at for each in answers],
    }
    await db.execute(session, _END, params)
