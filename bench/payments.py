"""100,000 shuffled and duplicated events of a gateway give the identical ledger, and how many are applied in a second.

Each order is paid, paid twice, refunded or disputed; the events are applied once in their order, and once shuffled, most of them
several times (issue 14, section 4).
"""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import orjson
import psycopg

from bench.installation import installation
from py360.entrypoints import wiring
from py360.kit.resources import Resources
from py360.kit.settings import settings
from py360.modules.payments import jobs

Out = Callable[[str], None]
Event = dict[str, Any]
FLOOR: Final = 200.0  # events in a second, on two shared cores
MOMENT: Final = 1_764_000_000

_CASES: Final = """
with people as (
  insert into customers (client_id, customer_code, first_name, last_name)
  select 1, 'L-' || n, 'Person', n::text from generate_series(1, %(orders)s) n returning id, last_name::int as n
), insured as (
  insert into policies (client_id, policy_number, customer_id, policy_type, premium_amount, start_date, end_date, renewal_date)
  select 1, 'L-' || n, id, 'motor', 1000, current_date - 364, current_date + 10, current_date + 10 from people
  returning id, customer_id, policy_number
), opened as (
  insert into renewal_cases (client_id, policy_id, customer_id, due_date, status, renewal_amount)
  select 1, id, customer_id, current_date + 10, 'in_progress', 1000 from insured returning id, policy_id, customer_id
)
insert into payments (client_id, case_id, policy_id, customer_id, gateway, provider_id, order_id, amount, expires_at)
select 1, id, policy_id, customer_id, 'razorpay', (select min(id) from providers where type = 'razorpay'),
  'plink_' || row_number() over (order by id), 1000, now() + interval '1 day'
from opened
"""
_STORE: Final = """
insert into webhook_inbox (vendor, provider_id, account_id, event_id, payload)
select 'razorpay', a.id, a.id, n::text, p::jsonb
from (select min(id) as id from providers where type = 'razorpay') a, unnest(%(payloads)s::text[]) with ordinality as told (p, n)
"""
_LEDGER: Final = """
select e.kind, e.source, l.account, sum(l.amount) from ledger_entries e join ledger_lines l on l.entry_id = e.id
group by e.kind, e.source, l.account having sum(l.amount) <> 0 order by 1, 2, 3
"""
_UNBALANCED: Final = "select count(*) from (select from ledger_lines group by entry_id having sum(amount) <> 0) e"


def _event(name: str, **entities: Event) -> Event:
    return {
        "entity": "event",
        "event": name,
        "payload": {kind: {"entity": entity} for kind, entity in entities.items()},
    }


def _payment(order: int, number: str, status: str) -> Event:
    return {
        "id": f"pay_{order}{number}", "amount": 100_000, "currency": "INR", "status": status, "created_at": MOMENT,
        "order_id": f"order_{order}", "description": f"#{order}", "method": "upi",
    }  # fmt: skip


def _story(order: int) -> Iterator[Event]:
    """What happens to an order: paid; every second failed before; every third paid twice; some refunded or disputed."""
    if order % 2:
        yield _event("payment.failed", payment=_payment(order, "f", "failed"))
    yield _event("payment.authorized", payment=_payment(order, "a", "authorized"))
    yield _event("payment.captured", payment=_payment(order, "a", "captured"))
    if order % 3 == 0:
        yield _event("payment.captured", payment=_payment(order, "b", "captured"))
    refund = {"id": f"rfnd_{order}", "payment_id": f"pay_{order}a", "amount": 40_000, "created_at": MOMENT}
    if order % 5 == 0:
        yield _event("refund.created", refund={**refund, "status": "pending"})
        yield _event("refund.processed", refund={**refund, "status": "processed"})
    if order % 7 == 0:
        dispute = {"id": f"disp_{order}", "payment_id": f"pay_{order}a", "amount": 100_000, "created_at": MOMENT}
        yield _event("payment.dispute.created", dispute={**dispute, "status": "open"})
        yield _event("payment.dispute.lost", dispute={**dispute, "status": "lost" if order % 2 else "won"})


def run(out: Out, events: int = 100_000) -> bool:
    """Measure and say so; whether every figure is within its bound."""
    orders = max(10, events // 20)
    told = [event for order in range(1, orders + 1) for event in _story(order)]
    chance = random.Random(20_261_126)
    many = told + chance.choices(told, k=max(0, events - len(told)))
    chance.shuffle(many)
    straight, _ = _ledger_after(orders, told)
    shuffled, seconds = _ledger_after(orders, many)
    rate = len(many) / seconds
    same = straight == shuffled and len(straight) > orders
    fine = same and rate >= FLOOR
    out(
        f"{len(many):,} shuffled and duplicated events of {orders:,} orders applied in {seconds:.1f} s: {rate:,.0f} a second"
        f" (floor {FLOOR:.0f}), the ledger is {'identical' if same else 'DIFFERENT'} in {len(straight):,} balances"
        f" {'ok' if fine else 'MISSED'}"
    )
    return fine


def _ledger_after(orders: int, events: list[Event]) -> tuple[list[tuple[Any, ...]], float]:
    """The balances after these events, in an installation of their own, and the seconds they took."""
    with installation() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_CASES, {"orders": orders})
            connection.execute(_STORE, {"payloads": [orjson.dumps(event).decode() for event in events]})
        seconds = asyncio.run(_apply())
        with psycopg.connect(url) as connection:
            assert connection.execute(_UNBALANCED).fetchone() == (0,)
            waiting = "select count(*) from webhook_inbox where applied_at is null or error is not null"
            assert connection.execute(waiting).fetchone() == (0,)
            return connection.execute(_LEDGER).fetchall(), seconds


async def _apply() -> float:
    resources = await Resources.open(settings())
    wiring.import_jobs()
    try:
        started = time.perf_counter()
        await jobs.inbox.apply_all()
        return time.perf_counter() - started
    finally:
        await resources.close()


if __name__ == "__main__":
    raise SystemExit(0 if run(lambda line: print(line, flush=True)) else 1)
