"""Connecting mailboxes. The settings and secrets are an account of providers; the mailbox's row has what lists show of them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.caller import Caller
from py360.kit.errors import Invalid, NotFound, PreconditionFailed
from py360.kit.jobs import defer
from py360.kit.vendor import VendorError
from py360.modules.inbox.mailboxes import Mailbox, SavedMailbox, mailbox
from py360.modules.inbox.schemas import MailboxForm, MailboxIn
from py360.modules.inbox.sync.pull import sign_in
from py360.modules.messaging import api as messaging
from py360.modules.providers import api as providers
from py360.modules.providers.api import ProviderAccount
from py360.modules.settings import api as settings

_SERVERS: Final[Mapping[str, tuple[str, str]]] = {
    "gmail": ("imap.gmail.com", "smtp.gmail.com"),
    "outlook": ("outlook.office365.com", "smtp.office365.com"),
    "yahoo": ("imap.mail.yahoo.com", "smtp.mail.yahoo.com"),
}
_COLUMNS: Final = (
    "name, email, provider, imap_server, imap_port, smtp_server, smtp_port, username, use_ssl, auto_sync, sync_interval,"
    " signature, node_id, token_url"
)
_VALUES: Final = (
    "%(name)s, %(email)s, %(provider)s, %(imap_server)s, %(imap_port)s, %(smtp_server)s, %(smtp_port)s, %(username)s,"
    " %(use_ssl)s, %(auto_sync)s, %(sync_interval)s, %(signature)s, %(node)s, %(token_url)s"
)


@dataclass(frozen=True, slots=True)
class _Saved(SavedMailbox):
    """A mailbox that is about to change."""

    provider_id: int | None


async def _lock(session: AsyncSession, caller: Caller, number: int) -> _Saved:
    found = await db.fetch_one(
        session,
        _Saved,
        f"select id, client_id, provider_id, {_COLUMNS} from email_accounts where id = %(id)s"
        " and client_id = any(%(clients)s) for update",
        {"id": number, "clients": list(caller.client_ids)},
    )
    if found is None:
        raise NotFound(f"There is no mailbox {number}.", code="mailbox_not_found")
    return found


def _servers(body: MailboxForm) -> dict[str, str | None]:
    """The servers of a mailbox. Raises Invalid for those that are not known by themselves."""
    imap, smtp = _SERVERS.get(body.provider, (None, None))
    values = {"imapServer": body.imap_server or imap, "smtpServer": body.smtp_server or smtp}
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise Invalid(
            "Enter the servers of the mailbox.",
            code="provider_config",
            details=[{"field": name, "message": "is missing"} for name in missing],
        )
    return values


def _settings(body: MailboxIn) -> dict[str, str | int | bool | None]:
    """What providers keeps. Raises Invalid as `_servers` does."""
    return {
        **_servers(body),
        "imapPort": body.imap_port,
        "smtpPort": body.smtp_port,
        "username": body.username or body.email,
        "password": body.password,
        "accessToken": body.access_token,
        "refreshToken": body.refresh_token,
        "oauthClientId": body.oauth_client_id,
        "oauthClientSecret": body.oauth_client_secret,
        "tokenUrl": body.token_url,
        "useSSL": body.use_ssl,
        "fromEmail": body.email,
        "fromName": body.name,
    }


async def _params(session: AsyncSession, client_id: int, body: MailboxForm) -> dict[str, str | int | bool | None]:
    if body.team_id is not None:
        known = await db.fetch_one(
            session,
            int,
            "select id from organization_public_node where id = %(id)s and client_id = %(client)s",
            {"id": body.team_id, "client": client_id},
        )
        if known is None:
            raise Invalid(
                "There is no such team.",
                code="team_not_found",
                details=[{"field": "teamId", "message": "is not known"}],
            )
    servers = _servers(body)
    in_force = await settings.get(session, client_id, settings.Email)
    return {
        "client": client_id,
        "name": body.name,
        "email": body.email.lower(),
        "provider": body.provider,
        "imap_server": servers["imapServer"],
        "imap_port": body.imap_port,
        "smtp_server": servers["smtpServer"],
        "smtp_port": body.smtp_port,
        "username": body.username or body.email,
        "use_ssl": body.use_ssl,
        "auto_sync": body.auto_sync,
        "sync_interval": body.sync_interval or in_force.polling_interval,
        "signature": body.signature,
        "node": body.team_id,
        "token_url": body.token_url,
    }


async def check_form(session: AsyncSession, client_id: int, body: MailboxForm) -> None:
    """Raise Invalid for a form of which no mailbox of this client can be made."""
    await _params(session, client_id, body)


async def connect(session: AsyncSession, caller: Caller, body: MailboxIn, client_id: int | None = None) -> int:
    """Add a mailbox, to the caller's client unless another of theirs is named; its first synchronisation starts at once.

    Raises Invalid, Conflict (`mailbox_taken`).
    """
    client_id = client_id or caller.client_id
    params = await _params(session, client_id, body)
    account = await providers.save_mailbox(session, client_id, body.provider, str(params["email"]), _settings(body))
    number = await db.fetch_only(
        session,
        int,
        f"insert into email_accounts (client_id, provider_id, {_COLUMNS}) values (%(client)s, %(account)s, {_VALUES})"
        " returning id",
        {**params, "account": account.id},
    )
    if body.auto_sync:
        await defer(session, "inbox.sync", account_id=number, queueing_lock=f"inbox sync {number}")
    return number


async def change(session: AsyncSession, caller: Caller, number: int, body: MailboxIn, version: int | None) -> None:
    """Save a mailbox again; it is tried again at once. Raises NotFound, Invalid, Conflict, PreconditionFailed."""
    saved = await _lock(session, caller, number)
    if version is not None and version != saved.version:
        raise PreconditionFailed
    params = await _params(session, saved.client_id, body)
    account = await providers.save_mailbox(
        session, saved.client_id, body.provider, str(params["email"]), _settings(body), saved.provider_id
    )
    await db.execute(
        session,
        f"update email_accounts set ({_COLUMNS}, provider_id) = ({_VALUES}, %(account)s), failures = 0, status_reason = null,"
        " status = case when status = 'error' then 'active' else status end, next_sync_at = now() where id = %(id)s",
        {**params, "account": account.id, "id": number},
    )
    if body.auto_sync:
        await defer(session, "inbox.sync", account_id=number, queueing_lock=f"inbox sync {number}")


async def disconnect(session: AsyncSession, caller: Caller, number: int) -> int:
    """Remove a mailbox with its mails here (they stay at the server); how many mails. Raises NotFound."""
    saved = await _lock(session, caller, number)
    mails = await db.fetch_only(session, int, "select count(*) from emails where account_id = %(id)s", {"id": number})
    await db.execute(session, "delete from email_accounts where id = %(id)s", {"id": number})
    if saved.provider_id is not None:
        await providers.delete_mailbox(session, saved.provider_id)
    return mails


@dataclass(frozen=True, slots=True)
class Tested:
    """How the two halves of a mailbox work, each in a sentence."""

    imap: bool
    imap_message: str
    smtp: bool
    smtp_message: str


async def test(caller: Caller, number: int) -> Tested:
    """Sign in at both servers; nothing is sent or changed there. The outcome is kept. Raises NotFound."""
    async with db.unit_of_work() as session:
        await _lock(session, caller, number)
        box = await mailbox(session, number)
        account = (
            await providers.get(session, box.provider_id) if box is not None and box.provider_id is not None else None
        )
    if box is None or account is None:
        sentence = "The settings are not complete. Enter them again."
        return Tested(False, sentence, False, sentence)
    try:
        account = await providers.with_token(account)  # once, for both
    except VendorError as error:
        (imap, imap_words), (smtp, smtp_words) = (False, str(error)), (False, "It was not tried.")
    else:
        (imap, imap_words), (smtp, smtp_words) = await asyncio.gather(_test_imap(box), _test_smtp(account))
    works = imap and smtp
    reason = None if works else " ".join(words for good, words in ((imap, imap_words), (smtp, smtp_words)) if not good)
    async with db.unit_of_work() as session:
        await providers.note_test(session, account.id, works)
        await db.execute(
            session,
            "update email_accounts set status = %(status)s, status_reason = %(reason)s, failures = 0,"
            " next_sync_at = case when %(works)s then now() else next_sync_at end where id = %(id)s",
            {"id": number, "status": "active" if works else "error", "reason": reason, "works": works},
        )
    return Tested(imap, imap_words, smtp, smtp_words)


async def _test_imap(box: Mailbox) -> tuple[bool, str]:
    try:
        connection = await sign_in(box)
        try:
            state = await asyncio.to_thread(connection.select, "INBOX")
        finally:
            await asyncio.to_thread(connection.close)
    except VendorError as error:
        return False, str(error)
    return True, f"IMAP works: {state.messages} mails are in the inbox."


async def _test_smtp(account: ProviderAccount) -> tuple[bool, str]:
    try:
        return True, await messaging.check(account)
    except VendorError as error:
        return False, str(error)


async def ask_for_sync(session: AsyncSession, caller: Caller, number: int) -> None:
    """Synchronise a mailbox as soon as a worker is free. Raises NotFound."""
    await _lock(session, caller, number)
    await db.execute(session, "update email_accounts set next_sync_at = now() where id = %(id)s", {"id": number})
    await defer(session, "inbox.sync", account_id=number, queueing_lock=f"inbox sync {number}")
