"""A mail as the record that files belong to."""

from py360.kit import ids
from py360.kit.caller import Caller
from py360.kit.reads import Reads
from py360.modules.files import api as files
from py360.modules.inbox.queries.mails import mail


async def file_entity(reads: Reads, caller: Caller, named: str | int, /) -> files.Entity:
    """The mail within the caller's reach. Raises NotFound."""
    found = await mail(reads, caller, named)
    return files.Entity(found.id, found.client_id, ids.code("mail", found.id))
