"""One-time codes of six digits that change every 30 seconds (RFC 6238, with HMAC-SHA-1 as authenticator apps have it)."""

import base64
import hmac
import secrets
from datetime import datetime
from typing import Final
from urllib.parse import quote

STEP_SECONDS: Final = 30
DIGITS: Final = 6
SECRET_BYTES: Final = 20
DRIFT_STEPS: Final = 1  # a code of the step before or after counts: clocks differ
ISSUER: Final = "Py360"


def new_secret() -> str:
    """A secret, in base32 as apps take it."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def step_of(moment: datetime) -> int:
    """The number of the 30 seconds that a moment is in."""
    return int(moment.timestamp()) // STEP_SECONDS


def code(secret: str, step: int) -> str:
    """The code of a step (RFC 4226, section 5.3)."""
    mark = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    start = mark[-1] & 0x0F
    number = int.from_bytes(mark[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def matching_step(secret: str, given: str, moment: datetime) -> int | None:
    """The step whose code was given, now or one step off; None when it is none of them."""
    now = step_of(moment)
    steps = range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1)
    found = [step for step in steps if hmac.compare_digest(code(secret, step).encode(), given.encode())]
    return found[0] if found else None


def address(secret: str, email: str) -> str:
    """What the app reads from a QR code (otpauth key URI format)."""
    name = quote(f"{ISSUER}:{email}")
    return f"otpauth://totp/{name}?secret={secret}&issuer={ISSUER}&digits={DIGITS}&period={STEP_SECONDS}"
