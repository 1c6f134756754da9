"""A case to pay for, a gateway account, and a gateway's voice: webhooks signed by code that is not ours."""

import hashlib
import hmac
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from py360.kit.clock import FixedClock
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.kit.settings import settings
from py360.modules.identity import api as identity
from py360.modules.messaging import api as messaging
from py360.modules.payments import api
from py360.modules.providers import api as providers
from py360.sandbox.main import opened
from py360.sandbox.vendors import Vendors
from tests.factories.stored import read_rows, read_value

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)  # noon in India
_numbers = itertools.count(1)

_CUSTOMER = """
insert into customers (client_id, customer_code, first_name, last_name, email, phone, preferred_language)
values (%(client_id)s, %(code)s, 'Asha', 'Rao', %(email)s, %(phone)s, %(language)s) returning id
"""
_POLICY = """
insert into policies (client_id, policy_number, customer_id, policy_type, product_name, premium_amount, start_date, end_date,
  renewal_date)
values (%(client_id)s, %(number)s, %(customer_id)s, 'motor', %(product)s, 11000, %(due)s - 365, %(due)s, %(due)s)
returning id
"""
_CASE = """
insert into renewal_cases (client_id, policy_id, customer_id, due_date, status, renewal_amount, assigned_to)
values (%(client_id)s, %(policy_id)s, %(customer_id)s, %(due)s, 'in_progress', %(amount)s, %(assigned_to)s) returning id
"""


PAISE = 12_500_050  # what `order` asks for


@dataclass(frozen=True)
class Case:
    """A renewal case of the tests."""

    id: int
    client_id: int
    policy_number: str

    @property
    def number(self) -> str:
        """Its display code."""
        return f"CASE-{self.id}"


MakeCase = Callable[..., Awaitable[Case]]


@pytest_asyncio.fixture
async def clock(app: FastAPI) -> FixedClock:
    """Noon of a Tuesday in India, until a test moves on."""
    resources: Resources = app.state.resources
    resources.clock = FixedClock(NOW)
    return resources.clock


@pytest_asyncio.fixture
async def make_case(app: FastAPI) -> MakeCase:
    """An open case of ₹1,25,000.50 that falls due in ten days."""

    async def make(
        amount: str = "125000.50",
        *,
        due: date = date(2026, 12, 4),
        language: str = "en",
        assigned_to: int | None = None,
        phone: str | None = "+919876543210",
        email: str | None = "asha@example.com",
        product: str | None = "Private Car Package",
    ) -> Case:
        number = next(_numbers)
        async with unit_of_work() as session:
            client_id = await identity.default_client(session)
            row: dict[str, Any] = {
                "client_id": client_id, "code": f"PAY-CUST-{number}", "number": f"POL-2026-{number:06}", "email": email,
                "phone": phone, "language": language, "due": due, "amount": amount, "assigned_to": assigned_to,
                "product": product,
            }  # fmt: skip
            row["customer_id"] = await read_value(session, _CUSTOMER, row)
            row["policy_id"] = await read_value(session, _POLICY, row)
            case_id = await read_value(session, _CASE, row)
        return Case(case_id, client_id, row["number"])

    return make


@pytest_asyncio.fixture
async def link(app: FastAPI, clock: FixedClock) -> Callable[..., Awaitable[str]]:
    """The path of a payment link for a case."""

    async def make(case: Case, amount: str | None = None, contact: str | None = "+919876543210") -> str:
        async with unit_of_work() as session:
            asked = messaging.LinkRequest(case.id, case.client_id, contact, amount and Decimal(amount))
            urls = await api.make_links(session, [asked])
        return urls[case.id].removeprefix(settings().public_url)

    return make


@pytest_asyncio.fixture
async def gateway(app: FastAPI, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Vendors]:
    """The sandbox's vendors on a free port, and the accounts that use them. They call back into the void."""
    async with opened(
        secret=settings().sandbox_secret, callback="http://127.0.0.1:9", http_port=0, smtp_port=0
    ) as vendors:
        vendors.world.clock = clock
        monkeypatch.setenv("PY360_SANDBOX_PORT", vendors.world.address.rpartition(":")[2])
        settings.cache_clear()
        async with unit_of_work() as session:
            client_id = await identity.default_client(session)
            await providers.seed(session, client_id)
        yield vendors


