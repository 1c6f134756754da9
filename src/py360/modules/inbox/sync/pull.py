"""One pass over a mailbox: new mails in, flags and moves followed, what was deleted at the server removed here.

What is here is compared with the server by the numbers of the mails (UIDs) within their folder's UIDVALIDITY. Nothing is a
watermark that could run ahead: what the server has and `email_locations` lacks is fetched, whenever a pass was broken off before.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import psycopg
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, egress, resources, vendor
from py360.kit.vendor import VendorError
from py360.modules.inbox.ingest.store import Incoming, ingest
from py360.modules.inbox.mailboxes import Mailbox, mailbox
from py360.modules.inbox.sync import folders as known_folders
from py360.modules.inbox.sync.folders import SyncFolder
from py360.modules.inbox.vendors.imap import ACCOUNT_REFUSED, UNREACHABLE, FolderState, ImapMailbox, RawMail, batches
from py360.modules.providers import api as providers
from py360.modules.providers.api import MailboxSettings

log = structlog.get_logger()
BATCH_BYTES: Final = 32 << 20
BATCH_MAILS: Final = 100
UIDS_IN_A_FETCH: Final = 500
LEASE: Final = timedelta(minutes=3)
UNSTORABLE: Final = (psycopg.DataError, psycopg.ProgrammingError, ValueError, TypeError, LookupError, RecursionError)
LONGEST_WAIT: Final = timedelta(hours=1)  # between tries of a mailbox that does not work


@dataclass(slots=True)
class Pass:
    """What a pass did."""

    added: int = 0
    known: int = 0
    removed: int = 0
    flags: int = 0
    error: str | None = None
    refused: bool = False


async def settings_of(box: Mailbox, *, renew: bool = False) -> MailboxSettings:
    """How to sign in to a mailbox, with a token that is good for a while. Raises VendorError when its settings have to be entered
    again, or its sign-in was revoked."""
    async with db.unit_of_work() as session:
        account = await providers.get(session, box.provider_id) if box.provider_id is not None else None
    if account is None:
        raise VendorError("The mailbox’s settings are not complete. Enter them again.", code=ACCOUNT_REFUSED)
    return (await providers.with_token(account, renew=renew)).expect(MailboxSettings)


async def sign_in(box: Mailbox) -> ImapMailbox:
    """A connection to a mailbox that is signed in; a token that is no longer taken is renewed once. Raises VendorError."""
    settings = await settings_of(box)
    try:
        return await open_mailbox(settings)
    except VendorError as error:
        if error.code != ACCOUNT_REFUSED or settings.refresh_token is None:
            raise
    return await open_mailbox(await settings_of(box, renew=True))


async def open_mailbox(settings: MailboxSettings) -> ImapMailbox:
    """A connection that is signed in. Raises VendorError."""
    try:
        await egress.check_host(settings.imap_server)
    except egress.AddressNotAllowed as error:
        raise VendorError(str(error), code=ACCOUNT_REFUSED) from error
    except OSError as error:
        raise VendorError(f"There is no mail server {settings.imap_server}: {error}", code=UNREACHABLE) from error
    connection = ImapMailbox(settings)
    await asyncio.to_thread(connection.open)
    return connection


async def sync(account_id: int) -> Pass | None:
    """Bring a mailbox up to date; None when it is gone or another process is at it. What fails is kept with the account."""
    box = await _take(account_id)
    if box is None:
        return None
    done = Pass()
    try:
        async with vendor.call("imap", "sync", box.provider_id) as call:
            connection = await sign_in(box)
            try:
                await _all_folders(box, connection, done)
            finally:
                await asyncio.to_thread(connection.close)
            call.items = done.added
    except VendorError as error:
        done.error, done.refused = str(error), error.code == ACCOUNT_REFUSED
    finally:
        with suppress(*db.AWAY):  # the lease ends by itself
            await _give_back(box, done)
    return done


async def _take(account_id: int) -> Mailbox | None:
    now = resources.current().clock.now()
    async with db.unit_of_work() as session:
        taken = await db.execute(
            session,
            "update email_accounts set lease_until = %(until)s where id = %(id)s"
            " and (lease_until is null or lease_until < %(now)s)",
            {"id": account_id, "now": now, "until": now + LEASE},
        )
        return await mailbox(session, account_id) if taken else None


async def _renew(box: Mailbox) -> None:
    until = resources.current().clock.now() + LEASE
    async with db.unit_of_work() as session:
        await db.execute(
            session,
            "update email_accounts set lease_until = %(until)s where id = %(id)s",
            {"id": box.id, "until": until},
        )


async def _give_back(box: Mailbox, done: Pass) -> None:
    """Keep how the pass ended, and when the next one is due: one that failed waits longer each time."""
    now = resources.current().clock.now()
    wait = timedelta(minutes=box.sync_interval)
    if done.error is not None:
        wait = min(LONGEST_WAIT, wait * 2 ** min(box.failures, 6))
    async with db.unit_of_work() as session:
        await db.execute(
            session,
            "update email_accounts set lease_until = null, next_sync_at = %(next)s,"
            " last_sync = case when %(error)s::text is null then %(now)s else last_sync end,"
            " failures = case when %(error)s::text is null then 0 else failures + 1 end,"
            " status = case when %(error)s::text is null then 'active' else 'error' end, status_reason = %(error)s,"
            " synced_messages = synced_messages + %(added)s where id = %(id)s",
            {"id": box.id, "now": now, "next": now + wait, "error": done.error, "added": done.added},
        )
        if box.provider_id is not None:
            await providers.note_test(session, box.provider_id, done.error is None)


async def _all_folders(box: Mailbox, connection: ImapMailbox, done: Pass) -> None:
    gone: list[int] = []
    for remote in await asyncio.to_thread(connection.folders):
        state = await asyncio.to_thread(connection.select, remote.name)
        folder = await known_folders.folder(box.id, remote.name, remote.folder)
        gone += await _folder(box, connection, folder, state, done)
    # after all folders: a mail that was moved is found in its new folder first
    done.removed += await known_folders.remove_gone(box.id, gone)


@dataclass(slots=True)
class _Plan:
    """What a folder needs."""

    missing: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)


async def _folder(
    box: Mailbox, connection: ImapMailbox, folder: SyncFolder, state: FolderState, done: Pass
) -> list[int]:
    """Bring a folder up to date; the mails that are no longer in it."""
    if folder.uid_validity not in (0, state.uid_validity):
        return await _renumbered(box, connection, folder, state, done)
    unchanged = (
        state.highest_modseq is not None
        and state.highest_modseq == folder.highest_modseq
        and state.uid_next == folder.uid_next
    )
    if unchanged and folder.messages == state.messages:
        return []
    plan = await _compare(connection, folder, state)
    await _fetch(box, connection, folder, plan.missing, done)
    done.flags += await _follow_flags(connection, folder, state)
    async with db.unit_of_work() as session:
        gone = await known_folders.forget(session, folder.id, plan.gone)
        await known_folders.note(session, folder.id, state)
    return gone


async def _compare(connection: ImapMailbox, folder: SyncFolder, state: FolderState) -> _Plan:
    """The difference: only new numbers where the counts agree, else all of them."""
    newest = await asyncio.to_thread(connection.uids, folder.highest_uid + 1, state.messages)
    if folder.messages + len(newest) == state.messages:
        return _Plan(newest)
    there = await asyncio.to_thread(connection.uids, 1, state.messages)
    here = await known_folders.uids(folder.id)
    return _Plan(sorted(set(there) - here), sorted(here - set(there)))


async def _fetch(box: Mailbox, connection: ImapMailbox, folder: SyncFolder, missing: Sequence[int], done: Pass) -> None:
    """Fetch and store mails, the newest first, in batches of bounded size."""
    newest_first = missing[::-1]
    for start in range(0, len(newest_first), UIDS_IN_A_FETCH):
        sizes = await asyncio.to_thread(connection.sizes, newest_first[start : start + UIDS_IN_A_FETCH])
        for batch in batches(dict(sorted(sizes.items(), reverse=True)), BATCH_BYTES, BATCH_MAILS):
            mails = await asyncio.to_thread(connection.fetch, batch)
            await _store(box, [Incoming(mail, folder.id, folder.folder) for mail in mails], done)
            await _renew(box)


async def _store(box: Mailbox, batch: Sequence[Incoming], done: Pass) -> None:
    """Store a batch; when one of its mails cannot be stored, each by itself, and that one without its content."""
    try:
        stored = await ingest(box, batch)
    except UNSTORABLE as error:
        if len(batch) > 1:
            for incoming in batch:
                await _store(box, [incoming], done)
            return
        log.warning("a mail could not be stored as it is", account=box.id, uid=batch[0].raw.uid, error=str(error)[:200])
        stored = await ingest(box, [replace(batch[0], raw=_placeholder(batch[0].raw))])
    done.added += len(stored.new_ids)
    done.known += stored.known


def _placeholder(raw: RawMail) -> RawMail:
    """In place of a mail whose content the database does not take."""
    name = hashlib.sha256(raw.content).hexdigest()[:40]
    content = (
        f"Message-ID: <{name}@unreadable.invalid>\r\nFrom: unknown@unreadable.invalid\r\nSubject: A mail that cannot be shown\r\n\r\n"
        "This mail could not be read. It is still in the mailbox: open it there.\r\n"
    )
    return replace(raw, content=content.encode(), size=len(content))


async def _follow_flags(connection: ImapMailbox, folder: SyncFolder, state: FolderState) -> int:
    """Take over what was read or starred in another program, as far as the server says what changed."""
    if state.highest_modseq is None or not folder.highest_modseq or state.highest_modseq == folder.highest_modseq:
        return 0
    changed = await asyncio.to_thread(connection.flags_since, folder.highest_modseq)
    return await known_folders.take_flags(folder.id, changed)


async def _renumbered(
    box: Mailbox, connection: ImapMailbox, folder: SyncFolder, state: FolderState, done: Pass
) -> list[int]:
    """The server gave all mails new numbers (UIDVALIDITY): known ones are recognised by Message-ID and size, without a download."""
    log.info("a mail folder was renumbered", account=box.id, folder=folder.name)
    there = await asyncio.to_thread(connection.uids, 1, state.messages)
    before = await known_folders.by_identity(folder.id)
    placed: dict[int, tuple[int | None, int]] = {}
    missing: list[int] = []
    for start in range(0, len(there), UIDS_IN_A_FETCH):
        found = await asyncio.to_thread(connection.message_ids, there[start : start + UIDS_IN_A_FETCH])
        missing += _recognise(found, before, placed)
    async with db.unit_of_work() as session:
        await known_folders.renumber(session, folder.id, placed)
    folder = folder.renumbered(state.uid_validity)
    await _fetch(box, connection, folder, missing, done)
    async with db.unit_of_work() as session:
        await known_folders.note(session, folder.id, state)
    return [email_id for emails in before.values() for email_id in emails if email_id is not None]


def _recognise(
    found: Mapping[int, tuple[bytes, int]],
    before: dict[tuple[str, int], list[int | None]],
    placed: dict[int, tuple[int | None, int]],
) -> list[int]:
    """Place the mails that are known, and take them off `before`; the numbers of the others."""
    unknown = []
    for uid, (line, size) in sorted(found.items()):
        known = before.get((known_folders.message_id_in(line), size))
        if known:
            placed[uid] = (known.pop(), size)
        else:
            unknown.append(uid)
    return unknown


async def due(session: AsyncSession, now: datetime) -> list[int]:
    """The mailboxes whose time has come."""
    return await db.fetch_all(
        session,
        int,
        "select id from email_accounts where auto_sync and provider_id is not null and next_sync_at <= %(now)s"
        " and (lease_until is null or lease_until < %(now)s) order by next_sync_at limit 500",
        {"now": now},
    )
