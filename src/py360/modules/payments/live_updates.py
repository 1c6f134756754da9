"""Live updates of payments to open windows, once the change is committed."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, live
from py360.kit.ids import code
from py360.kit.jobs import defer, module_jobs

jobs = module_jobs("payments")

_CHANGED: Final = """
select p.id, p.client_id, p.status, p.amount, p.captured_amount, p.refunded_amount, c.case_number, c.assigned_to,
       n.path::text as node_path
from payments p join cases_public_case c on c.id = p.case_id left join organization_public_node n on n.id = c.node_id
where p.id = any(%(ids)s) order by p.id
"""


@dataclass(frozen=True, slots=True)
class _Changed:
    id: int
    client_id: int
    status: str
    amount: Decimal
    captured_amount: Decimal
    refunded_amount: Decimal
    case_number: str
    assigned_to: int | None
    node_path: str | None


@jobs.task(name="payments.push_live_updates")
async def push(payment_ids: list[int]) -> None:
    """Send `payment.updated` for each of these payments as they are now."""
    async with db.unit_of_work() as session:
        rows = await db.fetch_all(session, _Changed, _CHANGED, {"ids": payment_ids})
    for row in rows:
        data = {
            "paymentId": code("payment", row.id),
            "caseId": row.case_number,
            "status": row.status,
            "amount": row.amount,
            "capturedAmount": row.captured_amount,
            "refundedAmount": row.refunded_amount,
        }
        scope = live.Scope(row.assigned_to, row.node_path)
        await live.send(row.client_id, "payment.updated", data, permission=("cases", "closed-cases"), scope=scope)


async def push_live_updates(session: AsyncSession, payment_ids: Sequence[int]) -> None:
    """Send `payment.updated` after the session's transaction committed; never when it rolls back."""
    if payment_ids:
        await defer(session, push, payment_ids=list(payment_ids))
