"""Read SQL of payments; every list starts from the caller's reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from typing_extensions import TypedDict

from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import NotFound
from py360.kit.ids import code
from py360.kit.listing import Listing, ordering
from py360.kit.reads import Reads
from py360.modules.payments.views import DisputeView, PaymentAttemptView, PaymentDetailView, PaymentView, RefundView

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
WHOLE: Final = "renewal"  # stands for the one computed instalment of an untouched case


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

    def to_public(self) -> PaymentAttemptView:
        """The attempt of the wire."""
        return {
            "attemptId": self.attempt_id,
            "status": self.status,
            "amount": self.amount,
            "currency": self.currency,
            "fee": self.fee,
            "method": self.method,
            "error": self.error,
            "suspicious": self.suspicious,
            "happenedAt": self.happened_at,
        }


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

    def to_public(self) -> RefundView:
        """The refund of the wire."""
        return {
            "id": self.id,
            "refundId": self.refund_id,
            "amount": self.amount,
            "status": self.status,
            "reason": self.reason,
            "createdAt": self.created_at,
            "processedAt": self.processed_at,
        }


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

    def to_public(self) -> DisputeView:
        """The dispute of the wire."""
        return {
            "disputeId": self.dispute_id,
            "attemptId": self.attempt_id,
            "amount": self.amount,
            "status": self.status,
            "reason": self.reason,
            "respondBy": self.respond_by,
            "openedAt": self.opened_at,
        }


class StoredAllocation(TypedDict):
    """A share of a payment as `payments.allocations` keeps it, written by apply_events alone."""

    instalmentId: int | None
    amount: str


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as it is listed; amounts in INR."""

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
    allocations: Sequence[StoredAllocation]
    error: str | None
    created_by: int | None
    created_by_name: str | None
    created_at: datetime
    captured_at: datetime | None

    def to_public(self) -> PaymentView:
        """The payment of the wire."""
        return {
            "id": code("payment", self.id),
            "caseId": code("case", self.case_id),
            "customerId": self.customer_code,
            "policyId": self.policy_id,
            "gateway": self.gateway,
            "orderId": self.order_id,
            "gatewayPaymentId": self.gateway_payment_id,
            "amount": self.amount,
            "capturedAmount": self.captured_amount,
            "refundedAmount": self.refunded_amount,
            "excessAmount": self.excess_amount,
            "disputedAmount": self.disputed_amount,
            "chargedBackAmount": self.charged_back_amount,
            "currency": self.currency,
            "method": self.method,
            "status": self.status,
            "reference": self.reference,
            "allocations": [
                {"installmentId": instalment_code(share["instalmentId"]), "amount": Decimal(share["amount"])}
                for share in self.allocations
            ],
            "error": self.error,
            "createdBy": self.created_by,
            "createdByName": self.created_by_name,
            "createdAt": self.created_at,
            "capturedAt": self.captured_at,
        }


@dataclass(frozen=True, slots=True)
class PaymentDetail:
    """A payment with everything that happened to it."""

    payment: Payment
    attempts: Sequence[AttemptRow]
    refunds: Sequence[RefundRow]
    disputes: Sequence[DisputeRow]

    def to_public(self) -> PaymentDetailView:
        """The page of a payment."""
        return {
            **self.payment.to_public(),
            "attempts": [attempt.to_public() for attempt in self.attempts],
            "refunds": [refund.to_public() for refund in self.refunds],
            "disputes": [dispute.to_public() for dispute in self.disputes],
        }


def instalment_code(number: int | None) -> str:
    """An instalment's name on the wire; the computed one of an untouched case has no number."""
    return WHOLE if number is None else code("outstanding", number)


async def history(reads: Reads, caller: Caller, case_id: int, sort: str | None) -> Listing[Payment]:
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
        Payment.to_public,
        (
            "id", "caseId", "createdAt", "amount", "method", "status", "capturedAmount", "capturedAt", "refundedAmount",
            "gateway", "orderId", "gatewayPaymentId", "reference", "createdByName", "error",
        ),
        f"payments_of_CASE-{case_id}",
        counted="payments p",
        row=Payment,
    )  # fmt: skip


async def payment(reads: Reads, caller: Caller, payment_id: int) -> PaymentDetail:
    """One payment with every attempt, refund and dispute; NotFound when out of reach."""
    reach, params = reach_filter(caller, "c")
    params = {**params, "id": payment_id}
    found = await reads.fetch_one(Payment, _ONE.format(reach=reach), params)
    if found is None:
        raise NotFound(f"There is no payment pay-{payment_id} within your reach.")
    return PaymentDetail(
        found,
        await reads.fetch_all(AttemptRow, _ATTEMPTS, params),
        await reads.fetch_all(RefundRow, _REFUNDS, params),
        await reads.fetch_all(DisputeRow, _DISPUTES, params),
    )
