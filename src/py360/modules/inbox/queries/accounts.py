"""The mailboxes as people list them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.caller import Caller
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.inbox.mailboxes import SavedMailbox
from py360.modules.inbox.views import MailboxView

_SELECT: Final = """
select a.id, a.client_id, a.name, a.email, a.provider, a.imap_server, a.imap_port, a.smtp_server, a.smtp_port, a.username,
  a.use_ssl, a.auto_sync, a.sync_interval, a.signature, a.node_id, a.token_url, a.last_sync, a.next_sync_at, a.status, a.status_reason,
  a.synced_messages, a.created_at, a.updated_at
from email_accounts a
"""
MASK: Final = "********"
_SET: Final = frozenset(
    {
        "name", "email", "provider", "imapServer", "imapPort", "smtpServer", "smtpPort", "username", "useSSL", "autoSync",
        "syncInterval", "signature", "teamId", "tokenUrl",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AccountRow(SavedMailbox):
    """A mailbox as it is listed."""

    last_sync: datetime | None
    next_sync_at: datetime
    status: str
    status_reason: str | None
    synced_messages: int
    created_at: datetime
    updated_at: datetime

    def to_public(self) -> MailboxView:
        """The mailbox as the API answers it, its secrets masked."""
        return {
            "id": self.id,
            "clientId": self.client_id,
            "name": self.name,
            "email": self.email,
            "provider": self.provider,
            "imapServer": self.imap_server,
            "imapPort": self.imap_port,
            "smtpServer": self.smtp_server,
            "smtpPort": self.smtp_port,
            "username": self.username,
            "password": MASK,
            "useSSL": self.use_ssl,
            "autoSync": self.auto_sync,
            "syncInterval": self.sync_interval,
            "signature": self.signature,
            "teamId": self.node_id,
            "tokenUrl": self.token_url,
            "lastSync": self.last_sync,
            "nextSync": self.next_sync_at,
            "status": self.status,
            "statusReason": self.status_reason,
            "syncedMessages": self.synced_messages,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
        }


def accounts(caller: Caller, search: str | None, sort: str | None) -> Listing[AccountRow]:
    """The mailboxes of the caller's clients."""
    known = {"name": "lower(a.name)", "email": "a.email", "status": "a.status", "lastSync": "a.last_sync nulls last"}
    return Listing(
        "accounts",
        _SELECT,
        "a.client_id = any(%(clients)s) and (%(search)s::text is null or a.name ilike %(search)s or a.email ilike %(search)s)",
        ordering(sort, known, "name", "a.id"),
        {"clients": list(caller.client_ids), "search": containing(search)},
        AccountRow.to_public,
        (
            "id",
            "name",
            "email",
            "provider",
            "status",
            "statusReason",
            "autoSync",
            "syncInterval",
            "lastSync",
            "syncedMessages",
        ),
        file_name="email_accounts",
        row=AccountRow,
    )


async def form(session: AsyncSession, caller: Caller, number: int) -> dict[str, object]:
    """What is set of a mailbox, without its secrets, to save it again. Raises NotFound."""
    found = await db.fetch_one(
        session,
        AccountRow,
        f"{_SELECT} where a.id = %(id)s and a.client_id = any(%(clients)s)",
        {"id": number, "clients": list(caller.client_ids)},
    )
    if found is None:
        raise _not_found(number)
    return {name: value for name, value in found.to_public().items() if name in _SET}


async def account(reads: Reads, caller: Caller, number: int) -> AccountRow:
    """One mailbox. Raises NotFound."""
    found = await reads.fetch_one(
        AccountRow,
        f"{_SELECT} where a.id = %(id)s and a.client_id = any(%(clients)s)",
        {"id": number, "clients": list(caller.client_ids)},
    )
    if found is None:
        raise _not_found(number)
    return found


def _not_found(number: int) -> NotFound:
    return NotFound(f"There is no mailbox {number}.", code="mailbox_not_found")
