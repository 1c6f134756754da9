"""Disputes: booked, reported, never making a paid case an unpaid one, and never paid back twice."""

import httpx
import pytest

from tests.conftest import RunJobs
from tests.modules.payments.conftest import (
    PAISE,
    Voice,
    case_now,
    dispute_event,
    history,
    paid_link,
    payment_event,
    payment_now,
    told,
)


@pytest.mark.parametrize(
    "path", [("open", "under_review", "lost"), ("lost", "open"), ("open", "won"), ("open", "closed")]
)
async def test_a_dispute_is_booked_and_reported_and_the_case_stays_paid(
    voice: Voice, order, run_jobs: RunJobs, as_admin: httpx.AsyncClient, path: tuple[str, ...]
) -> None:
    order_id, case = await order()
    await voice.say(paid_link(order_id, "pay_1", PAISE))
    await run_jobs()
    for status in path:
        await voice.say(dispute_event(order_id, "pay_1", PAISE, status))
        await run_jobs()
    now, lost = await payment_now(case), "lost" in path
    assert now["error"] == ("dispute_lost" if lost else None)
    assert now["lost"] == ("125000.50" if lost else "0.00")
    assert (now["status"], now["captured"], now["refunded"]) == ("captured", "125000.50", "0.00")
    assert await case_now(case) == ("renewed", "completed")
    expected = "Dispute lost" if lost else "Dispute ended"
    assert expected in await history(case)
    assert expected in await told()
    if path[0] == "open":
        assert "Payment disputed" in await history(case)
        assert "Payment disputed" in await told()
    if lost:  # what the bank took is not given back a second time
        again = await as_admin.post(f"/api/payments/pay-{now['id']}/refund", json={})
        assert (again.status_code, again.json()["error"]["code"]) == (409, "nothing_to_refund")
    shown = (await as_admin.get(f"/api/payments/pay-{now['id']}")).json()["data"]
    assert shown["disputes"][0]["reason"] == "goods or services not received"
    assert shown["chargedBackAmount"] == (125_000.50 if lost else 0)


async def test_what_the_bank_took_of_a_double_payment_is_no_excess_any_more(
    voice: Voice, order, run_jobs: RunJobs, as_admin: httpx.AsyncClient
) -> None:
    order_id, case = await order()
    for event in (
        paid_link(order_id, "pay_1", PAISE),
        payment_event(order_id, "pay_2", PAISE, "captured"),
        dispute_event(order_id, "pay_2", PAISE, "lost"),
    ):
        await voice.say(event)
        await run_jobs()
    now = await payment_now(case)
    assert (now["status"], now["captured"], now["excess"], now["lost"]) == (
        "captured",
        "125000.50",
        "0.00",
        "125000.50",
    )
    answer = await as_admin.post(f"/api/payments/pay-{now['id']}/refund", json={"amount": "125000.51"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "too_much")
