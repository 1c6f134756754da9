"""Addresses are checked once, and the same everywhere: what is taken on file can be written to, and arrives."""

import email
import email.policy
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.factories.vendors import MailServer, mail_server

ADDRESSES = {
    "info@bücher.example": "info@xn--bcher-kva.example",
    "info@उदाहरण.भारत": "info@xn--p1b6ci4b4b3a.xn--h2brj9c",
    "info@xn--bcher-kva.example": "info@xn--bcher-kva.example",
    "info@xn--p1b6ci4b4b3a.xn--h2brj9c": "info@xn--p1b6ci4b4b3a.xn--h2brj9c",
    "asha+tag@example.com": "asha+tag@example.com",
    "o'hara@example.com": "o'hara@example.com",
    "आशा@example.com": "आशा@example.com",
    "a..b@example.com": None,
    ".a@example.com": None,
    "asha@example": None,
    "asha@-example.com": None,
    "asha@exam ple.com": None,
    '"a b"@example.com': None,
    "asha@example.com, ravi@example.com": None,
}


@pytest_asyncio.fixture
async def server() -> AsyncIterator[MailServer]:
    """A mail server that takes addresses in any script."""
    async with mail_server(MailServer(extensions=("PIPELINING", "8BITMIME", "SMTPUTF8"))) as running:
        yield running


async def use(client: httpx.AsyncClient, server: MailServer, **settings: object) -> httpx.Response:
    """Make the server the default account of e-mail, as people do."""
    config = {"host": "127.0.0.1", "port": server.port, "fromEmail": "renewals@office.example", "fromName": "Office"}
    body = {"name": f"Relay {server.port}", "channel": "email", "type": "smtp", "config": config | settings}
    return await client.post("/api/providers", json=body | {"isActive": True, "isDefault": True, "limits": {}})


async def test_address_on_file_is_the_address_written_to(as_admin: httpx.AsyncClient, server: MailServer) -> None:
    assert (await use(as_admin, server)).status_code == 201
    found: dict[str, str | None] = {}
    for address in ADDRESSES:
        made = await as_admin.post("/api/customers", json={"firstName": "Asha", "email": address})
        sent = await as_admin.post("/api/communication/email/send", json={"to": address, "subject": "s", "body": "b"})
        assert (made.status_code < 300) == (sent.status_code < 300), (address, made.text, sent.text)
        assert made.status_code < 300 or (made.status_code, sent.status_code) == (422, 422), address
        found[address] = None
        if made.status_code < 300:
            customer = await as_admin.get(f"/api/customers/{made.json()['data']['id']}")
            on_file = customer.json()["data"]
            stored = str((on_file.get("customer") or on_file)["email"])
            assert server.taken[-1][1] == f"RCPT TO:<{stored}>"
            found[address] = stored
    assert found == ADDRESSES


async def test_address_in_another_script_needs_a_server_that_takes_it(
    as_admin: httpx.AsyncClient, server: MailServer
) -> None:
    body = {"to": "आशा@example.com", "subject": "नमस्ते", "body": "b"}
    assert (await use(as_admin, server)).status_code == 201
    assert (await as_admin.post("/api/communication/email/send", json=body)).status_code == 200
    mail_from, recipient, message = server.taken[-1]
    assert mail_from == "MAIL FROM:<renewals@office.example> SMTPUTF8"
    assert recipient == "RCPT TO:<आशा@example.com>"
    parsed = email.message_from_string(message.decode(), policy=email.policy.SMTPUTF8)
    assert parsed["To"].addresses[0].addr_spec == "आशा@example.com"


async def test_server_without_smtputf8_refuses_by_name(as_admin: httpx.AsyncClient, server: MailServer) -> None:
    server.extensions = ("PIPELINING", "8BITMIME")
    assert (await use(as_admin, server)).status_code == 201
    body = {"to": "आशा@example.com", "subject": "s", "body": "b"}
    answer = await as_admin.post("/api/communication/email/send", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_sent")
    assert "आशा@example.com" in answer.json()["error"]["message"]
    listed = await as_admin.get("/api/suppressions")
    assert listed.json()["data"]["suppressions"] == []
    assert server.taken == []


async def test_opt_out_holds_in_any_spelling(as_admin: httpx.AsyncClient, server: MailServer) -> None:
    assert (await use(as_admin, server)).status_code == 201
    entry = {"channel": "email", "contact": "Info@BÜCHER.example"}
    assert (await as_admin.post("/api/suppressions", json=entry)).status_code in {200, 201, 204}
    for spelling in ("info@bücher.example", "info@xn--bcher-kva.example", "INFO@XN--BCHER-KVA.EXAMPLE"):
        body = {"to": spelling, "subject": "s", "body": "b"}
        answer = await as_admin.post("/api/communication/email/send", json=body)
        assert answer.json()["error"]["code"] == "suppressed", spelling


@pytest.mark.parametrize(
    ("sender", "on_the_wire"),
    [("info@bücher.example", "info@xn--bcher-kva.example"), ("renewals@office.example", "renewals@office.example")],
)
async def test_sender_is_written_as_the_wire_takes_it(
    as_admin: httpx.AsyncClient, server: MailServer, sender: str, on_the_wire: str
) -> None:
    assert (await use(as_admin, server, fromEmail=sender)).status_code == 201
    body = {"to": "asha@example.com", "subject": "s", "body": "b"}
    assert (await as_admin.post("/api/communication/email/send", json=body)).status_code == 200
    assert server.taken[-1][0] == f"MAIL FROM:<{on_the_wire}>"


@pytest.mark.parametrize(
    "sender",
    [
        "Office <renewals@office.example>",
        "renewals office.example",
        "a@b.example>\r\nRCPT TO:<c@d.example",
        "दावा@office.example",
    ],
)
async def test_sender_that_no_server_takes_is_refused_when_saved(
    as_admin: httpx.AsyncClient, server: MailServer, sender: str
) -> None:
    answer = await use(as_admin, server, fromEmail=sender)
    assert answer.status_code == 422, answer.text
    assert "fromEmail" in answer.text
