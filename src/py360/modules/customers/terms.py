"""A policy's term: rolled forward when it is renewed, ended when it lapses.

A year after a year stays a year, leap days or not: the length of a term is counted in calendar months and days, and the
new one starts on the day after the old one ends (domain reference, 6.2).
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db

# Only the term that this due date belongs to: a payment for an older one moves nothing.
_ROLL: Final = """
update policies p set
  start_date = next.start_date, end_date = next.end_date,
  renewal_date = coalesce(p.renewal_date, p.end_date) + (next.end_date - p.end_date),
  status = 'active', corrected = null, version = p.version + 1
from (
  select id, end_date + 1 as start_date, ((end_date + 1) + age(end_date + 1, start_date))::date - 1 as end_date
  from policies where (id, coalesce(renewal_date, end_date)) in (select * from unnest(%(ids)s::bigint[], %(dues)s::date[]))
  order by id for no key update
) next
where p.id = next.id
"""
# Only from the very next term, and only while nothing has been begun on it.
_BACK: Final = """
update policies p set
  start_date = last.start_date, end_date = p.start_date - 1, renewal_date = %(due)s, version = p.version + 1
from (
  select id, (start_date - age(end_date + 1, start_date))::date as start_date from policies where id = %(id)s
) last
where p.id = last.id and p.start_date - 1 - p.end_date = %(due)s - coalesce(p.renewal_date, p.end_date)
  and not exists (select from cases_public_term t where t.policy_id = p.id and t.due_date > %(due)s)
"""
_EXPIRE: Final = """
update policies set status = 'expired', version = version + 1
where id = any(%(ids)s) and status = 'active' and end_date < %(today)s
"""


async def renew(session: AsyncSession, terms: Sequence[tuple[int, date]]) -> None:
    """Roll policies on to their next term where they still stand in the one that fell due: (policy, due date)."""
    said = {"ids": [policy_id for policy_id, _ in terms], "dues": [due for _, due in terms]}
    left = len(terms)
    while left and (moved := await db.execute(session, _ROLL, said)):
        left -= moved  # once more for the others: two terms of one policy may be among them


async def restore(session: AsyncSession, policy_id: int, due_date: date) -> bool:
    """Put a policy back into the term that fell due, when a renewal is taken back; whether it moved."""
    return await db.execute(session, _BACK, {"id": policy_id, "due": due_date}) > 0


async def expire(session: AsyncSession, policy_ids: Sequence[int], today: date) -> None:
    """Mark these policies expired, where their term is over."""
    await db.execute(session, _EXPIRE, {"ids": list(policy_ids), "today": today})