@dataclass
class Voice:
    """Razorpay's webhooks, in the form of its documented samples and signed independently of the product."""

    client: httpx.AsyncClient
    secret: str

    async def say(
        self, event: dict[str, Any], event_id: str | None = None, secret: str | None = None
    ) -> httpx.Response:
        """Send one webhook."""
        body = json.dumps(event).encode()
        mark = hmac.new((secret or self.secret).encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Razorpay-Signature": mark, "Content-Type": "application/json"}
        headers["x-razorpay-event-id"] = event_id or f"evt_{next(_numbers)}"
        return await self.client.post("/api/webhooks/razorpay", content=body, headers=headers)


@pytest_asyncio.fixture
async def voice(client: httpx.AsyncClient, gateway: Vendors) -> Voice:
    """Whoever knows the webhook secret."""
    return Voice(client, settings().sandbox_secret)


def seconds(moment: datetime = NOW) -> int:
    """As Razorpay writes time."""
    return int(moment.timestamp())


def paid_link(
    order_id: str, pay_id: str, paise: int, *, status: str = "captured", event: str = "payment_link.paid"
) -> dict[str, Any]:
    """`payment_link.paid` (or another event about a link and a payment on it)."""
    inner = "order_" + order_id.removeprefix("plink_")
    link = {
        "id": order_id, "amount": paise, "amount_paid": paise, "currency": "INR", "order_id": inner, "reference_id": "",
        "status": event.removeprefix("payment_link."), "short_url": "https://rzp.io/i/x", "created_at": seconds(),
        "updated_at": seconds(NOW + timedelta(minutes=2)), "cancelled_at": 0, "expired_at": 0,
    }  # fmt: skip
    payment = attempt(order_id, pay_id, paise, status)
    return {
        "entity": "event",
        "event": event,
        "contains": ["payment_link", "order", "payment"],
        "payload": {"payment_link": {"entity": link}, "payment": {"entity": payment}},
        "created_at": seconds(),
    }


def attempt(order_id: str, pay_id: str, paise: int, status: str) -> dict[str, Any]:
    """A payment entity; it names its link by the description only."""
    return {
        "id": pay_id, "entity": "payment", "amount": paise, "currency": "INR", "status": status, "method": "upi",
        "order_id": "order_" + order_id.removeprefix("plink_"), "description": "#" + order_id.removeprefix("plink_"),
        "amount_refunded": 0, "captured": status == "captured", "notes": [], "created_at": seconds(NOW + timedelta(minutes=1)),
        "error_description": "Your bank declined it." if status == "failed" else None,
    }  # fmt: skip


def payment_event(order_id: str, pay_id: str, paise: int, status: str) -> dict[str, Any]:
    """`payment.authorized`, `payment.captured` or `payment.failed`."""
    payload = {"payment": {"entity": attempt(order_id, pay_id, paise, status)}}
    return {"entity": "event", "event": f"payment.{status}", "payload": payload, "created_at": seconds()}


def refund_event(
    order_id: str, pay_id: str, paise: int, refund_id: str, back: int, status: str = "processed"
) -> dict[str, Any]:
    """`refund.processed`, with the payment as it is afterwards."""
    refund = {
        "id": refund_id, "entity": "refund", "amount": back, "currency": "INR", "payment_id": pay_id, "notes": [],
        "receipt": None, "status": status, "created_at": seconds(NOW + timedelta(hours=1)),
    }  # fmt: skip
    payment = attempt(order_id, pay_id, paise, "refunded" if back == paise else "captured")
    payload = {"refund": {"entity": refund}, "payment": {"entity": payment}}
    return {"entity": "event", "event": f"refund.{status}", "payload": payload, "created_at": seconds()}


async def rows(sql: str, **params: Any) -> list[dict[str, Any]]:
    """What the database holds."""
    async with unit_of_work() as session:
        return await read_rows(session, sql, params)


async def let_refund_alone(client: httpx.AsyncClient) -> None:
    """An office in which refunds need no second person."""
    answer = await client.put("/api/settings/payments", json={"refundApprovalAbove": 10_000_000})
    assert answer.status_code == 200, answer.text


Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest_asyncio.fixture
async def ask(as_admin: httpx.AsyncClient, gateway: Vendors, clock: FixedClock) -> Ask:
    """Ask for a mandate of a case: the mandate, or the error."""

    async def make(case: Any, status: int = 201, **body: Any) -> dict[str, Any]:
        wanted = {"caseId": case.number, "method": "upi", "maxAmount": 20_000} | body
        answer = await as_admin.post("/api/payments/mandates", json=wanted)
        assert answer.status_code == status, answer.text
        return answer.json()["data"]["mandate"] if status == 201 else answer.json()["error"]

    return make


DUE = """
insert into outstanding_amounts (case_id, policy_id, period, amount, due_date)
select c.id, c.policy_id, to_char(d, 'FMMonth YYYY'), 15000, d::date
from renewal_cases c, generate_series('2026-10-15'::date, '2027-01-15'::date, interval '1 month') d where c.id = %(id)s
"""


async def outstanding(client: httpx.AsyncClient, case: Any) -> dict[str, Any]:
    answer = await client.get(f"/api/cases/{case.number}/outstanding-amounts")
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def balances(client: httpx.AsyncClient) -> dict[str, float]:
    """The accounts that hold something."""
    answer = await client.get("/api/ledger/accounts")
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert data["balanced"]
    assert data["totalDebit"] == data["totalCredit"]
    return {each["account"]: each["balance"] for each in data["accounts"] if each["balance"]}


async def order_of(case: Any, client: httpx.AsyncClient, link: Any) -> str:
    """Open an order for a case; its number at the gateway."""
    assert (await client.post(await link(case))).status_code == 303
    (payment,) = await rows("select order_id from payments where case_id = %(id)s", id=case.id)
    return str(payment["order_id"])


@pytest.fixture
def order(
    client: httpx.AsyncClient, gateway: Vendors, make_case: MakeCase, link: Any
) -> Callable[..., Awaitable[tuple[str, Any]]]:
    """An order of ₹1,25,000.50 that a customer opened: its number at the gateway, and its case."""

    async def make(**about: Any) -> tuple[str, Any]:
        case = await make_case(**about)
        assert (await client.post(await link(case))).status_code == 303
        (payment,) = await rows("select order_id from payments where case_id = %(id)s", id=case.id)
        return payment["order_id"], case

    return make


async def case_now(case: Any) -> tuple[str, str]:
    """The status of a case and of its payment."""
    (found,) = await rows("select status, payment_status from renewal_cases where id = %(id)s", id=case.id)
    return found["status"], found["payment_status"]


async def payment_now(case: Case) -> dict[str, Any]:
    """The online payment of a case."""
    found = await rows(
        "select id, status, captured_amount::text as captured, refunded_amount::text as refunded, excess_amount::text as excess,"
        " charged_back_amount::text as lost, error from payments where case_id = %(id)s and provider_id is not null",
        id=case.id,
    )
    return found[0]


async def history(case: Case) -> list[str]:
    """What the history of a case says."""
    found = await rows("select action from case_history where case_id = %(id)s order by id", id=case.id)
    return [row["action"] for row in found]


async def told() -> list[str]:
    """The titles of all notifications."""
    return [row["title"] for row in await rows("select title from notifications order by id")]


def dispute_event(order_id: str, pay_id: str, paise: int, status: str) -> dict[str, Any]:
    """`payment.dispute.created`, `.under_review`, `.won`, `.lost` or `.closed` (razorpay.com/docs/webhooks/payloads/disputes)."""
    dispute = {
        "id": "disp_1", "entity": "dispute", "payment_id": pay_id, "amount": paise, "currency": "INR", "amount_deducted": paise,
        "gateway_dispute_id": "x", "reason_code": "goods_or_services_not_received", "respond_by": seconds(NOW) + 864_000,
        "status": status, "phase": "chargeback", "created_at": seconds(NOW),
    }  # fmt: skip
    payload = {"payment": {"entity": attempt(order_id, pay_id, PAISE, "captured")}, "dispute": {"entity": dispute}}
    name = {"open": "created"}.get(status, status)
    return {"entity": "event", "event": f"payment.dispute.{name}", "payload": payload, "created_at": seconds()}
