"""The import of one file: chunk by chunk, each row in one transaction with its ledger, so that it can be killed anywhere.

A chunk is merged in partitions (`partitions`), each a transaction of its own, under the lock of one that counts what the ledger says
and moves on. None waits for the disk; the last commit, which calls the import completed, brings all of them along. While a
chunk is merged, the next is read and cleaned in a thread, and staged by whichever partition is free first.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl
import structlog

from py360.kit import db, live, resources, scratch
from py360.kit.errors import Problem
from py360.modules.uploads import bulk
from py360.modules.uploads.cleaned import Cleaned
from py360.modules.uploads.fields import BY_NAME
from py360.modules.uploads.importer import layout, partitions, questions, state
from py360.modules.uploads.importer.clean import Plan, clean
from py360.modules.uploads.importer.layout import MappingChoice, Opened
from py360.modules.uploads.importer.questions import Question
from py360.modules.uploads.importer.scan import Scan
from py360.modules.uploads.importer.state import Refusal, UploadRow
from py360.modules.uploads.progress import Progress, push_state
from py360.modules.uploads.reading.rows import Accounting
from py360.modules.uploads.settings import upload_settings

log = structlog.get_logger()

FIRST_ROWS: Final = 5_000
_DO_NOT_ADD_UP: Final = (
    "{rows:,} rows of this file are not accounted for, so this import is not complete; the administrator's log has the numbers. "
    "What was imported is kept. Upload the file again: rows that are in already are not doubled."
)


class Stopped(Exception):
    """The upload was cancelled, or another worker has it: nothing more to do."""


async def run(upload_id: int) -> None:
    """Import an upload, from wherever it stopped; nothing when it is not `processing`."""
    async with db.unit_of_work() as session:
        upload = await state.load(session, upload_id)
        memory = await layout.remembered(session, upload.client_id) if upload else {}
    if upload is None or upload.status != "processing":
        return
    progress = Progress(
        upload_id, upload.client_id, live.Scope(upload.uploaded_by, upload.node_path), upload.total or 0
    )
    async with _live_updates(progress), _local(upload) as path:
        try:
            status = await _Import(upload, progress).go(path, memory)
        except Stopped:
            return
        except Problem as problem:  # the file, not we: say so where the uploader looks
            log.info("upload failed", upload=upload_id, code=problem.code)
            await state.finish(upload_id, "failed", Refusal(problem.code, problem.message))
            status = "failed"
    await progress.push(status)


async def give_up(upload_id: int) -> None:
    """An import that failed again and again through no fault of the file: end it, so that its user does not wait."""
    message = (
        "This file could not be imported because something failed on our side; the administrator's log says what. "
        "Rows that are in already are kept. Upload the file again later: they will not be doubled."
    )
    await state.finish(upload_id, "failed", Refusal("import_failed", message))
    await push_state(upload_id)


@asynccontextmanager
async def _live_updates(progress: Progress) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        pushing = group.create_task(progress.keep_pushing())
        try:
            yield
        finally:
            pushing.cancel()


@asynccontextmanager
async def _local(upload: UploadRow) -> AsyncIterator[Path]:
    with scratch.folder("import") as folder:
        yield await resources.current().storage.fetch(upload.path, folder / "file")


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Rows up to `last`: how many, how many failed and were warned about; what is left to merge, and as COPY takes it."""

    last: int
    rows: int
    failed: int
    warned: int
    parts: list[tuple[Cleaned, bytes]]


