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

an account was made for you. Choose your password here:

{link}

The link works once and for three days. After that, ask for a new one with “Forgot password”.
"""
RESET: Final = """Dear {name},

we received a request to set a new password for this e-mail address. Set it here:

{link}

The link works once and for one hour. If you did not ask for it, do nothing: your password stays as it is.
"""
CONFIRM: Final = """Dear {name},

you asked to sign in with this e-mail address from now on. Confirm it here:

{link}

The link works once and for one day. If you did not ask for it, do nothing: nothing changes.
"""
CHANGED: Final = """Dear {name},

the e-mail address that you sign in with is now {new_email}, no longer this one.

If you did not change it, tell your administrator at once.
"""


class Letters:
    """Fills identity's protocol: plans each letter in the session's transaction."""

    async def welcome(self, session: AsyncSession, *, client_id: int, email: str, name: str, link: str) -> None:
        """A new account, and the link where its owner sets a password."""
        await _plan(session, client_id, email, "Your new account", WELCOME.format(name=name, link=link))

    async def password_reset(self, session: AsyncSession, *, client_id: int, email: str, name: str, link: str) -> None:
        """The link where a forgotten password is replaced."""
        await _plan(session, client_id, email, "Set a new password", RESET.format(name=name, link=link))

    async def confirm_email(self, session: AsyncSession, *, client_id: int, email: str, name: str, link: str) -> None:
        """To a new address: the link that makes it the login."""
        await _plan(session, client_id, email, "Confirm your e-mail address", CONFIRM.format(name=name, link=link))

    async def email_changed(
        self, session: AsyncSession, *, client_id: int, email: str, name: str, new_email: str
    ) -> None:
        """To the old address: another one is the login now."""
        text = CHANGED.format(name=name, new_email=new_email)
        await _plan(session, client_id, email, "Your e-mail address was changed", text)


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
