"""Access tokens of mailboxes are renewed before they end (RFC 6749, section 6)."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from pydantic import SecretStr

from py360.kit import db, resources, vendor
from py360.kit.vendor import VendorError
from py360.modules.providers.accounts import ProviderAccount, open_settings, seal_settings
from py360.modules.providers.catalog import provider_type
from py360.modules.providers.mailboxes.token_endpoint import (
    ACCOUNT_REFUSED,
    ADDRESSES,
    UNREACHABLE,
    Tokens,
    request_tokens,
)
from py360.modules.providers.vendor_settings import MailboxSettings

_EARLY: Final = timedelta(minutes=5)  # a token is renewed this long before it ends


async def with_token(account: ProviderAccount, *, renew: bool = False) -> ProviderAccount:
    """The account with an access token that is good for a while; `renew`: a new one, the server took the last no more.

    Call it outside any transaction. Raises VendorError: `account_refused` when the sign-in was revoked, else `unreachable`.
    """
    settings = account.expect(MailboxSettings)
    if settings.refresh_token is None:
        return account
    now = resources.current().clock.now()
    ends = settings.token_expires_at
    if not renew and settings.access_token is not None and ends is not None and ends > now + _EARLY:
        return account
    async with vendor.call("oauth", "refresh", account.id) as call:
        answer, call.http_status = await _ask(account.type, settings)
    fresh = settings.model_copy(
        update={
            "access_token": SecretStr(answer.access_token),
            "refresh_token": SecretStr(answer.refresh_token) if answer.refresh_token else settings.refresh_token,
            "token_expires_at": now + timedelta(seconds=_seconds(answer.expires_in)),
        }
    )
    await _keep(account, settings, fresh)
    return replace(account, settings=fresh)


def _seconds(text: str) -> int:
    return min(int(text), 86_400) if text.isdecimal() and len(text) < 10 else 600


async def _ask(vendor_type: str, settings: MailboxSettings) -> tuple[Tokens, int]:
    address = settings.token_url or ADDRESSES.get(vendor_type)
    assert settings.refresh_token is not None
    assert settings.oauth_client_id is not None
    if address is None:
        raise VendorError("Enter where the tokens of this mailbox are renewed (tokenUrl).", code=ACCOUNT_REFUSED)
    form = {
        "grant_type": "refresh_token",
        "refresh_token": settings.refresh_token.get_secret_value(),
        "client_id": settings.oauth_client_id.get_secret_value(),
    }
    if settings.oauth_client_secret is not None:
        form["client_secret"] = settings.oauth_client_secret.get_secret_value()
    try:
        return await request_tokens(address, form)
    except VendorError as error:
        if error.code == UNREACHABLE:
            raise VendorError(f"The token of this mailbox could not be renewed: {error}.", code=UNREACHABLE) from error
        sentence = f"The sign-in of this mailbox is no longer taken ({error}). It was revoked or has ended: connect the mailbox again."
        raise VendorError(sentence, code=ACCOUNT_REFUSED, permanent=True) from error


async def _keep(account: ProviderAccount, used: MailboxSettings, fresh: MailboxSettings) -> None:
    """Store renewed tokens, unless the mailbox was saved anew meanwhile."""
    async with db.unit_of_work() as session:
        sealed = await db.fetch_one(
            session, str, "select config_encrypted from providers where id = %(id)s for update", {"id": account.id}
        )
        held = open_settings(provider_type(account.channel, account.type), sealed) if sealed else None
        if isinstance(held, MailboxSettings) and held.refresh_token == used.refresh_token:
            await db.execute(
                session,
                "update providers set config_encrypted = %(config)s where id = %(id)s",
                {"id": account.id, "config": seal_settings(fresh)},
            )
