"""Mailboxes whose owner signs in at Google or Microsoft: begun by a user here, finished when the vendor's page sends the browser back.

What is begun is kept in Valkey for ten minutes, sealed, under the hash of its `state`: used once, and only by the user who began it.
Else a stranger could have their own mailbox connected here, or somebody else's mailbox connected for themselves.
"""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import crypto, db, egress, resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid, NotFound, Unavailable
from py360.kit.settings import settings
from py360.kit.vendor import VendorError
from py360.modules.inbox.mailboxes import mailbox
from py360.modules.inbox.queries import accounts as queries
from py360.modules.inbox.schemas import ConsentGiven, ConsentIn, MailboxIn, ReconsentIn
from py360.modules.inbox.service import accounts
from py360.modules.providers import api as providers
from py360.modules.providers.api import MailApplication, MailboxSettings, MailVendor

SECONDS: Final = 600
_PATH: Final = "/console/mailboxes/consent"  # the console's page, which the vendor sends the browser back to
_NAMES: Final[Mapping[MailVendor, str]] = {"gmail": "Google", "outlook": "Microsoft"}
_VENDORS: Final[Mapping[str, MailVendor]] = {"gmail": "gmail", "outlook": "outlook"}  # by a mailbox's provider


@dataclass(frozen=True, slots=True)
class _Begun:
    """A sign-in that was begun: by whom, and what for. `form` is that of a new mailbox."""

    user_id: int
    client_id: int
    account_id: int | None
    form: dict[str, object] | None
    verifier: str
    application: MailApplication


def redirect_uri() -> str:
    """The address that the office registers at its vendor."""
    return settings().public_url + _PATH


async def begin(session: AsyncSession, caller: Caller, body: ConsentIn) -> str:
    """Begin to connect a new mailbox; the vendor's page. Raises Invalid (a team or an address)."""
    await accounts.check_form(session, caller.client_id, body)
    application = MailApplication(
        body.provider, body.oauth_client_id, body.oauth_client_secret, body.authorization_url, body.token_url
    )
    form = body.model_dump(mode="json", by_alias=True, exclude={"authorization_url"})
    begun = _Begun(caller.user_id, caller.client_id, None, form, secrets.token_urlsafe(48), application)
    return await _keep(begun, body.email)


async def begin_again(session: AsyncSession, caller: Caller, number: int, body: ReconsentIn) -> str:
    """Begin to sign in to a connected mailbox again; the vendor's page.

    Raises NotFound, Invalid (no client id is known, an address), Conflict (`no_consent_page`: another vendor's mailbox).
    """
    box = await mailbox(session, number)
    if box is None or box.client_id not in caller.client_ids:
        raise NotFound(f"There is no mailbox {number}.", code="mailbox_not_found")
    vendor = _VENDORS.get(box.provider)
    if vendor is None:
        raise Conflict(
            "Only mailboxes of Gmail and Outlook sign in on their vendor's page. Change the provider, or enter the password.",
            code="no_consent_page",
        )
    account = await providers.get(session, box.provider_id) if box.provider_id is not None else None
    known = account.expect(MailboxSettings) if account is not None else None
    client_id, client_secret = body.oauth_client_id, body.oauth_client_secret
    if not client_id and known is not None and known.oauth_client_id is not None:
        client_id = known.oauth_client_id.get_secret_value()
        secret = known.oauth_client_secret
        client_secret = client_secret or (secret.get_secret_value() if secret else None)
    if not client_id:
        raise Invalid(
            "Enter the client id of the application that the office registered.",
            code="provider_config",
            details=[{"field": "oauthClientId", "message": "is missing"}],
        )
    token_url = known.token_url if known is not None else None
    application = MailApplication(vendor, client_id, client_secret, body.authorization_url, token_url)
    begun = _Begun(caller.user_id, box.client_id, number, None, secrets.token_urlsafe(48), application)
    return await _keep(begun, box.email)


async def _keep(begun: _Begun, email: str) -> str:
    await _require_outside("authorizationUrl", begun.application.page)
    await _require_outside("tokenUrl", begun.application.token_url)
    state = crypto.random_token()
    sealed = crypto.seal(orjson.dumps(asdict(begun)).decode())
    await resources.current().cache.set(_key(state), sealed, ex=SECONDS)
    return providers.consent_page(
        begun.application, email=email, redirect_uri=redirect_uri(), state=state, verifier=begun.verifier
    )


async def _require_outside(field: str, address: str | None) -> None:
    if not address:
        return
    try:
        refused = await egress.refusal_of(address) if "://" in address else "The address must begin with https://."
    except ValueError as error:
        refused = f"The address {error}."
    if refused:
        raise Invalid(refused, code="provider_config", details=[{"field": field, "message": refused}])


def _key(state: str) -> str:
    return f"inbox:consent:{crypto.digest(state)}"


async def finish(caller: Caller, given: ConsentGiven) -> int:
    """Connect the mailbox that its owner let us in to; its number. Call it outside any transaction.

    Raises Conflict (`consent_unknown`: not begun by this user, used, or too old; `consent_refused`), Invalid, Unavailable.
    """
    begun = _opened(await resources.current().cache.getdel(_key(given.state)))
    if begun is None or begun.user_id != caller.user_id or begun.client_id not in caller.client_ids:
        raise Conflict(
            "This sign-in was not begun by you, was completed already, or took longer than ten minutes. Begin it again.",
            code="consent_unknown",
        )
    name = _NAMES[begun.application.vendor]
    if given.error or not given.code:
        raise Conflict(f"{name} did not let us in ({given.error or 'no code'}).", code="consent_refused")
    try:
        token = await providers.exchange_code(
            begun.application, code=given.code, redirect_uri=redirect_uri(), verifier=begun.verifier
        )
    except VendorError as error:
        if error.code == providers.UNREACHABLE:
            raise Unavailable(f"{error} Begin it again.", code="vendor_unavailable") from error
        raise Conflict(str(error), code="consent_refused") from error
    return await _connect(caller, begun, token)


def _opened(sealed: str | None) -> _Begun | None:
    if sealed is None:
        return None
    held = orjson.loads(crypto.unseal(sealed))
    return _Begun(**{**held, "application": MailApplication(**held["application"])})


async def _connect(caller: Caller, begun: _Begun, refresh_token: str) -> int:
    tokens = {
        "refreshToken": refresh_token,
        "oauthClientId": begun.application.client_id,
        "oauthClientSecret": begun.application.client_secret,
    }
    async with db.unit_of_work() as session:
        if begun.account_id is None:
            body = MailboxIn.model_validate({**(begun.form or {}), **tokens})
            return await accounts.connect(session, caller, body, begun.client_id)
        shown = await queries.form(session, caller, begun.account_id)
        await accounts.change(session, caller, begun.account_id, MailboxIn.model_validate({**shown, **tokens}), None)
    return begun.account_id
