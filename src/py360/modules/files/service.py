"""Storing and removing documents. What was stored is there only if the transaction commits."""

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import child, db, events, resources
from py360.kit.errors import Conflict, Invalid, NotFound, TooLarge
from py360.kit.jobs import defer
from py360.modules.files import content as contents
from py360.modules.files.entities import Entity
from py360.modules.files.events import FileAdded, FileRemoved
from py360.modules.files.queries import StoredFile
from py360.modules.files.settings import MEGABYTE, file_settings

NAME_LENGTH: Final = 200
SHRINK_SECONDS: Final = 10.0

_COUNT: Final = "select count(*) from files where entity_type = %(type)s and entity_id = %(id)s"
_LOCK: Final = "select pg_advisory_xact_lock(hashtextextended(%(record)s, 362))"
_INSERT: Final = """
insert into files (client_id, original_name, file_name, file_path, file_size, mime_type, sha256, uploaded_by, entity_type,
  entity_id, document_type, created_at)
values (%(client)s, %(original)s, %(name)s, %(path)s, %(size)s, %(kind)s, %(sha256)s, %(user)s, %(type)s, %(id)s,
  %(document)s, %(now)s)
returning id
"""


class Incoming(Protocol):
    """A file part of a multipart body."""

    filename: str | None

    async def read(self, size: int = -1, /) -> bytes:
        """The next bytes; none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was received and recognised, and not stored yet."""

    name: str
    original_name: str
    kind: str
    content: bytes
    sha256: str


async def receive(part: Incoming) -> Document:
    """Read a part within the size limit and recognise it. Raises TooLarge, Invalid (empty) and UnsupportedType."""
    limit, blocks, size = file_settings().max_file_bytes, [], 0
    while block := await part.read(MEGABYTE):
        size += len(block)
        if size > limit:
            raise _too_large(limit)
        blocks.append(block)
    return recognise(part.filename, b"".join(blocks))


def recognise(name: str | None, content: bytes) -> Document:
    """A document from bytes that are here already, such as an attachment. Raises as `receive`."""
    if len(content) > (limit := file_settings().max_file_bytes):
        raise _too_large(limit)
    if not content:
        raise Invalid(
            "The file is empty.", code="file_empty", details=[{"field": "file", "message": "must hold something"}]
        )
    kind = contents.media_type(content)
    original = plain_name(name)
    digest = hashlib.sha256(content).hexdigest()
    return Document(contents.fitting_name(original, kind), original, kind, content, digest)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"A document may have at most {limit // MEGABYTE} MB. Make it smaller, or split it.")


def plain_name(given: str | None) -> str:
    """A file name without folders and control characters, at most 200 characters."""
    name = PurePath((given or "").replace("\\", "/")).name
    return "".join(char for char in name if char.isprintable())[-NAME_LENGTH:] or "document"


async def store(
    session: AsyncSession,
    entity_type: str,
    entity: Entity,
    document: Document,
    *,
    document_type: str | None = None,
    user_id: int | None = None,
) -> int:
    """Keep a document of a record; its id. It is `pending` until it was scanned. Raises Conflict when the record has too many.

    `document_type`: what it is to the record, such as `discharge_summary`. `user_id`: none when a customer sent it.
    """
    await db.execute(session, _LOCK, {"record": f"{entity_type}:{entity.id}"})
    most = file_settings().max_files_per_record
    if await db.fetch_only(session, int, _COUNT, {"type": entity_type, "id": entity.id}) >= most:
        raise Conflict(f"{entity.code} has {most} documents already. Delete some first.", code="too_many_files")
    key = f"documents/{entity.client_id}/{secrets.token_hex(16)}"
    await resources.current().storage.put_with(session, key, document.content)
    params = {
        "client": entity.client_id,
        "original": document.original_name,
        "name": document.name,
        "path": key,
        "size": len(document.content),
        "kind": document.kind,
        "sha256": document.sha256,
        "user": user_id,
        "type": entity_type,
        "id": entity.id,
        "document": document_type,
        "now": resources.current().clock.now(),
    }
    file_id = await db.fetch_only(session, int, _INSERT, params)
    await events.publish(session, FileAdded(file_id, entity_type, entity.id, document.name, user_id))
    return file_id


async def remove(session: AsyncSession, file: StoredFile, user_id: int | None) -> None:
    """Delete a document. The stored bytes go with a job, after the commit; nothing happens when it is gone already."""
    if await db.execute(session, "delete from files where id = %(id)s", {"id": file.id}):
        await defer(session, "files.delete_stored", key=file.file_path)
        await events.publish(session, FileRemoved(file.id, file.entity_type, file.entity_id, file.file_name, user_id))


async def thumbnail(file: StoredFile) -> bytes:
    """A small PNG of a picture. Raises NotFound for other documents and pictures that cannot be read, Conflict for infected ones."""
    if file.virus_scan_status == "infected":
        raise Conflict(f"{file.file_name} has a virus and is not shown.", code="file_infected")
    if not file.mime_type.startswith("image/") or file.mime_type == "image/heic":
        raise NotFound(f"{file.file_name} is no picture that could be shown small.", code="no_thumbnail")
    content = await resources.current().storage.get(file.file_path)
    ended = await child.run("py360.modules.files.shrink", content, SHRINK_SECONDS)
    if ended.crashed or not ended.output:
        raise NotFound(
            f"{file.file_name} cannot be shown small: the picture is damaged or too large.", code="no_thumbnail"
        )
    return ended.output
