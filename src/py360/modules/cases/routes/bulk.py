"""Changing several cases at once: what can be changed is, the rest is named with its reason."""

from typing import Any

from fastapi import Response

from py360.kit.http import Session, ok
from py360.modules.cases import assigning, editing
from py360.modules.cases.access import CanWorkCases
from py360.modules.cases.holding import Several
from py360.modules.cases.routes.base import router
from py360.modules.cases.schemas import BulkAssign, BulkPolicyStatus, BulkStatus
from py360.modules.cases.statuses import LABELS, POLICY_STATUS


def _outcome(several: Several, done: str) -> dict[str, Any]:
    """The common part of a bulk answer."""
    count, failed = len(several.cases), len(several.failures)
    words = f"{count} {'case' if count == 1 else 'cases'} {done}" + (f", {failed} not" if failed else "") + "."
    return {
        "updatedCaseIds": [case["case_number"] for case in several.cases],
        "failedCount": failed,
        "failures": several.failures,
        "message": words,
    }


@router.put("/cases/bulk-update-status")
async def bulk_status(session: Session, caller: CanWorkCases, body: BulkStatus) -> Response:
    """Move several cases to one status; where the move is not allowed, the case stays and is named."""
    several, code = await editing.set_status(session, caller, body.case_ids, body.status, body.reason)
    return ok(
        {"updatedCount": len(several.cases), "newStatus": LABELS[code], **_outcome(several, f"now {LABELS[code]}")}
    )


@router.put("/cases/bulk-update-policy-status")
async def bulk_policy_status(session: Session, caller: CanWorkCases, body: BulkPolicyStatus) -> Response:
    """Set the policy status of several cases by hand."""
    several, code = await editing.set_policy_status(session, caller, body.case_ids, body.policy_status)
    label = POLICY_STATUS[code]
    return ok({"updatedCount": len(several.cases), "newPolicyStatus": label, **_outcome(several, f"now {label}")})


@router.put("/cases/bulk-assign")
async def bulk_assign(session: Session, caller: CanWorkCases, body: BulkAssign) -> Response:
    """Give several cases to one agent. `dialerIntegration` says that no dialer is connected; the call time is in minutes."""
    several, agent = await assigning.assign_several(session, caller, body.case_ids, body.agent_id)
    count = len(several.cases)
    dialer = {
        "success": False,
        "queuedCases": 0,
        "dialerSystemId": None,
        "estimatedCallTime": count * assigning.CALL_MINUTES,
    }
    done = {"assignedCount": count, "agentId": agent.id if agent else None, "dialerIntegration": dialer}
    return ok({**done, **_outcome(several, "assigned")})
