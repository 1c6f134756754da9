"""The second factor of a sign-in: a code of an authenticator app (domain reference, 3.1).

A code counts once. Wrong codes are limited per user, so that a password alone does not give time to guess.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import crypto, db, resources
from py360.kit.caller import Caller
from py360.kit.db import unit_of_work
from py360.kit.errors import Conflict, Invalid
from py360.modules.identity.errors import SignInExpired, WrongCode
from py360.modules.identity.service import sign_in, totp
from py360.modules.identity.service.sign_in import Device, SignedIn

PER_USER: Final = "5/5minutes"
LIFETIME: Final = timedelta(minutes=5)
_TOO_MANY: Final = "Too many codes. Wait five minutes and try again."
_FACTOR: Final = """
select email, status, mfa_enabled, mfa_secret, mfa_used_step from users where id = %(id)s for no key update
"""


@dataclass(frozen=True, slots=True)
class Factor:
    """What is stored of a user's second factor; the secret is sealed."""

    email: str
    status: str
    mfa_enabled: bool
    mfa_secret: str | None
    mfa_used_step: int | None


def token_for(user_id: int) -> str:
    """Proves for five minutes that the password was right."""
    until = int((resources.current().clock.now() + LIFETIME).timestamp())
    return crypto.sign(sign_in.MFA_PURPOSE, f"{user_id}.{until}")


async def verify(mfa_token: str, otp: str, device: Device) -> SignedIn:
    """Finish a sign-in with a code. Raises SignInExpired, WrongCode, AccountNotActive or TooMany."""
    try:
        user, _, until = crypto.verify(sign_in.MFA_PURPOSE, mfa_token).partition(".")
    except crypto.BadToken as error:
        raise SignInExpired from error
    if resources.current().clock.now().timestamp() > int(until):
        raise SignInExpired
    return await complete(int(user), otp, device)


async def complete(user_id: int, otp: str, device: Device) -> SignedIn:
    """Open the session of a user whose password was right, if the code is. Raises WrongCode, SignInExpired or TooMany."""
    await _limit(user_id)
    async with unit_of_work() as session:
        factor = await _factor(session, user_id)
        if factor is None or factor.status != "active" or not factor.mfa_enabled:
            raise SignInExpired
        await _use(session, user_id, factor, otp)
        return await sign_in.open_noted_session(session, user_id, device)


async def setup(session: AsyncSession, caller: Caller) -> tuple[str, str]:
    """A new secret and its address for the app; it counts once a code confirms it. Raises Conflict when a factor is on."""
    factor = await _own(session, caller)
    if factor.mfa_enabled:
        raise Conflict("Your second factor is on already. Switch it off first to set up another app.", code="mfa_on")
    secret = totp.new_secret()
    await db.execute(
        session,
        "update users set mfa_secret = %(secret)s, mfa_used_step = null where id = %(id)s",
        {"secret": crypto.seal(secret), "id": caller.user_id},
    )
    return secret, totp.address(secret, factor.email)


async def switch(session: AsyncSession, caller: Caller, otp: str, *, on: bool) -> None:
    """Switch the caller's second factor on or off, with a code. Raises Conflict and Invalid; TooMany after five codes."""
    await _limit(caller.user_id)
    factor = await _own(session, caller)
    if on and factor.mfa_enabled:
        raise Conflict("Your second factor is on already.", code="mfa_on")
    if not on and not factor.mfa_enabled:
        raise Conflict("Your second factor is off already.", code="mfa_off")
    if factor.mfa_secret is None:
        raise Conflict("Set up an app first: POST /api/auth/mfa/setup.", code="mfa_not_set_up")
    try:
        await _use(session, caller.user_id, factor, otp)
    except WrongCode as error:  # the caller is signed in: it is the field that is wrong
        raise Invalid(
            error.message, code="wrong_code", details=[{"field": "otp", "message": "another code"}]
        ) from error
    await db.execute(
        session,
        "update users set mfa_enabled = %(on)s, mfa_secret = case when %(on)s then mfa_secret end where id = %(id)s",
        {"on": on, "id": caller.user_id},
    )
    if on:
        await sign_in.revoke_all(session, caller.user_id, caller.session_id)


async def _limit(user_id: int) -> None:
    await resources.current().limits.require(_TOO_MANY, PER_USER, "mfa", str(user_id))


async def _factor(session: AsyncSession, user_id: int) -> Factor | None:
    return await db.fetch_one(session, Factor, _FACTOR, {"id": user_id})


async def _own(session: AsyncSession, caller: Caller) -> Factor:
    found = await _factor(session, caller.user_id)
    assert found is not None  # a caller is a user
    return found


async def _use(session: AsyncSession, user_id: int, factor: Factor, otp: str) -> None:
    """Take a code, once; raises WrongCode."""
    assert factor.mfa_secret is not None  # checked by those who call
    step = totp.matching_step(crypto.unseal(factor.mfa_secret), otp, resources.current().clock.now())
    if step is None or (factor.mfa_used_step is not None and step <= factor.mfa_used_step):
        raise WrongCode
    await db.execute(
        session, "update users set mfa_used_step = %(step)s where id = %(id)s", {"step": step, "id": user_id}
    )


async def reseal(session: AsyncSession) -> int:
    """Seal the secrets with the newest key; how many."""
    sealed = await db.fetch_all(session, _Sealed, "select id, mfa_secret from users where mfa_secret is not null")
    for each in sealed:
        params = {"id": each.id, "secret": crypto.reseal(each.mfa_secret)}
        await db.execute(session, "update users set mfa_secret = %(secret)s where id = %(id)s", params)
    return len(sealed)


@dataclass(frozen=True, slots=True)
class _Sealed:
    id: int
    mfa_secret: str
