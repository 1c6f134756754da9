"""What the API answers of files."""

from datetime import datetime

from typing_extensions import TypedDict

from py360.kit.http import Pagination


class FileView(TypedDict):
    """A document. `scanStatus` is pending until it was scanned: it can be downloaded knowingly only."""

    id: str
    name: str
    mimeType: str
    size: int
    sha256: str | None
    documentType: str | None
    entityType: str
    entityId: int
    scanStatus: str
    uploadedBy: str | None
    uploadedAt: datetime
    downloadUrl: str


class FileList(TypedDict):
    """A page of the documents of a record."""

    files: list[FileView]
    pagination: Pagination


class FileAddedView(FileView):
    """A document that was added."""

    message: str
