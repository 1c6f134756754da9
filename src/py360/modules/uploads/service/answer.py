"""What people do to an upload: answer its questions, cancel it."""

from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid, NotFound
from py360.modules.uploads.fields import BY_NAME, DATES
from py360.modules.uploads.headings import heading_key
from py360.modules.uploads.importer import layout
from py360.modules.uploads.importer.layout import MappingChoice
from py360.modules.uploads.queries import within_reach
from py360.modules.uploads.schemas import MappingIn
from py360.modules.uploads.service.receive import push_live_update, start


async def lock_upload(session: AsyncSession, caller: Caller, upload_id: int) -> db.Row:
    """An upload within the caller's reach, locked; raises NotFound."""
    within, params = within_reach(caller)
    row = await db.one(
        session,
        f"select * from file_uploads where id = %(id)s and id in ({within}) for update",
        {**params, "id": upload_id},
    )
    if row is None:
        raise NotFound(f"There is no upload {ids.code('upload', upload_id)} within your reach.")
    return row


async def answer(session: AsyncSession, caller: Caller, upload_id: int, body: MappingIn) -> dict[str, Any]:
    """Answer the questions of an upload; it goes on, and the same layout is read the same way next time.

    Raises Conflict when it asks nothing, Invalid when a column, a heading or a date column does not exist.
    """
    upload = await lock_upload(session, caller, upload_id)
    if upload["upload_status"] != "needs_input":
        raise Conflict("This upload has no open question.", code="no_question")
    _check(body, upload)
    choice = MappingChoice(body.columns, body.date_orders, body.values).over(MappingChoice.of(upload["mapping"]))
    await db.execute(
        session,
        "update file_uploads set mapping = mapping || %(mapping)s, questions = null, upload_status = 'processing'"
        " where id = %(id)s",
        {"id": upload_id, "mapping": Jsonb(choice.to_json())},
    )
    await layout.remember(session, upload["client_id"], upload["layout"], choice, caller.user_id)
    await start(session, upload_id)
    return {
        "uploadId": ids.code("upload", upload_id),
        "status": "processing",
        "message": "Thank you. The import goes on.",
    }


def _check(body: MappingIn, upload: db.Row) -> None:
    public = upload["mapping"].get("shown", {})
    headings = {heading_key(item["column"]) for item in public.get("columns", [])}
    headings |= {heading_key(heading) for heading in public.get("unmapped", [])}
    details = [
        {"field": f"columns.{name}", "message": f"We have no column “{name}”."}
        for name in (*body.columns, *body.values)
        if name not in BY_NAME
    ]
    details += [
        {"field": f"columns.{name}", "message": f"The file has no column “{heading}”."}
        for name, heading in body.columns.items()
        if heading_key(heading) not in headings
    ]
    details += [
        {"field": f"dateOrders.{name}", "message": f"“{name}” is no date column: {', '.join(DATES)}."}
        for name in body.date_orders
        if name not in DATES
    ]
    if details:
        raise Invalid("The answer does not fit this file.", code="unknown_column", details=details)


async def cancel(session: AsyncSession, caller: Caller, upload_id: int) -> dict[str, Any]:
    """Stop an import. What was imported stays (undo takes it back); raises Conflict when it is over."""
    upload = await lock_upload(session, caller, upload_id)
    if upload["upload_status"] not in ("processing", "needs_input"):
        raise Conflict(f"This upload is {upload['upload_status']} already.", code="not_running")
    await db.execute(
        session,
        "update file_uploads set upload_status = 'cancelled', processing_completed_at = %(now)s where id = %(id)s",
        {"id": upload_id, "now": resources.current().clock.now()},
    )
    await db.execute(
        session, "update upload_batches set status = 'cancelled' where upload_id = %(id)s", {"id": upload_id}
    )
    await push_live_update(session, upload_id)
    good = upload["successful_records"] or 0
    message = "The import was stopped. Nothing was imported."
    if good:
        message = f"The import was stopped. {good:,} rows were imported before; undo takes them back."
    return {
        "uploadId": ids.code("upload", upload_id),
        "status": "cancelled",
        "importedRecords": good,
        "message": message,
    }
