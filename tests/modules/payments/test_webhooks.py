"""Webhooks: verified, stored once, applied once, whatever their order; what they do to payment, case and people."""

import asyncio
import json
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
from psycopg import errors
from psycopg.types.json import Jsonb
from structlog.testing import capture_logs

from py360.kit import db
from py360.kit.clock import FixedClock
from py360.kit.db import unit_of_work
from py360.modules.payments import apply_events, jobs
from py360.modules.payments.service import poll
from py360.modules.payments.vendors.base import Attempt, Facts, Order
from py360.sandbox.vendors import Vendors
from tests.lingering import cross, linger
from tests.modules.payments.conftest import (
    NOW,
    MakeCase,
    Voice,
    attempt,
    let_refund_alone,
    paid_link,
    payment_event,
    refund_event,
    rows,
)

PAISE = 12_500_050


@pytest.fixture
def order(client: httpx.AsyncClient, gateway: Vendors, make_case: MakeCase, link):
    """An order of ₹1,25,000.50 that a customer opened: its number at the gateway, and its case."""

    async def make(**about):
        case = await make_case(**about)
        assert (await client.post(await link(case))).status_code == 303
        (payment,) = await rows("select order_id from payments where case_id = %(id)s", id=case.id)
        return payment["order_id"], case

    return make


async def payment_now() -> dict:
    (row,) = await rows(
        "select status, captured_amount::text as captured, refunded_amount::text as refunded, error, method from payments"
    )
    return row


async def test_a_wrong_signature_is_refused_and_nothing_is_stored(voice: Voice) -> None:
    event = paid_link("plink_a", "pay_a", PAISE)
    assert (await voice.say(event, secret="somebody else's")).status_code == 401
    assert (await voice.client.post("/api/webhooks/razorpay", content=b"{}")).status_code == 401
    assert await rows("select 1 from webhook_inbox") == []


async def test_a_captured_payment_renews_the_case(voice: Voice, order, run_jobs, client: httpx.AsyncClient) -> None:
    order_id, case = await order()
    answer = await voice.say(paid_link(order_id, "pay_1", PAISE), event_id="evt_same")
    again = await voice.say(paid_link(order_id, "pay_1", PAISE), event_id="evt_same")
    assert answer.status_code == again.status_code == 200
    assert (answer.json()["data"]["duplicate"], again.json()["data"]["duplicate"]) == (False, True)
    await run_jobs()
    assert await payment_now() == {
        "status": "captured", "captured": "125000.50", "refunded": "0.00", "error": None, "method": "upi"
    }  # fmt: skip
    (now,) = await rows(
        "select status, payment_status, payment_method from renewal_cases where id = %(id)s", id=case.id
    )
    assert now == {"status": "renewed", "payment_status": "completed", "payment_method": "upi"}
    history = await rows("select action from case_history where case_id = %(id)s order by id", id=case.id)
    assert [entry["action"] for entry in history][-2:] == ["Payment Processed", "Renewed"]
    (inbox,) = await rows("select applied_at is not null as applied, error from webhook_inbox")
    assert inbox == {"applied": True, "error": None}


async def test_webhooks_that_arrive_together_are_stored_together(voice: Voice, order, run_jobs) -> None:
    """Each is answered for itself: one comes twice, one cannot be what it says, one holds what the database does not take."""
    order_id, _ = await order()
    paid, odd = paid_link(order_id, "pay_1", PAISE), payment_event("plink_x", "pay_x\0", 1, "failed")
    answers = await asyncio.gather(
        voice.say(paid, event_id="evt_1"),
        voice.say(paid, event_id="evt_1"),
        voice.say(paid, event_id="evt_2", secret="somebody else's"),
        voice.say(odd, event_id="evt_3"),
    )
    assert [answer.status_code for answer in answers] == [200, 200, 401, 200]
    assert sorted(answer.json()["data"]["duplicate"] for answer in answers[:2]) == [False, True]
    await run_jobs()
    assert (await payment_now())["status"] == "captured"
    stored = await rows("select event_id from webhook_inbox where applied_at is not null order by 1")
    assert [row["event_id"] for row in stored] == ["evt_1", "evt_3"]


