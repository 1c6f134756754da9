"""Accounts of mailboxes: their sealed settings are kept here, as every vendor account's; the module inbox has their form.

Access tokens are renewed before they end (RFC 6749, section 6), at Google or Microsoft:
https://developers.google.com/identity/protocols/oauth2/web-server#offline ·
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#refresh-the-access-token
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

import aiohttp
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, egress, resources, vendor
from py360.kit.errors import Conflict
from py360.kit.vendor import Body, Text, VendorError
from py360.modules.providers.accounts import ProviderAccount, get, open_settings, seal_settings
from py360.modules.providers.catalog import MAILBOX, MASK, merged, provider_type, usable_type
from py360.modules.providers.service import refuse_inside
from py360.modules.providers.vendor_settings import MailboxSettings

_INSERT = """
insert into providers (client_id, name, channel, type, config_encrypted, daily_limit, monthly_limit, rate_limit)
values (%(client)s, %(name)s, 'mailbox', %(type)s, %(config)s, %(day)s, %(month)s, %(minute)s) returning id
"""


async def save_mailbox(
    session: AsyncSession,
    client_id: int,
    type: str,
    name: str,
    values: Mapping[str, str | int | bool | None],
    provider_id: int | None = None,
) -> ProviderAccount:
    """Add a mailbox's account, or save it again: a masked or missing secret keeps its value.

    Raises Invalid (a setting is missing or wrong, an address inside), Conflict (`mailbox_taken`).
    """
    kind, _ = usable_type(MAILBOX, type)
    before = await get(session, provider_id) if provider_id is not None else None
    changes_secret = any(
        values.get(name) not in (None, "", MASK) for name in ("password", "accessToken", "refreshToken")
    )
    settings = merged(kind, values, None if changes_secret else before.settings if before else None)
    await refuse_inside(settings)
    params = {
        "client": client_id,
        "name": name,
        "type": type,
        "config": seal_settings(settings),
        "day": kind.limits[0],
        "month": kind.limits[1],
        "minute": kind.limits[2],
        "id": provider_id,
    }
    taken = await db.fetch_one(
        session,
        int,
        "select id from providers where client_id = %(client)s and channel = 'mailbox' and name = %(name)s"
        " and id is distinct from %(id)s::bigint",
        params,
    )
    if taken is not None:
        raise Conflict(f"The mailbox {name} is connected already.", code="mailbox_taken")
    if provider_id is None:
        provider_id = await db.fetch_only(session, int, _INSERT, params)
    else:
        await db.execute(
            session,
            "update providers set name = %(name)s, type = %(type)s, config_encrypted = %(config)s where id = %(id)s",
            params,
        )
    return ProviderAccount(
        provider_id, client_id, MAILBOX, type, name, False, settings, None, kind.limits[0], kind.limits[1], kind.limits[2]
    )  # fmt: skip


async def unsaved_mailbox(
    client_id: int, type: str, name: str, values: Mapping[str, str | int | bool | None]
) -> ProviderAccount:
    """A mailbox's account that is only to be tested. Raises Invalid."""
    kind, _ = usable_type(MAILBOX, type)
    settings = merged(kind, values, None)
    await refuse_inside(settings)
    return ProviderAccount(0, client_id, MAILBOX, type, name, False, settings)


async def delete_mailbox(session: AsyncSession, provider_id: int) -> None:
    """Remove a mailbox's account; what was sent through it stays in the ledger."""
    await db.execute(session, "delete from providers where id = %(id)s and channel = 'mailbox'", {"id": provider_id})


async def note_test(session: AsyncSession, provider_id: int, works: bool) -> None:
    """Keep how a test or a synchronisation of a mailbox ended."""
    await db.execute(
        session,
        "update providers set status = %(status)s, last_tested = %(now)s where id = %(id)s",
        {"id": provider_id, "status": "connected" if works else "error", "now": resources.current().clock.now()},
    )


_TOKEN_URLS: Final = {
    "gmail": "https://oauth2.googleapis.com/token",
    "outlook": "https://login.microsoftonline.com/common/oauth2/v2.0/token",
}
_EARLY: Final = timedelta(minutes=5)  # a token is renewed this long before it ends
_SECONDS: Final = aiohttp.ClientTimeout(total=15)
_MOST_BYTES: Final = 100_000
ACCOUNT_REFUSED: Final = "account_refused"
UNREACHABLE: Final = "unreachable"


class _Answer(Body):
    """The answer of a token endpoint (RFC 6749, 5.1 and 5.2)."""

    access_token: Text = ""
    refresh_token: Text = ""
    expires_in: Text = ""
    error: Text = ""
    error_description: Text = ""


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


async def _ask(vendor_type: str, settings: MailboxSettings) -> tuple[_Answer, int]:
    address = settings.token_url or _TOKEN_URLS.get(vendor_type)
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
        async with (
            aiohttp.ClientSession(timeout=_SECONDS, connector=egress.connector(1)) as session,
            session.post(address, data=form, allow_redirects=False) as response,
        ):
            status, raw = response.status, await response.content.read(_MOST_BYTES)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise VendorError(
            f"The token of this mailbox could not be renewed: {address} gives no answer ({type(error).__name__}).",
            code=UNREACHABLE,
        ) from error
    try:
        answer = _Answer.model_validate_json(raw)
    except ValueError:
        answer = _Answer()
    if status == 200 and answer.access_token:
        return answer, status
    if status >= 500 or status == 429:
        raise VendorError(
            f"The token of this mailbox could not be renewed: {address} answers {status}.", code=UNREACHABLE
        )
    words = " ".join(filter(None, (answer.error, answer.error_description)))[:300] or f"status {status}"
    raise VendorError(
        f"The sign-in of this mailbox is no longer taken ({words}). It was revoked or has ended: connect the mailbox again.",
        code=ACCOUNT_REFUSED,
        permanent=True,
    )


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
