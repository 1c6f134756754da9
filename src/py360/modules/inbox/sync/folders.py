"""What is known of the server's folders and of where each mail is in them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.modules.inbox.vendors.imap import FolderState

ORPHAN: Final = ""  # the Message-ID of a mail that was deleted here for good


@dataclass(frozen=True, slots=True)
class SyncFolder:
    """A folder at the server as it was after the last pass."""

    id: int
    name: str
    folder: str
    uid_validity: int
    uid_next: int
    highest_modseq: int
    messages: int
    highest_uid: int

    def renumbered(self, uid_validity: int) -> "SyncFolder":
        """The folder under its new UIDVALIDITY."""
        return replace(self, uid_validity=uid_validity, highest_modseq=0)


_FOLDER: Final = """
with kept as (
  insert into email_sync_folders (account_id, name, folder, uid_validity) values (%(account)s, %(name)s, %(folder)s, 0)
  on conflict (account_id, name) do update set folder = excluded.folder
  returning id, name, folder, uid_validity, uid_next, highest_modseq)
select k.id, k.name, k.folder, k.uid_validity, k.uid_next, k.highest_modseq::bigint, count(l.uid) as messages,
  coalesce(max(l.uid), 0) as highest_uid
from kept k left join email_locations l on l.folder_id = k.id
group by k.id, k.name, k.folder, k.uid_validity, k.uid_next, k.highest_modseq
"""


async def folder(account_id: int, name: str, ours: str) -> SyncFolder:
    """What is known of a folder; noted when it is new."""
    async with db.unit_of_work() as session:
        return await db.fetch_only(session, SyncFolder, _FOLDER, {"account": account_id, "name": name, "folder": ours})


async def note(session: AsyncSession, folder_id: int, state: FolderState) -> None:
    """Keep the state that was brought about."""
    await db.execute(
        session,
        "update email_sync_folders set uid_validity = %(validity)s, uid_next = %(next)s, highest_modseq = %(modseq)s"
        " where id = %(id)s",
        {"id": folder_id, "validity": state.uid_validity, "next": state.uid_next, "modseq": state.highest_modseq or 0},
    )


async def uids(folder_id: int) -> set[int]:
    """The numbers of the mails that are known in a folder."""
    async with db.unit_of_work() as session:
        return set(
            await db.fetch_all(
                session, int, "select uid from email_locations where folder_id = %(id)s", {"id": folder_id}
            )
        )


async def forget(session: AsyncSession, folder_id: int, gone: Sequence[int]) -> list[int]:
    """Mails that are no longer in a folder; their rows here."""
    if not gone:
        return []
    return await db.fetch_all(
        session,
        int,
        "delete from email_locations where folder_id = %(id)s and uid = any(%(gone)s) returning coalesce(email_id, 0)",
        {"id": folder_id, "gone": list(gone)},
    )


_REMOVE: Final = """
with removed as (
  update emails e set removed_at = %(now)s, folder = 'trash', version = version + 1
  where e.account_id = %(account)s and e.id = any(%(ids)s) and e.removed_at is null
    and not exists (select from email_locations l where l.email_id = e.id)
  returning e.id)
insert into email_events (email_id, event, details)
select id, 'deleted_at_server', null from removed
"""
_MOVE: Final = """
update emails e set folder = f.folder, version = version + 1
from email_locations l join email_sync_folders f on f.id = l.folder_id
where e.account_id = %(account)s and e.id = any(%(ids)s) and l.email_id = e.id and e.folder <> f.folder
  and e.folder in ('inbox', 'sent', 'junk', 'archive', 'trash')
"""


async def remove_gone(account_id: int, ids: Sequence[int]) -> int:
    """Of mails that left a folder: those found in another one moved there, the others are in the trash; how many those are."""
    if not ids:
        return 0
    params = {"account": account_id, "ids": list(set(ids)), "now": resources.current().clock.now()}
    async with db.unit_of_work() as session:
        await db.execute(session, _MOVE, params)
        return await db.execute(session, _REMOVE, params)


async def take_flags(folder_id: int, changed: Mapping[int, frozenset[str]]) -> int:
    """Mark mails as read or starred as they are at the server; how many changed."""
    if not changed:
        return 0
    params = {
        "id": folder_id,
        "uids": list(changed),
        "seen": ["\\seen" in flags for flags in changed.values()],
        "flagged": ["\\flagged" in flags for flags in changed.values()],
    }
    async with db.unit_of_work() as session:
        return await db.execute(
            session,
            "update emails e set read_status = e.read_status or c.seen, starred = e.starred or c.flagged"
            " from unnest(%(uids)s::bigint[], %(seen)s::boolean[], %(flagged)s::boolean[]) as c (uid, seen, flagged)"
            " join email_locations l on l.folder_id = %(id)s and l.uid = c.uid"
            " where e.id = l.email_id and ((c.flagged and not e.starred) or (c.seen and not e.read_status))",
            params,
        )


@dataclass(frozen=True, slots=True)
class _Located:
    email_id: int | None
    message_id: str
    size_bytes: int


async def by_identity(folder_id: int) -> dict[tuple[str, int], list[int | None]]:
    """The mails of a folder by Message-ID and size."""
    async with db.unit_of_work() as session:
        rows = await db.fetch_all(
            session,
            _Located,
            "select l.email_id, coalesce(e.message_id, '') as message_id, l.size_bytes from email_locations l"
            " left join emails e on e.id = l.email_id where l.folder_id = %(id)s",
            {"id": folder_id},
        )
    found: dict[tuple[str, int], list[int | None]] = defaultdict(list)
    for row in rows:
        found[row.message_id, row.size_bytes].append(row.email_id)
    return found


async def renumber(session: AsyncSession, folder_id: int, placed: Mapping[int, tuple[int | None, int]]) -> None:
    """Put the mails of a folder under their new numbers."""
    await db.execute(session, "delete from email_locations where folder_id = %(id)s", {"id": folder_id})
    if placed:
        await db.execute(
            session,
            "insert into email_locations (folder_id, uid, email_id, size_bytes) select %(id)s, t.*"
            " from unnest(%(uids)s::bigint[], %(emails)s::bigint[], %(sizes)s::bigint[]) t",
            {
                "id": folder_id,
                "uids": list(placed),
                "emails": [email_id for email_id, _ in placed.values()],
                "sizes": [size for _, size in placed.values()],
            },
        )


def message_id_in(line: bytes) -> str:
    """The Message-ID of a header line as `mime.parse` names it; empty where there is none."""
    text = line.decode("ascii", "replace").partition(":")[2]
    words = text.split()
    return f"<{words[0].strip('<>')}>" if words else ORPHAN