@pytest.mark.parametrize("late", ["authorized", "failed", "created"])
async def test_a_late_event_never_moves_a_status_back(voice: Voice, order, run_jobs, late: str) -> None:
    order_id, _ = await order()
    await voice.say(payment_event(order_id, "pay_1", PAISE, "captured"))
    await run_jobs()
    await voice.say(payment_event(order_id, "pay_1", PAISE, late))
    await voice.say(payment_event(order_id, "pay_2", PAISE, late))
    await run_jobs()
    assert (await payment_now())["status"] == "captured"


async def test_the_way_of_a_payment(voice: Voice, order, run_jobs, client: httpx.AsyncClient) -> None:
    order_id, _case = await order()
    seen = []
    for pay_id, status in (("pay_1", "failed"), ("pay_2", "authorized"), ("pay_2", "captured")):
        await voice.say(payment_event(order_id, pay_id, PAISE, status))
        await run_jobs()
        seen.append((await payment_now())["status"])
    assert seen == ["failed", "authorized", "captured"]
    attempts = await rows("select attempt_id, status, error from payment_attempts order by attempt_id")
    assert [(row["attempt_id"], row["status"]) for row in attempts] == [("pay_1", "failed"), ("pay_2", "captured")]
    assert attempts[0]["error"] == "Your bank declined it."


async def test_after_a_failure_the_customer_pays_on_the_same_order(voice: Voice, order, run_jobs, client, link) -> None:
    order_id, case = await order()
    await voice.say(payment_event(order_id, "pay_1", PAISE, "failed"))
    await run_jobs()
    assert (await client.post(await link(case))).headers["location"].endswith(order_id)


async def test_while_the_gateway_decides_nobody_pays_twice(voice: Voice, order, run_jobs, client, link) -> None:
    order_id, case = await order()
    await voice.say(payment_event(order_id, "pay_1", PAISE, "authorized"))
    await run_jobs()
    answer = await client.post(await link(case))
    assert answer.status_code == 200
    assert "We are confirming your payment" in answer.text


async def test_a_part_payment_leaves_the_case_open(voice: Voice, order, run_jobs, as_admin: httpx.AsyncClient) -> None:
    order_id, case = await order()
    event = paid_link(order_id, "pay_1", 5_000_000, event="payment_link.partially_paid")
    await voice.say(event)
    await run_jobs()
    assert (await payment_now())["status"] == "partially_captured"
    (now,) = await rows("select status, payment_status from renewal_cases where id = %(id)s", id=case.id)
    assert now == {"status": "in_progress", "payment_status": "partial"}
    left = (await as_admin.get(f"/api/cases/{case.number}/outstanding-amounts")).json()["data"]
    assert left["totalOutstanding"] == 75_000.50


async def test_a_payment_in_another_currency_is_suspicious(voice: Voice, order, run_jobs, as_admin) -> None:
    order_id, case = await order(assigned_to=1)
    event = payment_event(order_id, "pay_1", PAISE, "captured")
    event["payload"]["payment"]["entity"] |= {"currency": "USD"}
    await voice.say(event)
    await run_jobs()
    now = await payment_now()
    assert (now["captured"], now["error"], now["status"]) == ("0.00", "suspicious", "created")
    assert (await rows("select suspicious from payment_attempts"))[0]["suspicious"] == "currency"
    assert (await rows("select status from renewal_cases where id = %(id)s", id=case.id))[0]["status"] == "in_progress"
    assert [row["title"] for row in await rows("select title from notifications")] == ["Suspicious payment"]


async def test_paid_twice_counts_once_and_somebody_is_told(voice: Voice, order, run_jobs, as_admin) -> None:
    order_id, _case = await order(assigned_to=1)
    await voice.say(paid_link(order_id, "pay_1", PAISE))
    await voice.say(paid_link(order_id, "pay_2", PAISE))
    await run_jobs()
    now = await payment_now()
    assert (now["captured"], now["error"]) == ("125000.50", "paid_twice")
    assert [row["title"] for row in await rows("select title from notifications where title like 'Paid%%'")] == [
        "Paid twice"
    ]


async def test_news_of_other_shops_on_the_account_is_left_alone(voice: Voice, order, run_jobs) -> None:
    await order()
    await voice.say(paid_link("plink_other", "pay_x", 100))
    await voice.say({"entity": "event", "event": "settlement.processed", "payload": {}})
    await voice.say({"entity": "event", "event": "invoice.paid"})
    assert (await voice.say(["not", "an", "event"])).status_code == 400
    await voice.say(
        {"event": "payment.captured", "payload": {"payment": {"entity": {"id": "pay_y", "amount": "much"}}}}
    )
    await run_jobs()
    assert (await payment_now())["status"] == "created"
    assert await rows("select 1 from webhook_inbox where applied_at is null") == []


