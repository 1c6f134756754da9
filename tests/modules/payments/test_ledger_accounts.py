"""The double-entry ledger: every entry balances, nothing is changed, and the accounts say what the payments say."""

from typing import Any

import httpx
import psycopg
import pytest

from py360.kit import db
from py360.kit.db import unit_of_work
from tests.conftest import RunJobs
from tests.modules.conftest import AsRole
from tests.modules.payments.conftest import MakeCase, Voice, balances, order_of, payment_event, refund_event, rows

PAISE = 12_500_050


async def test_a_receipt_by_hand_is_posted(as_admin: httpx.AsyncClient, clock: Any, make_case: MakeCase) -> None:
    case = await make_case()
    paid = await as_admin.post(f"/api/cases/{case.number}/payments", json={"amount": 25_000.50, "method": "cash"})
    assert paid.status_code == 201, paid.text
    assert await balances(as_admin) == {"cash": 25_000.50, "receivable": 100_000, "premium": -125_000.50}
    page = await as_admin.get("/api/ledger/entries", params={"caseId": case.number, "kind": "receipt"})
    assert [(each["account"], each["debit"], each["credit"]) for each in page.json()["data"]["entries"]] in (
        [("cash", 25_000.50, 0), ("unallocated_credit", 0, 25_000.50)],
        [("unallocated_credit", 0, 25_000.50), ("cash", 25_000.50, 0)],
    )


async def test_money_paid_twice_is_the_customers_until_it_goes_back(
    as_admin: httpx.AsyncClient,
    voice: Voice,
    make_case: MakeCase,
    link: Any,
    client: httpx.AsyncClient,
    run_jobs: RunJobs,
) -> None:
    case = await make_case()
    order_id = await order_of(case, client, link)
    for number in ("pay_1", "pay_2"):
        await voice.say(payment_event(order_id, number, PAISE, "captured"))
    await run_jobs()
    both = {"gateway_clearing": 250_001, "premium": -125_000.50}
    assert await balances(as_admin) == both | {"unallocated_credit": -125_000.50}
    await voice.say(refund_event(order_id, "pay_2", PAISE, "rfnd_1", PAISE))
    await run_jobs()
    assert await balances(as_admin) == both | {"refunds": -125_000.50}


async def test_a_refund_makes_the_customer_owe_again(
    as_admin: httpx.AsyncClient,
    voice: Voice,
    make_case: MakeCase,
    link: Any,
    client: httpx.AsyncClient,
    run_jobs: RunJobs,
) -> None:
    case = await make_case()
    order_id = await order_of(case, client, link)
    await voice.say(payment_event(order_id, "pay_1", PAISE, "captured"))
    await voice.say(refund_event(order_id, "pay_1", PAISE, "rfnd_1", 500_00))
    await run_jobs()
    assert await balances(as_admin) == {
        "gateway_clearing": 125_000.50, "premium": -125_000.50, "refunds": -500, "receivable": 500,
    }  # fmt: skip


async def post(*amounts: int) -> None:
    """Write an entry with these lines."""
    async with unit_of_work() as session:
        entry = await db.fetch_only(
            session,
            int,
            "insert into ledger_entries (client_id, kind, source, happened_at) values (1, 'adjustment', 'test', now()) returning id",
        )
        line = (
            "insert into ledger_lines (entry_id, client_id, account, amount) values (%(entry)s, 1, 'bank', %(amount)s)"
        )
        for amount in amounts:
            await db.execute(session, line, {"entry": entry, "amount": amount})
        await db.execute(session, "set constraints all immediate")


@pytest.mark.parametrize("amounts", [(100, -99), (100,), ()])
async def test_the_database_refuses_an_entry_that_does_not_balance(
    as_admin: httpx.AsyncClient, amounts: tuple[int, ...]
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="does not balance"):
        await post(*amounts)
    assert await rows("select 1 from ledger_entries") == []
    await post(100, -99, -1)


async def test_entries_are_not_changed(as_admin: httpx.AsyncClient, clock: Any, make_case: MakeCase) -> None:
    case = await make_case()
    await as_admin.post(f"/api/cases/{case.number}/payments", json={"amount": 100, "method": "cash"})
    for statement in ("update ledger_lines set amount = amount * 2", "delete from ledger_entries"):
        with pytest.raises(psycopg.errors.RestrictViolation, match="not changed"):
            await rows(statement)


async def test_money_from_before_the_ledger_is_posted(
    as_admin: httpx.AsyncClient, clock: Any, make_case: MakeCase, run_jobs: RunJobs
) -> None:
    from py360.modules.payments import jobs

    case = await make_case()
    await as_admin.post(f"/api/cases/{case.number}/payments", json={"amount": 100, "method": "cash"})
    posted = await balances(as_admin)
    await rows("truncate ledger_entries, ledger_lines")
    assert await balances(as_admin) == {}
    await jobs.post_ledger.func(timestamp=0)
    assert await balances(as_admin) == posted


async def test_the_ledger_is_for_those_who_look_after_money(
    as_admin: httpx.AsyncClient, as_role: AsRole, clock: Any, make_case: MakeCase
) -> None:
    agent = await as_role("agent")
    for path in ("/api/ledger/accounts", "/api/ledger/entries"):
        assert (await agent.get(path)).status_code == 403
    made = await as_admin.post("/api/clients", json={"clientName": "Foreign"})
    foreign = await as_role("client_admin", client_id=made.json()["data"]["id"])
    case = await make_case()
    await as_admin.post(f"/api/cases/{case.number}/payments", json={"amount": 100, "method": "cash"})
    assert await balances(foreign) == {}
    assert (await foreign.get("/api/ledger/entries")).json()["data"]["entries"] == []
