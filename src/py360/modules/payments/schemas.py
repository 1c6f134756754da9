"""What the routes of payments take."""

from decimal import Decimal
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from py360.kit import card_numbers
from py360.kit.ids import number as key
from py360.kit.wire import AS_CODE, Schema
from py360.modules.payments.queries import WHOLE
from py360.modules.payments.service.record_receipt import Receipt

Reference = Annotated[
    str,
    StringConstraints(max_length=100),
    AfterValidator(card_numbers.refuse),
    Field(description="Number of the cheque, transfer or receipt; never of a card"),
]
_ByHand = Literal[
    "cash", "cheque", "bank_transfer", "demand_draft", "branch_cash", "agent_collection", "auto_debit", "other"
]  # fmt: skip
_Online = Literal[
    "online", "online_banking", "upi", "card", "credit_card", "debit_card", "net_banking", "netbanking", "wallet"
]
MANUAL: Final = frozenset(get_args(_ByHand))
ByHand = Annotated[_ByHand, AS_CODE]  # how money comes that an officer records
Method = Annotated[_ByHand | _Online, AS_CODE]


class NewPayment(Schema):
    """Money for a case: noted by hand, or an order for the customer to pay online.

    `amount` is all that is left when it is missing; `installmentIds` the oldest due ones when missing.
    """

    method: Method
    amount: Decimal | None = Field(None, gt=0, max_digits=12, decimal_places=2, description="In rupees")
    installment_ids: list[int | str] = Field(default_factory=list, max_length=100)
    all: bool = Field(False, description="Pay everything that is left")
    reference: Reference | None = None

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
