"""The two tokens of a signed-in device.

The access token is a short-lived JWT that only names its session; what the session may do is read from the database at
every use (see `authentication`). The refresh token is `<session secret>.<rotating secret>`: the first half finds the
session for as long as it lives, the second is good for one refresh and its repetition within seconds. A right first half
with a wrong second half is a token used again later, and ends the session (ADR 37).
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from py360.kit.errors import Unauthenticated
from py360.kit.settings import settings

ACCESS_LIFETIME: Final = timedelta(minutes=10)
SESSION_LIFETIME: Final = timedelta(days=14)  # since the last refresh
LONGEST_SESSION: Final = timedelta(days=30)  # since the sign-in
ISSUER: Final = "py360"
AUDIENCE: Final = "py360-api"
_ALGORITHM: Final = "HS256"


class SignInAgain(Unauthenticated):
    """Your sign-in has ended. Please sign in again."""

    default_code = "signed_out"


@lru_cache(maxsize=2)
def _key(secret: str) -> OctKey:
    return OctKey.import_key(hmac.digest(secret.encode(), b"access-token", hashlib.sha256))


def successor(refresh_token: str) -> str:
    """The rotating secret after this refresh token's: always the same one, and only the installation's key can compute it."""
    key = hmac.digest(settings().secret_key.encode(), b"refresh-token", hashlib.sha256)
    return hmac.digest(key, refresh_token.encode(), hashlib.sha256).hex()


def make_access_token(session_secret: str, user_id: int, role: str, client_id: int, now: datetime) -> str:
    """A bearer token for `ACCESS_LIFETIME`. Role and client are there for the client to read; the server does not trust them."""
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(user_id),
        "sid": session_secret,
        "role": role,
        "clientId": client_id,
        "iat": int(now.timestamp()),
        "exp": int((now + ACCESS_LIFETIME).timestamp()),
    }
    return jwt.encode({"alg": _ALGORITHM}, claims, _key(settings().secret_key))


def read_access_token(token: str, now: datetime) -> tuple[str, float]:
    """The session secret inside a token of ours and when the token expires (epoch seconds); raises Unauthenticated."""
    try:
        claims = jwt.decode(token, _key(settings().secret_key), algorithms=[_ALGORITHM]).claims
        if (claims["iss"], claims["aud"]) != (ISSUER, AUDIENCE):
            raise ValueError("a token of another issuer or for another service")
        secret, expires = str(claims["sid"]), float(claims["exp"])
    except (JoseError, KeyError, ValueError, TypeError) as error:
        raise Unauthenticated("This access token is not valid. Please sign in again.", code="bad_token") from error
    if now.timestamp() >= expires:
        raise Unauthenticated("This access token has expired. Refresh it or sign in again.", code="token_expired")
    return secret, expires


def split_refresh_token(token: str) -> tuple[str, str]:
    """The session secret and the rotating secret; raises SignInAgain when it is not of that form."""
    session_secret, dot, rotating = token.partition(".")
    if not (session_secret and dot and rotating):
        raise SignInAgain
    return session_secret, rotating
