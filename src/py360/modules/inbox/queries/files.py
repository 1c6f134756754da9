"""One file of a mail that is within reach."""

from py360.kit import ids
from py360.kit.errors import Conflict, NotFound
from py360.kit.reads import Reads
from py360.modules.files import api as files
from py360.modules.inbox.ingest.attachments import ENTITY


async def file_of(reads: Reads, email_id: int, named: str, *, unscanned: bool) -> files.StoredFile:
    """The file. Raises NotFound, Conflict (`file_infected`, `file_not_scanned`)."""
    listed = files.files_of(ENTITY, email_id)
    found = await reads.fetch_one(
        files.StoredFile,
        f"{listed.select} where {listed.where} and f.id = %(file)s",
        {**listed.params, "file": ids.number("file", named)},
    )
    if found is None:
        raise NotFound(f"This mail has no file {named[:60]}.", code="file_not_found")
    if found.virus_scan_status == "infected":
        raise Conflict(f"{found.file_name} has a virus and cannot be downloaded.", code="file_infected")
    if found.virus_scan_status != "clean" and not unscanned:
        raise Conflict(
            f"{found.file_name} was not scanned for viruses yet. Add unscanned=true to download it all the same.",
            code="file_not_scanned",
        )
    return found
