"""The chart of accounts. A debit raises what we have or are owed, a credit what we owe."""

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the ledger."""

    code: str
    name: str
    kind: Literal["asset", "liability", "expense"]


ACCOUNTS: Final = (
    Account("receivable", "Premiums that customers owe", "asset"),
    Account("gateway_clearing", "Money at gateways, not settled yet", "asset"),
    Account("settlement_clearing", "Settled by gateways, not seen at the bank yet", "asset"),
    Account("bank", "Bank", "asset"),
    Account("cash", "Cash in hand", "asset"),
    Account("disputes", "Disputed by customers' banks", "asset"),
    Account("gst", "GST on gateway fees, to be claimed", "asset"),
    Account("premium", "Premiums collected for insurers, GST included", "liability"),
    Account("unallocated_credit", "Customers' money that pays no instalment", "liability"),
    Account("refunds", "Refunded by gateways, not settled yet", "liability"),
    Account("suspense", "Money at the bank that belongs to no payment yet", "liability"),
    Account("fees", "Gateway fees", "expense"),
    Account("chargebacks", "Taken back by customers' banks", "expense"),
)
