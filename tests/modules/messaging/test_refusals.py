"""Who a mail server's refusal is about: only one about the recipient suppresses the address, one about us pauses."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.modules.messaging import api
from py360.modules.messaging.api import Admitted, Outgoing
from py360.modules.providers import api as providers
from tests.factories.vendors import MailServer, mail_server

RECIPIENT, US, MESSAGE = "not_sent", "account_refused", "not_sent, not suppressed"
REFUSALS = [
    ("MAIL", "550 5.1.0 <renewals@office.example>: Sender address rejected", US),
    ("MAIL", "553 5.1.8 Sender domain not found", US),
    ("MAIL", "550 5.7.1 Sender not verified", US),
    ("MAIL", "501 5.1.7 Bad sender address syntax", US),
    ("MAIL", "550 Access denied - sending IP is blacklisted", US),
    ("MAIL", "530 5.7.0 Must issue a STARTTLS command first", US),
    ("RCPT", "550 relay not permitted", US),
    ("RCPT", "550 Blocked - see https://spamhaus.org/query/ip/1.2.3.4", US),
    ("RCPT", "553 sorry, that domain isn't in my list of allowed rcpthosts", US),
    ("RCPT", "550 5.7.1 Relaying denied", US),
    ("RCPT", "550 5.7.64 TenantAttribution; Relay Access Denied", US),
    ("RCPT", "554 5.7.1 Service unavailable; Client host [10.0.0.1] blocked using zen.spamhaus.org", US),
    ("RCPT", "550 5.1.8 <renewals@office.example>: Sender address rejected: Domain not found", US),
    ("RCPT", "550 5.1.0 Sender address rejected: User unknown in virtual mailbox table", US),
    (
        "RCPT",
        "550-5.7.26 This mail is unauthenticated, which poses a security risk.\r\n550 5.7.26 Check SPF and DKIM",
        US,
    ),
    ("BODY", "550 5.1.1 over quota for sender", US),
    ("RCPT", "550 5.4.1 Recipient address rejected: Access denied", MESSAGE),
    ("RCPT", "550 5.2.2 Mailbox full", MESSAGE),
    ("RCPT", "552 5.2.2 The email account that you tried to reach is over quota", MESSAGE),
    ("RCPT", "550 5.7.1 Not accepted", MESSAGE),
    ("RCPT", "550 5.7.133 sender not authenticated for this group", MESSAGE),
    ("RCPT", "550 Requested action not taken: mailbox unavailable", MESSAGE),
    ("BODY", "554 5.7.1 This message looks like spam", MESSAGE),
    ("BODY", "552 5.3.4 Message too big", MESSAGE),
    ("RCPT", "550 5.1.1 User unknown", RECIPIENT),
    ("RCPT", "550 5.1.1 <x@y>: Recipient address rejected: User unknown in relay recipient table", RECIPIENT),
    (
        "RCPT",
        "550-5.1.1 The email account that you tried to reach does not exist. Please try\r\n550 5.1.1 again",
        RECIPIENT,
    ),
    ("RCPT", "553 5.1.3 The address is not valid", RECIPIENT),
    ("RCPT", "550 5.1.10 RESOLVER.ADR.RecipientNotFound", RECIPIENT),
    ("RCPT", "550 5.1.2 Bad destination system address", RECIPIENT),
    ("RCPT", "550 No such user here", RECIPIENT),
    ("RCPT", "550 5.1.1 <relay.blocked@example.com>: Recipient rejected", RECIPIENT),
    ("RCPT", "550 <sender@example.com> rejected", MESSAGE),
    ("RCPT", "550 5.7.705 Access denied, tenant has exceeded threshold", US),
]


@pytest_asyncio.fixture
async def server() -> AsyncIterator[MailServer]:
    """A mail server."""
    async with mail_server(MailServer()) as running:
        yield running


async def use(client: httpx.AsyncClient, server: MailServer, **settings: object) -> httpx.Response:
    """Make the server the default account of e-mail, as people do."""
    config = {"host": "127.0.0.1", "port": server.port, "fromEmail": "renewals@office.example", "fromName": "Office"}
    body = {"name": f"Relay {server.port}", "channel": "email", "type": "smtp", "config": config | settings}
    return await client.post("/api/providers", json=body | {"isActive": True, "isDefault": True, "limits": {}})


async def test_refusal_suppresses_only_whom_it_is_about(as_admin: httpx.AsyncClient, server: MailServer) -> None:
    assert (await use(as_admin, server)).status_code == 201
    outcomes = []
    for number, (verb, reply, _) in enumerate(REFUSALS):
        server.replies = {verb: reply}
        to = f"person{number}@example.com"
        answer = await as_admin.post("/api/communication/email/send", json={"to": to, "subject": "s", "body": "b"})
        listed = (await as_admin.get("/api/suppressions", params={"contact": to})).json()["data"]["suppressions"]
        code = answer.json()["error"]["code"]
        outcomes.append(code if code == US or listed else f"{code}, not suppressed")
    assert list(zip(REFUSALS, outcomes, strict=True)) == [(each, each[2]) for each in REFUSALS]


async def batch(number: int) -> tuple[providers.ProviderAccount, list[Admitted]]:
    async with unit_of_work() as session:
        account = await providers.account(session, 1, "email")
        wanted = [Outgoing(1, "email", f"person{each}@example.com", subject="s", body="b") for each in range(number)]
        decisions = await api.admit(session, wanted, account)
    return account, [each for each in decisions if isinstance(each, Admitted)]


@pytest.mark.parametrize(
    ("verb", "reply"),
    [
        ("RCPT", "550 relay not permitted"),
        ("RCPT", "550 5.7.1 Refused by local policy"),
        ("RCPT", "550 Go away"),
        ("BODY", "554 5.7.1 Content refused"),
        ("MAIL", "553 5.7.1 not owned by user"),
        ("GREETING", "554 5.7.1 your address has a poor reputation"),
    ],
)
async def test_server_that_takes_nobody_refuses_the_account(
    as_admin: httpx.AsyncClient, server: MailServer, verb: str, reply: str
) -> None:
    assert (await use(as_admin, server)).status_code == 201
    server.replies = {verb: reply}
    account, admitted = await batch(12)
    deliveries = await api.transport(account).send(admitted)
    assert {(each.status, each.error_code, each.retry) for each in deliveries} == {
        ("failed", api.ACCOUNT_REFUSED, True)
    }
    assert all(reply in (each.error_message or "") for each in deliveries)


async def test_one_refused_message_does_not_stop_the_others(as_admin: httpx.AsyncClient, server: MailServer) -> None:
    assert (await use(as_admin, server)).status_code == 201
    server.replies = {"RCPT": lambda line: "550 5.7.1 blocked by policy" if "person3@" in line else None}
    account, admitted = await batch(6)
    deliveries = await api.transport(account).send(admitted)
    assert [each.status for each in deliveries] == ["sent"] * 3 + ["failed"] + ["sent"] * 2
    assert deliveries[3].retry  # another day it may be taken; only after several attempts it counts as failed
    assert deliveries[3].error_code != api.ACCOUNT_REFUSED


async def test_temporary_refusal_about_us_costs_nobody_an_attempt(
    as_admin: httpx.AsyncClient, server: MailServer
) -> None:
    assert (await use(as_admin, server)).status_code == 201
    for verb, reply, code in (
        ("MAIL", "451 4.7.1 Too many messages from you, slow down", api.TOO_FAST),
        ("RCPT", "421 4.7.0 Try again later, closing connection", api.TOO_FAST),
        ("RCPT", "451 4.7.1 Greylisted, please try again", "4.7.1"),
        ("RCPT", "452 4.2.2 Mailbox full", "4.2.2"),
    ):
        server.replies = {verb: reply}
        account, admitted = await batch(2)
        deliveries = await api.transport(account).send(admitted)
        assert {(each.error_code, each.retry) for each in deliveries} == {(code, True)}, reply
        async with unit_of_work() as session:
            await api.keep_back(session, deliveries)


async def test_wrong_password_is_named(as_admin: httpx.AsyncClient, server: MailServer) -> None:
    server.extensions = ("PIPELINING", "AUTH PLAIN LOGIN")
    server.replies = {"AUTH": "535 5.7.8 Username and password not accepted"}
    assert (await use(as_admin, server, username="office", password="wrong")).status_code == 201
    account, admitted = await batch(2)
    deliveries = await api.transport(account).send(admitted)
    assert {each.error_code for each in deliveries} == {api.ACCOUNT_REFUSED}
    test = await as_admin.post("/api/providers/test", json={"channel": "email", "providerId": account.id})
    said = test.text
    assert "user name and password" in said
    assert "cannot be reached" not in said


@pytest.mark.parametrize("user", [{}, {"username": "office", "password": "secret"}])
async def test_nothing_leaves_unencrypted_where_encryption_is_required(
    as_admin: httpx.AsyncClient, server: MailServer, user: dict[str, str]
) -> None:
    server.extensions = ("PIPELINING", "AUTH PLAIN LOGIN")  # STARTTLS was taken out on the way
    answer = await use(as_admin, server, requireTls=True, **user)
    assert answer.status_code == 201, answer.text
    account, admitted = await batch(1)
    (delivery,) = await api.transport(account).send(admitted)
    assert (delivery.error_code, delivery.retry) == (api.ACCOUNT_REFUSED, True)
    assert "STARTTLS" in (delivery.error_message or "")
    assert all(line.upper().startswith(("EHLO", "QUIT")) for line in server.lines)


async def test_bounce_and_its_suppression_are_written_together(as_admin: httpx.AsyncClient, server: MailServer) -> None:
    assert (await use(as_admin, server)).status_code == 201
    server.replies = {"RCPT": "550 5.1.1 no such user"}
    account, admitted = await batch(1)
    deliveries = await api.transport(account).send(admitted)
    async with unit_of_work() as session:
        await api.record(session, account, deliveries)
        (status,) = await db.fetch_all(session, str, "select status from communication_delivery_status")
        suppressed = await db.fetch_all(session, str, "select contact from suppressions where reason = 'hard_bounce'")
    assert (status, suppressed) == ("bounced", ["person0@example.com"])
