"""A user's own e-mail address: changed with the password, and only once the new address has answered."""

from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import crypto, resources
from py360.kit.errors import Conflict, Gone
from py360.modules.identity import authentication, letters
from py360.modules.identity.models import User
from py360.modules.identity.service import credentials

LIFETIME: Final = timedelta(hours=24)
PER_USER: Final = "5/hour"


class EmailLinkUsed(Gone):
    """This link has been used or has expired. Change the e-mail address again on the Profile page."""

    default_code = "email_link_expired"


async def check_email_free(session: AsyncSession, email: str, but: int = 0) -> None:
    """Raise Conflict when another account has this e-mail address."""
    if await session.scalar(select(User.id).where(User.email == email.lower(), User.id != but)):
        raise Conflict(
            f"There is an account for {email} already.",
            code="email_taken",
            details=[{"field": "email", "message": "taken"}],
        )


async def ask(session: AsyncSession, user: User, email: str, password: str | None) -> None:
    """Send the new address a link; the old one stays the login until the link is opened.

    Raises Invalid when the password is missing or wrong, Conflict when the address is taken, TooMany.
    """
    await credentials.check_current(user, password, "Enter your current password to change your e-mail address.")
    await check_email_free(session, email, user.id)
    await resources.current().limits.require(
        "Too many changes of the e-mail address. Please wait an hour.", PER_USER, "email-change", str(user.id)
    )
    token = crypto.random_token()
    user.pending_email = email
    user.email_change_token = crypto.digest(token)
    user.email_change_expires = resources.current().clock.now() + LIFETIME
    link = f"{resources.current().settings.public_url}/confirm-email?token={token}"
    await letters.post().confirm_email(session, client_id=user.client_id, email=email, name=user.name, link=link)


async def find(session: AsyncSession, token: str) -> User:
    """The user whose link this is, locked for change; raises EmailLinkUsed."""
    user = await session.scalar(
        select(User).where(User.email_change_token == crypto.digest(token)).with_for_update(key_share=True)
    )
    now = resources.current().clock.now()
    if user is None or not user.pending_email or user.email_change_expires is None or user.email_change_expires <= now:
        raise EmailLinkUsed
    return user


async def confirm(session: AsyncSession, token: str) -> str:
    """Make the new address the login; the address. The old one is notified. Raises EmailLinkUsed, and Conflict when it was taken meanwhile."""
    user = await find(session, token)
    assert user.pending_email is not None
    await check_email_free(session, user.pending_email, user.id)
    await replace(session, user, user.pending_email)
    return user.email


async def replace(session: AsyncSession, user: User, email: str) -> None:
    """Set a user's address and notify the old one; links that were sent to it stop working. Rights are checked before."""
    old, user.email = user.email, email
    user.pending_email = user.email_change_token = user.email_change_expires = None
    user.password_reset_token = user.password_reset_expires = None
    await letters.post().email_changed(
        session, client_id=user.client_id, email=old, name=user.name, new_email=user.email
    )
    authentication.forget()
