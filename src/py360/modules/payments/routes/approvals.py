"""What waits for a second person."""

from typing import Annotated, Final, Literal

from fastapi import Path, Response

from py360.kit.http import Answer, AsFile, DbReads, PageParams, Search, listed, ok
from py360.kit.ids import code
from py360.modules.payments.access import CanApprovePayments
from py360.modules.payments.approvals import queries
from py360.modules.payments.approvals.schemas import DecisionIn
from py360.modules.payments.approvals.views import ApprovalDecided, ApprovalList
from py360.modules.payments.routes.base import router
from py360.modules.payments.service.decide import decide as decide_on

Number = Annotated[int, Path(gt=0, lt=2**63)]
_DONE: Final = {
    ("receipt", "approved"): "The receipt is approved and counts.",
    ("refund", "approved"): "The refund is approved and was requested of the gateway.",
    ("receipt", "declined"): "The receipt is declined: it does not count.",
    ("refund", "declined"): "The refund is declined: the money stays.",
}


@router.get("/payments/approvals", response_model=Answer[ApprovalList])
async def list_approvals(
    reads: DbReads,
    caller: CanApprovePayments,
    page: PageParams,
    status: Literal["pending", "approved", "declined"] | None = None,
    kind: Literal["receipt", "refund"] | None = None,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """Receipts and refunds that wait for a second person, and what was decided; newest first."""
    return await listed(reads, queries.approvals(caller, status, kind, search, page.sort), page, as_file)


@router.put("/payments/approvals/{approval_id}/decision", response_model=Answer[ApprovalDecided])
async def decide(caller: CanApprovePayments, approval_id: Number, body: DecisionIn) -> Response:
    """Approve or decline; nobody decides what they asked for. What is approved is done at once."""
    found = await decide_on(caller, approval_id, body.decision, body.note)
    return ok(
        {
            "approvalId": found.id,
            "paymentId": code("payment", found.payment_id),
            "decision": body.decision,
            "message": _DONE[found.kind, body.decision],
        }
    )
