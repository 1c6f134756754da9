"""Identity's letters, sent by messaging. Identity knows no mail and messaging no accounts of people; this file knows both.

A letter is a job of the transaction that needs it. Its text holds a link that opens an account, so it is sealed in the
queue and not kept in the message ledger.
"""

from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import crypto
from py360.kit.errors import Conflict
from py360.kit.jobs import defer, module_jobs
from py360.modules.messaging import api as messaging

jobs = module_jobs("messaging")
log = structlog.get_logger()

WELCOME: Final = """Dear {name},

an account was made for you. Please choose your password here:

{link}

The link can be used once and is good for three days. After that, ask for a new one with “Forgot password”.
"""
RESET: Final = """Dear {name},

somebody, hopefully you, asked for a new password for this address. Please set it here:

{link}

The link can be used once and is good for one hour. If it was not you, do nothing: your password stays as it is.
"""


class Letters:
    """Fills identity's protocol: plans each letter in the session's transaction."""

    async def welcome(self, session: AsyncSession, *, client_id: int, email: str, name: str, link: str) -> None:
        """A new account, and the link where its owner sets a password."""
        await _plan(session, client_id, email, "Your new account", WELCOME.format(name=name, link=link))

    async def password_reset(self, session: AsyncSession, *, client_id: int, email: str, name: str, link: str) -> None:
        """The link where a forgotten password is replaced."""
        await _plan(session, client_id, email, "Set a new password", RESET.format(name=name, link=link))


async def _plan(session: AsyncSession, client_id: int, email: str, subject: str, text: str) -> None:
    await defer(session, post, client_id=client_id, email=email, subject=subject, sealed=crypto.seal(text))


@jobs.task(name="identity.letter")
async def post(client_id: int, email: str, subject: str, sealed: str) -> None:
    """Send one letter through the client's mail account."""
    try:
        await messaging.send_one(
            messaging.Outgoing(
                client_id=client_id,
                channel="email",
                contact=email,
                purpose="transactional",  # who wants no reminders as a customer still wants to sign in
                subject=subject,
                body=crypto.unseal(sealed),
                confidential=True,
            )
        )
    except Conflict as refused:
        if refused.code != "suppressed":
            raise
        log.warning("a letter was not sent: its address does not exist", subject=subject)
