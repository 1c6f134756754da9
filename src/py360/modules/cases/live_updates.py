"""WebSocket updates: open windows are notified that cases changed, once the change is committed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, live
from py360.kit.jobs import defer, module_jobs
from py360.modules.cases.statuses import LABELS

jobs = module_jobs("cases")
CASES_PER_JOB: Final = 200
READERS: Final = ("cases", "closed-cases")

_UPDATES: Final = """
select c.id, c.case_number, c.client_id, c.status, c.assigned_to, c.priority, c.payment_status, c.version,
       n.path::text as node_path
from renewal_cases c left join organization_public_node n on n.id = c.node_id
where c.id = any(%(ids)s)
"""


@dataclass(frozen=True, slots=True)
class CaseUpdate:
    """What a window needs to refresh a case, and who may see it."""

    id: int
    case_number: str
    client_id: int
    status: str
    assigned_to: int | None
    priority: str
    payment_status: str
    version: int
    node_path: str | None

    def to_public(self) -> dict[str, object]:
        """The data of `case.updated`."""
        return {
            "caseId": self.case_number,
            "status": LABELS[self.status],
            "statusCode": self.status,
            "assignedTo": self.assigned_to,
            "isPriority": self.priority in ("high", "urgent"),
            "paymentStatus": self.payment_status,
            "version": self.version,
        }


@jobs.task(name="cases.push_live_update")
async def push(case_ids: list[int], former_agents: dict[str, int] | None = None) -> None:
    """Send `case.updated` for each of these cases as it is now; a former agent is notified that the case is withdrawn."""
    async with db.unit_of_work() as session:
        updates = await db.fetch_all(session, CaseUpdate, _UPDATES, {"ids": case_ids})
    for update in updates:
        scope = live.Scope(update.assigned_to, update.node_path)
        await live.send(update.client_id, "case.updated", update.to_public(), permission=READERS, scope=scope)
        former = (former_agents or {}).get(str(update.id))
        if former not in (None, update.assigned_to):
            gone = {"caseId": update.case_number, "assignedTo": update.assigned_to, "withdrawn": True}
            await live.send(update.client_id, "case.updated", gone, user_id=former, permission=READERS)


async def push_live_update(
    session: AsyncSession, case_ids: Sequence[int], former_agents: Mapping[int, int] | None = None
) -> None:
    """Send `case.updated` after the session's transaction committed; nothing is sent when it rolls back.

    `former_agents`: who had a case before, by case id.
    """
    for start in range(0, len(case_ids), CASES_PER_JOB):
        batch = list(case_ids[start : start + CASES_PER_JOB])
        former = {
            str(case_id): former_agents[case_id] for case_id in batch if former_agents and case_id in former_agents
        }
        await defer(session, push, case_ids=batch, former_agents=former)
