"""Undoing an import: its policies and customers are deleted or put back, set by set.

`table` is a temporary table of the import's rows: row_no, customer_id, customer_is_new, policy_id, policy_is_new, case_id,
case_is_new, previous, kept. `kept` is null for rows to undo, else the reason why not.
"""

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, sql

_CHANGED: Final = """
update {table} t set kept = 'policy_changed_since'
from policies p where p.id = t.policy_id and t.kept is null and p.updated_at > %(until)s
"""
_IN_USE: Final = """
update {table} t set kept = 'policy_in_use'
where t.kept is null and t.policy_is_new and exists (
  select from cases_public_term c where c.policy_id = t.policy_id and c.case_id is distinct from t.case_id)
"""
_DELETE_POLICIES: Final = (
    "delete from policies p using {table} t where p.id = t.policy_id and t.policy_is_new and t.kept is null"
)
_RESTORE_POLICIES: Final = sql.read(__file__, "restore_policies")
_RESTORE_MEMBERS: Final = sql.read(__file__, "restore_members")
_DELETE_CUSTOMERS: Final = sql.read(__file__, "delete_customers")


async def keep_changed(session: AsyncSession, table: str, until: datetime) -> None:
    """Mark the rows whose policy was changed after `until`, or has other cases since."""
    for statement in (_CHANGED, _IN_USE):
        await db.execute(session, statement.format(table=table), {"until": until})


async def undo_import(session: AsyncSession, table: str, until: datetime) -> dict[str, int]:
    """Delete the policies and customers an import made, restore what it changed. The cases are deleted before.

    Counts under `policies_removed`, `policies_restored` and `customers_removed`. A customer who has anything else stays.
    """
    removed = await db.execute(session, _DELETE_POLICIES.format(table=table))
    for statement in _RESTORE_MEMBERS.split(";"):
        await db.execute(session, statement.format(table=table))
    restored = await db.execute(session, _RESTORE_POLICIES.format(table=table))
    customers = await db.execute(session, _DELETE_CUSTOMERS.format(table=table), {"until": until})
    return {"policies_removed": removed, "policies_restored": restored, "customers_removed": customers}
