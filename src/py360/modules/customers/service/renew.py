"""A policy's term: moved on when it is renewed, ended when it lapses.

A year after a year stays a year, leap days or not: the length of a term is counted in calendar months (and days, where it is no
whole number of months), and the new one starts on the day after the old one ends (domain reference, 6.2).
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, sql

# How long the term of `policies` is. A term of whole months may end a day off where the month of its end is shorter: from 29
# February or the 31st. `age` alone would make such terms longer or shorter at every renewal.
_SPAN: Final = """coalesce((
  select make_interval(months => m.months) from (
    select 12 * extract(year from a)::integer + extract(month from a)::integer + more as months
    from age(end_date + 1, start_date) a cross join (values (0), (1)) or_one (more)
  ) m cross join lateral (select (start_date + make_interval(months => m.months))::date as day) reached
  where reached.day = end_date + 1
    or reached.day = end_date and extract(day from start_date) > extract(day from reached.day)
  order by reached.day = end_date + 1 desc limit 1
), age(end_date + 1, start_date))"""
_RENEW: Final = sql.read(__file__, "renew_policies").format(span=_SPAN)
_RESTORE: Final = sql.read(__file__, "restore_term").format(span=_SPAN)
_EXPIRE: Final = """
update policies set status = 'expired', version = version + 1
where id = any(%(ids)s) and status = 'active' and end_date < %(today)s
"""


async def renew(session: AsyncSession, terms: Sequence[tuple[int, date]]) -> None:
    """Move policies on to their next term where they are still in the one that fell due: (policy, due date)."""
    params = {"ids": [policy_id for policy_id, _ in terms], "dues": [due for _, due in terms]}
    left = len(terms)
    while left and (moved := await db.execute(session, _RENEW, params)):
        left -= moved  # again for the others: two terms of one policy may be among them


async def restore(session: AsyncSession, policy_id: int, due_date: date) -> bool:
    """Put a policy back into the term that fell due, when a renewal is undone; whether it moved."""
    return await db.execute(session, _RESTORE, {"id": policy_id, "due": due_date}) > 0


async def expire(session: AsyncSession, policy_ids: Sequence[int], today: date) -> None:
    """Mark these policies expired, where their term is over."""
    await db.execute(session, _EXPIRE, {"ids": list(policy_ids), "today": today})
