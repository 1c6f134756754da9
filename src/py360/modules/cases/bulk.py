"""Cases for a chunk of policy rows, in set-based SQL: opened or changed by an import, and undone when it is undone.

A case is one due date of one policy (unique in the database). `open` runs after `customers.api.merge` on the same staging
table: rows then have an outcome and a policy. Terms that are over (`term_closed`, `older_term`) open nothing. A row
starts as a new case with its own id; a row about a case that exists gets that one's.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import corrections, db, resources, sql
from py360.modules.cases.service import lifecycle
from py360.modules.cases.service.lock import lock_any
from py360.modules.cases.statuses import CORRECTABLE

SAME_TERM_DAYS: Final = 60

# Rows that failed, and terms that are over.
_OPEN_NOTHING: Final = """
update {staging} set case_id = null, case_is_new = false where outcome = 'failed' or outcome_code is not null
"""
_NEW_TERM: Final = "update {staging} set outcome = 'changed' where case_is_new and outcome = 'unchanged'"
_NEWLY_ASSIGNED: Final = """
select c.id from {staging} s join renewal_cases c on c.id = s.case_id
where not s.case_is_new and s.outcome = 'changed' and c.status in ('uploaded', 'validated')
  and s.previous ->> 'assigned_to' is null and c.assigned_to is not null
"""


async def open(
    session: AsyncSession, staging: str, *, batch_id: int | None, created: str, now: datetime, today: date
) -> None:
    """Open or change the case of every row about a running term.

    `created`: the text of the history's first line; `today`: the date in India.
    """
    params = {"batch_id": batch_id, "created": created, "now": now, "today": today}
    keep = sql.read(__file__, "keep_corrections")
    await db.execute(session, _OPEN_NOTHING.format(staging=staging))
    await db.execute(session, keep.format(staging=staging, corrections=corrections.pinned("c", CORRECTABLE)))
    await db.execute(session, sql.read(__file__, "place_cases").format(staging=staging), params)
    match = sql.read(__file__, "match_cases").format(staging=staging, same_term_days=SAME_TERM_DAYS)
    if await db.execute(session, match):
        corrected = corrections.forgotten("c", CORRECTABLE).format()
        change = sql.read(__file__, "change_cases").format(staging=staging, corrected=corrected)
        if await db.execute(session, change):
            await _assign(session, staging)
        await db.execute(session, sql.read(__file__, "note_moved_due_dates").format(staging=staging), params)
    await db.execute(session, _NEW_TERM.format(staging=staging))
    async with db.trusted(session):
        for statement in ("open_cases", "note_opened_cases"):
            await db.execute(session, sql.read(__file__, statement).format(staging=staging), params)


async def _assign(session: AsyncSession, staging: str) -> None:
    """Cases that were waiting for an agent and got one from the file are assigned."""
    case_ids = await db.fetch_all(session, int, _NEWLY_ASSIGNED.format(staging=staging))
    if case_ids:
        cases = await lock_any(session, case_ids)
        await lifecycle.move(session, cases, "assigned", details="The file names an agent")


# ---------------------------------------------------------------- undo

_WORKED_ON: Final = """
update {table} t set kept = 'case_worked_on'
from cases_public_worked w where w.case_id = t.case_id and t.kept is null
"""
_CHANGED_SINCE: Final = """
update {table} t set kept = 'case_changed_since'
from renewal_cases c where c.id = t.case_id and t.kept is null and (c.updated_at > %(until)s or c.version > 1 and t.case_is_new)
"""
_DELETE_HISTORY: Final = (
    "delete from case_history h using {table} t where h.case_id = t.case_id and t.case_is_new and t.kept is null"
)
_DELETE: Final = (
    "delete from renewal_cases c using {table} t where c.id = t.case_id and t.case_is_new and t.kept is null"
)
_ASSIGNED_BY_IMPORT: Final = """
select c.id from {table} t join renewal_cases c on c.id = t.case_id
where not t.case_is_new and t.kept is null and t.previous ->> 'status' = %(status)s and c.status = 'assigned'
"""


async def undo_import(session: AsyncSession, table: str, until: datetime) -> int:
    """Delete the cases an import opened and restore those it changed; how many were deleted.

    `table` is a temporary table of the import's rows: row_no, case_id, case_is_new, previous, kept. `kept` is null for rows
    to undo, else the reason why not: cases with work on them, and those changed after `until`, stay.
    """
    for statement in (_WORKED_ON, _CHANGED_SINCE):
        await db.execute(session, statement.format(table=table), {"until": until})
    async with db.trusted(session):  # nothing refers to them: that is what "not worked on" means
        await db.execute(session, _DELETE_HISTORY.format(table=table))
        deleted = await db.execute(session, _DELETE.format(table=table))
    now = {"now": resources.current().clock.now()}
    await db.execute(session, sql.read(__file__, "note_due_dates_restored").format(table=table), now)
    await db.execute(session, sql.read(__file__, "restore_cases").format(table=table))
    for before in ("uploaded", "validated"):
        case_ids = await db.fetch_all(session, int, _ASSIGNED_BY_IMPORT.format(table=table), {"status": before})
        cases = await lock_any(session, case_ids)
        await lifecycle.move(session, cases, before, details="The upload that named the agent was undone")
    return deleted


_FOLLOW: Final = """
update renewal_cases t set customer_id = p.customer_id from customers_public_policy p
where p.id = t.policy_id and t.policy_id = any(%(policies)s) and t.customer_id <> p.customer_id
"""


async def follow_policies(session: AsyncSession, policy_ids: Sequence[int]) -> None:
    """The cases of these policies belong to the customer whom the policies belong to, since two customers were merged or parted."""
    await db.execute(session, _FOLLOW, {"policies": list(policy_ids)})