async def test_a_refund_is_noted(voice: Voice, order, run_jobs) -> None:
    order_id, case = await order(assigned_to=1)
    await voice.say(refund_event(order_id, "pay_1", PAISE, "rfnd_1", 100_00))  # before the capture was received
    await voice.say(paid_link(order_id, "pay_1", PAISE))
    await run_jobs()
    now = await payment_now()
    assert (now["status"], now["captured"], now["refunded"]) == ("partially_refunded", "125000.50", "100.00")
    await voice.say(refund_event(order_id, "pay_1", PAISE, "rfnd_2", PAISE - 100_00))
    await run_jobs()
    now = await payment_now()
    assert (now["status"], now["refunded"]) == ("refunded", "125000.50")
    (stands,) = await rows("select status, payment_status from renewal_cases where id = %(id)s", id=case.id)
    assert stands == {"status": "renewed", "payment_status": "refunded"}
    history = await rows("select action, details from case_history where case_id = %(id)s order by id", id=case.id)
    assert [(line["action"], line["details"]) for line in history][-2:] == [
        ("Payment Refunded", "₹100.00 went back to the customer; ₹1,24,900.50 of ₹1,25,000.50 is left"),
        ("Payment Refunded", "₹1,24,900.50 went back to the customer; nothing is left"),
    ]
    told = await rows("select title from notifications where title = 'Payment refunded'")
    assert len(told) == 2


async def test_the_poller_finds_what_no_webhook_told(gateway: Vendors, order, clock: FixedClock) -> None:
    order_id, case = await order()
    at_gateway = gateway.razorpay.current(order_id)
    assert at_gateway is not None
    gateway.razorpay.pay(at_gateway, "upi", True)
    await poll.poll()
    assert (await payment_now())["status"] == "created"  # too early to ask
    clock.moment += timedelta(minutes=4)
    await poll.poll()
    assert (await payment_now())["status"] == "captured"
    assert (await rows("select status from renewal_cases where id = %(id)s", id=case.id))[0]["status"] == "renewed"
    assert await rows("select 1 from payments where next_poll_at is not null") == []


async def test_an_order_whose_answer_was_lost_is_found_by_our_reference(
    gateway: Vendors, order, clock: FixedClock
) -> None:
    order_id, _ = await order()
    await rows("update payments set order_id = null, checkout_url = null")
    clock.moment += timedelta(minutes=4)
    await poll.poll()
    assert (await rows("select order_id from payments"))[0]["order_id"] == order_id


async def test_a_silent_gateway_is_asked_again_later(gateway: Vendors, order, clock: FixedClock) -> None:
    await order()
    (before,) = await rows("select next_poll_at from payments")
    await rows("update payments set order_id = 'plink_unknown'")
    clock.moment += timedelta(minutes=4)
    await poll.poll()
    (after,) = await rows("select status, next_poll_at from payments")
    assert after["status"] == "created"
    assert after["next_poll_at"] > clock.now() > before["next_poll_at"]


async def test_an_order_that_ran_out_is_failed(gateway: Vendors, order, clock: FixedClock) -> None:
    await order()
    clock.moment += timedelta(days=4)
    await poll.poll()
    (now,) = await rows("select status, next_poll_at from payments")
    assert now == {"status": "failed", "next_poll_at": None}


def test_our_samples_look_like_razorpays() -> None:
    """The sandbox and these tests write the same entity: neither is the only witness of the format."""
    ours = attempt("plink_x", "pay_x", 1, "captured")
    assert {"id", "amount", "currency", "status", "order_id", "method", "description", "created_at"} <= set(ours)
    json.dumps(ours)


async def test_two_who_learn_of_the_same_payments_take_turns(order) -> None:
    """A webhook's batch and the poller, each with news of an order and of the other one's payment."""
    first, second = (await order())[0], (await order())[0]
    (payment,) = await rows("select provider_id from payments where order_id = %(id)s", id=first)

    async def learn(told_of: str, paid: str, number: str) -> None:
        news = Facts(
            orders=(Order(told_of),), attempts=(Attempt(number, Decimal(1), "INR", "failed", NOW, order_id=paid),)
        )
        async with unit_of_work() as session:
            await apply_events.apply(session, {payment["provider_id"]: [news]})

    for turn in range(20):
        await asyncio.gather(learn(first, second, f"pay_a{turn}"), learn(second, first, f"pay_b{turn}"))
    assert len(await rows("select 1 from payment_attempts where payment_id is not null")) == 40


