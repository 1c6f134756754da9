"""Goes through the catalogue: what the form of a vendor documents is what its adapter uses.

Each account is made by the API with the documented fields alone; then a message or an order goes through a server of ours that
implements the vendor's protocol and lets in nobody with other credentials.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from py360.kit import db
from py360.kit.clock import SystemClock
from py360.kit.db import unit_of_work
from py360.modules.providers.catalog import TYPES

# What a person types into the form of each vendor; `host` and `port` are put in.
FILLED: dict[str, dict[str, Any]] = {
    "smtp": {
        "host": "127.0.0.1", "port": None, "username": "office", "password": "pass word", "fromEmail": "us@office.example",
        "fromName": "Our Office", "replyTo": "answers@office.example", "maxConnections": 2, "requireTls": False, "unitPrice": "0.02",
    },
    "sendgrid": {
        "apiKey": "SG.key", "smtpHost": "127.0.0.1", "smtpPort": None, "fromEmail": "us@office.example",
        "fromName": "Our Office", "replyTo": "answers@office.example", "maxConnections": 2, "unitPrice": "0.02",
    },
    "mailgun": {
        "apiKey": "key-1", "domain": "office.example", "webhookSigningKey": "sign", "smtpUsername": "office", "smtpPassword": "pass word",
        "smtpHost": "127.0.0.1", "smtpPort": None, "fromEmail": "us@office.example", "fromName": "Our Office",
        "replyTo": "answers@office.example", "maxConnections": 2, "unitPrice": "0.02",
    },
    "twilio": {
        "accountSid": "AC42", "authToken": "the token", "fromNumber": "+918011112222", "messagingServiceSid": "MG1", "baseUrl": None,
        "unitPrice": "0.05",
    },
    "meta": {
        "accessToken": "EAAB", "phoneNumberId": "1065", "businessAccountId": "1022", "webhookToken": "verify", "appSecret": "app",
        "apiVersion": "v22.0", "baseUrl": None, "unitPrice": "0.08",
    },
    "twilio-voice": {
        "accountSid": "AC42", "authToken": "the token", "fromNumber": "+918011113333", "baseUrl": None,
    },
    "razorpay": {
        "keyId": "rzp_live_1", "keySecret": "the secret", "webhookSecret": "whsec", "previousWebhookSecret": "old", "merchantId": "acc_1",
        "baseUrl": None,
    },
    "stripe": {
        "secretKey": "sk_live_1", "webhookSecret": "whsec_1", "previousWebhookSecret": "whsec_0", "accountId": "acct_1", "baseUrl": None,
    },
}  # fmt: skip
SIGN_INS = {"smtp": ("office", "pass word"), "sendgrid": ("apikey", "SG.key"), "mailgun": ("office", "pass word")}
# Mailboxes have a form of their own, which tests/modules/inbox/test_accounts.py walks.
AVAILABLE = [each for each in TYPES if each.is_available and each.channel != "mailbox"]
ANSWER = {
    "/2010-04-01/Accounts/AC42/Messages.json": {"sid": "SM1"},
    "/2010-04-01/Accounts/AC42/Calls.json": {"sid": "CA1"},
    "/v22.0/1065/messages": {"messages": [{"id": "w1"}]},
}


def _basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


@dataclass
class Vendor:
    """A mail relay and an HTTP server of ours, and what they took."""

    sign_in: tuple[str, str] = ("", "")
    mails: list[Envelope] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    smtp_port: int = 0
    address: str = ""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        self.mails.append(envelope)
        return "250 taken"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, kind: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        known = (given.login.decode(), given.password.decode()) == self.sign_in
        return AuthResult(success=known, handled=False)  # aiosmtpd says 235 or 535

    async def answer(self, request: web.Request) -> web.Response:
        known = {
            "/2010": _basic("AC42", "the token"),
            "/v22.": "Bearer EAAB",
            "/v1/p": _basic("rzp_live_1", "the secret"),
            "/v1/c": "Bearer sk_live_1",
            "/v1/b": "Bearer sk_live_1",
        }
        if request.headers.get("Authorization") != known.get(request.path[:5]):
            return web.json_response({"error": {"description": "no"}}, status=401)
        data = (
            await request.json()
            if request.can_read_body and "json" in request.content_type
            else dict(await request.post())
        )
        self.calls.append((request.path, dict(data)))
        if request.path == "/v1/payment_links" and request.method == "POST":
            return web.json_response(
                {"id": "plink_1", "reference_id": data["reference_id"], "status": "created", "created_at": 1,
                 "short_url": "https://rzp.io/i/x", "currency": "INR"}
            )  # fmt: skip
        if request.path == "/v1/checkout/sessions" and request.headers.get("Stripe-Account") == "acct_1":
            return web.json_response(
                {"id": "cs_1", "client_reference_id": data["client_reference_id"], "status": "open", "expires_at": 4_000_000_000,
                 "url": "https://checkout.stripe.com/c/pay/cs_1"}
            )  # fmt: skip
        return web.json_response(ANSWER.get(request.path, {}))


@pytest_asyncio.fixture
async def vendor() -> AsyncIterator[Vendor]:
    """The servers, running."""
    made, loop = Vendor(), asyncio.get_running_loop()
    mail = await loop.create_server(
        lambda: SMTP(made, loop=loop, authenticator=made.authenticate, auth_require_tls=False), "127.0.0.1", 0
    )
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.smtp_port = mail.sockets[0].getsockname()[1]
    made.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()
    mail.close()


MakeAccount = Callable[[str], Awaitable[int]]


@pytest.fixture
def make_account(as_admin: httpx.AsyncClient, vendor: Vendor) -> MakeAccount:
    """Fill in the whole form of a vendor, as documented; the account's number."""

    async def make(type: str) -> int:
        types = (await as_admin.get("/api/providers/types")).json()["data"]["types"]
        (form,) = [each for each in types if each["type"] == type]
        filled = FILLED[type]
        assert {each["name"] for each in form["fields"]} == filled.keys(), (
            "the form has other fields than this test fills in"
        )
        put_in = {"port": vendor.smtp_port, "smtpPort": vendor.smtp_port, "baseUrl": vendor.address}
        config = {name: put_in.get(name) if value is None else value for name, value in filled.items()}
        body = {"name": f"Our {type}", "channel": form["channel"], "type": type, "config": config, "isDefault": True}
        answer = await as_admin.post("/api/providers", json=body)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["data"]["providerId"])

    return make


