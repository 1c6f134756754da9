"""Read SQL of payments; every list starts from the caller's reach."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, ordering
from py360.kit.reads import Reads

_COLUMNS: Final = """
p.id, p.case_id, p.policy_id, k.customer_code, p.gateway, p.order_id, p.gateway_payment_id, p.amount, p.captured_amount,
p.refunded_amount, p.excess_amount, p.disputed_amount, p.charged_back_amount, p.currency, p.method, p.status, p.reference, p.allocations, p.error, p.created_by,
u.name as created_by_name, p.created_at, p.captured_at
"""
_FROM: Final = """
from payments p join customers_public_contact k on k.id = p.customer_id left join identity_public_users u on u.id = p.created_by
"""
_HISTORY: Final = f"select {_COLUMNS} {_FROM}"
_SORTS: Final = {
    "createdAt": "p.id",
    "capturedAt": "p.captured_at nulls last",
    "amount": "p.amount",
    "status": "p.status",
}
_SEEN: Final = "select 1 from cases_public_case c where c.id = %(case_id)s and {reach}"
_ONE: Final = (
    f"select {_COLUMNS} {_FROM} join cases_public_case c on c.id = p.case_id where p.id = %(id)s and {{reach}}"
)
_ATTEMPTS: Final = """
select attempt_id, status, amount, currency, fee, method, error, suspicious, happened_at
from payment_attempts where payment_id = %(id)s order by happened_at, id
"""
_REFUNDS: Final = """
select id, refund_id, amount, status, reason, created_at, processed_at
from payment_refunds where payment_id = %(id)s order by id
"""


_DISPUTES: Final = """
select dispute_id, attempt_id, amount, status, reason, respond_by, opened_at
from payment_disputes where payment_id = %(id)s order by opened_at, id
"""


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """An attempt to pay. `suspicious`: why it is not counted."""

    attempt_id: str
    status: str
    amount: Decimal
    currency: str
    fee: Decimal
    method: str | None
    error: str | None
    suspicious: str | None
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class RefundRow:
    """Money that goes back."""

    id: int
    refund_id: str | None
    amount: Decimal
    status: str
    reason: str | None
    created_at: datetime
    processed_at: datetime | None


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """The customer's bank asks for money back."""

    dispute_id: str
    attempt_id: str
    amount: Decimal
    status: str
    reason: str | None
    respond_by: datetime | None
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that happened to a payment."""

    attempts: Sequence[AttemptRow]
    refunds: Sequence[RefundRow]
    disputes: Sequence[DisputeRow]


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as it is listed; `parts` when it was read by itself."""

    id: int
    case_id: int
    policy_id: int
    customer_code: str
    gateway: str
    order_id: str | None
    gateway_payment_id: str | None
    amount: Decimal
    captured_amount: Decimal
    refunded_amount: Decimal
    excess_amount: Decimal
    disputed_amount: Decimal
    charged_back_amount: Decimal
    currency: str
    method: str | None
    status: str
    reference: str | None
    allocations: Sequence[Mapping[str, Any]]  # {instalmentId, amount}, written by apply_events alone
    error: str | None
    created_by: int | None
    created_by_name: str | None
    created_at: datetime
    captured_at: datetime | None
    parts: Parts | None = None


async def history(
    reads: Reads, caller: Caller, case_id: int, sort: str | None, view: Callable[[Payment], dict[str, Any]]
) -> Listing[Payment]:
    """The payments of a case, newest first; NotFound when the case is out of reach."""
    reach, params = reach_filter(caller, "c")
    if not await reads.fetch_one(int, _SEEN.format(reach=reach), {**params, "case_id": case_id}):
        raise NotFound(f"There is no case CASE-{case_id} within your reach.")
    return Listing(
        "payments",
        _HISTORY,
        "p.case_id = %(case_id)s",
        ordering(sort, _SORTS, "-createdAt", "p.id"),
        {"case_id": case_id},
        view,
        (
            "id", "caseId", "createdAt", "amount", "method", "status", "capturedAmount", "capturedAt", "refundedAmount",
            "gateway", "orderId", "gatewayPaymentId", "reference", "createdByName", "error",
        ),
        f"payments_of_CASE-{case_id}",
        counted="payments p",
        row=Payment,
    )  # fmt: skip


async def payment(reads: Reads, caller: Caller, payment_id: int) -> Payment:
    """One payment with every attempt, refund and dispute; NotFound when out of reach."""
    reach, params = reach_filter(caller, "c")
    params = {**params, "id": payment_id}
    found = await reads.fetch_one(Payment, _ONE.format(reach=reach), params)
    if found is None:
        raise NotFound(f"There is no payment pay-{payment_id} within your reach.")
    parts = Parts(
        await reads.fetch_all(AttemptRow, _ATTEMPTS, params),
        await reads.fetch_all(RefundRow, _REFUNDS, params),
        await reads.fetch_all(DisputeRow, _DISPUTES, params),
    )
    return replace(found, parts=parts)
