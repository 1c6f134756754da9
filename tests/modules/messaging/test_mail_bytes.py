"""The bytes of e-mails within the standard: read with the library's strict policy, and held to the limits of RFC 5322 and 2047."""

import email
import email.policy
import re
from collections.abc import AsyncIterator
from email.message import EmailMessage

import httpx
import pytest
import pytest_asyncio

from tests.factories.vendors import MailServer, mail_server

STRICT = email.policy.default.clone(raise_on_defect=True)
NAMES = (
    "हिंदुस्तान जनरल इन्शुरन्स कंपनी लिमिटेड नवीनीकरण कार्यालय",
    "Office, Renewals (Pune) <fast>",
    'The "Quick" Office \\ Pune',
    "Renewals " * 30,
    "=?utf-8?B?eA==?=",
    "കേരളം ന്‍ 🙏🏽 " * 12,
    "Renewals\u2028Office\u0085\x0b",
)
SUBJECTS = (
    "S" * 480 + " नमस्ते",
    "word " * 99,
    "x" * 500,
    "नमस्ते " * 60,
    "A =?utf-8?B?eA==?= b",
    "Tab\tand\u2028line\x0b",
    "👨‍👩‍👧‍👦" * 20,
)
BODY = "Line one  \n.\n..two\n.dot\nFrom me\n\tTab\n" + "long " * 400 + "\nनमस्ते 🙏🏽 trailing   \n\n\nend"


@pytest_asyncio.fixture
async def server() -> AsyncIterator[MailServer]:
    """A mail server."""
    async with mail_server(MailServer()) as running:
        yield running


async def received(
    client: httpx.AsyncClient, server: MailServer, subject: str = "Hello", **settings: object
) -> tuple[bytes, EmailMessage]:
    """A message that leaves through an account with these settings: its bytes, and what a strict reader makes of them."""
    config = {"host": "127.0.0.1", "port": server.port, "fromEmail": "renewals@office.example", "fromName": "Office"}
    account = {"name": f"Account {len(server.taken)}", "channel": "email", "type": "smtp", "config": config | settings}
    made = await client.post("/api/providers", json=account | {"isActive": True, "isDefault": True, "limits": {}})
    assert made.status_code == 201, made.text
    body = {"to": "asha@example.com", "subject": subject, "body": BODY}
    sent = await client.post("/api/communication/email/send", json=body)
    assert sent.status_code == 200, sent.text
    raw = server.taken[-1][2]
    return raw, email.message_from_bytes(raw, policy=STRICT)


def hold_to_the_standard(raw: bytes) -> None:
    """Lines of at most 998 bytes, 76 characters where there are encoded words, and no word of more than 75."""
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert raw.replace(b"\r\n", b"").isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    head = raw.partition(b"\r\n\r\n")[0].decode()
    for line in head.split("\r\n"):
        words = re.findall(r"=\?[^?]+\?[BbQq]\?[^? ]*\?=", line)
        assert not words or len(line) <= 76, line
        assert all(len(word) <= 75 for word in words)
        assert line.strip(), "a folded line is not empty"


@pytest.mark.parametrize("name", NAMES)
async def test_display_name_of_any_text_is_within_the_standard(
    as_admin: httpx.AsyncClient, server: MailServer, name: str
) -> None:
    raw, parsed = await received(as_admin, server, fromName=name)
    hold_to_the_standard(raw)
    (sender,) = parsed["From"].addresses
    assert sender.addr_spec == "renewals@office.example"
    if not name.startswith("=?"):
        assert sender.display_name.split() == name.split()


@pytest.mark.parametrize("subject", SUBJECTS)
async def test_subject_of_any_text_is_within_the_standard(
    as_admin: httpx.AsyncClient, server: MailServer, subject: str
) -> None:
    raw, parsed = await received(as_admin, server, subject)
    hold_to_the_standard(raw)
    assert " ".join(parsed["Subject"].split()) == " ".join(subject.split())


@pytest.mark.parametrize(
    "reply_to",
    ["claims@office.example", "दावा विभाग <claims@office.example>", '"Claims, Pune" <claims@office.example>'],
)
async def test_reply_goes_to_an_address_that_can_be_read(
    as_admin: httpx.AsyncClient, server: MailServer, reply_to: str
) -> None:
    raw, parsed = await received(as_admin, server, replyTo=reply_to)
    hold_to_the_standard(raw)
    (address,) = parsed["Reply-To"].addresses
    assert address.addr_spec == "claims@office.example"
    assert b"<claims@office.example>" in raw or b"Reply-To: claims@office.example\r\n" in raw
    if "<" in reply_to:
        assert address.display_name == reply_to.partition("<")[0].strip().strip('"')


async def test_text_arrives_as_it_was_written(as_admin: httpx.AsyncClient, server: MailServer) -> None:
    raw, parsed = await received(as_admin, server)
    hold_to_the_standard(raw)
    plain = parsed.get_body(("plain",))
    assert plain is not None
    lines = [line.rstrip() for line in str(plain.get_content()).strip().splitlines()]
    assert lines[:6] == ["Line one", ".", "..two", ".dot", "From me", "\tTab"]
    assert not [part.defects for part in parsed.walk() if part.defects]
