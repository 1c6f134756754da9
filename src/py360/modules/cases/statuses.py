"""The terms of a case: statuses and how users may move between them (domain reference, 6.1 and 6.2).

Codes are stored; labels are displayed; any spelling and the synonyms of the other screens are understood.
"""

import re
from collections.abc import Mapping
from typing import Final

from py360.kit.errors import Conflict, Invalid

LABELS: Final[Mapping[str, str]] = {
    "uploaded": "Uploaded",
    "validated": "Validated",
    "assigned": "Assigned",
    "in_progress": "In Progress",
    "pending": "Pending",
    "on_hold": "On Hold",
    "follow_up": "Follow Up",
    "payment_processed": "Payment Processed",
    "renewed": "Renewed",
    "failed": "Failed",
    "lapsed": "Lapsed",
    "cancelled": "Cancelled",
}
CLOSED: Final = frozenset({"renewed", "lapsed", "cancelled"})
OPEN: Final = frozenset(LABELS) - CLOSED
ENDED: Final = CLOSED | {"failed"}  # what the closed list shows when asked: a failed case may still be reinstated

# What users may do. The system's own moves, full payment and end of grace, are allowed from every open status.
TRANSITIONS: Final[Mapping[str, frozenset[str]]] = {
    "uploaded": frozenset({"validated", "assigned", "failed", "cancelled"}),
    "validated": frozenset({"assigned", "failed", "cancelled"}),
    "assigned": frozenset({"in_progress", "pending", "failed", "cancelled", "uploaded"}),
    "in_progress": frozenset(
        {"pending", "payment_processed", "renewed", "failed", "on_hold", "follow_up", "cancelled"}
    ),
    "pending": frozenset({"in_progress", "payment_processed", "failed", "lapsed", "cancelled"}),
    "on_hold": frozenset({"in_progress", "payment_processed", "failed", "lapsed", "cancelled"}),
    "follow_up": frozenset({"in_progress", "payment_processed", "failed", "lapsed", "cancelled"}),
    "payment_processed": frozenset({"renewed", "failed"}),
    "failed": frozenset({"in_progress", "lapsed", "cancelled"}),
    "renewed": frozenset(),
    "lapsed": frozenset(),
    "cancelled": frozenset(),
}
REOPENS_TO: Final = frozenset({"in_progress"})  # from a closed status, by a manager with a reason

_SYNONYMS: Final[Mapping[str, str]] = {
    "new": "uploaded",
    "processed": "payment_processed",
    "paid": "payment_processed",
    "pending_payment": "pending",
    "in_review": "in_progress",
    "completed": "renewed",
    "expired": "lapsed",
    "canceled": "cancelled",
    "declined": "cancelled",
    "followup": "follow_up",
    "onhold": "on_hold",
    "inprogress": "in_progress",
    "paymentprocessed": "payment_processed",
}

POLICY_STATUS: Final[Mapping[str, str]] = {
    "pre_due": "Pre Due Stage",
    "policy_due": "Policy Due",
    "reinstatement": "Reinstatement",
    "active": "Active",
}
_POLICY_SYNONYMS: Final[Mapping[str, str]] = {"pre_due_stage": "pre_due", "due": "policy_due", "predue": "pre_due"}

SUB_STATUSES: Final = (
    "Document Pending",
    "Customer Contact Required",
    "Payment Processing",
    "Verification in Progress",
    "Approval Required",
    "Ready for Renewal",
    "Follow-up Required",
    "Under Review",
    "Completed",
)
WORK_STEPS: Final = (
    "Initial Contact",
    "Document Collection",
    "Verification",
    "Premium Calculation",
    "Payment Processing",
    "Policy Generation",
    "Final Review",
    "Delivery",
    "Completed",
)
# Columns that files give and users may correct, with their types: a correction is remembered.
CORRECTABLE: Final[Mapping[str, str]] = {"renewal_amount": "numeric"}
PRIORITIES: Final = ("low", "medium", "high", "urgent")
PAYMENT_STATUSES: Final = ("pending", "partial", "completed", "failed", "refunded")


def _code(text: str) -> str:
    """`inProgress`, `In Progress`, `in-progress` and `IN_PROGRESS` are all `in_progress`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text.strip())
    return re.sub(r"[\s\-_]+", "_", spaced).lower()


def status_code(text: str) -> str:
    """The code of a status in any spelling; raises Invalid, naming the known ones."""
    code = _SYNONYMS.get(_code(text), _code(text))
    if code not in LABELS:
        raise Invalid(
            f"“{text[:60]}” is not a case status.",
            code="unknown_status",
            details=[{"field": "status", "message": "one of " + ", ".join(LABELS.values())}],
        )
    return code


def policy_status_code(text: str) -> str:
    """The code of a policy status in any spelling; raises Invalid."""
    code = _POLICY_SYNONYMS.get(_code(text), _code(text))
    if code not in POLICY_STATUS:
        raise Invalid(
            f"“{text[:60]}” is not a policy status.",
            code="unknown_policy_status",
            details=[{"field": "policyStatus", "message": "one of " + ", ".join(POLICY_STATUS.values())}],
        )
    return code


def one_of(field: str, text: str, known: tuple[str, ...]) -> str:
    """The known term in its own spelling; raises Invalid for an unknown one."""
    for word in known:
        if _code(word) == _code(text):
            return word
    raise Invalid(
        f"“{text[:60]}” is not possible here.",
        code="unknown_value",
        details=[{"field": field, "message": "one of " + ", ".join(known)}],
    )


def check_move(case_number: str, old: str, new: str, *, manager: bool, reason: str | None) -> None:
    """Raise Conflict unless a user may move a case from one status to the other; the details name the allowed ones."""
    if old in CLOSED and new in REOPENS_TO:
        if not manager:
            raise Conflict(
                f"{case_number} is {LABELS[old]}, which is final. Only a manager can open it again.", code="case_closed"
            )
        if not reason:
            raise Invalid(
                f"{case_number} is {LABELS[old]}. Give the reason for opening it again.",
                code="reason_required",
                details=[{"field": "reason", "message": "required to open a closed case again"}],
            )
        return
    if new not in TRANSITIONS[old]:
        raise refused(case_number, old, new, manager=manager)


def refused(case_number: str, old: str, new: str, *, manager: bool) -> Conflict:
    """The answer to a move that is not in the table."""
    allowed = TRANSITIONS[old] or (REOPENS_TO if manager else frozenset())
    words = ", ".join(LABELS[code] for code in LABELS if code in allowed) or "nothing: the case is closed"
    return Conflict(
        f"{case_number} cannot go from {LABELS[old]} to {LABELS[new]}.",
        code="status_not_allowed",
        details=[
            {
                "field": "status",
                "message": f"from {LABELS[old]} a case can go to {words}",
                "allowed": [LABELS[code] for code in LABELS if code in allowed],
            }
        ],
    )
