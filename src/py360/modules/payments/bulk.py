"""Facts in, ledger out, set by set.

`merge` merges what a gateway reported: a status only gets stronger, a blank only gets filled, and where two statements
differ the choice does not depend on their order. `recompute` computes the payments those facts belong to.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, jsonb, sql
from py360.kit.crypto import BadToken, verify
from py360.modules.payments.allocation import ZERO
from py360.modules.payments.vendors.base import ATTEMPT_RANKS, DISPUTE_RANKS, REFUND_RANKS, Facts, Order, Refund

# Our reference at the gateway is signed, so that other systems' references are not mistaken for it.
ORDER_PURPOSE: Final = "payment order"
REFUND_PURPOSE: Final = "refund"


_ORDERS: Final = """
update payments p set
  order_id = coalesce(p.order_id, f.order_id),
  gateway_order = coalesce(p.gateway_order, f.gateway_order),
  checkout_url = coalesce(p.checkout_url, f.checkout_url),
  expires_at = least(p.expires_at, f.closed_at)
from jsonb_to_recordset(%(orders)s::jsonb) as f
  (payment_id bigint, order_id text, gateway_order text, checkout_url text, closed_at timestamptz)
where p.provider_id = %(provider_id)s and {tie}
returning p.id
"""
# By the gateway's number; by our signed reference when its number has not reached us (our call timed out).
_ORDER_TIES: Final = ("p.order_id is null and p.id = f.payment_id", "p.order_id = f.order_id")
_MERGE_ATTEMPTS: Final = sql.read(__file__, "merge_attempts")
# An attempt names its order, or only the gateway's inner order, which some other statement ties to ours.
_ATTEMPT_TIES: Final = ("p.order_id = a.order_id", "p.gateway_order = a.gateway_order")
_BELONG: Final = """
update payment_attempts a set payment_id = p.id from payments p
where a.payment_id is null and a.provider_id = %(provider_id)s and p.provider_id = a.provider_id
  and {tie} and (a.attempt_id = any(%(attempt_ids)s) or p.id = any(%(payment_ids)s))
"""
_OWN_REFUNDS: Final = """
update payment_refunds r set refund_id = f.refund_id
from jsonb_to_recordset(%(refunds)s::jsonb) as f (refund_id text, own_id bigint)
where r.provider_id = %(provider_id)s and r.id = f.own_id and r.refund_id is null
  and not exists (select 1 from payment_refunds o where o.provider_id = r.provider_id and o.refund_id = f.refund_id)
"""
_MERGE_REFUNDS: Final = sql.read(__file__, "merge_refunds")
_REFUNDS_BELONG: Final = """
update payment_refunds r set payment_id = a.payment_id from payment_attempts a
where r.payment_id is null and a.payment_id is not null
  and a.provider_id = r.provider_id and a.attempt_id = r.attempt_id
  and r.provider_id = %(provider_id)s and (r.attempt_id = any(%(attempt_ids)s) or a.payment_id = any(%(payment_ids)s))
"""
_MERGE_DISPUTES: Final = sql.read(__file__, "merge_disputes")
_DISPUTES_BELONG: Final = """
update payment_disputes d set payment_id = a.payment_id from payment_attempts a
where d.payment_id is null and a.payment_id is not null
  and a.provider_id = d.provider_id and a.attempt_id = d.attempt_id
  and d.provider_id = %(provider_id)s and (d.attempt_id = any(%(attempt_ids)s) or a.payment_id = any(%(payment_ids)s))
"""
_TOUCHED: Final = """
select payment_id as id from payment_attempts
where provider_id = %(provider_id)s and payment_id is not null
  and (attempt_id = any(%(attempt_ids)s) or payment_id = any(%(payment_ids)s))
union
select id from payments where id = any(%(payment_ids)s)
"""
# What an event may belong to: our reference, the gateway's numbers of the order, and what earlier events belong to.
_CASES_OF: Final = """
select case_id from payments where provider_id = %(provider_id)s and id = any(%(own)s)
union
select case_id from payments where provider_id = %(provider_id)s and order_id = any(%(order_ids)s)
union
select case_id from payments where provider_id = %(provider_id)s and gateway_order = any(%(gateway_orders)s)
union
select p.case_id from payment_attempts a join payments p on p.id = a.payment_id
where a.provider_id = %(provider_id)s and a.attempt_id = any(%(attempt_ids)s)
"""


async def cases_of(session: AsyncSession, provider_id: int, facts: Facts) -> set[int]:
    """The cases whose payments this news may change. Nobody else may change the account's payments meanwhile."""
    asked = {
        "provider_id": provider_id,
        "own": [number for order in facts.orders if (number := _ours(order))],
        "order_ids": [
            *(order.order_id for order in facts.orders),
            *(one.order_id for one in facts.attempts if one.order_id),
        ],
        "gateway_orders": [attempt.gateway_order for attempt in facts.attempts if attempt.gateway_order],
        "attempt_ids": _attempt_ids(facts),
    }
    return set(await db.fetch_all(session, int, _CASES_OF, asked))


