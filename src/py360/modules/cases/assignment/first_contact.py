"""The clock of the first contact: it starts when a case gets an agent, stops while the case waits for others
(pending, on hold), and ends when the customer was contacted. A breach goes to the manager of the case's node, once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.modules.cases.live_updates import push_live_update
from py360.modules.cases.service import history
from py360.modules.notifications import api as notifications

BATCH: Final = 1_000

_BREACHED: Final = """
update renewal_cases c set contact_breached_at = %(now)s, escalated_to = coalesce(n.manager_id, c.escalated_to),
  escalation_reason = case when n.manager_id is null then c.escalation_reason else 'The customer was not contacted in time' end,
  escalated_at = case when n.manager_id is null then c.escalated_at else %(now)s end, version = c.version + 1
from (
  select k.id, o.manager_id from renewal_cases k left join organization_public_node o on o.id = k.node_id
  where k.closed_at is null and k.contact_due_at < %(now)s and k.contact_breached_at is null and k.contact_paused_at is null
  order by k.id limit %(limit)s for no key update of k skip locked
) n
where c.id = n.id
returning c.id, c.case_number, c.assigned_to, n.manager_id
"""


@dataclass(frozen=True, slots=True)
class Breach:
    """A case whose customer was not contacted in time."""

    id: int
    case_number: str
    assigned_to: int | None
    manager_id: int | None


async def note_breaches() -> int:
    """Escalate what was not contacted in time; how many cases. Those that wait are left alone."""
    count = 0
    while True:
        async with db.unit_of_work() as session:
            now = resources.current().clock.now()
            breaches = await db.fetch_all(session, Breach, _BREACHED, {"now": now, "limit": BATCH})
            await _note(session, breaches, now)
        count += len(breaches)
        if len(breaches) < BATCH:
            return count


async def _note(session: AsyncSession, breaches: list[Breach], now: datetime) -> None:
    if not breaches:
        return
    case_ids = [each.id for each in breaches]
    details = "The customer was not contacted in time"
    await history.write(session, case_ids, "First Contact Overdue", details, now, level="warning")
    people: dict[int, list[str]] = {}
    for each in breaches:
        for user_id in {each.assigned_to, each.manager_id} - {None}:
            assert user_id is not None
            people.setdefault(user_id, []).append(each.case_number)
    for user_id, numbers in sorted(people.items()):
        several = len(numbers) > 1
        await notifications.notify(
            session,
            user_id,
            type="reminder",
            title=f"{len(numbers)} customers were not contacted in time"
            if several
            else f"{numbers[0]}: contact overdue",
            message=f"{numbers[0]} and {len(numbers) - 1} more." if several else f"{details}: {numbers[0]}.",
            data={"caseIds": numbers[:100]} if several else {"caseId": numbers[0]},
            priority="high",
        )
    await push_live_update(session, case_ids)
