"""The arithmetic of instalments: pure, so that it can be checked by thousands of examples.

An untouched case has one instalment, its renewal amount; it is computed, not stored, and has no number (`id` None).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Instalment:
    """An amount that falls due on a day."""

    id: int | None
    amount: Decimal
    due_date: date


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money that came in and stayed (refunds taken off); `wanted` are the instalments it was meant for, if any were named."""

    payment_id: int
    amount: Decimal
    wanted: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a payment that went to an instalment."""

    instalment_id: int | None
    amount: Decimal


def allocate(instalments: Sequence[Instalment], receipts: Sequence[Receipt]) -> dict[int, list[Share]]:
    """Which payment pays what: first the named instalments, then the oldest due; never more than an instalment's amount.

    Depends only on what came in, not on when it was received. What is left over is a payment too much.
    """
    oldest_first = sorted(instalments, key=lambda item: (item.due_date, item.id or 0))
    left = {item.id: item.amount for item in oldest_first}
    shares: dict[int, list[Share]] = {}
    for receipt in sorted(receipts, key=lambda receipt: (not receipt.wanted, receipt.payment_id)):
        money = receipt.amount
        parts = shares.setdefault(receipt.payment_id, [])
        for item in sorted(oldest_first, key=lambda item: item.id not in receipt.wanted):  # stable: oldest first within
            part = min(money, left[item.id])
            if part > 0:
                left[item.id] -= part
                money -= part
                parts.append(Share(item.id, part))
    return shares


def paid_by_instalment(shares: Mapping[int, Sequence[Share]]) -> dict[int | None, Decimal]:
    """How much of each instalment is paid."""
    paid: dict[int | None, Decimal] = {}
    for parts in shares.values():
        for share in parts:
            paid[share.instalment_id] = paid.get(share.instalment_id, ZERO) + share.amount
    return paid


def status(item: Instalment, paid: Decimal, today: date) -> str:
    """What an instalment is on a day in India: paid, overdue, partial or pending (domain reference, section 8)."""
    if paid >= item.amount:
        return "paid"
    if item.due_date < today:
        return "overdue"
    return "partial" if paid > 0 else "pending"
