"""Taking an import's cases back, set by set, as long as nobody has worked with them.

`table` is a temporary table of the import's rows: row_no, case_id, case_is_new, previous, kept. `kept` is null for rows
to take back, else the reason why not.
"""

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources

_WORKED: Final = """
update {table} t set kept = 'case_worked_on'
from cases_public_worked w where w.case_id = t.case_id and t.kept is null
"""
_CHANGED: Final = """
update {table} t set kept = 'case_changed_since'
from renewal_cases c where c.id = t.case_id and t.kept is null and (c.updated_at > %(until)s or c.version > 1 and t.case_is_new)
"""
_HISTORY: Final = (
    "delete from case_history h using {table} t where h.case_id = t.case_id and t.case_is_new and t.kept is null"
)
_DELETE: Final = (
    "delete from renewal_cases c using {table} t where c.id = t.case_id and t.case_is_new and t.kept is null"
)
# Before the restoring: the case still has the date that the import gave it.
_TELL_MOVED_BACK: Final = """
insert into case_history (case_id, action, details, created_at)
select c.id, 'Due Date Changed', 'Back from ' || to_char(c.due_date, 'DD/MM/YYYY') || ' to '
  || to_char((t.previous ->> 'due_date')::date, 'DD/MM/YYYY') || ', as the file that changed it was taken back', %(now)s
from {table} t join renewal_cases c on c.id = t.case_id
where not t.case_is_new and t.kept is null and (t.previous ->> 'due_date')::date <> c.due_date
"""
_RESTORE: Final = """
update renewal_cases c set
  renewal_amount = (t.previous ->> 'renewal_amount')::numeric, assigned_to = (t.previous ->> 'assigned_to')::bigint,
  status = t.previous ->> 'status', due_date = coalesce((t.previous ->> 'due_date')::date, c.due_date), customer_id = coalesce((t.previous ->> 'customer_id')::bigint, c.customer_id),
  version = c.version + 1
from {table} t where c.id = t.case_id and not t.case_is_new and t.kept is null and t.previous ? 'status'
"""


async def take_back(session: AsyncSession, table: str, until: datetime) -> int:
    """Delete the cases an import opened and restore those it changed; how many were deleted.

    Cases with work on them, and those changed after `until`, stay; their rows are marked in `kept`.
    """
    for sql in (_WORKED, _CHANGED):
        await db.execute(session, sql.format(table=table), {"until": until})
    async with db.trusted(session):  # nothing refers to them: that is what "not worked with" means
        await db.execute(session, _HISTORY.format(table=table))
        deleted = await db.execute(session, _DELETE.format(table=table))
    await db.execute(session, _TELL_MOVED_BACK.format(table=table), {"now": resources.current().clock.now()})
    await db.execute(session, _RESTORE.format(table=table))
    return deleted
