"""The import of one file: chunk by chunk, each row in one transaction with its ledger, so that it can be killed anywhere.

A chunk is merged in partitions (`partitions`), each a transaction of its own, under the lock of one that counts what the ledger says
and moves on. None waits for the disk; the last commit, which calls the import completed, brings all of them along. While a
chunk is merged, the next is read and cleaned in a thread, and staged by whichever partition is free first.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl
import structlog
from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, live, resources, scratch
from py360.kit.errors import Problem
from py360.modules.notifications import api as notifications
from py360.modules.uploads import bulk
from py360.modules.uploads.cleaned import Cleaned
from py360.modules.uploads.fields import BY_NAME
from py360.modules.uploads.importer import layout, partitions
from py360.modules.uploads.importer.clean import Plan, clean
from py360.modules.uploads.importer.layout import MappingChoice, Opened
from py360.modules.uploads.importer.scan import Scan
from py360.modules.uploads.progress import Progress, push_state
from py360.modules.uploads.settings import upload_settings

log = structlog.get_logger()

FIRST_ROWS: Final = 5_000

_UPLOAD: Final = """
select u.*, b.id as batch_id, b.batch_code, h.path::text as node_path
from file_uploads u join upload_batches b on b.upload_id = u.id
left join organization_public_homes h on h.user_id = u.uploaded_by
where u.id = %(id)s
"""
_CLAIM: Final = (
    "select rows_done from file_uploads where id = %(id)s and upload_status = 'processing' for no key update"
)
_DONE: Final = "select row_no from upload_rows where upload_id = %(id)s and row_no > %(after)s"
_ADVANCE: Final = """
update file_uploads set
  rows_done = %(last)s, processed_records = processed_records + done.rows,
  successful_records = coalesce(successful_records, 0) + done.rows - done.failed,
  failed_records = coalesce(failed_records, 0) + done.failed,
  new_records = new_records + done.new, changed_records = changed_records + done.changed,
  unchanged_records = unchanged_records + done.unchanged, warning_count = warning_count + %(warnings)s
from (
  select count(*) as rows, count(*) filter (where outcome = 'failed') as failed, count(*) filter (where outcome = 'new') as new,
    count(*) filter (where outcome = 'changed') as changed, count(*) filter (where outcome = 'unchanged') as unchanged
  from upload_rows where upload_id = %(id)s and row_no > %(after)s and row_no <= %(last)s
) done
where id = %(id)s
returning done.rows, done.failed
"""
_FINISH: Final = """
update file_uploads set
  upload_status = %(status)s, processing_completed_at = %(now)s, download_url = '/api/upload/download/upload-' || id,
  error_details = %(error)s, total_records = coalesce(%(total)s, total_records)
where id = %(id)s and upload_status = 'processing'
returning coalesce(successful_records, 0) as good, coalesce(failed_records, 0) as bad, filename, uploaded_by
"""
_MIRROR: Final = """
update upload_batches b set
  total_records = coalesce(u.total_records, 0), processed_records = u.processed_records,
  successful_records = coalesce(u.successful_records, 0), failed_records = coalesce(u.failed_records, 0),
  status = u.upload_status, file_path = u.upload_path
