"""Documents of a case, in its history."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources
from py360.modules.cases.live_updates import push_live_update

_NOTE: Final = """
insert into case_history (case_id, action, details, user_id, created_at)
select c.id, %(action)s::text, %(details)s::text, %(user)s, %(now)s from renewal_cases c
where c.id = %(id)s and not exists (
  select from case_history h where h.case_id = c.id and h.action = %(action)s::text and h.details = %(details)s::text)
"""


async def note_document(
    session: AsyncSession, case_id: int, action: str, file_id: int, name: str, user_id: int | None
) -> None:
    """Write one line of history about a document; nothing the second time, and nothing when the case is gone."""
    params = {
        "id": case_id,
        "action": action,
        "details": f"{name} ({ids.code('file', file_id)})",
        "user": user_id,
        "now": resources.current().clock.now(),
    }
    if await db.execute(session, _NOTE, params):
        await push_live_update(session, [case_id])
