"""What the database says of an import: its upload's row, what a chunk brought, its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources, sql
from py360.modules.notifications import api as notifications
from py360.modules.uploads.views import MappingView, QuestionView, StoredMapping

_UPLOAD: Final = """
select u.id, u.client_id, u.filename, u.upload_status as status, u.upload_path as path, u.import_policy, u.mapping, u.rows_done,
  u.total_records as total, u.uploaded_by, b.id as batch_id, b.batch_code, h.path::text as node_path
from file_uploads u
join upload_batches b on b.upload_id = u.id
left join organization_public_homes h on h.user_id = u.uploaded_by
where u.id = %(id)s
"""
_CLAIM: Final = (
    "select rows_done from file_uploads where id = %(id)s and upload_status = 'processing' for no key update"
)
_BEGIN: Final = """
update file_uploads set total_records = %(total)s, layout = %(layout)s, mapping = mapping || %(mapping)s,
  accounting = %(accounting)s, questions = null, processing_started_at = coalesce(processing_started_at, %(now)s)
where id = %(id)s and upload_status = 'processing'
returning rows_done, processed_records as processed, coalesce(successful_records, 0) as successful,
  coalesce(failed_records, 0) as failed
"""
_ASK: Final = """
update file_uploads set upload_status = 'needs_input', questions = %(questions)s, mapping = mapping || %(mapping)s,
  total_records = %(total)s
where id = %(id)s and upload_status = 'processing'
"""
_NOTHING: Final = """
update file_uploads set processed_records = %(rows)s, successful_records = 0, failed_records = %(bad)s where id = %(id)s
"""
_OUTCOMES: Final = "select outcome, count(*)::int as rows from upload_rows where upload_id = %(id)s group by outcome"
_ADVANCE: Final = sql.read(__file__, "advance")
_FINISH: Final = sql.read(__file__, "finish")
_MIRROR: Final = sql.read(__file__, "mirror")


@dataclass(frozen=True, slots=True)
class UploadRow:
    """An upload as its import needs it; `mapping` is a `MappingChoice` in JSON, `total` what is known of its rows."""

    id: int
    client_id: int
    filename: str
    status: str
    path: str
    import_policy: str
    mapping: StoredMapping | None
    rows_done: int
    total: int | None
    uploaded_by: int | None
    batch_id: int
    batch_code: str
    node_path: str | None


@dataclass(frozen=True, slots=True)
class Begun:
    """How far an import is that begins, or continues after a crash."""

    rows_done: int
    processed: int
    successful: int
    failed: int


@dataclass(frozen=True, slots=True)
class Advanced:
    """What a chunk brought."""

    rows: int
    failed: int


@dataclass(frozen=True, slots=True)
class Ended:
    """An import that has just ended."""

    id: int
    filename: str
    uploaded_by: int | None
    successful: int
    failed: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an import failed as a whole: a stable code, and what to do."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class _Outcome:
    outcome: str
    rows: int


async def load(session: AsyncSession, upload_id: int) -> UploadRow | None:
    """An upload's row, if there is one."""
    return await db.fetch_one(session, UploadRow, _UPLOAD, {"id": upload_id})


async def claim(session: AsyncSession, upload_id: int) -> int | None:
    """The number of the last row that is done, with the upload locked; None when it does not run any more."""
    return await db.fetch_one(session, int, _CLAIM, {"id": upload_id})


async def begin(
    session: AsyncSession,
    upload_id: int,
    total: int,
    layout: str,
    mapping: MappingView,
    accounting: Mapping[str, object],
) -> Begun | None:
    """Write down what is known of the whole file; None when the upload does not run any more."""
    params = {
        "id": upload_id,
        "total": total,
        "layout": layout,
        "mapping": Jsonb({"shown": mapping}),
        "accounting": Jsonb(accounting),
        "now": resources.current().clock.now(),
    }
    return await db.fetch_one(session, Begun, _BEGIN, params)


async def ask(
    session: AsyncSession, upload: UploadRow, questions: Sequence[QuestionView], mapping: MappingView, total: int
) -> None:
    """Put questions to the office; the import waits for the answers."""
    params = {
        "id": upload.id,
        "questions": Jsonb(list(questions)),
        "mapping": Jsonb({"shown": mapping}),
        "total": total,
    }
    await db.execute(session, _ASK, params)
    await db.execute(session, _MIRROR, {"id": upload.id})
    words = " ".join(question["question"] for question in questions)
    await notify(
        session, upload.id, upload.uploaded_by, f"{upload.filename}: please answer before it continues", words, True
    )


async def advance(session: AsyncSession, upload_id: int, after: int, last: int, warnings: int) -> Advanced:
    """Count the rows of a chunk that is in the ledger, and move on."""
    params = {"id": upload_id, "after": after, "last": last, "warnings": warnings}
    return await db.fetch_only(session, Advanced, _ADVANCE, params)


async def rows_behind(session: AsyncSession, upload_id: int, after: int) -> list[int]:
    """Rows that a killed run merged behind the last chunk that it counted."""
    numbers = "select row_no from upload_rows where upload_id = %(id)s and row_no > %(after)s"
    return await db.fetch_all(session, int, numbers, {"id": upload_id, "after": after})


async def outcomes(session: AsyncSession, upload_id: int) -> dict[str, int]:
    """What the ledger says: how many rows are new, changed, unchanged and failed."""
    found = await db.fetch_all(session, _Outcome, _OUTCOMES, {"id": upload_id})
    return {each.outcome: each.rows for each in found}


async def nothing_imported(session: AsyncSession, upload_id: int, rows: int, bad: int) -> None:
    """All or nothing, and some rows failed."""
    await db.execute(session, _NOTHING, {"id": upload_id, "rows": rows, "bad": bad})


async def finish(upload_id: int, status: str, refusal: Refusal | None = None, total: int | None = None) -> None:
    """End an import and notify who uploaded the file; nothing when it has ended."""
    params = {
        "id": upload_id,
        "status": status,
        "now": resources.current().clock.now(),
        "error": Jsonb({"code": refusal.code, "message": refusal.message}) if refusal else None,
        "total": total,
    }
    async with db.unit_of_work() as session:
        ended = await db.fetch_one(session, Ended, _FINISH, params)
        await db.execute(session, _MIRROR, {"id": upload_id})
        if ended is None:
            return
        done = f"{ended.successful:,} rows were imported, {ended.failed:,} failed."
        title, message = ("not imported", refusal.message) if refusal else ("imported", done)
        await notify(session, ended.id, ended.uploaded_by, f"{ended.filename}: {title}", message, refusal is not None)


async def notify(
    session: AsyncSession, upload_id: int, user_id: int | None, title: str, message: str, urgent: bool
) -> None:
    """Notify who uploaded a file, who may have left the page."""
    if user_id is None:
        return
    await notifications.notify(
        session,
        user_id,
        type="document",
        title=title,
        message=message,
        data={"uploadId": ids.code("upload", upload_id)},
        priority="high" if urgent else "medium",
    )
