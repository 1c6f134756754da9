"""Stripe beside Razorpay: a checkout session from the link to the refund, its signed events in any order, and its errors."""

import hashlib
import hmac
import itertools
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from py360.kit.clock import FixedClock
from py360.kit.db import unit_of_work
from py360.kit.settings import settings
from py360.modules.payments.mandates import run as mandates
from py360.modules.payments.service import poll
from py360.modules.payments.vendors.base import NewOrder
from py360.modules.payments.vendors.stripe import Stripe
from py360.modules.providers import api as providers
from py360.sandbox.vendors import Vendors
from tests.conftest import RunJobs
from tests.modules.conftest import AsRole
from tests.modules.payments.conftest import NOW, MakeCase, balances, let_refund_alone, rows

_numbers = itertools.count(1)


@dataclass
class Office:
    """An office whose gateway is Stripe, the sandbox's."""

    account_id: int
    vendors: Vendors
    client: httpx.AsyncClient
    secret: str

    async def say(
        self, kind: str, stated: dict[str, Any], secret: str | None = None, at: int | None = None
    ) -> httpx.Response:
        """Send one event, in the documented form and signed independently of the product."""
        moment = at or int(NOW.timestamp())
        event = {"id": f"evt_{next(_numbers)}", "object": "event", "type": kind, "created": moment}
        event["data"] = {"object": stated}
        body = json.dumps(event).encode()
        mark = hmac.new((secret or self.secret).encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"Stripe-Signature": f"t={moment},v1={mark}", "Content-Type": "application/json"}
        return await self.client.post("/api/webhooks/stripe", content=body, headers=headers)


@pytest_asyncio.fixture
async def office(as_admin: httpx.AsyncClient, client: httpx.AsyncClient, gateway: Vendors) -> Office:
    """Stripe's account is the default, made by the form."""
    secret = settings().sandbox_secret
    config = {"secretKey": secret, "webhookSecret": secret, "baseUrl": gateway.world.address}
    kind = {"channel": "payment", "type": "stripe"}
    body = {**kind, "name": "Stripe", "config": config, "isActive": True, "isDefault": True}
    made = await as_admin.post("/api/providers", json=body)
    assert made.status_code == 201, made.text
    number = made.json()["data"]["id"]
    tested = await as_admin.post("/api/providers/test", json={"channel": "payment", "providerId": number})
    assert tested.json()["data"] == {"success": True, "message": "Stripe answers and takes this key."}
    return Office(number, gateway, client, secret)


Open = Callable[..., Awaitable[tuple[Any, dict[str, Any]]]]


@pytest_asyncio.fixture
async def opened(office: Office, make_case: MakeCase, link: Any) -> Open:
    """A case whose customer went to Stripe's page; the session there."""

    async def make(**about: Any) -> tuple[Any, dict[str, Any]]:
        case = await make_case(**about)
        answer = await office.client.post(await link(case))
        assert answer.status_code == 303, answer.text
        (payment,) = await rows("select order_id, gateway from payments where case_id = %(id)s", id=case.id)
        assert payment["gateway"] == "stripe"
        session = office.vendors.stripe.session(payment["order_id"])
        assert answer.headers["location"] == session["url"]
        return case, session

    return make


async def state(case: Any) -> tuple[str, str, str]:
    (found,) = await rows(
        "select c.status, c.payment_status, p.status as payment from renewal_cases c join payments p on p.case_id = c.id"
        " where c.id = %(id)s order by p.id limit 1",
        id=case.id,
    )
    return found["status"], found["payment_status"], found["payment"]


