"""What is answered of a case's money and of a payment that was taken (domain reference, section 8)."""

from datetime import date
from decimal import Decimal
from typing import Final

from py360.kit.ids import code
from py360.modules.payments.allocation import status
from py360.modules.payments.balance import Balance, Part, Source
from py360.modules.payments.queries import instalment_code
from py360.modules.payments.service.record_receipt import Taken
from py360.modules.payments.views import InstallmentView, OutstandingView, PaymentTaken

_MESSAGES: Final = {
    "order": "The order waits to be paid by the customer.",
    "waits": "The receipt is above the office's limit: it counts once a colleague has approved it.",
    "recorded": "The payment is recorded.",
}


def outstanding(case: Balance, today: date) -> OutstandingView:
    """The summary of section 8: instalments with what remains, oldest first; paid ones stand apart."""
    paid, sources = case.paid(), case.last_sources()
    rows = [
        _instalment(part, paid.get(part.instalment.id, Decimal(0)), sources.get(part.instalment.id), today)
        for part in case.parts
    ]
    unpaid = [row for row in rows if row["remaining"] > 0]
    total = sum((row["remaining"] for row in unpaid), Decimal(0))
    return {
        "caseId": case.case_number,
        "totalOutstanding": total,
        "pendingCount": len(unpaid),
        "averageAmount": round(total / len(unpaid)) if unpaid else 0,
        "oldestDueDate": min((row["dueDate"] for row in unpaid), default=None),
        "latestDueDate": max((row["dueDate"] for row in unpaid), default=None),
        "overdueCount": sum(row["isOverdue"] for row in unpaid),
        "installments": unpaid,
        "paidInstallments": [row for row in rows if row["remaining"] <= 0],
    }


def _instalment(part: Part, done: Decimal, source: Source | None, today: date) -> InstallmentView:
    item = part.instalment
    late = (today - item.due_date).days
    remaining = item.amount - done
    return {
        "id": instalment_code(item.id),
        "period": part.period,
        "amount": item.amount,
        "paidAmount": done,
        "remaining": remaining,
        "dueDate": item.due_date,
        "status": status(item, done, today),
        "daysOverdue": late,
        "isOverdue": late > 0 and remaining > 0,
        "description": part.description,
        "paidDate": source.at if source else None,
        "paymentMethod": source.method if source else None,
        "paymentReference": source.reference if source else None,
        "version": part.version,
    }


def taken(payment: Taken) -> PaymentTaken:
    """The answer to a payment: the order to pay when it is online, what it was applied to when the money is here."""
    checkout = payment.checkout
    shares = [] if checkout else payment.case.shares().get(payment.payment_id, [])
    answer: PaymentTaken = {
        "paymentId": code("payment", payment.payment_id),
        "orderId": checkout.order_id if checkout else None,
        "status": payment.status,
        "amount": payment.amount,
        "appliedTo": [
            {"installmentId": instalment_code(share.instalment_id), "amount": share.amount} for share in shares
        ],
        "message": _MESSAGES["order" if checkout else "waits" if payment.approval_id else "recorded"],
    }
    if payment.approval_id is not None:
        answer = {**answer, "approvalId": payment.approval_id}
    if checkout is None:
        return {**answer, "remaining": payment.case.remaining}
    return {**answer, "checkoutUrl": checkout.url, "paymentLink": payment.link}
