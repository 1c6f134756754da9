"""What other modules may call."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.caller import Caller
from py360.kit.errors import NotFound


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload as other modules see one; its rows are in the view `uploads_public_row`."""

    id: int
    client_id: int
    status: str
    original_filename: str
    batch_id: int | None


_GET = """
select f.id, f.client_id, f.upload_status as status, f.original_filename, b.id as batch_id
from file_uploads f left join upload_batches b on b.upload_id = f.id
where f.id = %(id)s and f.client_id = any(%(clients)s)
"""


async def get(session: AsyncSession, upload_id: int, caller: Caller) -> Upload:
    """An upload of the caller's clients; raises NotFound."""
    upload = await db.fetch_one(session, Upload, _GET, {"id": upload_id, "clients": list(caller.client_ids)})
    if upload is None:
        raise NotFound(f"There is no upload upload-{upload_id}.")
    return upload