from file_uploads u where u.id = b.upload_id and u.id = %(id)s
"""


_NOTHING: Final = """
update file_uploads set processed_records = %(rows)s, successful_records = 0, failed_records = %(bad)s where id = %(id)s
"""


class Stopped(Exception):
    """The upload was cancelled, or another worker has it: nothing more to do."""


async def run(upload_id: int) -> None:
    """Import an upload, from wherever it stands; nothing when it is not `processing`."""
    async with db.unit_of_work() as session:
        upload = await db.one(session, _UPLOAD, {"id": upload_id})
        memory = await layout.remembered(session, upload["client_id"]) if upload else {}
    if upload is None or upload["upload_status"] != "processing":
        return
    scope = live.Scope(upload["uploaded_by"], upload["node_path"])
    progress = Progress(upload_id, upload["client_id"], scope, upload["total_records"] or 0)
    async with _live_updates(progress), _local(upload) as path:
        try:
            status = await _Import(upload, progress).go(path, memory)
        except Stopped:
            return
        except Problem as problem:  # the file, not we: say so where the uploader looks
            log.info("upload failed", upload=upload_id, code=problem.code)
            await _finish(upload_id, "failed", {"code": problem.code, "message": problem.message})
            status = "failed"
    await progress.push(status)


async def give_up(upload_id: int) -> None:
    """An import that failed again and again through no fault of the file: end it, so that nobody waits."""
    message = (
        "This file could not be imported because something failed on our side; the administrator's log says what. "
        "Rows that are in already are kept. Upload the file again later: they will not be doubled."
    )
    await _finish(upload_id, "failed", {"code": "import_failed", "message": message})
    await push_state(upload_id)


@asynccontextmanager
async def _live_updates(progress: Progress) -> Any:
    async with asyncio.TaskGroup() as group:
        pushing = group.create_task(progress.keep_pushing())
        try:
            yield
        finally:
            pushing.cancel()


@asynccontextmanager
async def _local(upload: db.Row) -> Any:
    with scratch.folder("import") as folder:
        yield await resources.current().storage.fetch(upload["upload_path"], folder / "file")


async def _finish(upload_id: int, status: str, error: dict[str, Any] | None = None, total: int | None = None) -> None:
    now = resources.current().clock.now()
    params = {"id": upload_id, "status": status, "now": now, "error": Jsonb(error) if error else None, "total": total}
    async with db.unit_of_work() as session:
        ended = await db.one(session, _FINISH, params)
        await db.execute(session, _MIRROR, {"id": upload_id})
        if ended and ended["uploaded_by"]:
            done = f"{ended['good']:,} rows were imported, {ended['bad']:,} failed."
            title, message = ("not imported", error["message"]) if error else ("imported", done)
            await _notify(session, ended, upload_id, title, message, urgent=error is not None)


async def _notify(
    session: AsyncSession, upload: db.Row, upload_id: int, title: str, message: str, urgent: bool
) -> None:
    """Tell the uploader, who may have left the page."""
    await notifications.notify(
        session,
        upload["uploaded_by"],
        type="document",
        title=f"{upload['filename']}: {title}",
        message=message,
        data={"uploadId": ids.code("upload", upload_id)},
        priority="high" if urgent else "medium",
    )


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Rows up to `last`: how many, how many failed and were warned about; what is left to merge, and as COPY takes it."""

    last: int
    rows: int
    failed: int
    warned: int
    parts: list[tuple[Cleaned, bytes]]


