"""Facts in, ledger out, set by set.

`learn` merges what a gateway said: a status only gets stronger, a blank only gets filled, and where two statements
differ the choice does not depend on their order. `settle_up` works out the payments those facts belong to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, Final

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.crypto import BadToken, verify
from py360.modules.payments.vendors.base import ATTEMPT_RANKS, REFUND_RANKS, Facts, Order, Refund

ORDER_PURPOSE: Final = (
    "payment order"  # our reference at the gateway: signed, so that nobody else's can be taken for ours
)
REFUND_PURPOSE: Final = "refund"


def _stronger(ranks: Sequence[str], ours: str, theirs: str) -> str:
    order = "array[" + ", ".join(f"'{rank}'" for rank in ranks) + "]"
    return (
        f"case when array_position({order}, {theirs}::text) > array_position({order}, {ours}::text)"
        f" then {theirs} else {ours} end"
    )


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
_ATTEMPTS: Final = f"""
insert into payment_attempts as a
  (provider_id, attempt_id, order_id, gateway_order, amount, currency, status, method, error, happened_at)
select %(provider_id)s, f.* from jsonb_to_recordset(%(attempts)s::jsonb) as f
  (attempt_id text, order_id text, gateway_order text, amount numeric, currency text, status text, method text,
   error text, happened_at timestamptz)
on conflict (provider_id, attempt_id) do update set
  order_id = least(a.order_id, excluded.order_id),
  gateway_order = least(a.gateway_order, excluded.gateway_order),
  amount = greatest(a.amount, excluded.amount),
  currency = least(a.currency, excluded.currency),
  status = {_stronger(ATTEMPT_RANKS, "a.status", "excluded.status")},
  method = least(a.method, excluded.method),
  error = least(a.error, excluded.error),
  happened_at = least(a.happened_at, excluded.happened_at)
"""
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
_REFUNDS: Final = f"""
insert into payment_refunds as r (provider_id, refund_id, attempt_id, amount, status, processed_at)
select %(provider_id)s, f.* from jsonb_to_recordset(%(refunds)s::jsonb) as f
  (refund_id text, attempt_id text, amount numeric, status text, processed_at timestamptz)
where f.amount > 0
on conflict (provider_id, refund_id) where refund_id is not null do update set
  amount = greatest(r.amount, excluded.amount),
  status = {_stronger(REFUND_RANKS, "r.status", "excluded.status")},
  processed_at = least(r.processed_at, excluded.processed_at)
"""
_REFUNDS_BELONG: Final = """
update payment_refunds r set payment_id = a.payment_id from payment_attempts a
where r.payment_id is null and a.payment_id is not null
  and a.provider_id = r.provider_id and a.attempt_id = r.attempt_id
  and r.provider_id = %(provider_id)s and (r.attempt_id = any(%(attempt_ids)s) or a.payment_id = any(%(payment_ids)s))
"""
_TOUCHED: Final = """
select payment_id as id from payment_attempts
where provider_id = %(provider_id)s and payment_id is not null
  and (attempt_id = any(%(attempt_ids)s) or payment_id = any(%(payment_ids)s))
