"""The ledger depends on what the gateway reported, not on when or how often it reported it."""

import random
from decimal import Decimal
from typing import Any

import orjson
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from py360.kit import db, webhooks
from py360.kit.db import unit_of_work
from py360.modules.identity import api as identity
from py360.modules.payments import jobs
from py360.modules.payments.allocation import Instalment, Receipt, allocate, paid_by_instalment
from py360.sandbox.vendors import Vendors
from tests.factories.stored import Row, read_rows, read_value
from tests.modules.payments.conftest import NOW, paid_link, payment_event, refund_event

CENT = Decimal("0.01")
_amounts = st.integers(1, 10_000_000).map(lambda paise: Decimal(paise) * CENT)


@given(
    st.lists(st.tuples(_amounts, st.dates()), min_size=1, max_size=8),
    st.lists(st.tuples(_amounts, st.frozensets(st.integers(1, 8), max_size=2)), max_size=8),
    st.randoms(use_true_random=False),
)
def test_allocation_pays_nothing_twice_and_loses_nothing(due: Any, came: Any, chance: random.Random) -> None:
    instalments = [Instalment(number, amount, day) for number, (amount, day) in enumerate(due, 1)]
    receipts = [Receipt(number, amount, wanted) for number, (amount, wanted) in enumerate(came, 1)]
    shares = allocate(instalments, receipts)
    paid = paid_by_instalment(shares)
    assert all(paid.get(item.id, 0) <= item.amount for item in instalments)
    for receipt in receipts:
        assert sum(share.amount for share in shares[receipt.payment_id]) <= receipt.amount
    total = sum(receipt.amount for receipt in receipts)
    assert sum(paid.values()) == min(total, sum(item.amount for item in instalments))
    shuffled_in, shuffled_out = instalments[:], receipts[:]
    chance.shuffle(shuffled_in)
    chance.shuffle(shuffled_out)
    assert paid_by_instalment(allocate(shuffled_in, shuffled_out)) == paid


_CASES = """
with people as (
  insert into customers (client_id, customer_code, first_name, last_name)
  select %(client)s, 'L-' || n, 'Person', n::text from generate_series(1, %(n)s) n returning id, last_name::int as n
), insured as (
  insert into policies (client_id, policy_number, customer_id, policy_type, premium_amount, start_date, end_date, renewal_date)
  select %(client)s, 'L-' || n, id, 'Motor', 1000, '2025-12-05', '2026-12-04', '2026-12-04' from people
  returning id, customer_id, policy_number
), opened as (
  insert into renewal_cases (client_id, policy_id, customer_id, due_date, status, renewal_amount)
  select %(client)s, id, customer_id, '2026-12-04', 'in_progress', 1000 + substr(policy_number, 3)::int from insured
  returning id, policy_id, customer_id, renewal_amount
)
insert into payments (client_id, case_id, policy_id, customer_id, gateway, provider_id, order_id, amount, expires_at, created_at)
select %(client)s, id, policy_id, customer_id, 'razorpay', %(provider)s, 'plink_' || (renewal_amount - 1000)::int,
  renewal_amount, %(now)s + interval '1 day', %(now)s
from opened
"""
_FORGET = """
truncate payment_attempts, payment_refunds, payment_disputes, webhook_inbox, case_history, notifications, ledger_entries,
  ledger_lines;
update payments set status = 'created', captured_amount = 0, refunded_amount = 0, method = null, error = null,
  gateway_payment_id = null, gateway_order = null, captured_at = null, allocations = '[]', expires_at = '2026-11-25T06:30Z',
  checkout_url = null;
update renewal_cases set status = 'in_progress', payment_status = 'pending', payment_method = null, payment_date = null,
  closed_at = null, version = 1;
update policies set start_date = '2025-12-05', end_date = '2026-12-04', renewal_date = '2026-12-04';
"""
_TOLD = """
insert into webhook_inbox (vendor, provider_id, event_id, payload)
select 'razorpay', %(provider)s, %(first)s + n, p::jsonb from unnest(%(payloads)s::text[]) with ordinality as told (p, n)
"""
_LEDGER = """
select 'payment' as kind, p.order_id as key, jsonb_build_object('status', p.status, 'captured', p.captured_amount,
    'refunded', p.refunded_amount, 'method', p.method, 'error', p.error, 'gateway', p.gateway_payment_id,
    'at', p.captured_at, 'allocations', p.allocations, 'case', c.status, 'paid', c.payment_status,
    'until', y.end_date) as fields
from payments p join renewal_cases c on c.id = p.case_id join policies y on y.id = p.policy_id
union all
select 'attempt', attempt_id, jsonb_build_object('status', status, 'amount', amount, 'suspicious', suspicious, 'order', order_id,
    'ours', payment_id is not null, 'at', happened_at) from payment_attempts
union all
select 'refund', refund_id, jsonb_build_object('status', status, 'amount', amount, 'ours', payment_id is not null)
from payment_refunds
union all
select 'ledger', e.source || ' ' || l.account, jsonb_build_object('kind', e.kind, 'case', e.case_id, 'amount', sum(l.amount))
from ledger_entries e join ledger_lines l on l.entry_id = e.id
group by e.source, l.account, e.kind, e.case_id having sum(l.amount) <> 0
union all
select 'history', case_id || ' ' || action, jsonb_build_object('times', count(*)) from case_history
where action not in ('Paid twice', 'Excess refunded') group by case_id, action -- what was reported on the way there
order by 1, 2
"""


