"""E-mandates: authorised at the gateway in any order of events, paused, cancelled, listed."""

import random
from datetime import timedelta
from typing import Any

import httpx
import pytest

from py360.kit.clock import FixedClock
from py360.modules.payments.mandates import run as mandates
from py360.modules.payments.service import poll
from py360.sandbox.vendors import Vendors
from tests.conftest import RunJobs
from tests.factories.mandates import OVER_A_DAY, authorise, debits, event, link_of, mandate_now, received
from tests.modules.conftest import AsRole
from tests.modules.payments.conftest import NOW, Ask, MakeCase, Voice, rows


@pytest.mark.parametrize("seed", range(4))
async def test_the_order_of_events_makes_no_difference(
    as_admin: httpx.AsyncClient,
    ask: Ask,
    make_case: MakeCase,
    gateway: Vendors,
    voice: Voice,
    run_jobs: RunJobs,
    seed: int,
) -> None:
    mandate = await ask(await make_case("5000"))
    link = link_of(gateway, mandate)
    token = gateway.razorpay_mandates.authorise(link)
    payment = gateway.razorpay.book.payment(link["payment_id"])
    assert payment is not None
    paused = gateway.razorpay_mandates.change(dict(token), "paused")
    resumed = gateway.razorpay_mandates.change(dict(token), "confirmed")
    news = [
        event(gateway, "payment.authorized", payment={**payment, "status": "authorized", "captured": False}),
        event(gateway, "payment.captured", payment=payment),
        event(gateway, "invoice.paid", invoice=link, payment=payment),
        event(gateway, "token.confirmed", token=token),
        event(gateway, "token.paused", at=60, token=paused),
        event(gateway, "token.confirmed", at=120, token=resumed),
    ] * 2
    random.Random(seed).shuffle(news)
    for each in news:
        assert (await voice.say(each)).status_code == 200
        if seed % 2:
            await run_jobs()
    await run_jobs()
    assert (await mandate_now(as_admin, mandate))["status"] == "active"
    (first,) = await rows("select status, captured_amount::int as paid from payments")
    assert first == {"status": "captured", "paid": 1}
    cancelled = gateway.razorpay_mandates.change(dict(token), "cancelled")
    await voice.say(event(gateway, "token.cancelled", at=180, token=cancelled))
    await voice.say(event(gateway, "token.confirmed", at=240, token=resumed))  # late: what has ended stays so
    await run_jobs()
    now = await mandate_now(as_admin, mandate)
    assert (now["status"], now["cancelledBy"]) == ("cancelled", "customer")


