"""What this module publishes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UploadCompleted:
    """A file has been imported: its accepted rows have their cases."""

    upload_id: int
    client_id: int
    uploaded_by: int | None
    successful: int
    failed: int
