"""Reading files: always those of one record, which the caller reaches."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids
from py360.kit.caller import Caller
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.files import entities
from py360.modules.files.views import FileView

_FILES: Final = """
select f.id, f.client_id, f.file_name, f.mime_type, f.file_size, f.sha256, f.document_type, f.entity_type, f.entity_id,
  f.virus_scan_status, u.name as uploaded_by, f.created_at, f.file_path
from files f left join identity_public_users u on u.id = f.uploaded_by
"""
_SORTS: Final = {
    "uploadedAt": "f.id",
    "createdAt": "f.id",
    "name": "f.file_name",
    "size": "f.file_size",
    "documentType": "f.document_type nulls last",
    "scanStatus": "f.virus_scan_status",
}
_COLUMNS: Final = ("id", "name", "documentType", "mimeType", "size", "scanStatus", "uploadedBy", "uploadedAt")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A document and where it is stored."""

    id: int
    client_id: int
    file_name: str
    mime_type: str
    file_size: int
    sha256: str | None
    document_type: str | None
    entity_type: str
    entity_id: int
    virus_scan_status: str
    uploaded_by: str | None
    created_at: datetime
    file_path: str

    def to_public(self) -> FileView:
        """The file as the API answers it."""
        code = ids.code("file", self.id)
        return {
            "id": code,
            "name": self.file_name,
            "mimeType": self.mime_type,
            "size": self.file_size,
            "sha256": self.sha256,
            "documentType": self.document_type,
            "entityType": self.entity_type,
            "entityId": self.entity_id,
            "scanStatus": self.virus_scan_status,
            "uploadedBy": self.uploaded_by,
            "uploadedAt": self.created_at,
            "downloadUrl": f"/api/files/{code}/download",
        }


def files_of(
    entity_type: str,
    entity_id: int,
    *,
    search: str | None = None,
    document_type: str | None = None,
    sort: str | None = None,
    name: str = "files",
) -> Listing[StoredFile]:
    """The documents of a record that is known to be within reach, newest first; raises Invalid for an unknown sort."""
    return Listing(
        name,
        _FILES,
        "f.entity_type = %(type)s and f.entity_id = %(id)s and (%(search)s::text is null or f.file_name ilike %(search)s)"
        " and (%(document)s::text is null or f.document_type = %(document)s)",
        ordering(sort, _SORTS, "-uploadedAt", "f.id"),
        {"type": entity_type, "id": entity_id, "search": containing(search), "document": document_type},
        StoredFile.to_public,
        _COLUMNS,
        row=StoredFile,
    )


async def file(reads: Reads, caller: Caller, text: str, *, change: bool = False) -> StoredFile:
    """One document whose record the caller reaches, and may `change`; raises NotFound, and Forbidden for the permission."""
    file_id = ids.number("file", text)
    found = await reads.fetch_one(StoredFile, f"{_FILES} where f.id = %(id)s", {"id": file_id})
    if found is None or found.client_id not in caller.client_ids:
        raise _not_found(file_id)
    try:
        await entities.find(reads, caller, found.entity_type, found.entity_id, change=change)
    except NotFound as error:
        raise _not_found(file_id) from error
    return found


def _not_found(file_id: int) -> NotFound:
    return NotFound(f"There is no file {ids.code('file', file_id)} within your reach.", code="file_not_found")


async def stored(session: AsyncSession, file_id: int) -> StoredFile:
    """A document as the transaction that stores it sees it; raises LookupError when there is none."""
    return await db.fetch_only(session, StoredFile, f"{_FILES} where f.id = %(id)s", {"id": file_id})