def events_of(office: Office, session: dict[str, Any], charge: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """What Stripe reports of a paid session."""
    stripe = office.vendors.stripe
    return [
        ("charge.succeeded", charge),
        ("payment_intent.succeeded", stripe.intent(charge["payment_intent"])),
        ("checkout.session.completed", stripe.session(session["id"])),
    ]


@pytest.mark.parametrize("seed", range(6))
async def test_a_paid_session_renews_the_case_in_any_order_of_events(
    office: Office, opened: Open, run_jobs: RunJobs, as_admin: httpx.AsyncClient, seed: int
) -> None:
    case, session = await opened()
    charge = office.vendors.stripe.pay(session, True)
    events = events_of(office, session, charge) * 2
    random.Random(seed).shuffle(events)
    for kind, stated in events:
        assert (await office.say(kind, stated)).status_code == 200
        if seed % 2:
            await run_jobs()
    await run_jobs()
    assert await state(case) == ("renewed", "completed", "captured")
    assert await balances(as_admin) == {"gateway_clearing": 125_000.50, "premium": -125_000.50}


async def test_a_declined_card_may_try_again(office: Office, opened: Open, run_jobs: RunJobs) -> None:
    case, session = await opened()
    failed = office.vendors.stripe.pay(session, False)
    await office.say("payment_intent.payment_failed", office.vendors.stripe.intent(failed["payment_intent"]))
    await office.say("charge.failed", failed)
    await run_jobs()
    paid = office.vendors.stripe.pay(office.vendors.stripe.session(session["id"]), True)
    for kind, stated in events_of(office, session, paid):
        await office.say(kind, stated)
    await run_jobs()
    assert await state(case) == ("renewed", "completed", "captured")
    attempts = await rows("select status, error from payment_attempts order by happened_at, id")
    assert sorted(each["status"] for each in attempts) == ["captured", "failed"]


async def test_a_webhook_that_never_comes_is_asked_for(office: Office, opened: Open, run_jobs: RunJobs) -> None:
    case, session = await opened()
    office.vendors.stripe.pay(session, True)
    await rows("update payments set next_poll_at = '2026-11-24T00:00Z'")
    await poll.poll()
    assert await state(case) == ("renewed", "completed", "captured")


async def test_the_customer_who_comes_back_makes_us_ask(
    office: Office, opened: Open, link: Any, run_jobs: RunJobs
) -> None:
    case, session = await opened()
    office.vendors.stripe.pay(session, True)
    back = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]).removeprefix(settings().public_url)
    assert (await office.client.get(back)).status_code == 200
    assert (await office.client.get(back)).status_code == 200
    waiting = await rows("select 1 as one from procrastinate_jobs where task_name = 'payments.ask_gateway'")
    assert len(waiting) == 1, "those who come back meanwhile are asked about by the job that waits"
    await run_jobs()
    assert await state(case) == ("renewed", "completed", "captured")


async def test_a_late_authorisation_is_captured_or_left(
    office: Office, opened: Open, run_jobs: RunJobs, as_admin: httpx.AsyncClient
) -> None:
    case, session = await opened()
    charge = office.vendors.stripe.pay(session, True, capture=False)
    await office.say("checkout.session.completed", office.vendors.stripe.session(session["id"]))
    await office.say("charge.succeeded", charge)
    await run_jobs()
    assert await state(case) == ("in_progress", "pending", "authorized")
    (payment,) = await rows("select id from payments where case_id = %(id)s", id=case.id)
    path = f"/api/payments/pay-{payment['id']}/capture"
    done = await as_admin.post(path)
    assert done.status_code == 200, done.text
    assert done.json()["data"]["payment"]["status"] == "captured"
    assert await state(case) == ("renewed", "completed", "captured")
    assert (await as_admin.post(path)).json()["error"]["code"] == "not_authorized"


@pytest.mark.parametrize("turn", [1, -1])
async def test_less_is_captured_than_authorised(office: Office, opened: Open, run_jobs: RunJobs, turn: int) -> None:
    (case, session), stripe = await opened(), office.vendors.stripe
    charge = dict(stripe.pay(session, True, capture=False))
    stripe.capture(stripe.intent(charge["payment_intent"]), {"amount_to_capture": "10000000"})
    captured = events_of(office, session, stripe.known(charge["id"], "charge"))
    for kind, stated in [("charge.succeeded", charge), *captured][::turn]:
        await office.say(kind, stated)
        await run_jobs()
    assert await state(case) == ("in_progress", "partial", "partially_captured")
    assert await rows("select captured_amount::int as came from payments") == [{"came": 100_000}]


async def test_an_authorisation_for_a_paid_case_is_reported_and_not_captured(
    office: Office, opened: Open, run_jobs: RunJobs, as_admin: httpx.AsyncClient
) -> None:
    case, session = await opened()
    await as_admin.post(f"/api/cases/{case.number}/payments", json={"all": True, "method": "bank_transfer"})
    charge = office.vendors.stripe.pay(session, True, capture=False)
    await office.say("checkout.session.completed", office.vendors.stripe.session(session["id"]))
    await office.say("charge.succeeded", charge)
    await run_jobs()
    actions = await rows("select action from case_history where case_id = %(id)s", id=case.id)
    assert "Late authorisation" in {each["action"] for each in actions}
    (payment,) = await rows("select id from payments where provider_id is not null")
    assert (await as_admin.post(f"/api/payments/pay-{payment['id']}/capture")).json()["error"]["code"] == "case_closed"