async def open_case(admin: httpx.AsyncClient) -> str:
    """A case of 1,000 rupees, made by the API."""
    customer = await admin.post(
        "/api/customers", json={"firstName": "Asha", "lastName": "Rao", "phone": "+919876543210"}
    )
    found = customer.json()["data"]
    found = found.get("customer", found)
    today = SystemClock().today()
    policy = {
        "policyNumber": "CAT/1", "customerId": (found.get("customerCode") or found.get("id") or found.get("customerId")), "policyType": "motor",
        "productName": "Motor", "premium": "1000.00", "startDate": str(today - timedelta(days=345)),
        "endDate": str(today + timedelta(days=20)),
    }  # fmt: skip
    made = await admin.post("/api/policies", json=policy)
    assert made.status_code == 201, made.text
    case = await admin.post("/api/cases", json={"policyNumber": "CAT/1"})
    return str(case.json()["data"]["caseId"])


@pytest.mark.parametrize("type", [each.type for each in AVAILABLE])
async def test_what_the_form_documents_is_what_the_adapter_uses(
    as_admin: httpx.AsyncClient, vendor: Vendor, make_account: MakeAccount, type: str
) -> None:
    vendor.sign_in = SIGN_INS.get(type, ("", ""))
    number = await make_account(type)
    channel = next(each.channel for each in AVAILABLE if each.type == type)
    tested = await as_admin.post("/api/providers/test", json={"channel": channel, "providerId": number})
    assert tested.json()["data"]["success"] is True, tested.text
    if channel == "payment":
        case = await open_case(as_admin)
        answer = await as_admin.post(f"/api/cases/{case}/payments", json={"method": "online"})
        assert answer.status_code == 201, answer.text
        sent = vendor.calls[-1][1]
        assert sent.get("amount") == 100_000 or sent["line_items[0][price_data][unit_amount]"] == "100000"
        return
    if channel == "call":
        case = await open_case(as_admin)
        assert (await as_admin.put("/api/settings/renewals", json={"callingEnabled": True})).status_code == 200
        async with unit_of_work() as session:
            await db.execute(session, "update users set phone = '+919811112222'")
        answer = await as_admin.post(f"/api/cases/{case}/call")
        assert answer.status_code == 201, answer.text
        assert vendor.calls[-1][1]["From"] == "+918011113333"
        return
    to: dict[str, Any] = {
        "email": {"to": "asha@example.com", "subject": "s", "body": "b"},
        "sms": {"to": "+919876543210", "message": "b"},
        "whatsapp": {"to": "+919876543210", "templateId": "renewal_reminder", "parameters": {"name": "Asha"}},
    }[channel]
    answer = await as_admin.post(f"/api/communication/{channel}/send", json=to)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["cost"] == float(FILLED[type]["unitPrice"])
    if channel == "email":
        (mail,) = vendor.mails
        assert mail.mail_from == "us@office.example"
        head = b" ".join(bytes(mail.content or b"").split())
        assert b"From: Our Office <us@office.example>" in head
        assert b"Reply-To: answers@office.example" in head
    elif type == "twilio":
        assert vendor.calls[-1][1]["MessagingServiceSid"] == "MG1"


@pytest.mark.parametrize("type", [each.type for each in AVAILABLE])
async def test_another_secret_is_not_let_in(
    as_admin: httpx.AsyncClient, vendor: Vendor, make_account: MakeAccount, type: str
) -> None:
    vendor.sign_in = ("somebody", "else")
    number = await make_account(type)
    shown = (await as_admin.get(f"/api/providers/{number}")).json()["data"]
    wrong = {name: "wrong" for name, value in shown["config"].items() if value == "********"}
    body = {"name": "X", "channel": shown["channel"], "type": type, "config": shown["config"] | wrong}
    assert (await as_admin.put(f"/api/providers/{number}", json=body)).status_code == 200
    tested = await as_admin.post("/api/providers/test", json={"channel": shown["channel"], "providerId": number})
    assert tested.json()["data"]["success"] is False, tested.text
