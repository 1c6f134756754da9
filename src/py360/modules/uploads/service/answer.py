"""Answer the questions of an upload."""

from dataclasses import replace

from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid
from py360.modules.uploads.fields import BY_NAME, DATES
from py360.modules.uploads.headings import heading_key
from py360.modules.uploads.importer import layout
from py360.modules.uploads.importer.layout import MappingChoice
from py360.modules.uploads.schemas import MappingIn
from py360.modules.uploads.service.lock import LockedUpload, lock_upload
from py360.modules.uploads.service.receive import choice_of, start
from py360.modules.uploads.views import AnsweredView, MappingView


async def answer(session: AsyncSession, caller: Caller, upload_id: int, body: MappingIn) -> AnsweredView:
    """Answer the questions of an upload; it continues, and the same layout is read the same way next time.

    Raises Conflict when it asks nothing, Invalid when a column, a heading or a date column does not exist.
    """
    upload = await lock_upload(session, caller, upload_id)
    if upload.status != "needs_input":
        raise Conflict("This upload has no open question.", code="no_question")
    _check(body, upload)
    choice = choice_of(body).over(MappingChoice.of(upload.mapping))
    await db.execute(
        session,
        "update file_uploads set mapping = mapping || %(mapping)s, questions = null, upload_status = 'processing'"
        " where id = %(id)s",
        {"id": upload_id, "mapping": Jsonb(choice.to_json())},
    )
    remembered = replace(choice, date_cells={})  # what a program did to one file says nothing about the next
    await layout.remember(session, upload.client_id, upload.layout, remembered, caller.user_id)
    await start(session, upload_id)
    return {
        "uploadId": ids.code("upload", upload_id),
        "status": "processing",
        "message": "Thank you. The import continues.",
    }


def _check(body: MappingIn, upload: LockedUpload) -> None:
    shown: MappingView = upload.mapping["shown"]
    headings = {heading_key(item["column"]) for item in shown["columns"]}
    headings |= {heading_key(heading) for heading in shown["unmapped"]}
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
        for name in (*body.date_orders, *body.date_cells)
        if name not in DATES
    ]
    if details:
        raise Invalid("The answer does not fit this file.", code="unknown_column", details=details)
