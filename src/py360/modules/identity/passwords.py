"""Passwords: argon2id at the cost OWASP recommends (19 MiB, 2 passes), computed in a thread, never in a transaction."""

import asyncio
import secrets
from functools import lru_cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from py360.kit.errors import Invalid

MIN_LENGTH: Final = 8
MAX_LENGTH: Final = 200
_hasher: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


async def hash_password(password: str) -> str:
    """The hash to store."""
    return await asyncio.to_thread(_hasher.hash, password)


async def matches(stored: str | None, password: str) -> bool:
    """Whether it is the password. Without a stored hash this takes as long and says no: nobody learns who has an account."""
    return await asyncio.to_thread(_matches, stored, password)


def _matches(stored: str | None, password: str) -> bool:
    try:
        _hasher.verify(stored or _nobody(), password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return stored is not None


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))


def check_new(password: str, confirmation: str | None = None, field: str = "newPassword") -> None:
    """Refuse what must not become a password (domain reference, 3.1). Raises Invalid."""
    if confirmation is not None and confirmation != password:
        raise Invalid(
            "The two new passwords differ.", code="password_mismatch",
            details=[{"field": "confirmPassword", "message": "must equal the new password"}],
        )  # fmt: skip
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Invalid(
            f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters.", code="password_length",
            details=[{"field": field, "message": f"{MIN_LENGTH} to {MAX_LENGTH} characters"}],
        )  # fmt: skip
