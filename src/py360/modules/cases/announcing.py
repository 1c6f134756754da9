"""Telling open windows that cases changed, once the change is committed."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, live
from py360.kit.jobs import defer, module_jobs
from py360.modules.cases.statuses import LABELS

jobs = module_jobs("cases")
AT_ONCE: Final = 200  # cases that one job tells about

_NEWS: Final = """
select c.id, c.case_number, c.client_id, c.status, c.assigned_to, c.priority, c.payment_status, c.version,
       n.path::text as node_path
from renewal_cases c left join organizational_hierarchy n on n.id = c.node_id
where c.id = any(%(ids)s)
"""


@jobs.task(name="cases.announce")
async def tell(case_ids: list[int]) -> None:
    """Send `case.updated` for each of these cases as they stand now."""
    async with db.unit_of_work() as session:
        rows = await db.all(session, _NEWS, {"ids": case_ids})
    for row in rows:
        data = {
            "caseId": row["case_number"],
            "status": LABELS[row["status"]],
            "statusCode": row["status"],
            "assignedTo": row["assigned_to"],
            "isPriority": row["priority"] in ("high", "urgent"),
            "paymentStatus": row["payment_status"],
            "version": row["version"],
        }
        scope = live.Scope(row["assigned_to"], row["node_path"])
        await live.send(row["client_id"], "case.updated", data, permission=("cases", "closed-cases"), scope=scope)


async def announce(session: AsyncSession, case_ids: Sequence[int]) -> None:
    """Send `case.updated` after the session's transaction committed; never when it rolls back."""
    for start in range(0, len(case_ids), AT_ONCE):
        await defer(session, tell, case_ids=list(case_ids[start : start + AT_ONCE]))
