"""Secrets at rest and signed tokens. Standard primitives of `cryptography`; only the short token format is ours.

A token is `payload.signature`, both URL-safe and without padding; the purpose is signed with it, so that an unsubscribe
link can never be used as a payment link.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from functools import lru_cache
from typing import Final

from cryptography.fernet import Fernet, InvalidToken

from py360.kit.errors import NotFound
from py360.kit.settings import settings

SIGNATURE_BYTES: Final = 16  # 128 bits: beyond guessing, short enough for an SMS


class BadToken(NotFound):
    """This link is not valid. Please use the newest message we sent you."""

    default_code = "bad_token"


@lru_cache(maxsize=4)
def _derived(secret: str, purpose: str) -> bytes:
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).digest()


@lru_cache(maxsize=2)
def _box(secret: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_derived(secret, "seal")))


def seal(text: str) -> str:
    """Encrypt a secret for the database."""
    return _box(settings().secret_key).encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Decrypt what `seal` made. Raises ValueError when the installation's key is another one."""
    try:
        return _box(settings().secret_key).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise ValueError("sealed with another key than this installation's (PY360_SECRET_KEY)") from error


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def sign(purpose: str, payload: str) -> str:
    """A short token that carries `payload` for one purpose."""
    data = payload.encode()
    mark = hmac.digest(_derived(settings().secret_key, "sign"), purpose.encode() + b"\0" + data, "sha256")[
        :SIGNATURE_BYTES
    ]
    return f"{_b64(data)}.{_b64(mark)}"


def verify(purpose: str, token: str) -> str:
    """The payload of a token made for this purpose; raises BadToken otherwise."""
    encoded, _, _ = token.partition(".")
    try:
        payload = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except (binascii.Error, ValueError) as error:
        raise BadToken from error
    if not hmac.compare_digest(sign(purpose, payload).encode(), token.encode()):
        raise BadToken
    return payload


def random_token() -> str:
    """A new secret of 256 bits, URL-safe."""
    return secrets.token_urlsafe(32)


def digest(text: str) -> str:
    """SHA-256 in hex: how secrets that need only be recognised are stored."""
    return hashlib.sha256(text.encode()).hexdigest()
