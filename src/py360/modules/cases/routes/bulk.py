"""Changing several cases at once: what can be changed is, the rest is named with its reason."""

from typing import Final

from fastapi import Response

from py360.kit.http import Answer, Session, ok
from py360.modules.cases.access import CanWorkCases
from py360.modules.cases.routes.answers import BulkAssigned, BulkOutcome, BulkPolicyStatusSet, BulkStatusSet
from py360.modules.cases.routes.base import router
from py360.modules.cases.schemas import BulkAssign, BulkPolicyStatus, BulkStatus
from py360.modules.cases.service.assign import assign_selection
from py360.modules.cases.service.lock import Selection
from py360.modules.cases.service.status import set_policy_status, set_status
from py360.modules.cases.statuses import LABELS, POLICY_STATUS

CALL_MINUTES: Final = 5  # of an outbound dialer, per case (domain reference, 6.4)


def _outcome(selection: Selection, done: str) -> BulkOutcome:
    """The common part of a bulk answer."""
    count, failed = len(selection.cases), len(selection.failures)
    message = f"{count} {'case' if count == 1 else 'cases'} {done}" + (f", {failed} not" if failed else "") + "."
    return {
        "updatedCaseIds": [case.case_number for case in selection.cases],
        "failedCount": failed,
        "failures": selection.failures,
        "message": message,
    }


@router.put("/cases/bulk-update-status", response_model=Answer[BulkStatusSet])
async def bulk_status(session: Session, caller: CanWorkCases, body: BulkStatus) -> Response:
    """Move several cases to one status; where the move is not allowed, the case stays and is named."""
    selection, code = await set_status(session, caller, body.case_ids, body.status, body.reason)
    return ok(
        {"updatedCount": len(selection.cases), "newStatus": LABELS[code], **_outcome(selection, f"now {LABELS[code]}")}
    )


@router.put("/cases/bulk-update-policy-status", response_model=Answer[BulkPolicyStatusSet])
async def bulk_policy_status(session: Session, caller: CanWorkCases, body: BulkPolicyStatus) -> Response:
    """Set the policy status of several cases by hand."""
    selection, code = await set_policy_status(session, caller, body.case_ids, body.policy_status)
    label = POLICY_STATUS[code]
    return ok({"updatedCount": len(selection.cases), "newPolicyStatus": label, **_outcome(selection, f"now {label}")})


@router.put("/cases/bulk-assign", response_model=Answer[BulkAssigned])
async def bulk_assign(session: Session, caller: CanWorkCases, body: BulkAssign) -> Response:
    """Assign several cases to one agent. `dialerIntegration` says that no dialer is connected; the call time is in minutes."""
    selection, agent = await assign_selection(session, caller, body.case_ids, body.agent_id)
    count = len(selection.cases)
    dialer = {"success": False, "queuedCases": 0, "dialerSystemId": None, "estimatedCallTime": count * CALL_MINUTES}
    done = {"assignedCount": count, "agentId": agent.id if agent else None, "dialerIntegration": dialer}
    return ok({**done, **_outcome(selection, "assigned")})
