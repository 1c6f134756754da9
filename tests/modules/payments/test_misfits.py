"""Money that does not fit: booked, in the case's history, reported to a person, and never making a paid case an unpaid one."""

from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.modules.payments.service import closed_cases, poll
from py360.modules.providers import api as providers
from py360.sandbox.vendors import Vendors
from tests.conftest import RunJobs
from tests.modules.payments.conftest import (
    PAISE,
    MakeCase,
    Voice,
    case_now,
    dispute_event,
    history,
    let_refund_alone,
    paid_link,
    payment_event,
    payment_now,
    refund_event,
    rows,
    told,
)

OTHER_GATEWAY = {
    "name": "Our Razorpay",
    "channel": "payment",
    "type": "razorpay",
    "config": {"keyId": "rzp_live_1", "keySecret": "s", "webhookSecret": "w"},
}


def with_fee(order_id: str, pay_id: str, paise: int, fee: int) -> dict[str, Any]:
    """A payment whose customer bears the gateway's fee: it is part of the amount, on top of the order's."""
    event = payment_event(order_id, pay_id, paise, "captured")
    event["payload"]["payment"]["entity"] |= {"fee": fee, "tax": fee // 7}
    return event


@pytest.mark.parametrize("fee", [2360, 1, 50_000_00])
async def test_a_fee_on_top_of_the_order_is_no_part_of_the_renewal(
    voice: Voice, order, run_jobs: RunJobs, fee: int
) -> None:
    order_id, case = await order()
    await voice.say(with_fee(order_id, "pay_1", PAISE + fee, fee))
    await voice.say(paid_link(order_id, "pay_1", PAISE + fee))  # the same payment without its fee, out of order
    await run_jobs()
    now = await payment_now(case)
    assert (now["status"], now["captured"], now["excess"], now["error"]) == ("captured", "125000.50", "0.00", None)
    assert await case_now(case) == ("renewed", "completed")


async def test_a_fee_that_the_office_bears_changes_nothing(voice: Voice, order, run_jobs: RunJobs) -> None:
    order_id, case = await order()
    await voice.say(with_fee(order_id, "pay_1", PAISE, 2360))
    await run_jobs()
    assert (await payment_now(case))["captured"] == "125000.50"
    assert await case_now(case) == ("renewed", "completed")


@pytest.mark.parametrize("over", [1, 100_00, PAISE * 9])
async def test_more_than_was_asked_is_counted_and_the_excess_reported(
    voice: Voice, order, run_jobs: RunJobs, as_admin: httpx.AsyncClient, over: int
) -> None:
    order_id, case = await order()  # nobody is assigned: those who look after payments are notified
    await voice.say(payment_event(order_id, "pay_1", PAISE + over, "captured"))
    await run_jobs()
    now = await payment_now(case)
    assert (now["status"], now["captured"], now["error"]) == ("captured", "125000.50", "paid_twice")
    assert float(now["excess"]) == over / 100
    assert await case_now(case) == ("renewed", "completed")
    assert "Paid twice" in await history(case)
    assert "Paid twice" in await told()


@pytest.mark.parametrize("first", ["refund", "payment"])
async def test_refund_of_excess_keeps_case_paid(voice: Voice, order, run_jobs: RunJobs, first: str) -> None:
    order_id, case = await order()
    await voice.say(payment_event(order_id, "pay_1", PAISE, "captured"))
    await run_jobs()
    events = [
        payment_event(order_id, "pay_2", PAISE, "captured"),
        refund_event(order_id, "pay_2", PAISE, "rfnd_1", PAISE),
    ]
    for event in events if first == "payment" else reversed(events):
        await voice.say(event)
        await run_jobs()
    now = await payment_now(case)
    assert (now["status"], now["captured"], now["refunded"], now["excess"]) == ("captured", "125000.50", "0.00", "0.00")
    assert await case_now(case) == ("renewed", "completed")


async def test_the_office_gives_the_excess_back_first(
    voice: Voice, order, run_jobs: RunJobs, as_admin: httpx.AsyncClient, gateway: Vendors
) -> None:
    order_id, case = await order()
    at_gateway = gateway.razorpay.current(order_id)
    assert at_gateway is not None
    gateway.razorpay.pay(at_gateway, "upi", True)
    number = (await payment_now(case))["id"]
    await rows("update payments set next_poll_at = '2026-11-01T00:00Z'")
    await poll.poll()
    await voice.say(payment_event(order_id, "pay_other", PAISE, "captured"))
    await run_jobs()
    assert (await payment_now(case))["error"] == "paid_twice"
    await let_refund_alone(as_admin)
    asked = await as_admin.post(f"/api/payments/pay-{number}/refund", json={"reason": "paid twice"})
    refunds = await rows("select amount::text as amount from payment_refunds")
    assert [row["amount"] for row in refunds] == ["125000.50"], asked.text
    assert await case_now(case) == ("renewed", "completed")


async def test_suspicious_money_can_go_back(
    voice: Voice, order, run_jobs: RunJobs, as_admin: httpx.AsyncClient
) -> None:
    order_id, case = await order()
    event = payment_event(order_id, "pay_1", PAISE, "captured")
    event["payload"]["payment"]["entity"] |= {"currency": "USD"}
    await voice.say(event)
    await run_jobs()
    number = (await payment_now(case))["id"]
    await let_refund_alone(as_admin)
    answer = await as_admin.post(f"/api/payments/pay-{number}/refund", json={"reason": "wrong currency"})
    # the sandbox does not know this payment; what matters is that it was asked
    assert answer.json().get("error", {}).get("code") in {None, "refund_refused"}, answer.text
    back = refund_event(order_id, "pay_1", PAISE, "rfnd_1", PAISE)
    back["payload"]["payment"]["entity"]["currency"] = "USD"
    await voice.say(back)
    await run_jobs()
    now = await payment_now(case)
    assert (now["captured"], now["refunded"], now["error"]) == ("0.00", "0.00", None)


async def test_an_order_is_cancelled_at_the_gateway_once_the_case_is_paid_by_hand(
    order, run_jobs: RunJobs, as_admin: httpx.AsyncClient, gateway: Vendors
) -> None:
    order_id, case = await order()
    paid = await as_admin.post(f"/api/cases/{case.number}/payments", json={"method": "cash"})
    assert paid.status_code == 201, paid.text
    await run_jobs()
    assert gateway.razorpay.current(order_id)["status"] == "cancelled"


async def test_paid_online_after_cash_is_booked_and_reported(
    voice: Voice, order, run_jobs: RunJobs, as_admin: httpx.AsyncClient
) -> None:
    """The customer was on the gateway's page already."""
    order_id, case = await order()
    await as_admin.post(f"/api/cases/{case.number}/payments", json={"method": "cash"})
    await voice.say(paid_link(order_id, "pay_1", PAISE))
    await run_jobs()
    assert (await payment_now(case))["captured"] == "125000.50"
    assert await case_now(case) == ("renewed", "completed")
    assert "Paid too much" in await history(case)
    assert "Paid too much" in await told()
    await voice.say(refund_event(order_id, "pay_1", PAISE, "rfnd_1", PAISE))
    await run_jobs()
    assert await case_now(case) == ("renewed", "completed")


@pytest.mark.parametrize("status", ["cancelled"])
async def test_money_for_a_closed_case_is_booked_and_reported(
    voice: Voice, order, run_jobs: RunJobs, as_admin: httpx.AsyncClient, gateway: Vendors, status: str
) -> None:
    order_id, case = await order()
    moved = await as_admin.patch(f"/api/cases/{case.number}/quick-edit", json={"status": status, "reason": "said no"})
    assert moved.status_code == 200, moved.text
    await run_jobs()
    assert gateway.razorpay.current(order_id)["status"] == "cancelled"
    await voice.say(paid_link(order_id, "pay_1", PAISE))
    await run_jobs()
    assert (await payment_now(case))["captured"] == "125000.50"
    assert (await case_now(case))[0] == status
    assert "Payment on a Closed Case" in await history(case)
    assert "Payment for a closed case" in await told()
    body = {"status": "in_progress", "reason": "The money is there"}
    assert (await as_admin.patch(f"/api/cases/{case.number}/quick-edit", json=body)).status_code == 200
    await run_jobs()
    assert (await case_now(case))[0] == "renewed"  # what came in meanwhile pays it
    assert {each["status"] for each in await rows("select status from reconciliation_exceptions")} == {"resolved"}
    assert (await as_admin.patch(f"/api/cases/{case.number}/quick-edit", json=body)).status_code == 200
    await run_jobs()
    assert (await case_now(case))[0] == "in_progress"  # a renewal that a manager takes back stays so


async def test_what_went_back_pays_nothing_any_more(
    run_jobs: RunJobs,
    as_admin: httpx.AsyncClient,
    client: httpx.AsyncClient,
    clock: Any,
    make_case: MakeCase,
    link: Any,
) -> None:
    case = await make_case("1000")
    path = f"/api/cases/{case.number}/payments"
    paid = await as_admin.post(path, json={"method": "cheque", "amount": 600, "reference": "000123"})
    await let_refund_alone(as_admin)
    body = {"reason": "dishonoured"}
    back = await as_admin.post(f"/api/payments/{paid.json()['data']['paymentId']}/refund", json=body)
    assert back.status_code == 200, back.text
    assert (await as_admin.post(path, json={"method": "cash", "amount": 400})).status_code == 201
    assert (await case_now(case))[1] == "partial"
    assert (await case_now(case))[0] != "renewed"
    assert "600" in (await client.get(await link(case))).text


async def test_money_of_a_case_that_is_closed_afterwards_is_looked_at(
    run_jobs: RunJobs, as_admin: httpx.AsyncClient, clock: Any, make_case: MakeCase
) -> None:
    case = await make_case("1000")
    paid = await as_admin.post(f"/api/cases/{case.number}/payments", json={"method": "cash", "amount": 400})
    assert paid.status_code == 201, paid.text
    body = {"status": "cancelled", "reason": "said no"}
    assert (await as_admin.patch(f"/api/cases/{case.number}/quick-edit", json=body)).status_code == 200
    await closed_cases.closed(case.id)  # events may come twice
    await run_jobs()
    (found,) = await rows("select kind, amount from reconciliation_exceptions where status = 'open'")
    assert (found["kind"], found["amount"]) == ("closed_case", 400)
    assert (await history(case)).count("Money of a closed case") == 1


async def test_a_permanent_refusal_is_told_with_the_gateways_reason(
    as_admin: httpx.AsyncClient,
    client: httpx.AsyncClient,
    gateway: Vendors,
    make_case: MakeCase,
    link,
    run_jobs: RunJobs,
) -> None:
    """The gateway takes at least one rupee."""
    case = await make_case("0.50")
    answer = await as_admin.post(f"/api/cases/{case.number}/payments", json={"method": "online"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "gateway_refused"), answer.text
    assert "INR 1" in answer.json()["error"]["message"] or "atleast" in answer.json()["error"]["message"]
    page = await client.post(await link(case))
    assert page.status_code == 409
    assert "cannot be paid online" in page.text
    assert "Online payment refused" in await history(case)
    assert "Online payment refused" in await told()


@pytest.mark.parametrize("mark", ["é", "☃", "x", ""])
async def test_a_signature_of_any_letters_is_401_and_the_page_is_shown(
    client: httpx.AsyncClient, gateway: Vendors, make_case: MakeCase, link, order, mark: str
) -> None:
    for address in ("/api/webhooks/razorpay", "/api/webhooks/payment/razorpay/4"):
        headers = {"X-Razorpay-Signature": mark.encode()}
        answer = await client.post(address, content=b"{}", headers=headers)
        assert answer.status_code == 401
    path = await link(await make_case())
    shown = await client.get(path, params={"razorpay_payment_link_id": "plink_1", "razorpay_signature": mark})
    assert shown.status_code == 200


async def test_a_sandbox_payment_never_settles_where_there_is_a_real_gateway(
    voice: Voice,
    order,
    run_jobs: RunJobs,
    as_admin: httpx.AsyncClient,
    link,
    make_case: MakeCase,
    client: httpx.AsyncClient,
) -> None:
    """Switched off or not, and also when the sandbox's order was open already."""
    order_id, case = await order()
    made = await as_admin.post("/api/providers", json=OTHER_GATEWAY | {"isActive": False})
    assert made.status_code == 201, made.text
    await voice.say(paid_link(order_id, "pay_1", PAISE))
    await run_jobs()
    now = await payment_now(case)
    assert (now["captured"], now["error"]) == ("0.00", "suspicious")
    assert (await case_now(case))[0] == "in_progress"
    other = await make_case()
    answer = await as_admin.post(f"/api/cases/{other.number}/payments", json={"method": "online"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "no_gateway")
    assert (await client.post(await link(other))).status_code == 503


async def test_what_the_sandbox_settled_before_stays_settled(
    voice: Voice, order, run_jobs: RunJobs, as_admin: httpx.AsyncClient
) -> None:
    order_id, case = await order()
    await voice.say(paid_link(order_id, "pay_1", PAISE))
    await run_jobs()
    await as_admin.post("/api/providers", json=OTHER_GATEWAY)
    await voice.say(payment_event(order_id, "pay_1", PAISE, "captured"))
    await run_jobs()
    assert (await payment_now(case))["captured"] == "125000.50"
    assert await case_now(case) == ("renewed", "completed")


async def test_no_event_changes_the_payment_of_another_account(
    client: httpx.AsyncClient, order, run_jobs: RunJobs, as_admin: httpx.AsyncClient
) -> None:
    """Another client's account, whose secret signs, names the order of this one."""
    order_id, case = await order()
    await _add_account_of_another_client("their secret")
    theirs = Voice(client, "their secret")
    for event in (paid_link(order_id, "pay_1", PAISE), dispute_event(order_id, "pay_1", PAISE, "lost")):
        assert (await theirs.say(event)).status_code in {200, 401}
    await run_jobs()
    now = await payment_now(case)
    assert (now["status"], now["captured"], now["lost"]) == ("created", "0.00", "0.00")
    assert (await case_now(case))[0] == "in_progress"


async def _add_account_of_another_client(secret: str) -> None:
    given = SecretStr(secret)
    settings = providers.RazorpaySettings(key_id="k", key_secret=given, webhook_secret=given)
    async with unit_of_work() as session:
        await db.execute(
            session,
            "with c as (insert into clients (client_code, client_name) values ('OTHER', 'Other') returning id)"
            " insert into providers (client_id, name, channel, type, status, config_encrypted)"
            " select c.id, 'Theirs', 'payment', 'razorpay', 'connected', %(config)s from c",
            {"config": providers.seal_settings(settings)},
        )


async def test_two_accounts_of_one_merchant_each_get_their_own_events(
    voice: Voice, order, run_jobs: RunJobs, client: httpx.AsyncClient
) -> None:
    """The merchant has one webhook and one secret; the event's order says whose it is."""
    order_id, case = await order()
    await _add_account_of_another_client(voice.secret)
    (account,) = await rows("select provider_id as id from payments where case_id = %(id)s", id=case.id)
    await voice.say(paid_link(order_id, "pay_1", PAISE))
    stored = await rows("select provider_id as id from webhook_inbox")
    assert stored == [account]
    await run_jobs()
    assert await case_now(case) == ("renewed", "completed")
    other = await rows("select id from providers where name = 'Theirs'")
    own = await client.post(
        f"/api/webhooks/payment/razorpay/{other[0]['id']}", content=b"{}", headers={"X-Razorpay-Signature": "x"}
    )
    assert own.status_code == 401