union
select id from payments where id = any(%(payment_ids)s)
"""


# Whatever news may tie itself to: our reference, the gateway's numbers of the order, and what earlier news was tied to.
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
    """The cases whose payments this news may change. Nobody else may learn of the account meanwhile."""
    asked = {
        "provider_id": provider_id,
        "own": [number for order in facts.orders if (number := _ours(order))],
        "order_ids": [
            *(order.order_id for order in facts.orders),
            *(one.order_id for one in facts.attempts if one.order_id),
        ],
        "gateway_orders": [attempt.gateway_order for attempt in facts.attempts if attempt.gateway_order],
        "attempt_ids": [*(one.attempt_id for one in facts.attempts), *(one.attempt_id for one in facts.refunds)],
    }
    return {row["case_id"] for row in await db.all(session, _CASES_OF, asked)}


async def learn(session: AsyncSession, provider_id: int, facts: Facts) -> set[int]:
    """Merge what one account's gateway said; the numbers of our payments it is about.

    News of somebody else's orders (one account may serve several shops) is kept and belongs to no payment.
    """
    said: dict[str, Any] = {
        "provider_id": provider_id,
        "orders": _json({**asdict(order), "payment_id": _ours(order)} for order in facts.orders),
        "attempts": _json(asdict(attempt) for attempt in facts.attempts),
        "refunds": _json({**asdict(refund), "own_id": _own(refund)} for refund in facts.refunds),
        "attempt_ids": [a.attempt_id for a in facts.attempts] + [r.attempt_id for r in facts.refunds],
    }
    said["payment_ids"] = []
    for tie in _ORDER_TIES if facts.orders else ():
        said["payment_ids"] += [row["id"] for row in await db.all(session, _ORDERS.format(tie=tie), said)]
    if facts.attempts:
        await db.execute(session, _ATTEMPTS, said)
    for tie in _ATTEMPT_TIES:
        await db.execute(session, _BELONG.format(tie=tie), said)
    if facts.refunds:
        await db.execute(session, _OWN_REFUNDS, said)
        await db.execute(session, _REFUNDS, said)
    await db.execute(session, _REFUNDS_BELONG, said)
    return {row["id"] for row in await db.all(session, _TOUCHED, said)}


_BEFORE: Final = """
select id, captured_amount, refunded_amount, status, error from payments where id = any(%(ids)s) order by id for update
"""
_HOLD: Final = """
update payment_attempts a set held = v.held
from (
  select a.id, case when a.currency <> p.currency then 'currency'
                    when a.amount <= 0 or a.amount > p.amount then 'amount' end as held
  from payment_attempts a join payments p on p.id = a.payment_id where p.id = any(%(ids)s)
) v
where a.id = v.id and a.held is distinct from v.held
"""
_DERIVE: Final = f"""
with sums as (
  select p.id, least(p.amount, coalesce(sum(a.amount) filter (where paid), 0)) as captured,
    coalesce(sum(a.amount) filter (where paid), 0) - p.amount as excess,
    max(a.happened_at) filter (where paid) as captured_at,
    coalesce(bool_or(a.status = 'authorized' and a.held is null), false) as authorized,
    coalesce(bool_or(a.held is not null and a.status in ('captured', 'refunded')), false) as holding,
    coalesce(bool_or(a.status = 'failed'), false) as failed,
    (array_agg(a.id order by paid desc, array_position(array{list(ATTEMPT_RANKS)}, a.status::text) desc, a.happened_at desc,
               a.attempt_id) filter (where a.id is not null))[1] as best_id
  from payments p left join payment_attempts a on a.payment_id = p.id
  cross join lateral (select a.held is null and a.status in ('captured', 'refunded') as paid) counted
  where p.id = any(%(ids)s) group by p.id
), back as (
  select payment_id, sum(amount) as refunded from payment_refunds
  where payment_id = any(%(ids)s) and status = 'processed' group by payment_id
), figures as (
  select s.*, least(s.captured, coalesce(b.refunded, 0)) as refunded, best.attempt_id, best.method, best.error
  from sums s left join back b on b.payment_id = s.id left join payment_attempts best on best.id = s.best_id
)
update payments p set
  captured_amount = f.captured, refunded_amount = f.refunded, captured_at = f.captured_at,
  gateway_payment_id = coalesce(f.attempt_id, p.gateway_payment_id), method = coalesce(f.method, p.method),
  status = case
    when f.captured > 0 and f.refunded >= f.captured then 'refunded'
    when f.refunded > 0 then 'partially_refunded'
    when f.captured >= p.amount then 'captured'
    when f.captured > 0 then 'partially_captured'
    when f.authorized then 'authorized'
    when f.failed or p.expires_at <= %(now)s then 'failed'
    else 'created' end,
  error = case
    when f.holding then 'held'
    when f.excess > 0 then 'paid_twice'
    when f.captured = 0 and f.failed then coalesce(f.error, 'failed') end,
  next_poll_at = case when f.captured < p.amount or exists (
    select 1 from payment_refunds r where r.payment_id = p.id and r.status = 'pending') then p.next_poll_at end
from figures f where f.id = p.id
returning p.id, p.client_id, p.case_id, p.link_id, p.amount, p.captured_amount, p.refunded_amount, p.status, p.method,
  p.error, p.captured_at, p.gateway_payment_id, f.excess
"""


async def work_out(session: AsyncSession, payment_ids: Iterable[int], now: Any) -> list[db.Row]:
    """Work out these payments from their facts. The rows as they are now, with `before_...` as they were.

    `error`: `held` when an attempt does not fit the order (currency or amount; it is noted and not counted), `paid_twice`
    when more came in than was asked (the excess is not counted), else what the gateway said of the failed attempt.
    """
    ids = sorted(payment_ids)
    before = {row["id"]: row for row in await db.all(session, _BEFORE, {"ids": ids})}
    await db.execute(session, _HOLD, {"ids": ids})
    after = await db.all(session, _DERIVE, {"ids": ids, "now": now})
    return [{**row, **{f"before_{name}": value for name, value in before[row["id"]].items()}} for row in after]


def _json(rows: Iterable[dict[str, Any]]) -> str:
    return orjson.dumps(list(rows), default=str).decode()


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
