"""The letters identity needs sent. Identity is the lowest module and knows no mail: wiring fills `post`."""

from typing import Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

log = structlog.get_logger()


class Letters(Protocol):
    """What identity needs of the module that sends mail. Each only plans the letter, in the session's transaction."""

    async def welcome(self, session: AsyncSession, *, client_id: int, email: str, name: str, link: str) -> None:
        """A new account, and the link where its owner sets a password."""
        ...

    async def password_reset(self, session: AsyncSession, *, client_id: int, email: str, name: str, link: str) -> None:
        """The link where a forgotten password is replaced; good for one hour."""
        ...

    async def confirm_email(self, session: AsyncSession, *, client_id: int, email: str, name: str, link: str) -> None:
        """To a new address: the link that makes it the login; good for one day."""
        ...

    async def email_changed(
        self, session: AsyncSession, *, client_id: int, email: str, name: str, new_email: str
    ) -> None:
        """To the old address: another one is the login now."""
        ...


class NoLetters:
    """An installation without mail: says so in the log, without the link, which is a secret."""

    async def welcome(self, session: AsyncSession, *, client_id: int, email: str, name: str, link: str) -> None:
        """Log that no letter went out."""
        log.warning("no mail is wired: welcome letter not sent", email=email)

    async def password_reset(self, session: AsyncSession, *, client_id: int, email: str, name: str, link: str) -> None:
        """Log that no letter went out."""
        log.warning("no mail is wired: password reset letter not sent", email=email)

    async def confirm_email(self, session: AsyncSession, *, client_id: int, email: str, name: str, link: str) -> None:
        """Log that no letter went out."""
        log.warning("no mail is wired: letter to a new address not sent", email=email)

    async def email_changed(
        self, session: AsyncSession, *, client_id: int, email: str, name: str, new_email: str
    ) -> None:
        """Log that no letter went out."""
        log.warning("no mail is wired: letter to an old address not sent", email=email)


_letters: Letters = NoLetters()


def use(letters: Letters) -> None:
    """Send identity's letters this way (called by wiring)."""
    global _letters
    _letters = letters


def post() -> Letters:
    """What sends the letters."""
    return _letters
