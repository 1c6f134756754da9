"""The end of grace: whoever has not paid by then is lapsed, set by set.

A case lapses when today (in India) is past its due date plus the policy's days of grace, from every open status; one
that is paid in full does not.
"""

from typing import Final

from py360.kit import db, resources
from py360.modules.customers import api as customers

CHUNK: Final = 5_000  # one short transaction each: nobody waits for the night's million

_OVERDUE: Final = """
with overdue as (
  select c.id, c.status, c.policy_id from renewal_cases c join policies p on p.id = c.policy_id
  where c.closed_at is null and c.due_date < %(today)s and c.due_date + p.grace_period_days < %(today)s
    and c.payment_status <> 'completed'
  limit %(chunk)s for update of c skip locked
), lapsed as (
  update renewal_cases c set status = 'lapsed', closed_at = %(now)s, last_action_date = %(now)s, version = version + 1
  from overdue o where c.id = o.id
), told as (
  insert into case_history (case_id, action, details, level, old_status, new_status, created_at)
  select id, 'Lapsed', 'The days of grace are over and the premium was not paid', 'warning', status, 'lapsed', %(now)s
  from overdue
)
select policy_id from overdue
"""


async def lapse_overdue() -> int:
    """Let every case that is past its grace lapse, in short transactions; how many there were."""
    clock = resources.current().clock
    done = 0
    while True:
        async with db.unit_of_work() as session:
            rows = await db.all(session, _OVERDUE, {"today": clock.today(), "now": clock.now(), "chunk": CHUNK})
            await customers.expire(session, [row["policy_id"] for row in rows], clock.today())
        done += len(rows)
        if len(rows) < CHUNK:
            return done
