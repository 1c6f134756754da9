"""Devices that have signed in before, known by a cookie (OWASP: slow down online guessing with device cookies).

The cookie grants nothing. It only shows the counts of wrong passwords that this browser signed in to the account before.
"""

from typing import Final

from py360.kit import crypto
from py360.kit.settings import settings

COOKIE: Final = "py360_device"
KEPT_SECONDS: Final = 180 * 86_400
_PURPOSE: Final = "device"


def cookie_for(user_id: int) -> str:
    """The Set-Cookie header of a browser in which a user has just signed in."""
    value = crypto.sign(_PURPOSE, f"{user_id}.{crypto.random_token()[:16]}")
    secure = "; Secure" if settings().public_url.startswith("https:") else ""
    return f"{COOKIE}={value}; Path=/api/auth; Max-Age={KEPT_SECONDS}; HttpOnly; SameSite=Lax{secure}"


def device_of(cookie: str | None, user_id: int) -> str | None:
    """The name of the device, if the cookie was made by us for this user."""
    if not cookie:
        return None
    try:
        payload = crypto.verify(_PURPOSE, cookie)
    except crypto.BadToken:
        return None
    owner, _, device = payload.partition(".")
    return device if owner == str(user_id) else None
