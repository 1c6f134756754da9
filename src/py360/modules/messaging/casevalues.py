"""What a message can say about a case: the catalogue's values, read for a whole batch in one statement."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources

_VALUES: Final = """
select c.id as case_id, p.full_name as customer_name, p.first_name, cl.client_name as company_name,
  cl.contact_phone as support_phone, c.policy_number, c.policy_type, c.product_name, c.start_date, c.end_date as expiry_date,
  c.due_date, coalesce(c.renewal_amount, c.premium_amount) as renewal_amount, c.premium_amount as current_premium,
  c.grace_period_days as grace_days, c.agent_name
from cases_public_case c
join customers_public_contact p on p.id = c.customer_id
join clients cl on cl.id = c.client_id
where c.id = any(%(cases)s)
"""
_CLIENT: Final = "select client_name as company_name, contact_phone as support_phone from clients where id = %(id)s"


async def client_values(session: AsyncSession, client_id: int) -> dict[str, Any]:
    """What a message can say about the one who writes, whomever it is for."""
    return (await db.one(session, _CLIENT, {"id": client_id}) or {}) | {"date": resources.current().clock.today()}


async def case_values(session: AsyncSession, case_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The catalogue's values for these cases (customer, policy, dates, amounts), without links; one statement."""
    rows = await db.all(session, _VALUES, {"cases": list(case_ids)})
    today = resources.current().clock.today()
    return {row.pop("case_id"): row | {"date": today} for row in rows}
