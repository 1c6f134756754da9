"""Signing in and out, and the life of a session.

Sign-in opens its own short transactions instead of using the request's: a wrong password must be counted although the
request is refused, and no connection may be held while a hash is computed.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import crypto, resources
from py360.kit.db import unit_of_work
from py360.kit.errors import NotFound
from py360.modules.identity import authentication, passwords, queries, tokens
from py360.modules.identity.errors import AccountLocked, AccountNotActive, SecondFactorNeeded, WrongCredentials
from py360.modules.identity.models import Role, User, UserSession

MAX_ATTEMPTS: Final = 5
LOCKED_FOR: Final = timedelta(minutes=15)
GRACE: Final = timedelta(seconds=10)  # two tabs refresh at once, or an answer is lost and asked for again
PER_ADDRESS: Final = "60/minute"
UNKNOWN_EMAIL: Final = (
    f"{MAX_ATTEMPTS}/15minutes"  # an unknown address locks like a known one: nobody learns which is which
)


@dataclass(frozen=True, slots=True)
class Device:
    """Where a sign-in comes from."""

    ip_address: str | None
    user_agent: str | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a device holds after signing in or refreshing; secrets, never logged."""

    token: str
    refresh_token: str
    user: dict[str, Any]

    def shown(self) -> dict[str, Any]:
        """The answer of the wire (domain reference, 3.1); `expiresIn` in seconds."""
        return {
            "token": self.token,
            "refreshToken": self.refresh_token,
            "expiresIn": int(tokens.ACCESS_LIFETIME.total_seconds()),
            "mfaRequired": False,
            "user": self.user,
        }


async def sign_in(email: str, password: str, device: Device) -> SignedIn:
    """Open a session. Raises WrongCredentials, AccountLocked, AccountNotActive, SecondFactorNeeded or TooMany."""
    await resources.current().limits.require(
        "Too many sign-ins from your network. Please wait a minute.", PER_ADDRESS, "login", device.ip_address or "-"
    )
    async with unit_of_work() as session:
        user = await session.scalar(select(User).where(User.email == email.strip().lower()))
    right = await passwords.matches(user.password_hash if user else None, password)  # first: all answers take as long
    if user and user.locked_until and user.locked_until > resources.current().clock.now():
        raise _locked()
    if not right or user is None:
        raise await _count_failure(user.id if user else None, email)
    if user.status != "active":
        raise AccountNotActive
    if user.mfa_enabled:
        raise SecondFactorNeeded
    async with unit_of_work() as session:
        now = resources.current().clock.now()
        await session.execute(
            update(User).where(User.id == user.id).values(failed_login_attempts=0, locked_until=None, last_login=now)
        )
        return await open_session(session, user.id, device)


async def _count_failure(user_id: int | None, email: str) -> WrongCredentials | AccountLocked:
    """Count a wrong password; the refusal to raise."""
    if user_id is None:
        within = await resources.current().limits.hit(UNKNOWN_EMAIL, "login-unknown", email.strip().lower())
        return WrongCredentials() if within else _locked()
    async with unit_of_work() as session:
        user = await session.get_one(User, user_id, with_for_update=True)
        now = resources.current().clock.now()
        if user.locked_until and user.locked_until > now:
            return _locked()
        user.failed_login_attempts = 1 if user.locked_until else user.failed_login_attempts + 1
        user.locked_until = now + LOCKED_FOR if user.failed_login_attempts >= MAX_ATTEMPTS else None
    return WrongCredentials()


def _locked() -> AccountLocked:
    return AccountLocked(headers={"Retry-After": str(int(LOCKED_FOR.total_seconds()))})


async def open_session(session: AsyncSession, user_id: int, device: Device) -> SignedIn:
    """A new session of a user, whose right to one has been proven."""
    session_secret, rotating = crypto.random_token(), crypto.random_token()
    now = resources.current().clock.now()
    session.add(
        UserSession(
            user_id=user_id,
            session_token=crypto.digest(session_secret),
            refresh_token=crypto.digest(rotating),
            ip_address=device.ip_address,
            user_agent=(device.user_agent or "")[:500] or None,
            expires_at=now + tokens.SESSION_LIFETIME,
            last_activity=now,
        )
    )
    return await _signed_in(session, user_id, session_secret, rotating)


async def _signed_in(session: AsyncSession, user_id: int, session_secret: str, rotating: str) -> SignedIn:
    user = await session.get_one(User, user_id)
    role = await session.get(Role, user.role_id) if user.role_id else None
    now = resources.current().clock.now()
    access = tokens.make_access_token(session_secret, user.id, role.name if role else "", user.client_id, now)
    return SignedIn(access, f"{session_secret}.{rotating}", await queries.me(session, user_id))


async def refresh(refresh_token: str) -> SignedIn:
    """New tokens for old; for `GRACE` the same ones again. Raises SignInAgain.

    An older refresh token ends its session, for one of its two users is a thief.
    """
    session_secret, rotating = tokens.split_refresh_token(refresh_token)
    now = resources.current().clock.now()
    async with unit_of_work() as session:
        held = await session.scalar(
            select(UserSession).where(UserSession.session_token == crypto.digest(session_secret)).with_for_update()
        )
        user = await session.get(User, held.user_id) if held else None
        if held and user and held.revoked_at is None and held.expires_at > now and user.status == "active":
            given, renewed = crypto.digest(rotating), tokens.successor(refresh_token)
            if given == held.refresh_token:
                held.previous_refresh_token, held.refresh_token = given, crypto.digest(renewed)
                held.last_activity = now
                held.expires_at = now + tokens.SESSION_LIFETIME
                return await _signed_in(session, held.user_id, session_secret, renewed)
            if given == held.previous_refresh_token and now < held.last_activity + GRACE:
                return await _signed_in(session, held.user_id, session_secret, renewed)
            held.revoked_at = now
            authentication.forget()
    raise tokens.SignInAgain


async def sign_out(session: AsyncSession, session_id: int | None) -> None:
    """End the session of this device."""
    await session.execute(
        update(UserSession).where(UserSession.id == session_id).values(revoked_at=resources.current().clock.now())
    )
    authentication.forget()


async def revoke(session: AsyncSession, user_id: int, session_id: int) -> None:
    """End one of a user's own sessions; raises NotFound."""
    ended = await session.scalar(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
        .values(revoked_at=resources.current().clock.now())
        .returning(UserSession.id)
    )
    if ended is None:
        raise NotFound("You have no such open session.")
    authentication.forget()


async def revoke_all(session: AsyncSession, user_id: int, except_session: int | None = None) -> None:
    """End every session of a user, save one."""
    await session.execute(
        update(UserSession)
        .where(
            UserSession.user_id == user_id, UserSession.revoked_at.is_(None), UserSession.id != (except_session or 0)
        )
        .values(revoked_at=resources.current().clock.now())
    )
    authentication.forget()
