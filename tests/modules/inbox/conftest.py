"""A real mail server for every test of the inbox, and a mailbox that is connected to it."""

import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.inbox.sync import pull
from py360.sandbox.main import opened
from py360.sandbox.oauth import Tokens
from tests.factories.mail_server import Dovecot, MailServer

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """One Dovecot for the run; each test has mailboxes of its own there."""
    if shutil.which("dovecot") is None:
        pytest.skip("dovecot is not installed (Debian: dovecot-imapd)")
    started = Dovecot(Path(tempfile.mkdtemp(prefix="py360-dovecot-")))  # pytest closes its own folders to other users
    yield started
    started.stop()


@pytest_asyncio.fixture
async def mail_server(dovecot: Dovecot) -> AsyncIterator[MailServer]:
    """The mail server."""
    server = MailServer(dovecot)
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def tokens(resources: Resources, mail_server: MailServer) -> AsyncIterator[Tokens]:
    """The sandbox's token endpoint, where the mail servers ask about tokens."""
    port = mail_server.dovecot.token_port
    here = resources.settings
    async with opened(secret=here.sandbox_secret, callback=here.public_url, http_port=port, smtp_port=0) as vendors:
        mail_server.tokens = vendors.tokens.active.keys
        yield vendors.tokens


class Desk:
    """A connected mailbox, and the person who works it."""

    def __init__(self, server: MailServer, admin: httpx.AsyncClient, account_id: int, email: str) -> None:
        self.server, self.admin, self.account_id, self.email = server, admin, account_id, email

    async def sync(self) -> pull.Pass:
        """A pass over the mailbox, as the worker does it."""
        done = await pull.sync(self.account_id)
        assert done is not None
        assert done.error is None, done.error
        return done

    async def stop_watching(self) -> None:
        """Before jobs are run: the one that watches mailboxes runs for minutes."""
        async with unit_of_work() as session:
            await db.execute(session, "update email_accounts set auto_sync = false")

    async def mails(self, **filters: str) -> list[dict[str, object]]:
        """The mails that the desk sees, the newest first."""
        answer = await self.admin.get("/api/emails", params=filters)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, object]] = answer.json()["data"]["emails"]
        return found


@pytest_asyncio.fixture
async def desk(mail_server: MailServer, as_admin: httpx.AsyncClient) -> Desk:
    """A mailbox of its own, connected."""
    email = f"desk{next(_numbers)}@office.example"
    answer = await as_admin.post("/api/email-accounts", json=mail_server.account(email))
    assert answer.status_code == 201, answer.text
    return Desk(mail_server, as_admin, answer.json()["data"]["id"], email)
