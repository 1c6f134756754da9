"""What the API answers of the ledger. Amounts in INR."""

from datetime import datetime

from typing_extensions import TypedDict

from py360.kit.http.answers import Pagination
from py360.kit.wire import Amount


class AccountView(TypedDict):
    """An account: what was debited and credited, and the balance (debit less credit)."""

    account: str
    name: str
    kind: str
    debit: Amount
    credit: Amount
    balance: Amount


class AccountList(TypedDict):
    """The chart of accounts. `balanced`: the balances sum to zero."""

    accounts: list[AccountView]
    totalDebit: Amount
    totalCredit: Amount
    balanced: bool


class LedgerEntryView(TypedDict):
    """A line of an entry."""

    id: int
    kind: str
    source: str
    caseId: str | None
    paymentId: str | None
    happenedAt: datetime
    createdAt: datetime
    account: str
    debit: Amount
    credit: Amount


class LedgerEntryList(TypedDict):
    """A page of the ledger's lines."""

    entries: list[LedgerEntryView]
    pagination: Pagination
