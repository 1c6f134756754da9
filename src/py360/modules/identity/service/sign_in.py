"""Signing in and out, and the life of a session.

Sign-in opens its own short transactions instead of using the request's: a wrong password must be counted although the
request is refused, and no connection may be held while a hash is computed.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import crypto, db, resources
from py360.kit.db import unit_of_work
from py360.kit.errors import NotFound
from py360.modules.identity import addresses, authentication, passwords, queries, tokens
from py360.modules.identity.errors import AccountNotActive, WrongCredentials
from py360.modules.identity.models import Role, User, UserSession
from py360.modules.identity.service import attempts, devices
from py360.modules.identity.service.attempts import Attempt
from py360.modules.identity.views import SignedInUserView, SignInView

GRACE: Final = timedelta(seconds=10)  # two tabs refresh at once, or an answer is lost and asked for again
KNOWN_FOR: Final = timedelta(days=30)  # since the last sign-in from an address
PER_ADDRESS: Final = "60/minute"
MFA_PURPOSE: Final = "mfa"


@dataclass(frozen=True, slots=True)
class Device:
    """Where a sign-in comes from; `cookie` is what we left there at an earlier one."""

    ip_address: str | None
    user_agent: str | None
    cookie: str | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a device holds after signing in or refreshing; secrets, never logged."""

    token: str
    refresh_token: str
    user: SignedInUserView

    def to_public(self) -> SignInView:
        """The API's answer (domain reference, 3.1); `expiresIn` in seconds."""
        return {
            "token": self.token,
            "refreshToken": self.refresh_token,
            "expiresIn": int(tokens.ACCESS_LIFETIME.total_seconds()),
            "mfaRequired": False,
            "user": self.user,
        }


async def sign_in(email: str, password: str, device: Device) -> SignedIn | int:
    """Open a session; the user's number where a second factor is needed first. Raises WrongCredentials, AccountLocked,
    AccountNotActive or TooMany.

    The sign-in is counted first and its count given back when the password is right. Unknown addresses are counted and
    answered like known ones: an attacker cannot see which is which.
    """
    await resources.current().limits.require(
        "Too many sign-ins from your network. Please wait a minute.", PER_ADDRESS, "login", device.ip_address or "-"
    )
    email = addresses.as_stored(email)
    async with unit_of_work() as session:
        user = await session.scalar(select(User).where(User.email == email))
        attempt = await _attempt(session, email, user, device)
    await attempts.reserve(attempt)
    if not await passwords.matches(user.password_hash if user else None, password) or user is None:
        await _note_failure(user.id if user else 0, email)
        raise WrongCredentials
    await attempts.release(attempt)
    if user.status != "active":
        raise AccountNotActive
    if user.mfa_enabled:
        return user.id
    async with unit_of_work() as session:
        return await open_noted_session(session, user.id, device)


async def open_noted_session(session: AsyncSession, user_id: int, device: Device) -> SignedIn:
    """Open the session of a sign-in that succeeded, and note it with the user."""
    now = resources.current().clock.now()
    await session.execute(
        update(User).where(User.id == user_id).values(failed_login_attempts=0, locked_until=None, last_login=now)
    )
    return await open_session(session, user_id, device)


async def _attempt(session: AsyncSession, email: str, user: User | None, device: Device) -> Attempt:
    """The sign-in as it is counted: by the device when the account knows it, else by the network address."""
    user_id = user.id if user else 0  # an unknown account takes the same steps, and so the same time
    if known_device := devices.device_of(device.cookie, user_id):
        return Attempt(email, f"device {known_device}", known=True)
    seen_here = (
        "select exists (select from user_sessions where user_id = %(user)s and ip_address = %(address)s::inet"
        " and last_activity > %(since)s)"
    )
    since = resources.current().clock.now() - KNOWN_FOR
    values = {"user": user_id, "address": device.ip_address, "since": since}
    known = await db.fetch_only(session, bool, seen_here, values)
    return Attempt(email, attempts.source_of(device.ip_address), known)


async def _note_failure(user_id: int, email: str) -> None:
    """Keep what administrators see of wrong passwords; nothing is decided by it. Takes as long for an unknown account (0)."""
    until = await attempts.locked_until(email)
    async with unit_of_work() as session:
        await db.execute(session, "set local synchronous_commit = off")  # the answer waits for no disk
        await db.execute(
            session,
            "update users set failed_login_attempts = failed_login_attempts + 1,"
            " locked_until = coalesce(to_timestamp(%(until)s::float8), locked_until) where id = %(user)s",
            {"user": user_id, "until": until},
        )


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
            created_at=now,
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

    An older refresh token ends its session, for one of its two users is a thief. No session outlives
    `tokens.LONGEST_SESSION`, however often it is refreshed.
    """
    session_secret, rotating = tokens.split_refresh_token(refresh_token)
    now = resources.current().clock.now()
    async with unit_of_work() as session:
        known = await session.scalar(
            select(UserSession).where(UserSession.session_token == crypto.digest(session_secret)).with_for_update()
        )
        user = await session.get(User, known.user_id) if known else None
        if known and user and known.revoked_at is None and known.expires_at > now and user.status == "active":
            given, renewed = crypto.digest(rotating), tokens.successor(refresh_token)
            if given == known.refresh_token:
                known.previous_refresh_token, known.refresh_token = given, crypto.digest(renewed)
                known.last_activity = now
                known.expires_at = min(now + tokens.SESSION_LIFETIME, known.created_at + tokens.LONGEST_SESSION)
                return await _signed_in(session, known.user_id, session_secret, renewed)
            if given == known.previous_refresh_token and now < known.last_activity + GRACE:
                return await _signed_in(session, known.user_id, session_secret, renewed)
            known.revoked_at = now
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
