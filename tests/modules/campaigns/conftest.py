"""A mail relay of the tests, and an upload to make campaigns from."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any

import httpx
import pytest_asyncio
from aiosmtpd.smtp import SMTP, Envelope, Session

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.providers import api as providers
from tests.factories.book import merge, row


@dataclass
class Relay:
    """A real SMTP server that keeps what it took. `before` runs before a message is taken; `full` mailboxes are put off."""

    taken: list[Message] = field(default_factory=list)
    before: Callable[[], Awaitable[None]] | None = None
    full: set[str] = field(default_factory=set)
    away: bool = False
    closed: bool = False  # to whom has not signed in
    server: asyncio.Server | None = None

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a sender."""
        if self.closed:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 ok"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or put them off."""
        if self.away or address in self.full:
            return "452 4.2.2 The mailbox is full"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a message."""
        if self.before is not None:
            await self.before()
        assert isinstance(envelope.content, bytes)
        self.taken.append(message_from_bytes(envelope.content))
        return "250 taken"


@pytest_asyncio.fixture
async def relay(resources: Resources) -> AsyncIterator[Relay]:
    """The default e-mail account of the client sends to this relay."""
    kept = Relay()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(kept, loop=loop, enable_SMTPUTF8=True), "127.0.0.1", 0)
    kept.server = server
    port = server.sockets[0].getsockname()[1]
    config = providers.SmtpSettings(host="127.0.0.1", port=port, from_email="us@example.com", from_name="Us")
    async with unit_of_work() as session:
        await db.execute(session, "update providers set is_default = false where channel = 'email'")
        await db.execute(
            session,
            "insert into providers (client_id, name, channel, type, is_default, is_sandbox, status, config_encrypted)"
            " values (1, 'Relay of the tests', 'email', 'smtp', true, true, 'connected', %(config)s)",
            {"config": providers.seal_settings(config)},
        )
    yield kept
    server.close()


Upload = Callable[..., Awaitable[str]]


@pytest_asyncio.fixture
async def upload(resources: Resources) -> Upload:
    """Makes a completed upload of so many policies; its code."""

    async def made(count: int = 3, **over: Any) -> str:
        rows = await merge(*[row(number, **over) for number in range(1, count + 1)])
        async with unit_of_work() as session:
            number = await db.value(
                session,
                "insert into file_uploads (client_id, filename, original_filename, file_size, file_type, sha256, upload_status)"
                " values (1, 'may.xlsx', 'may.xlsx', 1, 'xlsx', '0', 'completed') returning id",
            )
            for one in rows:
                await db.execute(
                    session,
                    "insert into upload_rows (upload_id, row_no, outcome, policy_id, case_id)"
                    " values (%(upload)s, %(row_no)s, %(outcome)s, %(policy_id)s, %(case_id)s)",
                    {**one, "upload": number},
                )
        return f"upload-{number}"

    return made


async def template(client: httpx.AsyncClient, **over: Any) -> str:
    """A template made through the API; its code."""
    body = {
        "name": "May notice",
        "type": "email",
        "subject": "Policy {policy_number}",
        "content": "<p>Dear {name}, pay {amount}: <a href='{payment_link}'>Renew</a> <a href='{unsubscribe_link}'>stop</a></p>",
    } | over
    answer = await client.post("/api/templates", json=body)
    assert answer.status_code in {200, 201}, answer.text
    return str(answer.json()["data"]["templateId"])