def _a_short_one_first(chunks: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The database need not wait until a whole chunk is cleaned, and a list of some thousands shows how it continues."""
    for number, rows in enumerate(chunks):
        yield from (
            (rows.head(FIRST_ROWS), rows.slice(FIRST_ROWS)) if number == 0 < rows.height - FIRST_ROWS else (rows,)
        )


class _Import:
    """One run over one file."""

    def __init__(self, upload: UploadRow, progress: Progress) -> None:
        self.upload, self.progress = upload, progress
        self.id, self.client_id = upload.id, upload.client_id
        self.limits = upload_settings()
        self.clock = resources.current().clock
        self.known = bulk.Known()
        self.free_partitions = asyncio.Semaphore(self.limits.partitions)
        self.staging = asyncio.Lock()
        self.rows_done = upload.rows_done
        self.done = pl.Series([], dtype=pl.Int32)  # rows that a killed run merged behind the last chunk it counted
        self.headings: dict[str, str] = {}

    async def go(self, path: Path, memory: dict[str, MappingChoice]) -> str:
        """Import; the status it ends in."""
        choice = MappingChoice.of(self.upload.mapping)
        opened = await layout.open_file(path, choice, memory, self.limits)
        found, opened = await asyncio.to_thread(layout.scan_file, opened, self.limits)
        asked = questions.questions(opened, found)
        opened = questions.decided(opened, found)
        if asked:
            return await self._ask(opened, asked, found)
        accounting = await asyncio.to_thread(opened.accounting)
        plan = questions.plan(opened, found)
        self.headings = {name: opened.mapping.heading(name) for name in BY_NAME}
        await self._begin(opened, found, accounting)
        if self.upload.import_policy == "all_or_nothing" and not self.rows_done:
            refused = await self._validate(opened, plan)
            if refused:
                return refused
        await self._chunks(opened, plan)
        return await self._finish(found, accounting)

    async def _ask(self, opened: Opened, asked: list[Question], found: Scan) -> str:
        async with db.unit_of_work() as session:
            public = [question.to_public() for question in asked]
            await state.ask(session, self.upload, public, opened.mapping.to_public(), found.rows)
        return "needs_input"

    async def _begin(self, opened: Opened, found: Scan, accounting: Accounting) -> None:
        skipped = Counter({reason.value: rows for reason, rows in accounting.skipped.items()}) + found.left
        counted: dict[str, object] = {"read": accounting.read, "skipped": dict(skipped)}
        async with db.unit_of_work() as session:
            begun = await state.begin(session, self.id, found.rows, opened.layout, opened.mapping.to_public(), counted)
            if begun is None:
                raise Stopped
            await bulk.lock(session, self.client_id)
            behind = await state.rows_behind(session, self.id, begun.rows_done)
            self.done = pl.Series(behind, dtype=pl.Int32)
            if not begun.rows_done:
                await bulk.replace_issues(session, self.id, opened.ignored())
        self.rows_done = begun.rows_done
        self.progress.started_importing(found.rows, begun.processed, begun.successful, begun.failed)

    async def _finish(self, found: Scan, accounting: Accounting) -> str:
        """Nothing vanishes: every row that was read must be in the ledger, or counted as skipped."""
        async with db.unit_of_work() as session:
            outcomes = await state.outcomes(session, self.id)
        missing = found.rows - sum(outcomes.values())
        unread = accounting.missing + accounting.data - found.data
        refusal = None
        if missing or unread:
            log.error("the rows of an import do not add up", upload=self.id, missing=missing, unread=unread)
            refusal = Refusal("rows_do_not_add_up", _DO_NOT_ADD_UP.format(rows=abs(missing) + abs(unread)))
        elif outcomes.keys() <= {"failed"}:
            refusal = Refusal("all_rows_failed", "Every row of this file failed. See the error file.")
        status = "failed" if refusal else "completed"
        await state.finish(self.id, status, refusal, found.rows)
        return status

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
                await state.claim(session, self.id)
                for part, _ in chunk.parts:
                    await bulk.record_failed(session, self.id, part)
        if not bad:
            return None
        async with db.unit_of_work() as session:
            await state.nothing_imported(session, self.id, rows, bad)
        message = f"{bad:,} of {rows:,} rows failed, so nothing was imported, as you asked. Correct them and upload the file again."
        await state.finish(self.id, "failed", Refusal("all_or_nothing", message), rows)
        return "failed"

    async def _chunks(self, opened: Opened, plan: Plan) -> None:
        """Chunk after chunk. A partition that is done with its rows stages those of the next chunk while the others still merge."""
        try:
            async with asyncio.TaskGroup() as group:
                under_way: list[asyncio.Task[None]] = []
                async for chunk in self._each(opened, plan, self.rows_done):
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
            done = await state.claim(session, self.id)
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
            counted = await state.advance(session, self.id, done, chunk.last, chunk.warned)
        self.progress.processed += counted.rows
        self.progress.successful += counted.rows - counted.failed
        self.progress.failed += counted.failed

    async def _partition(self, part: Cleaned, copied: bytes, turn: asyncio.Event) -> None:
        async with self.free_partitions, db.unit_of_work() as session:
            await bulk.do_not_wait_for_disk(session)
            async with self.staging:  # each partition then writes to its own pages of the indexes by number
                await bulk.stage(session, copied)
            await turn.wait()
            await bulk.join_merge(session, self.client_id)
            await bulk.place(session, self.known)
            created = f"From {self.upload.filename} ({self.upload.batch_code})"
            await bulk.merge(session, self.upload.batch_id, created)
            await bulk.record(session, self.id, part, self.known, self.headings)
