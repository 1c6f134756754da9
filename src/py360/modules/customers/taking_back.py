"""Taking an import's policies and customers back, set by set.

`table` is a temporary table of the import's rows: row_no, customer_id, customer_is_new, policy_id, policy_is_new, case_id,
case_is_new, previous, kept. `kept` is null for rows to take back, else the reason why not.
"""

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db

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
_RESTORE: Final = """
update policies p set
  customer_id = (t.previous ->> 'customer_id')::bigint, premium_amount = (t.previous ->> 'premium_amount')::numeric,
  start_date = (t.previous ->> 'start_date')::date, end_date = (t.previous ->> 'end_date')::date,
  renewal_date = (t.previous ->> 'renewal_date')::date, policy_type = t.previous ->> 'policy_type',
  product_name = t.previous ->> 'product_name', sum_insured = (t.previous ->> 'sum_insured')::numeric,
  payment_frequency = t.previous ->> 'payment_frequency', version = p.version + 1
from {table} t
where p.id = t.policy_id and not t.policy_is_new and t.kept is null and t.previous ? 'premium_amount'
"""
_DELETE_CUSTOMERS: Final = """
delete from customers c using (select distinct customer_id from {table} where customer_is_new and kept is null) t
where c.id = t.customer_id and c.updated_at <= %(until)s
  and not exists (select from policies p where p.customer_id = c.id)
  and not exists (select from messaging_public_message m where m.customer_id = c.id)
  and not exists (select from consents s where s.customer_id = c.id)
"""


async def keep_changed(session: AsyncSession, table: str, until: datetime) -> None:
    """Mark the rows whose policy was changed after `until`, or has other cases by now."""
    for sql in (_CHANGED, _IN_USE):
        await db.execute(session, sql.format(table=table), {"until": until})


async def take_back(session: AsyncSession, table: str, until: datetime) -> dict[str, int]:
    """Delete the policies and customers an import made, restore what it changed; the cases are gone before.

    Counts under `policies_removed`, `policies_restored` and `customers_removed`. A customer who has anything else stays.
    """
    removed = await db.execute(session, _DELETE_POLICIES.format(table=table))
    restored = await db.execute(session, _RESTORE.format(table=table))
    people = await db.execute(session, _DELETE_CUSTOMERS.format(table=table), {"until": until})
    return {"policies_removed": removed, "policies_restored": restored, "customers_removed": people}
