"""The connected mailboxes as the rest of this module uses them."""

import zlib
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db

MAX_MAIL_BYTES: Final = 25 << 20  # of a mail that is read; of a larger one only its beginning
SYSTEM_FOLDERS: Final = (
    "inbox",
    "starred",
    "sent",
    "drafts",
    "junk",
    "spam",
    "archive",
    "trash",
    "scheduled",
    "snoozed",
)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox: whose it is, and the account of providers that signs in there."""

    id: int
    client_id: int
    name: str
    email: str
    provider: str
    provider_id: int | None
    node_id: int | None
    signature: str
    auto_sync: bool
    sync_interval: int  # minutes
    failures: int


COLUMNS: Final = "a.id, a.client_id, a.name, a.email, a.provider, a.provider_id, a.node_id, a.signature, a.auto_sync, a.sync_interval, a.failures"


async def mailbox(session: AsyncSession, number: int) -> Mailbox | None:
    """A mailbox by its number; None when it is gone."""
    return await db.fetch_one(
        session, Mailbox, f"select {COLUMNS} from email_accounts a where a.id = %(id)s", {"id": number}
    )


async def mailbox_to_send_from(session: AsyncSession, client_id: int, number: int | None) -> Mailbox | None:
    """The named mailbox of a client, or its first one; None when there is none."""
    return await db.fetch_one(
        session,
        Mailbox,
        f"select {COLUMNS} from email_accounts a where a.client_id = %(client)s and a.provider_id is not null"
        " and (%(id)s::bigint is null or a.id = %(id)s) order by a.status = 'active' desc, a.id limit 1",
        {"client": client_id, "id": number},
    )


@dataclass(frozen=True, slots=True)
class SavedMailbox:
    """What people set of a mailbox."""

    id: int
    client_id: int
    name: str
    email: str
    provider: str
    imap_server: str
    imap_port: int
    smtp_server: str
    smtp_port: int
    username: str
    use_ssl: bool
    auto_sync: bool
    sync_interval: int
    signature: str
    node_id: int | None
    token_url: str | None

    @property
    def version(self) -> int:
        """The version of what people set."""
        values = (
            self.name, self.email, self.provider, self.imap_server, self.imap_port, self.smtp_server, self.smtp_port,
            self.username, self.use_ssl, self.auto_sync, self.sync_interval, self.signature, self.node_id, self.token_url,
        )  # fmt: skip
        return zlib.crc32(repr(values).encode())
