"""What every payment gateway is to us: it opens orders, answers questions, gives money back and sends signed news."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import reduce
from typing import Final, Literal, Protocol, TypeVar

from py360.kit import webhooks
from py360.modules.payments.vendors.mandates import MandateFact, Mandates
from py360.modules.providers.api import ProviderAccount

AttemptStatus = Literal["created", "failed", "authorized", "captured", "refunded"]
RefundStatus = Literal["pending", "failed", "processed"]
DisputeStatus = Literal["open", "under_review", "closed", "won", "lost"]
# From the weakest to the strongest statement about the same thing; the stronger one wins whenever it arrives.
ATTEMPT_RANKS: Final[tuple[AttemptStatus, ...]] = ("created", "failed", "authorized", "captured", "refunded")
REFUND_RANKS: Final[tuple[RefundStatus, ...]] = ("pending", "failed", "processed")
DISPUTE_RANKS: Final[tuple[DisputeStatus, ...]] = ("open", "under_review", "closed", "won", "lost")


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order to open at the gateway. `reference` is ours and unique: asking twice opens one order."""

    reference: str
    amount: Decimal
    description: str
    callback_url: str
    expires_at: datetime
    customer_name: str
    email: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class Capture:
    """An authorised attempt that is to be captured whole (INR); `gateway_order` is the gateway's inner order."""

    attempt_id: str
    amount: Decimal
    gateway_order: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What a gateway reports about an order; `closed_at`: from then on nothing can be paid on it, which may be to come."""

    order_id: str
    reference: str | None = None
    gateway_order: str | None = None
    checkout_url: str | None = None
    closed_at: datetime | None = None

    def joined(self, other: "Order") -> "Order":
        """Both statements in one."""
        return Order(
            self.order_id,
            _least(self.reference, other.reference),
            _least(self.gateway_order, other.gateway_order),
            _least(self.checkout_url, other.checkout_url),
            _least(self.closed_at, other.closed_at),
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a gateway reports about one attempt to pay. Amounts in rupees (or whatever `currency` is).

    `fee` is the gateway's: where the customer bears it, it is part of `amount`, on top of the order's.
    """

    attempt_id: str
    amount: Decimal
    currency: str
    status: AttemptStatus
    happened_at: datetime
    order_id: str | None = None
    gateway_order: str | None = None
    method: str | None = None
    error: str | None = None
    fee: Decimal = Decimal(0)

    def joined(self, other: "Attempt") -> "Attempt":
        """Both statements in one: the stronger status and its amount (less may be captured than was authorised), the earlier moment."""
        return Attempt(
            self.attempt_id,
            max(self, other, key=lambda each: (ATTEMPT_RANKS.index(each.status), each.amount)).amount,
            min(self.currency, other.currency),
            max(self.status, other.status, key=ATTEMPT_RANKS.index),
            min(self.happened_at, other.happened_at),
            _least(self.order_id, other.order_id),
            _least(self.gateway_order, other.gateway_order),
            _least(self.method, other.method),
            _least(self.error, other.error),
            max(self.fee, other.fee),
        )


@dataclass(frozen=True, slots=True)
class Refund:
    """What a gateway reports about money going back; `receipt` is our own number of it."""

    refund_id: str
    attempt_id: str
    amount: Decimal
    status: RefundStatus
    receipt: str | None = None
    processed_at: datetime | None = None

    def joined(self, other: "Refund") -> "Refund":
        """Both statements in one."""
        return replace(
            self,
            amount=max(self.amount, other.amount),
            status=max(self.status, other.status, key=REFUND_RANKS.index),
            receipt=_least(self.receipt, other.receipt),
            processed_at=_least(self.processed_at, other.processed_at),
        )


