"""A customer was written to or called: the case's attempts, last contact and history."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.modules.cases.service import history

CHANNELS: Final = {"email": "e-mail", "sms": "SMS", "whatsapp": "WhatsApp", "call": "a call"}

_CONTACTED: Final = """
update renewal_cases c set
  communication_attempts = communication_attempts + 1, total_calls = total_calls + %(calls)s,
  last_contact_date = %(at)s, last_action_date = %(at)s, contact_due_at = null
from (select id from renewal_cases where id = any(%(ids)s) order by id for no key update) locked
where c.id = locked.id
"""


async def note_contacts(
    session: AsyncSession,
    case_ids: Sequence[int],
    channel: str,
    action: str = "Renewal notice Sent",
    *,
    details: str | None = None,
    user_id: int | None = None,
) -> None:
    """Note for a whole batch of cases that their customers were contacted: history, attempts, last contact.

    Two statements whatever the batch. `version` stays: a message sent is no reason to refuse an officer's edit.
    """
    if not case_ids:
        return
    now = resources.current().clock.now()
    await db.execute(session, _CONTACTED, {"ids": list(case_ids), "at": now, "calls": 1 if channel == "call" else 0})
    text = details or f"Sent by {CHANNELS.get(channel, channel)}"
    await history.write(session, case_ids, action, text, now, user_id=user_id)
