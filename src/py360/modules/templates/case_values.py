"""What a message can say about a case: the catalogue's values, read for a whole batch in one statement."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.reads import Reads

# The amount is what is left to pay, as the payment page asks for it; once all is paid, what it was. A case that is renewed
# speaks of the term that fell due, though its policy stands in the next one (`customers.service.renew`).
_VALUES: Final = """
select c.id as case_id, p.full_name as customer_name, p.first_name, cl.client_name as company_name,
  cl.contact_phone as support_phone, c.policy_number, c.policy_type, c.product_name, c.sum_insured as coverage,
  (c.start_date - age(c.due_date + 1 + later.days, c.due_date + 1))::date as start_date, c.end_date - later.days as expiry_date, c.due_date,
  case when m.paid < amount.due then amount.due - m.paid else amount.due end as renewal_amount,
  c.premium_amount as current_premium, c.grace_period_days as grace_days, c.agent_name, b.name as branch
from cases_public_case c
join customers_public_contact p on p.id = c.customer_id
join identity_public_client cl on cl.id = c.client_id
left join organization_public_branch b on b.id = c.branch_id
cross join lateral (
  select sum(due) as due, coalesce(sum(paid), 0) as paid from payments_public_money where case_id = c.id
) m
cross join lateral (select coalesce(m.due, c.renewal_amount, c.premium_amount) as due) amount
cross join lateral (
  select case when c.status = 'renewed' then greatest(coalesce(c.renewal_date, c.end_date) - c.due_date, 0) else 0 end as days
) later
where c.id = any(%(cases)s)
"""
_CLIENT: Final = (
    "select client_name as company_name, contact_phone as support_phone from identity_public_client where id = %(id)s"
)


async def client_values(session: AsyncSession, client_id: int) -> dict[str, Any]:
    """What a message can say about the one who writes, whomever it is for."""
    return (await db.one(session, _CLIENT, {"id": client_id}) or {}) | {"date": resources.current().clock.today()}


async def case_values(source: AsyncSession | Reads, case_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The catalogue's values for these cases (customer, policy, dates, amounts), without links; one statement."""
    said = {"cases": list(case_ids)}
    rows = await (source.all(_VALUES, said) if isinstance(source, Reads) else db.all(source, _VALUES, said))
    today = resources.current().clock.today()
    return {row.pop("case_id"): row | {"date": today} for row in rows}
