"""The list of approvals."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from py360.kit.caller import Caller, reach_filter
from py360.kit.ids import code
from py360.kit.listing import Listing, containing, ordering
from py360.modules.payments.approvals.views import ApprovalView

_SELECT: Final = """
select a.id, a.kind, a.payment_id, a.case_id, a.amount, a.reason, a.status, a.requested_by, r.name as requested_by_name,
  a.requested_at, a.decided_by, d.name as decided_by_name, a.decided_at, a.note
from payment_approvals a join cases_public_case c on c.id = a.case_id
left join identity_public_users r on r.id = a.requested_by left join identity_public_users d on d.id = a.decided_by
"""
_SORTS: Final = {"requestedAt": "a.id", "amount": "a.amount", "status": "a.status", "kind": "a.kind"}


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """An approval as it is listed."""

    id: int
    kind: str
    payment_id: int
    case_id: int
    amount: Decimal
    reason: str | None
    status: str
    requested_by: int | None
    requested_by_name: str | None
    requested_at: datetime
    decided_by: int | None
    decided_by_name: str | None
    decided_at: datetime | None
    note: str | None

    def to_public(self) -> ApprovalView:
        """The approval of the wire."""
        return {
            "id": self.id,
            "kind": self.kind,
            "paymentId": code("payment", self.payment_id),
            "caseId": code("case", self.case_id),
            "amount": self.amount,
            "reason": self.reason,
            "status": self.status,
            "requestedBy": self.requested_by,
            "requestedByName": self.requested_by_name,
            "requestedAt": self.requested_at,
            "decidedBy": self.decided_by,
            "decidedByName": self.decided_by_name,
            "decidedAt": self.decided_at,
            "note": self.note,
        }


def approvals(
    caller: Caller, status: str | None, kind: str | None, search: str | None, sort: str | None
) -> Listing[ApprovalRow]:
    """The approvals within the caller's reach, newest first; `search` finds a piece of the reason or the case's number."""
    reach, params = reach_filter(caller, "c")
    where, values = [reach], dict(params)
    pattern = containing(search)
    for condition, name, value in (
        ("a.status = %(status)s", "status", status),
        ("a.kind = %(kind)s", "kind", kind),
        ("(a.reason ilike %(pattern)s or c.case_number ilike %(pattern)s)", "pattern", pattern),
    ):
        if value is not None:
            where.append(condition)
            values[name] = value
    return Listing(
        "approvals",
        _SELECT,
        " and ".join(where),
        ordering(sort, _SORTS, "-requestedAt", "a.id"),
        values,
        ApprovalRow.to_public,
        ("id", "kind", "caseId", "paymentId", "amount", "reason", "status", "requestedByName", "requestedAt", "decidedByName",
         "decidedAt", "note"),
        "payment_approvals",
        row=ApprovalRow,
    )  # fmt: skip
