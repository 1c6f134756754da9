"""Days of grace after the due date, by line and payment frequency (specification, policies; IRDAI's master circular on health).

A policy with days of grace of its own keeps them. The days are in the policy, so that lists and the end of grace need not
look them up; `apply` writes them again when the table, a line or a frequency changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.reads import Reads

USUAL_DAYS: Final = 30
HEALTH_MONTHLY_DAYS: Final = 15

# The days of a row `{t}` with client_id, policy_type and payment_frequency.
DAYS: Final = f"""coalesce(
  (select g.days from grace_periods g where g.client_id = {{t}}.client_id and g.line = lower({{t}}.policy_type)
    and g.payment_frequency = coalesce({{t}}.payment_frequency, 'annual')),
  case when lower({{t}}.policy_type) = 'health' and {{t}}.payment_frequency = 'monthly' then {HEALTH_MONTHLY_DAYS}
    else {USUAL_DAYS} end)"""

_APPLY: Final = """
update policies p set grace_period_days = {days}
where {which} and not p.grace_is_own and p.grace_period_days <> {days}
"""
_REPLACE: Final = """
insert into grace_periods (client_id, line, payment_frequency, days)
select %(client)s, line, payment_frequency, days
from unnest(%(lines)s::text[], %(frequencies)s::text[], %(days)s::int[]) row (line, payment_frequency, days)
"""


@dataclass(frozen=True, slots=True)
class GracePeriod:
    """The days of grace of a line paid at a frequency."""

    line: str
    payment_frequency: str
    days: int


async def apply(session: AsyncSession, policy_id: int) -> None:
    """Give a policy the days of its line and frequency, unless it has its own."""
    sql = _APPLY.format(days=DAYS.format(t="p"), which="p.id = %(id)s")
    await db.execute(session, sql, {"id": policy_id})


async def grace_periods(source: Reads, client_id: int) -> list[GracePeriod]:
    """The client's table: what differs from the usual days."""
    return await source.fetch_all(
        GracePeriod,
        "select line, payment_frequency, days from grace_periods where client_id = %(client)s order by line, payment_frequency",
        {"client": client_id},
    )


async def set_grace_periods(session: AsyncSession, client_id: int, periods: Sequence[GracePeriod]) -> int:
    """Replace the client's table, and give its policies the new days; how many policies changed."""
    await db.execute(session, "delete from grace_periods where client_id = %(client)s", {"client": client_id})
    params = {
        "client": client_id,
        "lines": [period.line for period in periods],
        "frequencies": [period.payment_frequency for period in periods],
        "days": [period.days for period in periods],
    }
    await db.execute(session, _REPLACE, params)
    sql = _APPLY.format(days=DAYS.format(t="p"), which="p.client_id = %(client)s")
    return await db.execute(session, sql, {"client": client_id})