def _a_short_one_first(chunks: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The database need not wait until a whole chunk is cleaned, and a list of some thousands shows how it goes on."""
    for number, rows in enumerate(chunks):
        yield from (
            (rows.head(FIRST_ROWS), rows.slice(FIRST_ROWS)) if number == 0 < rows.height - FIRST_ROWS else (rows,)
        )


class _Import:
    """One run over one file."""

    def __init__(self, upload: db.Row, progress: Progress) -> None:
        self.upload, self.progress = upload, progress
        self.id: int = upload["id"]
        self.client_id: int = upload["client_id"]
        self.limits = upload_settings()
        self.clock = resources.current().clock
        self.known = bulk.Known()
        self.free_partitions = asyncio.Semaphore(self.limits.partitions)
        self.staging = asyncio.Lock()
        self.done = pl.Series([], dtype=pl.Int32)  # rows that a killed run merged behind the last chunk it counted
        self.headings: dict[str, str] = {}

    async def go(self, path: Path, memory: dict[str, MappingChoice]) -> str:
        """Import; the status it ends in."""
        choice = MappingChoice.of(self.upload["mapping"])
        opened = await layout.open_file(path, choice, memory, self.limits)
        asked = layout.questions(opened, None)
        if asked:
            return await self._ask(opened, asked, None)
        found, opened = await asyncio.to_thread(layout.scan_file, opened, self.limits)
        asked = layout.questions(opened, found)
        if asked:
            return await self._ask(opened, asked, found)
        plan = layout.plan(opened, found)
        self.headings = {name: opened.mapping.heading(name) for name in BY_NAME}
        await self._begin(opened, found)
        if self.upload["import_policy"] == "all_or_nothing" and not self.upload["rows_done"]:
            refused = await self._validate(opened, plan)
            if refused:
                return refused
        await self._chunks(opened, plan)
        async with db.unit_of_work() as session:
            good = await db.value(
                session, "select successful_records from file_uploads where id = %(id)s", {"id": self.id}
            )
        status = "completed" if good else "failed"
        error = (
            None
            if good
            else {"code": "all_rows_failed", "message": "Every row of this file failed. See the error file."}
        )
        await _finish(self.id, status, error, found.rows)
        return status

    async def _ask(self, opened: Opened, asked: list[dict[str, Any]], found: Scan | None) -> str:
        async with db.unit_of_work() as session:
            await db.execute(
                session,
                "update file_uploads set upload_status = 'needs_input', questions = %(questions)s, mapping = mapping ||"
                " %(mapping)s, total_records = coalesce(%(total)s, total_records)"
                " where id = %(id)s and upload_status = 'processing'",
                {
                    "id": self.id,
                    "questions": Jsonb(asked),
                    "mapping": Jsonb({"shown": opened.mapping.to_public()}),
                    "total": found.rows if found else None,
                },
            )
            await db.execute(session, _MIRROR, {"id": self.id})
            if self.upload["uploaded_by"]:
                words = " ".join(question["question"] for question in asked)
                await _notify(session, self.upload, self.id, "please answer before it goes on", words, urgent=True)
        return "needs_input"

    async def _begin(self, opened: Opened, found: Scan) -> None:
        async with db.unit_of_work() as session:
            row = await db.one(
                session,
                "update file_uploads set total_records = %(total)s, layout = %(layout)s, mapping = mapping || %(mapping)s,"
                " questions = null, processing_started_at = coalesce(processing_started_at, %(now)s)"
                " where id = %(id)s and upload_status = 'processing' returning *",
                {
                    "id": self.id,
                    "total": found.rows,
                    "layout": opened.layout,
                    "mapping": Jsonb({"shown": opened.mapping.to_public()}),
                    "now": self.clock.now(),
                },
            )
            if row is None:
                raise Stopped
            await bulk.lock(session, self.client_id)
            done = await db.all(session, _DONE, {"id": self.id, "after": row["rows_done"]})
            self.done = pl.Series([each["row_no"] for each in done], dtype=pl.Int32)
            if not row["rows_done"]:
                await self._note_ignored(session, opened)
        self.upload = {**self.upload, **row}
        self.progress.started_importing(
            found.rows, row["processed_records"], row["successful_records"] or 0, row["failed_records"] or 0
        )

    async def _note_ignored(self, session: AsyncSession, opened: Opened) -> None:
        await db.execute(
            session,
            "delete from upload_row_issues i where upload_id = %(id)s and not exists"
            " (select from upload_rows r where r.upload_id = i.upload_id and r.row_no = i.row_no)",
            {"id": self.id},
        )
        await bulk.record_issues(session, self.id, opened.ignored())

    def _cleaned(self, opened: Opened, plan: Plan, after: int) -> Iterator[_Chunk]:
        for rows in _a_short_one_first(opened.chunks(self.limits.chunk_rows, after)):
            cleaned = clean(rows, plan, self.clock.today())
            warned = cleaned.issues.filter(pl.col("severity") == "warning")["row_no"].n_unique()
            parts = partitions.split(cleaned.without(self.done), self.limits.partitions)
            copied = [bulk.payload(part.accepted, self.client_id) for part in parts]
            last = int(rows["row_no"][-1])
            yield _Chunk(last, rows.height, cleaned.failed.height, warned, list(zip(parts, copied, strict=True)))

    async def _each(self, opened: Opened, plan: Plan, after: int) -> AsyncIterator[_Chunk]:
        """Cleaned chunks; the next is made in a thread while the last is in use."""
        chunks = self._cleaned(opened, plan, after)
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix="upload") as reader:
            coming = loop.run_in_executor(reader, next, chunks, None)
            while (chunk := await coming) is not None:
                coming = loop.run_in_executor(reader, next, chunks, None)
                yield chunk

    async def _validate(self, opened: Opened, plan: Plan) -> str | None:
        """All or nothing: look for failed rows first. `failed` when there are any; they are noted, nothing is imported."""
        bad = rows = 0
        async for chunk in self._each(opened, plan, 0):
            rows += chunk.rows
            bad += chunk.failed
            async with db.unit_of_work() as session:
                await db.value(session, _CLAIM, {"id": self.id})
                for part, _ in chunk.parts:
                    await bulk.record_failed(session, self.id, part)
        if not bad:
            return None
        async with db.unit_of_work() as session:
            await db.execute(session, _NOTHING, {"id": self.id, "rows": rows, "bad": bad})
        message = f"{bad:,} of {rows:,} rows failed, so nothing was imported, as you asked. Mend them and upload the file again."
        await _finish(self.id, "failed", {"code": "all_or_nothing", "message": message}, rows)
        return "failed"

    async def _chunks(self, opened: Opened, plan: Plan) -> None:
        """Chunk after chunk. A partition that is done with its rows stages those of the next chunk while the others still merge."""
        try:
            async with asyncio.TaskGroup() as group:
                under_way: list[asyncio.Task[None]] = []
                async for chunk in self._each(opened, plan, self.upload["rows_done"]):
                    if len(under_way) == 2:
                        await under_way.pop(0)
                    before = under_way[-1] if under_way else None
                    under_way.append(group.create_task(self._commit(chunk, before, group)))
        except ExceptionGroup as failed:  # what went wrong first ended the others
            raise failed.exceptions[0] from failed

    async def _commit(self, chunk: _Chunk, before: asyncio.Task[None] | None, group: asyncio.TaskGroup) -> None:
        turn = asyncio.Event()
        merging = [group.create_task(self._partition(part, copied, turn)) for part, copied in chunk.parts]
        if before is not None:
            await before
        async with db.unit_of_work() as session:
            done = await db.value(session, _CLAIM, {"id": self.id})
            if done is None:
                raise Stopped
            if done >= chunk.last:  # another worker that was taken for dead has done this chunk
                for partition in merging:
                    partition.cancel()
                return
            await bulk.do_not_wait_for_disk(session)
            await bulk.lock(session, self.client_id)
            for part, _ in chunk.parts:
                await self.known.look_up(session, self.client_id, part.accepted)
            turn.set()
            await asyncio.gather(*merging)
            params = {"id": self.id, "after": done, "last": chunk.last, "warnings": chunk.warned}
            counted = await db.one(session, _ADVANCE, params)
        assert counted is not None  # claimed above
        self.progress.processed += counted["rows"]
        self.progress.successful += counted["rows"] - counted["failed"]
        self.progress.failed += counted["failed"]

    async def _partition(self, part: Cleaned, copied: bytes, turn: asyncio.Event) -> None:
        async with self.free_partitions, db.unit_of_work() as session:
            await bulk.do_not_wait_for_disk(session)
            async with self.staging:  # each partition then writes to its own pages of the indexes by number
                await bulk.stage(session, copied)
            await turn.wait()
            await bulk.join_merge(session, self.client_id)
            await bulk.place(session, self.known)
            await bulk.merge(session, self._params())
            await bulk.record(session, self.id, part, self.known, self.headings)

    def _params(self) -> dict[str, Any]:
        return {
            "batch_id": self.upload["batch_id"],
            "created": f"From {self.upload['filename']} ({self.upload['batch_code']})",
            "now": self.clock.now(),
            "today": self.clock.today(),
        }
