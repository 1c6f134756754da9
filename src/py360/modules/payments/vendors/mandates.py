"""E-mandates at a gateway: the customer authorises future debits on its page, up to a maximum; later we present them.

What a gateway reports of a mandate is a fact like those of payments: the order of its arrival does not matter. A status has a
moment, for a customer may pause and resume as often as they like; what has ended stays ended.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal, Protocol

from py360.modules.providers.api import ProviderAccount

Method = Literal["upi", "emandate", "card"]
MandateStatus = Literal["created", "pending", "active", "paused", "rejected", "expired", "cancelled"]
# How far a status is: asked for, authorised by the customer, in force (active and paused may follow each other), ended.
LEVELS: Final[Mapping[MandateStatus, int]] = {
    "created": 0, "pending": 1, "active": 2, "paused": 2, "rejected": 3, "expired": 3, "cancelled": 3,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewMandate:
    """A mandate to ask the customer for. `reference` is ours and unique; `first_amount` is paid when it is authorised."""

    reference: str
    method: Method
    max_amount: Decimal
    first_amount: Decimal
    description: str
    callback_url: str
    link_expires_at: datetime
    valid_until: datetime
    customer_name: str
    email: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class MandateFact:
    """What a gateway reports of a mandate; any of its numbers may name it.

    `registration_id` is the page where it is authorised, `gateway_order` the order paid there, `token` what is debited later.
    `status` is None where the report names the mandate only.
    """

    registration_id: str | None = None
    reference: str | None = None
    gateway_order: str | None = None
    url: str | None = None
    token: str | None = None
    customer: str | None = None
    payment_method: str | None = None
    status: MandateStatus | None = None
    at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class KnownMandate:
    """The numbers of a mandate of ours at its gateway."""

    reference: str
    registration_id: str | None
    gateway_order: str | None
    token: str | None
    customer: str | None
    payment_method: str | None


@dataclass(frozen=True, slots=True)
class Debit:
    """Money to take under a mandate. `reference` is ours and unique: presented twice, it is taken once."""

    reference: str
    amount: Decimal
    description: str
    email: str | None
    phone: str | None


class Mandates(Protocol):
    """The mandates of a gateway. Calls raise `kit.vendor.VendorError`, or TimeoutError when there was no answer."""

    methods: frozenset[Method]
    asks_for_first_amount: frozenset[Method]  # whose authorisation is a payment itself

    async def register(self, account: ProviderAccount, mandate: NewMandate) -> MandateFact:
        """Open the page where the customer authorises it, or find the one that was opened with the same reference."""
        ...

    async def ask(self, account: ProviderAccount, known: KnownMandate) -> list[MandateFact]:
        """What became of a mandate."""
        ...

    async def cancel(self, account: ProviderAccount, known: KnownMandate) -> list[MandateFact]:
        """End a mandate, so that nothing can be debited any more; one that has ended stays so."""
        ...

    async def debit(self, account: ProviderAccount, known: KnownMandate, debit: Debit) -> str:
        """Present a debit; the gateway's number of its order. Its outcome comes as facts of a payment, hours later."""
        ...
