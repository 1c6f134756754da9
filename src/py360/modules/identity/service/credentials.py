"""Passwords of accounts: changed by their owner, forgotten, replaced."""

from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import crypto, resources
from py360.kit.caller import Caller
from py360.kit.errors import Gone, Invalid
from py360.modules.identity import addresses, letters, passwords
from py360.modules.identity.models import Client, User
from py360.modules.identity.service import attempts, sign_in

RESET_LIFETIME: Final = timedelta(hours=1)
WELCOME_LIFETIME: Final = timedelta(days=3)
CURRENT_PER_USER: Final = "10/15minutes"
FORGOT_PER_ADDRESS: Final = "10/hour"
FORGOT_PER_EMAIL: Final = "3/hour"


class ResetLinkUsed(Gone):
    """This link has been used or has expired. Ask for a new one."""

    default_code = "reset_link_expired"


def about(user: User) -> list[str]:
    """What a password of this user must not be made of."""
    return [user.email, user.first_name, user.last_name]


async def check_current(user: User, password: str | None, missing: str = "Enter your current password.") -> None:
    """Raise Invalid unless it is the user's password; TooMany after ten tries in a quarter of an hour."""
    details = [{"field": "currentPassword", "message": "is missing" if password is None else "is wrong"}]
    if password is None:
        raise Invalid(missing, code="password_needed", details=details)
    await resources.current().limits.require(
        "Too many wrong passwords. Please wait a quarter of an hour.", CURRENT_PER_USER, "change-password", str(user.id)
    )
    if not await passwords.matches(user.password_hash, password):
        raise Invalid("Your current password is wrong.", code="wrong_password", details=details)


async def change(session: AsyncSession, caller: Caller, current: str, new: str, confirmation: str | None) -> None:
    """Change the caller's password; every other device is signed out. Raises Invalid when the current one is wrong."""
    user = await session.get_one(User, caller.user_id)
    passwords.check_new(new, confirmation, about=about(user))
    await check_current(user, current)
    if new == current:
        raise Invalid(
            "The new password is the old one. Choose another one.",
            code="password_unchanged",
            details=[{"field": "newPassword", "message": "must differ from the current password"}],
        )
    await _set(user, new)
    await sign_in.revoke_all(session, user.id, except_session=caller.session_id)


async def _set(user: User, password: str) -> None:
    user.password_hash = await passwords.hash_password(password)
    user.password_changed_at = resources.current().clock.now()
    user.require_password_change = False
    user.password_reset_token = user.password_reset_expires = None
    user.failed_login_attempts, user.locked_until = 0, None
    await attempts.unlock(user.email)


async def replace(session: AsyncSession, user: User, password: str) -> None:
    """Set a user's password without asking for the old one; signs them out everywhere. Rights are checked before."""
    passwords.check_new(password, about=about(user))
    await _set(user, password)
    await sign_in.revoke_all(session, user.id)


def reset_link(user: User, lifetime: timedelta = WELCOME_LIFETIME) -> str:
    """A link on which a user sets a password, once; an earlier link stops working."""
    token = crypto.random_token()
    user.password_reset_token = crypto.digest(token)
    user.password_reset_expires = resources.current().clock.now() + lifetime
    return f"{resources.current().settings.public_url}/reset-password?token={token}"


async def forgot(session: AsyncSession, email: str, ip_address: str | None) -> None:
    """Send the owner of an account a reset link. Says nothing about whether there is such an account."""
    here = resources.current()
    await here.limits.require(
        "Too many requests from your network. Please try again in an hour.",
        FORGOT_PER_ADDRESS,
        "forgot",
        ip_address or "-",
    )
    user = await session.scalar(
        select(User).where(User.email == addresses.as_stored(email), User.status.in_(("active", "pending")))
    )
    if user is None or not await here.limits.hit(FORGOT_PER_EMAIL, "forgot-email", user.email):
        return
    link = reset_link(user, RESET_LIFETIME)
    await letters.post().password_reset(session, client_id=user.client_id, email=user.email, name=user.name, link=link)


async def find(session: AsyncSession, token: str) -> User:
    """The user whose letter has this token, locked for change; raises ResetLinkUsed."""
    user = await session.scalar(
        select(User).where(User.password_reset_token == crypto.digest(token)).with_for_update(key_share=True)
    )
    now = resources.current().clock.now()
    if user is None or user.password_reset_expires is None or user.password_reset_expires <= now:
        raise ResetLinkUsed
    return user


async def office_of(session: AsyncSession, user: User) -> str:
    """The name of the client whose user this is, for the head of a page."""
    client = await session.get(Client, user.client_id)
    return client.client_name if client is not None else ""


async def reset(session: AsyncSession, token: str, password: str, confirmation: str | None) -> None:
    """Set a new password with the token of a letter; signs the user out everywhere. Raises ResetLinkUsed and Invalid."""
    user = await find(session, token)
    passwords.check_new(password, confirmation, about=about(user))
    if user.status == "pending":
        user.status = "active"  # a letter answered is an e-mail address confirmed
    await replace(session, user, password)