async def test_a_refund_and_a_dispute(
    office: Office, opened: Open, run_jobs: RunJobs, as_admin: httpx.AsyncClient
) -> None:
    case, session = await opened()
    charge = office.vendors.stripe.pay(session, True)
    for kind, stated in events_of(office, session, charge):
        await office.say(kind, stated)
    await run_jobs()
    await let_refund_alone(as_admin)
    (payment,) = await rows("select id from payments where case_id = %(id)s", id=case.id)
    done = await as_admin.post(f"/api/payments/pay-{payment['id']}/refund", json={"amount": 500, "reason": "Discount"})
    assert done.status_code == 200, done.text
    assert done.json()["data"]["payment"]["refundedAmount"] == 500
    (refund,) = office.vendors.stripe.book.all("refund")
    assert refund["amount"] == 50_000
    dispute = office.vendors.stripe.dispute(charge["id"])
    await office.say("charge.dispute.created", dispute)
    await run_jobs()
    assert (await balances(as_admin))["disputes"] == 125_000.50
    await office.say("charge.dispute.closed", office.vendors.stripe.close_dispute(dispute["id"], "lost"))
    await office.say("charge.dispute.created", dispute)  # late, and weaker than what is known
    await run_jobs()
    found = await balances(as_admin)
    assert (found.get("disputes"), found["chargebacks"]) == (None, 125_000.50)
    actions = [
        each["action"] for each in await rows("select action from case_history where case_id = %(id)s", id=case.id)
    ]
    assert {"Payment disputed", "Dispute lost", "Payment Refunded"} <= set(actions)


@pytest.mark.parametrize(
    ("secret", "at", "status"),
    [(None, None, 200), ("another", None, 401), (None, int(NOW.timestamp()) - 301, 401), (None, 1, 401)],
)
async def test_only_what_stripe_signed_just_now_is_taken(
    office: Office, opened: Open, secret: str | None, at: int | None, status: int
) -> None:
    _, session = await opened()
    assert (await office.say("checkout.session.expired", session, secret, at)).status_code == status


@pytest.mark.parametrize(
    "header", ["", "t=1", "v1=x", "t=x,v1=y", "t=1,v1=é", "t=1,v1=\u20ac", ",,,", "t=99999999999999999999,v1=0"]
)
async def test_odd_signatures_are_refused(office: Office, header: str) -> None:
    headers = [(b"stripe-signature", header.encode()), (b"content-type", b"application/json")]
    answer = await office.client.post("/api/webhooks/stripe", content=b"\xff{}", headers=headers)
    assert answer.status_code == 401, answer.text


async def test_an_event_of_something_else_changes_nothing(office: Office, opened: Open, run_jobs: RunJobs) -> None:
    case, _ = await opened()
    assert (await office.say("invoice.paid", {"object": "invoice", "id": "in_1"})).status_code == 200
    assert (
        await office.say("charge.succeeded", {"object": "charge", "id": "ch_1"})
    ).status_code == 200  # not as documented
    await run_jobs()
    assert await state(case) == ("in_progress", "pending", "created")
    dead = await rows("select error from webhook_inbox where error is not null")
    assert len(dead) == 1


async def test_the_same_order_is_opened_once(office: Office, clock: FixedClock, gateway: Vendors) -> None:
    """The key of an idempotent request; where its parameters changed meanwhile, the session is found by our reference."""
    async with unit_of_work() as session:
        account = await providers.get(session, office.account_id)
    assert account is not None
    order = NewOrder(
        "ref-1", __import__("decimal").Decimal(500), "Renewal", "http://office/pay/x", NOW, "Asha", None, None
    )

    order = replace(order, expires_at=NOW + timedelta(hours=10))
    first = await Stripe().open(account, order)
    assert (await Stripe().open(account, order)).order_id == first.order_id
    later = replace(order, expires_at=NOW + timedelta(hours=11))
    assert (await Stripe().open(account, later)).order_id == first.order_id
    assert (await Stripe().find(account, "ref-2")).orders == ()
    closed = await Stripe().cancel(account, first.order_id)
    assert closed.orders[0].closed_at == NOW


async def test_an_order_is_closed_when_the_case_is_paid_another_way(
    office: Office, opened: Open, run_jobs: RunJobs, as_admin: httpx.AsyncClient
) -> None:
    case, session = await opened()
    await as_admin.post(f"/api/cases/{case.number}/payments", json={"all": True, "method": "cheque", "reference": "7"})
    await run_jobs()
    assert office.vendors.stripe.session(session["id"])["status"] == "expired"


async def test_another_clients_account_does_not_sign_for_this_one(
    office: Office, opened: Open, as_admin: httpx.AsyncClient, as_role: AsRole, run_jobs: RunJobs
) -> None:
    case, session = await opened()
    made = await as_admin.post("/api/clients", json={"clientName": "Foreign"})
    foreign = await as_role("client_admin", client_id=made.json()["data"]["id"])
    config = {"secretKey": "sk", "webhookSecret": "their secret", "baseUrl": office.vendors.world.address}
    body = {
        "name": "Stripe",
        "channel": "payment",
        "type": "stripe",
        "config": config,
        "isDefault": True,
        "isActive": True,
    }
    assert (await foreign.post("/api/providers", json=body)).status_code == 201
    charge = office.vendors.stripe.pay(session, True)
    for kind, stated in events_of(office, session, charge):
        await office.say(kind, stated, secret="their secret")
    await run_jobs()
    assert await state(case) == ("in_progress", "pending", "created")