def story(number: int, kind: int) -> list[dict[str, Any]]:
    """What a gateway reports about order `number`; the kind says how it went."""
    order, paise = f"plink_{number}", (1000 + number) * 100
    first, second = f"pay_{number}a", f"pay_{number}b"
    failed, authorized = payment_event(order, first, paise, "failed"), payment_event(order, second, paise, "authorized")
    captured, paid = payment_event(order, second, paise, "captured"), paid_link(order, second, paise)
    stories = (
        [authorized, captured, paid],
        [failed, authorized, captured, paid],
        [failed],
        [failed, paid_link(order, second, paise - 100, event="payment_link.partially_paid")],
        [authorized, captured, paid, refund_event(order, second, paise, f"rfnd_{number}", paise)],
        [captured, refund_event(order, second, paise, f"rfnd_{number}", 500, "created"),
         refund_event(order, second, paise, f"rfnd_{number}", 500)],
        [payment_event(order, first, paise + 100, "captured"), captured],
        [paid_link(order, first, paise), paid],
        [paid_link(f"plink_stranger{number}", first, paise)],
    )  # fmt: skip
    return stories[kind % len(stories)]


@pytest.fixture
async def orders(app: FastAPI, gateway: Vendors) -> Any:
    """Make this many cases, each with an open order; the numbers of client and account."""

    async def make(number: int) -> int:
        async with unit_of_work() as session:
            client = await identity.default_client(session)
            provider = await read_value(session, "select id from providers where channel = 'payment'")
            await db.execute(session, _CASES, {"client": client, "provider": provider, "n": number, "now": NOW})
        return int(provider)

    return make


async def ledger_after(provider_id: int, events: list[dict[str, Any]]) -> list[Row]:
    """Forget everything, apply these events in this order, and read the ledger."""
    async with unit_of_work() as session:
        for statement in filter(str.strip, _FORGET.split(";")):
            await db.execute(session, statement)
        payloads = [orjson.dumps(event).decode() for event in events]
        await db.execute(session, _TOLD, {"provider": provider_id, "payloads": payloads, "first": 1})
    while await jobs.inbox.apply_all():
        pass
    async with unit_of_work() as session:
        assert await read_value(session, "select count(*) from webhook_inbox where applied_at is null") == 0
        return await read_rows(session, _LEDGER)


@pytest.mark.slow
async def test_ten_thousand_shuffled_duplicated_webhooks_give_the_same_ledger(orders: Any) -> None:
    provider_id = await orders(500)  # every story some fifty times; each webhook comes six or seven times
    told = [event for number in range(1, 501) for event in story(number, number)]
    straight = await ledger_after(provider_id, told)
    chance = random.Random(20_261_124)
    many = told + [chance.choice(told) for _ in range(10_000 - len(told))]
    chance.shuffle(many)
    assert len(many) == 10_000
    assert await ledger_after(provider_id, many) == straight


@pytest.mark.slow
async def test_any_order_and_any_repetition_give_the_same_ledger(orders: Any) -> None:
    provider_id = await orders(9)
    told = [event for number in range(1, 10) for event in story(number, number)]
    straight = await ledger_after(provider_id, told)
    assert {row["fields"]["status"] for row in straight if row["kind"] == "payment"} == {
        "captured", "failed", "partially_captured", "refunded", "partially_refunded", "created",
    }  # fmt: skip
    batch = webhooks.BATCH
    try:
        for seed in range(12):
            chance = random.Random(seed)
            webhooks.BATCH = chance.choice((1, 2, 7, 500))  # news that comes one by one, or all at once
            many = told + chance.choices(told, k=chance.randint(0, 30))
            chance.shuffle(many)
            assert await ledger_after(provider_id, many) == straight, f"seed {seed}"
    finally:
        webhooks.BATCH = batch


async def test_a_rush_of_payments_costs_no_more_statements_than_a_few(orders: Any, statements: list[str]) -> None:
    """Until their transaction is committed, all of them still get reminders: 500 hold as soon as one does."""
    provider_id, counted = await orders(60), []
    for first, last in ((1, 2), (3, 4), (5, 60)):  # the first pair warms what is looked up once
        async with unit_of_work() as session:
            payloads = [
                orjson.dumps(paid_link(f"plink_{n}", f"pay_{n}", (1000 + n) * 100)).decode()
                for n in range(first, last + 1)
            ]
            await db.execute(session, _TOLD, {"provider": provider_id, "payloads": payloads, "first": first})
        statements.clear()
        await jobs.inbox.apply_all()
        counted.append(len(statements))
    assert counted[2] <= counted[1]
    async with unit_of_work() as session:
        assert await read_value(session, "select count(*) from renewal_cases where status = 'renewed'") == 60
