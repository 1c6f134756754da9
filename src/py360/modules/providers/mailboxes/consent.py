"""The owner of a mailbox lets this application in, on their vendor's own page: authorization code flow (RFC 6749, 4.1) with PKCE
(RFC 7636). No password is ever entered here.

https://developers.google.com/identity/protocols/oauth2/web-server ·
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow ·
https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlencode

from py360.kit import vendor
from py360.kit.vendor import VendorError
from py360.modules.providers.mailboxes.token_endpoint import ACCOUNT_REFUSED, ADDRESSES, request_tokens

MailVendor = Literal["gmail", "outlook"]
_PAGES: Final[Mapping[str, str]] = {
    "gmail": "https://accounts.google.com/o/oauth2/v2/auth",
    "outlook": "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
}
_SCOPES: Final[Mapping[str, str]] = {
    "gmail": "https://mail.google.com/",
    "outlook": "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access",
}
# Google gives a refresh token only for these, and only with the consent page shown again.
_OWN: Final[Mapping[str, Mapping[str, str]]] = {
    "gmail": {"access_type": "offline", "prompt": "consent"},
    "outlook": {"prompt": "select_account"},
}


@dataclass(frozen=True, slots=True)
class MailApplication:
    """The application that the office registered at its mail vendor. The addresses are the vendor's, unless others are given."""

    vendor: MailVendor
    client_id: str
    client_secret: str | None = None
    page: str | None = None
    token_url: str | None = None


def consent_page(application: MailApplication, *, email: str, redirect_uri: str, state: str, verifier: str) -> str:
    """The address of the vendor's page. Only the hash of `verifier` leaves; who exchanges the code must know it."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = {
        "client_id": application.client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": _SCOPES[application.vendor],
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "login_hint": email,
        **_OWN[application.vendor],
    }
    return f"{application.page or _PAGES[application.vendor]}?{urlencode(query)}"


async def exchange_code(application: MailApplication, *, code: str, redirect_uri: str, verifier: str) -> str:
    """The refresh token for a code. Call it outside any transaction. Raises VendorError: `account_refused` or `unreachable`."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "client_id": application.client_id,
        "code_verifier": verifier,
    }
    if application.client_secret:
        form["client_secret"] = application.client_secret
    address = application.token_url or ADDRESSES[application.vendor]
    async with vendor.call("oauth", "exchange", None) as call:
        try:
            tokens, call.http_status = await request_tokens(address, form)
        except VendorError as error:
            raise VendorError(f"The sign-in could not be completed: {error}.", code=error.code) from error
    if not tokens.refresh_token:
        raise VendorError(
            "The sign-in could not be completed: the vendor gave no refresh token. Allow the application offline access.",
            code=ACCOUNT_REFUSED,
        )
    return tokens.refresh_token
