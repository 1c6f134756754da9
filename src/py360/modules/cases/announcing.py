"""Telling open windows that cases changed, once the change is committed."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, live
from py360.kit.jobs import defer, module_jobs
from py360.modules.cases.statuses import LABELS

jobs = module_jobs("cases")
AT_ONCE: Final = 200  # cases that one job tells about

_NEWS: Final = """
select c.id, c.case_number, c.client_id, c.status, c.assigned_to, c.priority, c.payment_status, c.version,
       n.path::text as node_path
from renewal_cases c left join organization_public_node n on n.id = c.node_id
where c.id = any(%(ids)s)
"""


@jobs.task(name="cases.announce")
async def tell(case_ids: list[int], former: dict[str, int] | None = None) -> None:
    """Send `case.updated` for each of these cases as they stand now; to the `former` agent of one, that it is gone."""
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
        before = (former or {}).get(str(row["id"]))
        if before not in (None, row["assigned_to"]):
            gone = {"caseId": row["case_number"], "assignedTo": row["assigned_to"], "withdrawn": True}
            await live.send(
                row["client_id"], "case.updated", gone, user_id=before, permission=("cases", "closed-cases")
            )


async def announce(session: AsyncSession, case_ids: Sequence[int], former: Mapping[int, int] | None = None) -> None:
    """Send `case.updated` after the session's transaction committed; never when it rolls back. `former`: the agents before."""
    for start in range(0, len(case_ids), AT_ONCE):
        some = list(case_ids[start : start + AT_ONCE])
        more: dict[str, Any] = {}
        if before := {str(number): former[number] for number in some if former and number in former}:
            more["former"] = before
        await defer(session, tell, case_ids=some, **more)