@dataclass(frozen=True, slots=True)
class Dispute:
    """The customer's bank asks for a payment back; `lost` when it took the money."""

    dispute_id: str
    attempt_id: str
    amount: Decimal
    status: DisputeStatus
    opened_at: datetime
    reason: str | None = None
    respond_by: datetime | None = None

    def joined(self, other: "Dispute") -> "Dispute":
        """Both statements in one."""
        return replace(
            self,
            amount=max(self.amount, other.amount),
            status=max(self.status, other.status, key=DISPUTE_RANKS.index),
            opened_at=min(self.opened_at, other.opened_at),
            reason=_least(self.reason, other.reason),
            respond_by=_least(self.respond_by, other.respond_by),
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that one webhook or one answer says."""

    orders: tuple[Order, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    refunds: tuple[Refund, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    mandates: tuple[MandateFact, ...] = ()

    @classmethod
    def joined(cls, many: Iterable["Facts"]) -> "Facts":
        """Many statements in one, whatever their order and however often each is made."""
        orders: dict[str, list[Order]] = {}
        attempts: dict[str, list[Attempt]] = {}
        refunds: dict[str, list[Refund]] = {}
        disputes: dict[str, list[Dispute]] = {}
        mandates: dict[MandateFact, None] = {}  # each once; what they say together is found out when they are applied
        for facts in many:
            mandates |= dict.fromkeys(facts.mandates)
            for order in facts.orders:
                orders.setdefault(order.order_id, []).append(order)
            for attempt in facts.attempts:
                attempts.setdefault(attempt.attempt_id, []).append(attempt)
            for refund in facts.refunds:
                refunds.setdefault(refund.refund_id, []).append(refund)
            for dispute in facts.disputes:
                disputes.setdefault(dispute.dispute_id, []).append(dispute)
        return cls(
            tuple(reduce(Order.joined, group) for group in orders.values()),
            tuple(reduce(Attempt.joined, group) for group in attempts.values()),
            tuple(reduce(Refund.joined, group) for group in refunds.values()),
            tuple(reduce(Dispute.joined, group) for group in disputes.values()),
            tuple(mandates),
        )


class Gateway(Protocol):
    """A payment gateway. Calls raise `kit.vendor.VendorError`, or TimeoutError when there was no answer."""

    mandates: Mandates

    async def check(self, account: ProviderAccount) -> str:
        """Whether the account works, in one sentence."""
        ...

    async def open(self, account: ProviderAccount, order: NewOrder) -> Order:
        """Open an order, or find the one that was opened with the same reference."""
        ...

    async def ask(self, account: ProviderAccount, order_id: str) -> Facts:
        """What became of an order."""
        ...

    async def find(self, account: ProviderAccount, reference: str) -> Facts:
        """The order with our reference, if there is one."""
        ...

    async def cancel(self, account: ProviderAccount, order_id: str) -> Facts:
        """Close an order, so that nobody pays on it any more."""
        ...

    async def capture(self, account: ProviderAccount, attempt: Capture) -> Facts:
        """Capture an attempt that was authorised; asking twice captures once."""
        ...

    async def refund(self, account: ProviderAccount, attempt_id: str, amount: Decimal, receipt: str) -> Refund:
        """Give money back; the same receipt gives it back once."""
        ...

    async def ask_refunds(self, account: ProviderAccount, attempt_id: str) -> Facts:
        """The refunds of an attempt."""
        ...

    def verify(self, account: ProviderAccount, request: webhooks.Request) -> bool:
        """Whether this account's webhook secret signed the raw body."""
        ...

    def parse(self, request: webhooks.Request) -> Sequence[webhooks.Item]:
        """The events of a webhook request. Raises ValueError when it is none."""
        ...

    def merchant(self, event: webhooks.JsonObject) -> str | None:
        """Which of the vendor's merchants an event names."""
        ...

    def returned(self, account: ProviderAccount, query: Mapping[str, str]) -> str | None:
        """The order that a customer comes back from; None when the address was not signed by the gateway."""
        ...

    def facts(self, event: webhooks.JsonObject) -> Facts:
        """The facts in an event. Raises ValueError when it cannot be read; news we have no use for holds no facts."""
        ...

    def origins(self, account: ProviderAccount) -> tuple[str, ...]:
        """Where its checkout pages live (for the page's Content-Security-Policy)."""
        ...


Value = TypeVar("Value", str, datetime)


def _least(one: Value | None, other: Value | None) -> Value | None:
    """The smaller of two statements; any fixed choice will do, as long as it does not depend on the order."""
    if one is None or other is None:
        return one if other is None else other
    return min(one, other)