async def test_money_goes_back_while_the_gateway_tells_of_its_order(
    voice: Voice, order, run_jobs, as_admin: httpx.AsyncClient, gateway: Vendors
) -> None:
    """Both move money of one case: they take turns before either holds the payment."""
    order_id, _ = await order()
    await voice.say(paid_link(order_id, "pay_1", PAISE))
    await run_jobs()
    (payment,) = await rows("select id, provider_id from payments")
    await linger("payments")

    async def learn() -> None:
        async with unit_of_work() as session:
            await apply_events.apply(session, {payment["provider_id"]: [Facts(orders=(Order(order_id),))]})

    await let_refund_alone(as_admin)

    async def refund() -> None:
        answer = await as_admin.post(f"/api/payments/pay-{payment['id']}/refund", json={"amount": 100})
        assert answer.status_code != 503, answer.text

    await cross(learn(), refund())


@pytest.mark.parametrize("poison", [{"amount": 10**15}, {"id": 4711}, {"currency": "RUPEES"}], ids=str)
async def test_an_event_that_cannot_be_applied_stops_no_other(voice: Voice, order, run_jobs, poison: dict) -> None:
    """It is stored as a dead letter with its reason; once the cause is fixed, it is applied by taking the mark off."""
    paid = [(await order())[0] for _ in range(3)]
    odd = payment_event("plink_odd", "pay_odd", PAISE, "captured")
    odd["payload"]["payment"]["entity"] |= poison
    told = [payment_event(order_id, f"pay_{n}", PAISE, "captured") for n, order_id in enumerate(paid)]
    told[2:2] = [odd, *(paid_link(f"plink_{n}", f"pay_other{n}", 100) for n in range(16))]
    assert len(told) == 20
    for number, event in enumerate(told):
        assert (await voice.say(event, event_id=f"evt_{number}")).status_code == 200
    with capture_logs() as logs:
        await run_jobs()
    assert [row["status"] for row in await rows("select status from payments")] == ["captured"] * 3
    assert await rows("select 1 from webhook_inbox where applied_at is null") == []
    (aside,) = await rows("select id, event_id, error from webhook_inbox where error is not null")
    assert aside["event_id"] == "evt_2"
    (line,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert (line["event"], line["id"], line["error"]) == ("a webhook cannot be applied", aside["id"], aside["error"])
    assert "exc_info" not in line
    mended = payment_event(paid[0], "pay_again", PAISE, "captured")
    await rows(
        "update webhook_inbox set applied_at = null, payload = %(payload)s where error is not null returning 1",
        payload=Jsonb(mended),
    )
    await jobs.inbox.retry()
    await run_jobs()
    assert await rows("select 1 from webhook_inbox where applied_at is null or error is not null") == []
    assert len(await rows("select 1 from payment_attempts where attempt_id = 'pay_again'")) == 1


@pytest.mark.parametrize(
    ("state", "error"),
    [("57P01", errors.AdminShutdown), ("40P01", errors.DeadlockDetected), ("25006", errors.ReadOnlySqlTransaction)],
)
async def test_a_database_that_will_not_is_no_fault_of_a_webhook(
    voice: Voice, order, monkeypatch, state: str, error: type[Exception]
) -> None:
    """Nothing is stored as a dead letter: all of it waits until the database does its work again."""
    order_id, _ = await order()
    await voice.say(payment_event(order_id, "pay_1", PAISE, "captured"))
    await rows(
        "create function stop() returns trigger language plpgsql"
        f" as $$ begin raise 'not now' using errcode = '{state}'; end $$"
    )
    await rows("create trigger stop before insert on payment_attempts for each row execute function stop()")
    monkeypatch.setattr(db, "INSIST_SECONDS", 0.0)
    with pytest.raises(error):
        await jobs.inbox.apply_all()
    assert await rows("select error from webhook_inbox where applied_at is null") == [{"error": None}]
    await rows("drop trigger stop on payment_attempts")
    await jobs.inbox.apply_all()
    assert (await payment_now())["status"] == "captured"
