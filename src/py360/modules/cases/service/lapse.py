"""The end of grace: open cases that were not paid by then lapse, in short transactions.

A case lapses when today (in India) is past its due date plus the policy's days of grace, from every open status; one
that is paid in full does not. Of one that is paid in instalments the oldest unpaid instalment counts (ADR 141). One that was opened again after it lapsed is given the office's days of reinstatement first.
"""

from typing import Final

from py360.kit import db, resources
from py360.modules.cases.live_updates import push_live_update
from py360.modules.cases.service import lifecycle
from py360.modules.cases.service.lock import lock_any

CHUNK: Final = 5_000  # cases per transaction

_OVERDUE: Final = """
select c.id from renewal_cases c join policies p on p.id = c.policy_id
where c.closed_at is null and c.due_date < %(today)s and c.due_date + p.grace_period_days < %(today)s
  and (c.grace_until is null or c.grace_until < %(today)s) and c.payment_status <> 'completed'
  and coalesce((select min(i.due_date) from payments_public_instalment i where i.case_id = c.id and i.paid_amount < i.amount),
    c.due_date) + p.grace_period_days < %(today)s
limit %(chunk)s for no key update of c skip locked
"""


async def lapse_overdue() -> int:
    """Let every case that is past its grace lapse; how many there were."""
    lapsed = 0
    while True:
        async with db.unit_of_work() as session:
            params = {"today": resources.current().clock.today(), "chunk": CHUNK}
            overdue = await db.fetch_all(session, int, _OVERDUE, params)
            cases = await lock_any(session, overdue)
            await lifecycle.move(
                session, cases, "lapsed", details="The days of grace are over and the premium was not paid"
            )
            await push_live_update(session, overdue)
        lapsed += len(overdue)
        if len(overdue) < CHUNK:
            return lapsed