async def test_the_office_pauses_resumes_and_cancels(
    as_admin: httpx.AsyncClient, ask: Ask, make_case: MakeCase, gateway: Vendors, voice: Voice, run_jobs: RunJobs,
    clock: FixedClock,
) -> None:  # fmt: skip
    case = await make_case("5000", due=NOW.date() + timedelta(days=1))
    mandate = await ask(case)
    path = f"/api/payments/mandates/{mandate['id']}"
    early = await as_admin.post(f"{path}/pause", json={"reason": "Dispute"})
    assert (early.status_code, early.json()["error"]["code"]) == (409, "mandate_not_active")
    token = await authorise(gateway, voice, mandate, run_jobs)
    await mandates.run()
    assert (await as_admin.post(f"{path}/pause", json={"reason": "Dispute"})).status_code == 200
    now = await mandate_now(as_admin, mandate)
    assert (now["status"], now["pausedBy"]) == ("paused", "office")
    clock.moment = NOW + OVER_A_DAY
    await mandates.run()
    assert [each["status"] for each in await debits(as_admin, mandate)] == ["cancelled"]
    assert (await as_admin.post(f"{path}/resume")).status_code == 200
    planned = await as_admin.post(f"{path}/debits", json={})
    number = planned.json()["data"]["debitId"]
    assert (await as_admin.delete(f"{path}/debits/{number}")).status_code == 200
    assert (await as_admin.delete(f"{path}/debits/{number}")).status_code == 409
    assert (await as_admin.post(f"{path}/cancel", json={"reason": " "})).status_code == 422
    done = await as_admin.post(f"{path}/cancel", json={"reason": "The policy moves to another insurer"})
    assert (done.status_code, done.json()["data"]["mandate"]["cancelledBy"]) == (200, "office")
    assert gateway.razorpay_mandates.known(token["id"], "token")["recurring_details"]["status"] == "cancelled"
    again = await as_admin.post(f"{path}/cancel", json={"reason": "Again"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "mandate_ended")
    await ask(case)  # another may be asked for


async def test_a_mandate_cancelled_while_the_gateway_is_away_is_cancelled_there_later(
    as_admin: httpx.AsyncClient, ask: Ask, make_case: MakeCase, gateway: Vendors, voice: Voice, run_jobs: RunJobs,
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    mandate = await ask(await make_case("5000"))
    token = await authorise(gateway, voice, mandate, run_jobs)
    with monkeypatch.context() as away:
        away.setattr(gateway.razorpay_mandates, "known", lambda *_: 1 / 0)
        answer = await as_admin.post(
            f"/api/payments/mandates/{mandate['id']}/cancel", json={"reason": "Asked by phone"}
        )
        assert answer.status_code == 503
    assert (await mandate_now(as_admin, mandate))["status"] == "cancelled"
    clock.moment += timedelta(minutes=20)
    await mandates.run()
    assert gateway.razorpay_mandates.known(token["id"], "token")["recurring_details"]["status"] == "cancelled"


async def test_a_customer_who_authorises_what_was_cancelled_meanwhile_is_not_bound(
    as_admin: httpx.AsyncClient, ask: Ask, make_case: MakeCase, gateway: Vendors, voice: Voice, run_jobs: RunJobs,
    clock: FixedClock,
) -> None:  # fmt: skip
    mandate = await ask(await make_case("5000"))
    link = link_of(gateway, mandate)
    token = gateway.razorpay_mandates.authorise(link)  # its webhooks are still on their way
    await as_admin.post(f"/api/payments/mandates/{mandate['id']}/cancel", json={"reason": "Asked by phone"})
    clock.moment += timedelta(minutes=20)
    await mandates.run()
    assert gateway.razorpay_mandates.known(token["id"], "token")["recurring_details"]["status"] == "cancelled"
    assert (await mandate_now(as_admin, mandate))["status"] == "cancelled"


async def test_the_customer_stops_one_debit_or_all_from_the_notice(
    as_admin: httpx.AsyncClient, client: httpx.AsyncClient, ask: Ask, make_case: MakeCase, gateway: Vendors, voice: Voice,
    run_jobs: RunJobs, clock: FixedClock,
) -> None:  # fmt: skip
    case = await make_case("5000", due=NOW.date() + timedelta(days=1), language="hi")
    mandate = await ask(case)
    token = await authorise(gateway, voice, mandate, run_jobs)
    await mandates.run()
    text = received(gateway)[0].body
    page = "/mandate/" + text.rpartition("/mandate/")[2].split()[0]
    shown = await client.get(page)
    assert shown.status_code == 200
    assert "अगली कटौती रोकें" in shown.text
    assert case.policy_number not in shown.text  # masked
    assert (await client.post(f"{page}/stop?lang=en")).status_code == 200
    clock.moment = NOW + OVER_A_DAY
    await mandates.run()
    (debit,) = await debits(as_admin, mandate)
    assert (debit["status"], debit["reason"]) == ("cancelled", "Stopped by the customer.")
    assert (await mandate_now(as_admin, mandate))["status"] == "active"
    assert "Automatic payment has ended" in (await client.post(f"{page}/cancel?lang=en")).text
    now = await mandate_now(as_admin, mandate)
    assert (now["status"], now["cancelledBy"]) == ("cancelled", "customer")
    assert gateway.razorpay_mandates.known(token["id"], "token")["recurring_details"]["status"] == "cancelled"
    assert (await client.get("/mandate/abc.def")).status_code == 404
    assert (await client.post("/mandate/abc.def/cancel")).status_code == 404


async def test_a_customer_who_pauses_in_their_bank_is_not_resumed_by_the_office(
    as_admin: httpx.AsyncClient, ask: Ask, make_case: MakeCase, gateway: Vendors, voice: Voice, run_jobs: RunJobs,
    clock: FixedClock,
) -> None:  # fmt: skip
    mandate = await ask(await make_case("5000", due=NOW.date() + timedelta(days=1)))
    token = await authorise(gateway, voice, mandate, run_jobs)
    await mandates.run()
    paused = gateway.razorpay_mandates.change(dict(token), "paused")
    await voice.say(event(gateway, "token.paused", at=60, token=paused))
    await run_jobs()
    now = await mandate_now(as_admin, mandate)
    assert (now["status"], now["pausedBy"]) == ("paused", "customer")
    answer = await as_admin.post(f"/api/payments/mandates/{mandate['id']}/resume")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "paused_by_customer")
    clock.moment = NOW + OVER_A_DAY
    await mandates.run()
    assert [each["status"] for each in await debits(as_admin, mandate)] == ["cancelled"]


async def test_a_link_that_ran_out_leaves_room_for_another(
    as_admin: httpx.AsyncClient, ask: Ask, make_case: MakeCase, gateway: Vendors, clock: FixedClock
) -> None:
    case = await make_case("5000")
    mandate = await ask(case)
    error = await ask(case, 409)
    assert error["code"] == "mandate_exists"
    assert mandate["id"] in error["message"]
    clock.moment = NOW + timedelta(hours=50)
    await mandates.run()
    assert (await mandate_now(as_admin, mandate))["status"] == "expired"
    await ask(case)


async def test_a_webhook_that_never_comes_is_asked_for(
    as_admin: httpx.AsyncClient, ask: Ask, make_case: MakeCase, gateway: Vendors, clock: FixedClock, run_jobs: RunJobs
) -> None:
    mandate = await ask(await make_case("5000"))
    gateway.razorpay_mandates.authorise(link_of(gateway, mandate))
    clock.moment = NOW + timedelta(minutes=11)
    await mandates.run()
    await run_jobs()
    assert (await mandate_now(as_admin, mandate))["status"] == "active"
    await poll.poll()
    assert await rows("select status from payments") == [{"status": "captured"}]  # the rupee that authorised it


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"maxAmount": 100_001}, 422, "mandate_too_large"),
        ({"maxAmount": 0}, 422, "invalid"),
        ({"method": "cheque"}, 422, "invalid"),
        ({"validUntil": "2026-11-24"}, 422, "wrong_date"),
        ({"validUntil": "2046-11-24"}, 422, "wrong_date"),
        ({"caseId": "CASE-999999"}, 404, "not_found"),
    ],
)
async def test_a_mandate_that_does_not_fit_is_refused(
    ask: Ask, make_case: MakeCase, body: dict[str, Any], status: int, code: str
) -> None:
    error = await ask(await make_case("5000"), status, **body)
    assert error["code"] == code


