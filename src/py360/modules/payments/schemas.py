"""What the routes of payments take and show."""

from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from py360.kit.ids import code
from py360.kit.ids import number as key
from py360.kit.wire import AS_CODE, Schema, camel
from py360.modules.payments.balance import Balance
from py360.modules.payments.queries import Payment
from py360.modules.payments.service.record_receipt import Receipt, Taken

WHOLE: Final = "renewal"  # stands for the one computed instalment of an untouched case
MANUAL: Final = frozenset({"cash", "cheque", "bank_transfer", "demand_draft", "branch_cash", "auto_debit", "other"})
Method = Annotated[
    Literal[
        "cash", "cheque", "bank_transfer", "demand_draft", "branch_cash", "auto_debit", "other",
        "online", "upi", "card", "credit_card", "debit_card", "net_banking", "netbanking", "wallet",
    ],
    AS_CODE,
]  # fmt: skip
Amount = Field(gt=0, max_digits=12, decimal_places=2)


class NewPayment(Schema):
    """Money for a case: noted by hand, or an order for the customer to pay online.

    `amount` is all that is left when it is missing; `installmentIds` the oldest due ones when missing.
    """

    method: Method
    amount: Decimal | None = Field(None, gt=0, max_digits=12, decimal_places=2, description="In rupees")
    installment_ids: list[int | str] = Field(default_factory=list, max_length=100)
    all: bool = Field(False, description="Pay everything that is left")
    reference: str | None = Field(None, max_length=100, description="Number of the cheque, transfer or receipt")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.all and (self.amount is not None or self.installment_ids):
            raise ValueError("`all` pays everything: leave out amount and installmentIds.")
        if self.method == "cheque" and not self.reference:
            raise ValueError("Enter the number of the cheque as reference.")
        return self

    @property
    def by_hand(self) -> bool:
        """Whether the money is here already."""
        return self.method in MANUAL

    def receipt(self) -> Receipt:
        """As the service takes it."""
        numbers = tuple(sorted({key("outstanding", one) for one in self.installment_ids if one != WHOLE}))
        return Receipt(self.method, self.amount, numbers, self.reference)


class NewRefund(Schema):
    """Money to give back. Without an amount: what is suspicious, else what was paid too much, else all that is left."""

    amount: Decimal | None = Field(None, gt=0, max_digits=12, decimal_places=2, description="In rupees")
    reason: str | None = Field(None, max_length=500)


def outstanding_view(case: Balance, today: date) -> dict[str, Any]:
    """The summary of section 8: instalments with what remains, oldest first; paid ones only when asked nothing else."""
    paid = case.paid()
    rows: list[dict[str, Any]] = []
    for part in case.parts:
        item = part.instalment
        done = paid.get(item.id, Decimal(0))
        late = (today - item.due_date).days
        remaining = item.amount - done
        rows.append(
            {
                "id": WHOLE if item.id is None else code("outstanding", item.id),
                "period": part.period,
                "amount": item.amount,
                "paidAmount": done,
                "remaining": remaining,
                "dueDate": item.due_date,
                "status": _status(remaining, done, late),
                "daysOverdue": late,
                "isOverdue": late > 0 and remaining > 0,
                "description": part.description,
            }
        )
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


def _status(remaining: Decimal, done: Decimal, late: int) -> str:
    if remaining <= 0:
        return "paid"
    if late > 0:
        return "overdue"
    return "partial" if done > 0 else "pending"


def taken_view(taken: Taken) -> dict[str, Any]:
    """The answer to a payment: the order to pay when it is online, what it was applied to when the money is here."""
    shares = taken.case.shares().get(taken.payment_id, []) if taken.checkout is None else []
    answer: dict[str, Any] = {
        "paymentId": code("payment", taken.payment_id),
        "orderId": taken.checkout.order_id if taken.checkout else None,
        "status": taken.status,
        "amount": taken.amount,
        "appliedTo": [{"installmentId": _instalment(share.instalment_id), "amount": share.amount} for share in shares],
        "message": "The payment is recorded."
        if taken.checkout is None
        else "The order waits to be paid by the customer.",
    }
    if taken.checkout is not None:
        answer |= {"checkoutUrl": taken.checkout.url, "paymentLink": taken.link}
    else:
        answer["remaining"] = taken.case.remaining
    return answer


def _instalment(number: int | None) -> str:
    return WHOLE if number is None else code("outstanding", number)


def payment_view(payment: Payment) -> dict[str, Any]:
    """A payment as JSON; `allocations` in amounts, attempts, refunds and disputes when they were loaded."""
    fields = asdict(payment)
    view = camel({name: fields[name] for name in fields if name not in {"id", "case_id", "customer_code", "parts"}})
    view["id"] = code("payment", payment.id)
    view["caseId"] = code("case", payment.case_id)
    view["customerId"] = payment.customer_code
    view["allocations"] = [
        {"installmentId": _instalment(part["instalmentId"]), "amount": float(part["amount"])}
        for part in payment.allocations
    ]
    if payment.parts is not None:
        for name in ("attempts", "refunds", "disputes"):
            view[name] = [camel(asdict(part)) for part in getattr(payment.parts, name)]
    return view