async def merge(session: AsyncSession, provider_id: int, facts: Facts) -> set[int]:
    """Merge what one account's gateway reported; the numbers of our payments it is about.

    News of another's orders (one account may serve several shops) is kept and belongs to no payment.
    """
    params: dict[str, object] = {
        "provider_id": provider_id,
        "attempts": _json(asdict(attempt) for attempt in facts.attempts),
        "refunds": _json({**asdict(refund), "own_id": _own(refund)} for refund in facts.refunds),
        "disputes": _json(asdict(dispute) for dispute in facts.disputes),
        "attempt_ids": _attempt_ids(facts),
        "attempt_ranks": list(ATTEMPT_RANKS),
        "refund_ranks": list(REFUND_RANKS),
        "dispute_ranks": list(DISPUTE_RANKS),
    }
    params["payment_ids"] = await _merge_orders(session, provider_id, facts.orders)
    if facts.attempts:
        await db.execute(session, _MERGE_ATTEMPTS, params)
    for tie in _ATTEMPT_TIES:
        await db.execute(session, _BELONG.format(tie=tie), params)
    if facts.refunds:
        await db.execute(session, _OWN_REFUNDS, params)
        await db.execute(session, _MERGE_REFUNDS, params)
    await db.execute(session, _REFUNDS_BELONG, params)
    if facts.disputes:
        await db.execute(session, _MERGE_DISPUTES, params)
    await db.execute(session, _DISPUTES_BELONG, params)
    return set(await db.fetch_all(session, int, _TOUCHED, params))


async def _merge_orders(session: AsyncSession, provider_id: int, orders: Sequence[Order]) -> list[int]:
    """The payments of these orders, which get what the gateway told of them."""
    if not orders:
        return []
    rows = _json({**asdict(order), "payment_id": _ours(order)} for order in orders)
    params = {"provider_id": provider_id, "orders": rows}
    return [
        payment_id
        for tie in _ORDER_TIES
        for payment_id in await db.fetch_all(session, int, _ORDERS.format(tie=tie), params)
    ]


def _attempt_ids(facts: Facts) -> list[str]:
    return [each.attempt_id for group in (facts.attempts, facts.refunds, facts.disputes) for each in group]


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of a payment at a moment. `excess`: more than was asked for, and not given back."""

    captured_amount: Decimal = ZERO
    refunded_amount: Decimal = ZERO
    excess_amount: Decimal = ZERO
    charged_back_amount: Decimal = ZERO
    disputed_amount: Decimal = ZERO
    status: str = "created"
    error: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment as it is now."""

    id: int
    client_id: int
    case_id: int
    link_id: int | None
    amount: Decimal
    captured_amount: Decimal
    refunded_amount: Decimal
    excess_amount: Decimal
    charged_back_amount: Decimal
    disputed_amount: Decimal
    status: str
    method: str | None
    error: str | None
    captured_at: datetime | None
    gateway_payment_id: str | None

    @property
    def figures(self) -> Figures:
        """What is known of it."""
        return Figures(
            self.captured_amount, self.refunded_amount, self.excess_amount, self.charged_back_amount,
            self.disputed_amount, self.status, self.error,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moved:
    """A payment that changed, and what was known of it before."""

    now: PaymentRow
    before: Figures

    @property
    def came(self) -> Decimal:
        """What came in by the change."""
        return self.now.captured_amount - self.before.captured_amount

    @property
    def went_back(self) -> Decimal:
        """What went back to the customer by the change."""
        return self.now.refunded_amount - self.before.refunded_amount

    def became(self, error: str) -> bool:
        """Whether the change brought this error."""
        return self.now.error == error != self.before.error


@dataclass(frozen=True, slots=True)
class _Before:
    id: int
    captured_amount: Decimal
    refunded_amount: Decimal
    excess_amount: Decimal
    charged_back_amount: Decimal
    disputed_amount: Decimal
    status: str
    error: str | None


_BEFORE: Final = """
select id, captured_amount, refunded_amount, excess_amount, charged_back_amount, disputed_amount, status, error
from payments where id = any(%(ids)s) order by id for update
"""
_MARK_SUSPICIOUS: Final = sql.read(__file__, "mark_suspicious")
_RECOMPUTE: Final = sql.read(__file__, "recompute")


async def recompute(session: AsyncSession, payment_ids: Iterable[int], now: datetime) -> list[Moved]:
    """Compute these payments from their facts; those that changed."""
    ids = sorted(payment_ids)
    before = {row.id: Figures(*astuple(row)[1:]) for row in await db.fetch_all(session, _Before, _BEFORE, {"ids": ids})}
    await db.execute(session, _MARK_SUSPICIOUS, {"ids": ids})
    rows = await db.fetch_all(session, PaymentRow, _RECOMPUTE, {"ids": ids, "now": now, "ranks": list(ATTEMPT_RANKS)})
    return [Moved(row, before[row.id]) for row in rows if row.figures != before[row.id]]


def _json(rows: Iterable[Mapping[str, object]]) -> str:
    return jsonb.dumps(list(rows))


def _ours(order: Order) -> int | None:
    """The payment behind an order's reference, when it is one of ours."""
    return _number(ORDER_PURPOSE, order.reference)


def _own(refund: Refund) -> int | None:
    return _number(REFUND_PURPOSE, refund.receipt)


def _number(purpose: str, token: str | None) -> int | None:
    if not token:
        return None
    try:
        return int(verify(purpose, token))
    except BadToken:
        return None


_FOLLOW: Final = """
update payments t set customer_id = p.customer_id from customers_public_policy p
where p.id = t.policy_id and t.policy_id = any(%(policies)s) and t.customer_id <> p.customer_id
"""


async def follow_policies(session: AsyncSession, policy_ids: Sequence[int]) -> None:
    """The payments of these policies belong to the customer whom the policies belong to, since two customers were merged or parted."""
    await db.execute(session, _FOLLOW, {"policies": list(policy_ids)})
