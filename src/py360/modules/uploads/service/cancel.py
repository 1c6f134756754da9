"""Stop an import."""

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict
from py360.modules.uploads.service.lock import lock_upload
from py360.modules.uploads.service.receive import push_live_update
from py360.modules.uploads.views import CancelledView


async def cancel(session: AsyncSession, caller: Caller, upload_id: int) -> CancelledView:
    """Stop an import. What was imported stays (undo takes it back); raises Conflict when it is over."""
    upload = await lock_upload(session, caller, upload_id)
    if upload.status not in ("processing", "needs_input"):
        raise Conflict(f"This upload is {upload.status} already.", code="not_running")
    await db.execute(
        session,
        "update file_uploads set upload_status = 'cancelled', processing_completed_at = %(now)s where id = %(id)s",
        {"id": upload_id, "now": resources.current().clock.now()},
    )
    await db.execute(
        session, "update upload_batches set status = 'cancelled' where upload_id = %(id)s", {"id": upload_id}
    )
    await push_live_update(session, upload_id)
    message = "The import was stopped. Nothing was imported."
    if upload.successful:
        message = f"The import was stopped. {upload.successful:,} rows were imported before; undo takes them back."
    return {
        "uploadId": ids.code("upload", upload_id),
        "status": "cancelled",
        "importedRecords": upload.successful,
        "message": message,
    }