async def test_who_may_not_take_payments_asks_for_no_mandate(
    as_role: AsRole, ask: Ask, make_case: MakeCase, gateway: Vendors, clock: FixedClock
) -> None:
    case = await make_case("5000")
    mandate = await ask(case)
    agent = await as_role("agent")
    body = {"caseId": case.number, "maxAmount": 100}
    assert (await agent.post("/api/payments/mandates", json=body)).status_code in (403, 404)
    assert (await agent.get(f"/api/payments/mandates/{mandate['id']}")).status_code == 404
    assert (await agent.get("/api/payments/mandates")).json()["data"]["mandates"] == []


async def test_the_lists_filter_and_export(as_admin: httpx.AsyncClient, ask: Ask, make_case: MakeCase) -> None:
    first, second = await make_case("5000"), await make_case("6000")
    await ask(first)
    mandate = await ask(second, method="emandate", maxAmount=50_000)
    for query, expected in (
        (f"caseId={second.number}", [mandate["id"]]),
        (f"search={second.policy_number}", [mandate["id"]]),
        ("status=active", []),
        ("sort=-maxAmount&limit=1", [mandate["id"]]),
    ):
        found = (await as_admin.get(f"/api/payments/mandates?{query}")).json()["data"]["mandates"]
        assert [each["id"] for each in found] == expected, query
    exported = await as_admin.get("/api/payments/mandates?format=csv")
    assert second.policy_number in exported.text
    assert (await as_admin.get("/api/payments/mandates/debits")).json()["data"]["debits"] == []
