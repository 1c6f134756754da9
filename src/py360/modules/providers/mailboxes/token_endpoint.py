"""The token endpoint of a mailbox's vendor (RFC 6749, 3.2). Its address may be one that a person entered.

https://developers.google.com/identity/protocols/oauth2/web-server#offline ·
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
"""

from collections.abc import Mapping
from typing import Final

import aiohttp

from py360.kit import egress
from py360.kit.vendor import Body, Text, VendorError

ADDRESSES: Final[Mapping[str, str]] = {
    "gmail": "https://oauth2.googleapis.com/token",
    "outlook": "https://login.microsoftonline.com/common/oauth2/v2.0/token",
}
ACCOUNT_REFUSED: Final = "account_refused"
UNREACHABLE: Final = "unreachable"
_TIMEOUT: Final = aiohttp.ClientTimeout(total=15)  # seconds
_MOST_BYTES: Final = 100_000


class Tokens(Body):
    """The answer of a token endpoint (RFC 6749, 5.1 and 5.2)."""

    access_token: Text = ""
    refresh_token: Text = ""
    expires_in: Text = ""
    error: Text = ""
    error_description: Text = ""


async def request_tokens(address: str, form: Mapping[str, str]) -> tuple[Tokens, int]:
    """Tokens and the HTTP status. Raises VendorError with a part of a sentence: `unreachable`, or `account_refused` with the
    endpoint's own words."""
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT, connector=egress.connector(1)) as session,
            session.post(address, data=dict(form), allow_redirects=False) as response,
        ):
            status, raw = response.status, await response.content.read(_MOST_BYTES)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise VendorError(f"{address} gives no answer ({type(error).__name__})", code=UNREACHABLE) from error
    try:
        answer = Tokens.model_validate_json(raw)
    except ValueError:
        answer = Tokens()
    if status == 200 and answer.access_token:
        return answer, status
    if status >= 500 or status == 429:
        raise VendorError(f"{address} answers {status}", code=UNREACHABLE)
    words = " ".join(filter(None, (answer.error, answer.error_description)))[:300] or f"status {status}"
    raise VendorError(words, code=ACCOUNT_REFUSED, permanent=True)
