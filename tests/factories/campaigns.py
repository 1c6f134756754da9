"""Campaigns to test with: a mail relay, uploads, templates, campaigns, and what became of their recipients."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from multiprocessing.process import BaseProcess
from typing import Any, Final

import httpx
from aiosmtpd.smtp import SMTP, Envelope, Session

from py360.kit import db, resources
from py360.kit.db import unit_of_work
from py360.modules.messaging import api as messaging
from py360.modules.providers import api as providers
from tests.factories import workers
from tests.factories.book import merge, row
from tests.factories.stored import read_rows
from tests.modules.conftest import Sandbox

CONTENT: Final = "Dear {name}, renew {policy_number} for {amount}."
PEOPLE: Final = 240


@dataclass
class Relay:
    """A real SMTP server that keeps what it took. `before` runs before a message is taken; mail to `full` mailboxes is deferred."""

    taken: list[Message] = field(default_factory=list)
    before: Callable[[], Awaitable[None]] | None = None
    full: set[str] = field(default_factory=set)
    away: bool = False
    closed: bool = False  # to clients that have not signed in
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
        """Take a recipient, or defer it."""
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


@asynccontextmanager
async def open_relay(name: str = "Relay of the tests") -> AsyncIterator[Relay]:
    """A relay that is the default e-mail account of the client."""
    relay = Relay()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(relay, loop=loop, enable_SMTPUTF8=True), "127.0.0.1", 0)
    relay.server = server
    port = server.sockets[0].getsockname()[1]
    config = providers.SmtpSettings(host="127.0.0.1", port=port, from_email="us@example.com", from_name="Us")
    async with unit_of_work() as session:
        await db.execute(session, "update providers set is_default = false where channel = 'email'")
        await db.execute(
            session,
            "insert into providers (client_id, name, channel, type, is_default, is_sandbox, status, config_encrypted)"
            " values (1, %(name)s, 'email', 'smtp', true, true, 'connected', %(config)s)",
            {"name": name, "config": providers.seal_settings(config)},
        )
    yield relay
    server.close()


Upload = Callable[..., Awaitable[str]]


async def upload(count: int = 3, **over: Any) -> str:
    """A completed upload of so many policies; its code."""
    rows = await merge(*[row(number, **over) for number in range(1, count + 1)])
    async with unit_of_work() as session:
        number = await db.fetch_only(
            session,
            int,
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


async def create(client: httpx.AsyncClient, upload_code: str, **over: object) -> httpx.Response:
    """Ask for a campaign by e-mail of this upload."""
    body: dict[str, object] = {"name": "May Renewals", "type": ["email"], "uploadId": upload_code}
    if "templates" not in over:
        body["templates"] = {"email": await template(client)}
    return await client.post("/api/campaigns", json=body | over)


def number_of(answer: httpx.Response) -> int:
    """The id of the first channel of a campaign that was created."""
    assert answer.status_code == 201, answer.text
    return int(answer.json()["data"]["campaigns"][0]["id"].removeprefix("campaign-"))


async def campaign(client: httpx.AsyncClient, channel: str, count: int = PEOPLE) -> int:
    """A campaign on one channel; its id. The test runs its job."""
    own = {} if channel == "email" else {"type": channel, "content": CONTENT, "subject": None}
    text = {channel: await template(client, **own)}
    return number_of(await create(client, await upload(count), type=[channel], templates=text))


def behave(sandbox: Sandbox, answered: float) -> None:
    """Let the vendors answer after so many seconds, and their customers do nothing."""
    calm = {"failed": 0, "refused": 0, "deferred": 0, "opened": 0, "clicked": 0, "stopped": 0, "complained": 0}
    audience = sandbox.vendors.world.audience
    changes: dict[str, object] = dict.fromkeys(("email", "sms", "whatsapp"), calm)
    audience.behaviour = audience.behaviour.changed(changes | {"reportsSent": False, "delays": {"answered": answered}})


async def arrived(sandbox: Sandbox, channel: str, count: int = 30) -> None:
    """Wait until so many messages arrived at the vendor; an error when the run fails before."""
    async with asyncio.timeout(60):
        while len(sandbox.received(channel)) < count:
            await asyncio.sleep(0.02)


async def view(client: httpx.AsyncClient, campaign_id: object) -> dict[str, Any]:
    """The campaign as its page gets it."""
    answer = await client.get(f"/api/campaigns/{campaign_id}")
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


async def counts(campaign_id: int) -> dict[str, int]:
    """How many recipients a campaign has by status, and by `ledger <status>` how many messages."""
    rows = await read_rows(
        resources.current().reads,
        "select status, count(*) as n from campaign_recipients where campaign_id = %(id)s group by 1"
        " union all select 'ledger ' || status, count(*) from communication_delivery_status"
        " where campaign_id = %(id)s group by 1",
        {"id": campaign_id},
    )
    return {row["status"]: row["n"] for row in rows}


async def recipient_counts() -> dict[str, int]:
    """How many recipients all campaigns have by status."""
    rows = await read_rows(
        resources.current().reads, "select status, count(*) as n from campaign_recipients group by 1"
    )
    return {row["status"]: row["n"] for row in rows}


async def notification_titles(client: httpx.AsyncClient) -> list[str]:
    """The titles of a user's notifications, newest first."""
    found = (await client.get("/api/notifications")).json()["data"]["notifications"]
    return [each["title"] for each in found]


async def expire_leases() -> None:
    """As if a minute and a half had passed since the claims."""
    async with unit_of_work() as session:
        await db.execute(session, "update campaign_recipients set claimed_until = now() where status = 'claimed'")


async def hand_over(messages: Sequence[messaging.Admitted]) -> None:
    """As the transport does right before messages leave."""
    async with unit_of_work() as session:
        await db.execute(
            session,
            "update communication_delivery_status set handed_over_at = now() where id = any(%(ids)s)",
            {"ids": [each.message_id for each in messages]},
        )


@asynccontextmanager
async def worker() -> AsyncIterator[BaseProcess]:
    """A worker process on the test's database; killed at the end of the block, if it still lives."""
    process = workers.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()
