"""Secrets at rest and signed tokens. Standard primitives of `cryptography`; only the short token format is ours.

A token is `payload.signature`, both URL-safe and without padding; the purpose is signed with it, so that an unsubscribe
link can never be used as a payment link.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import string
from functools import lru_cache
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from py360.kit.errors import NotFound
from py360.kit.settings import settings

_ALPHABET: Final = frozenset(string.ascii_letters + string.digits + "-_.")
SIGNATURE_BYTES: Final = 16  # 128 bits: beyond guessing, short enough for an SMS


class BadToken(NotFound):
    """This link is not valid. Please use the newest message we sent you."""

    default_code = "bad_token"


@lru_cache(maxsize=4)
def _derived(secret: str, purpose: str) -> bytes:
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).digest()


@lru_cache(maxsize=2)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key, "seal"))) for key in keys])


def seal(text: str) -> str:
    """Encrypt a secret for the database."""
    return _box(settings().secret_keys).encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Decrypt what `seal` made, with this key or one used before. Raises ValueError when it was another installation's."""
    try:
        return _box(settings().secret_keys).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise ValueError("sealed with another key than this installation's (PY360_SECRET_KEY)") from error


def reseal(sealed: str) -> str:
    """The same secret, sealed with the newest key. Raises ValueError as `unseal` does."""
    return seal(unseal(sealed))


def fingerprint(key: str) -> str:
    """Names a key without revealing anything of it: the database keeps it, to recognise the key it was used with."""
    return _derived(key, "fingerprint").hex()[:32]


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def sign(purpose: str, payload: str) -> str:
    """A short token that carries `payload` for one purpose."""
    return _signed(settings().secret_key, purpose, payload.encode())


def _signed(key: str, purpose: str, data: bytes) -> str:
    mark = hmac.digest(_derived(key, "sign"), purpose.encode() + b"\0" + data, "sha256")[:SIGNATURE_BYTES]
    return f"{_b64(data)}.{_b64(mark)}"


def verify(purpose: str, token: str) -> str:
    """The payload of a token made for this purpose, with this key or one used before; raises BadToken otherwise."""
    token = _without_punctuation(token)
    encoded, _, _ = token.partition(".")
    try:
        payload = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except (binascii.Error, ValueError) as error:
        raise BadToken from error
    given = token.encode()
    if not any(
        hmac.compare_digest(_signed(key, purpose, payload.encode()).encode(), given) for key in settings().secret_keys
    ):
        raise BadToken
    return payload


def _without_punctuation(token: str) -> str:
    """A token as it was made: programs that find links in a text take punctuation behind them along, such as `!`, `)` or `।`."""
    end = next((place for place, character in enumerate(token) if character not in _ALPHABET), len(token))
    return token[:end].rstrip(".")


def random_token() -> str:
    """A new secret of 256 bits, URL-safe."""
    return secrets.token_urlsafe(32)


def digest(text: str) -> str:
    """SHA-256 in hex: how secrets that need only be recognised are stored."""
    return hashlib.sha256(text.encode()).hexdigest()
