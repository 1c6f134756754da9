"""An upload within the caller's reach, locked while something is done with it."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids
from py360.kit.caller import Caller
from py360.kit.errors import NotFound
from py360.modules.uploads.queries import within_reach
from py360.modules.uploads.views import StoredMapping

_LOCK: Final = """
select id, client_id, upload_status as status, mapping, layout, coalesce(successful_records, 0) as successful
from file_uploads where id = %(id)s and id in ({within}) for update
"""


@dataclass(frozen=True, slots=True)
class LockedUpload:
    """An upload that nobody else changes until the commit; `mapping` is a `MappingChoice` in JSON, and `shown`."""

    id: int
    client_id: int
    status: str
    mapping: StoredMapping
    layout: str
    successful: int


async def lock_upload(session: AsyncSession, caller: Caller, upload_id: int) -> LockedUpload:
    """Lock an upload; raises NotFound."""
    within, params = within_reach(caller)
    row = await db.fetch_one(session, LockedUpload, _LOCK.format(within=within), {**params, "id": upload_id})
    if row is None:
        raise NotFound(f"There is no upload {ids.code('upload', upload_id)} within your reach.")
    return row