def test_the_secret_is_not_printed() -> None:
    assert "hush" not in repr(providers.StripeSettings(secret_key=SecretStr("hush"), webhook_secret=SecretStr("hush")))


async def test_a_premium_is_debited_under_a_mandate_of_upi_autopay(
    office: Office, as_admin: httpx.AsyncClient, make_case: MakeCase, run_jobs: RunJobs, clock: FixedClock
) -> None:
    case = await make_case("5000", due=NOW.date() + timedelta(days=1))
    card = {"caseId": case.number, "method": "card", "maxAmount": 20_000}
    refused = await as_admin.post("/api/payments/mandates", json=card)
    assert refused.json()["error"]["code"] == "wrong_method"
    asked = await as_admin.post("/api/payments/mandates", json=card | {"method": "upi"})
    assert asked.status_code == 201, asked.text
    mandate, at_stripe = asked.json()["data"]["mandate"], office.vendors.stripe_mandates
    session = office.vendors.stripe.session(mandate["authorisationUrl"].rpartition("/")[2])
    authorised = at_stripe.authorise(session)
    setup = office.vendors.stripe.known(session["setup_intent"], "setup_intent")
    path = f"/api/payments/mandates/{mandate['id']}"
    for kind, stated in (
        ("mandate.updated", authorised),
        ("setup_intent.succeeded", setup),
        ("checkout.session.completed", session),
    ):
        await office.say(kind, stated)
        await run_jobs()
    assert (await as_admin.get(path)).json()["data"]["mandate"]["status"] == "active"
    await mandates.run()
    clock.moment = NOW + timedelta(hours=24, minutes=1)
    at_stripe.failing[authorised["payment_method"]] = "Insufficient funds."
    await mandates.run()
    (intent,) = office.vendors.stripe.book.all("payment_intent")
    await office.say("payment_intent.payment_failed", intent, at=int(clock.moment.timestamp()))
    await run_jobs()
    clock.moment = NOW
    second, first = (await as_admin.get(f"{path}/debits")).json()["data"]["debits"]
    assert [(each["status"], each["reason"]) for each in (first, second)] == [
        ("failed", "Insufficient funds."),
        ("planned", None),
    ]
    at_stripe.failing.clear()
    for days in (2, 4):
        clock.moment = NOW + timedelta(days=days)
        await mandates.run()
    newest, _ = office.vendors.stripe.book.all("payment_intent")
    charge = office.vendors.stripe.charge(newest["latest_charge"])
    for kind, stated in (("charge.succeeded", charge), ("payment_intent.succeeded", newest)):
        await office.say(kind, stated, at=int(clock.moment.timestamp()))
    await run_jobs()
    clock.moment = NOW
    assert (await as_admin.get(f"{path}/debits")).json()["data"]["debits"][0]["status"] == "paid"
    assert (await state(case))[:2] == ("renewed", "completed")
    assert await balances(as_admin) == {"gateway_clearing": 5_000, "premium": -5_000}
    ended = at_stripe.change(authorised, "inactive")
    await office.say("mandate.updated", ended)
    await run_jobs()
    now = (await as_admin.get(path)).json()["data"]["mandate"]
    assert (now["status"], now["cancelledBy"]) == ("cancelled", "customer")


async def test_a_mandate_cancelled_by_the_office_ends_at_stripe(
    office: Office, as_admin: httpx.AsyncClient, make_case: MakeCase, run_jobs: RunJobs, clock: FixedClock
) -> None:
    case = await make_case("5000")
    body = {"caseId": case.number, "maxAmount": 20_000}
    mandate = (await as_admin.post("/api/payments/mandates", json=body)).json()["data"]["mandate"]
    session = office.vendors.stripe.session(mandate["authorisationUrl"].rpartition("/")[2])
    at_stripe = office.vendors.stripe_mandates.authorise(session)
    await office.say("checkout.session.completed", session)
    await run_jobs()  # the event says that it was authorised; whether it is in force is asked
    path = f"/api/payments/mandates/{mandate['id']}"
    assert (await as_admin.get(path)).json()["data"]["mandate"]["status"] == "active"
    assert (await as_admin.post(f"{path}/cancel", json={"reason": "Moved"})).status_code == 200
    assert office.vendors.stripe.known(at_stripe["id"], "mandate")["status"] == "inactive"
    again = (await as_admin.post("/api/payments/mandates", json=body)).json()["data"]["mandate"]
    assert (
        await as_admin.post(f"/api/payments/mandates/{again['id']}/cancel", json={"reason": "Moved"})
    ).status_code == 200
    assert office.vendors.stripe.session(again["authorisationUrl"].rpartition("/")[2])["status"] == "expired"
