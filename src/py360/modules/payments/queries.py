"""Read SQL of payments; every list starts from the caller's reach."""

from typing import Any, Final

from py360.kit.caller import Caller, reach_filter
from py360.kit.db import Row
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, ordering
from py360.kit.reads import Reads
from py360.modules.payments.schemas import shown_payment

_COLUMNS: Final = """
p.id, p.case_id, p.policy_id, k.customer_code, p.gateway, p.order_id, p.gateway_payment_id, p.amount, p.captured_amount,
p.refunded_amount, p.currency, p.method, p.status, p.reference, p.allocations, p.error, p.created_by,
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
select attempt_id, status, amount, currency, method, error, held, happened_at
from payment_attempts where payment_id = %(id)s order by happened_at, id
"""
_REFUNDS: Final = """
select id, refund_id, amount, status, reason, created_at, processed_at
from payment_refunds where payment_id = %(id)s order by id
"""


async def history(reads: Reads, caller: Caller, case_id: int, sort: str | None) -> Listing:
    """The payments of a case, newest first; NotFound when the case is out of reach."""
    reach, params = reach_filter(caller, "c")
    if not await reads.value(_SEEN.format(reach=reach), {**params, "case_id": case_id}):
        raise NotFound(f"There is no case CASE-{case_id} within your reach.")
    return Listing(
        "payments",
        _HISTORY,
        "p.case_id = %(case_id)s",
        ordering(sort, _SORTS, "-createdAt", "p.id"),
        {"case_id": case_id},
        shown_payment,
        (
            "id", "caseId", "createdAt", "amount", "method", "status", "capturedAmount", "capturedAt", "refundedAmount",
            "gateway", "orderId", "gatewayPaymentId", "reference", "createdByName", "error",
        ),
        f"payments_of_CASE-{case_id}",
        counted="payments p",
    )  # fmt: skip


async def payment(reads: Reads, caller: Caller, payment_id: int) -> Row:
    """One payment with every attempt and refund; NotFound when out of reach."""
    reach, params = reach_filter(caller, "c")
    asked: dict[str, Any] = {**params, "id": payment_id}
    row = await reads.one(_ONE.format(reach=reach), asked)
    if row is None:
        raise NotFound(f"There is no payment pay-{payment_id} within your reach.")
    return {**row, "attempts": await reads.all(_ATTEMPTS, asked), "refunds": await reads.all(_REFUNDS, asked)}
