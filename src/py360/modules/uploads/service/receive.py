"""Taking a file in: recognised, measured and compared before anything is stored."""

import asyncio
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources
from py360.kit.caller import Caller
from py360.kit.errors import Invalid, Problem
from py360.kit.jobs import defer
from py360.modules.uploads.errors import SameFile
from py360.modules.uploads.importer import layout, questions
from py360.modules.uploads.importer.layout import MappingChoice, Opened
from py360.modules.uploads.progress import USUAL_ROWS_PER_SECOND, in_words
from py360.modules.uploads.schemas import MappingIn, MetadataIn
from py360.modules.uploads.settings import UploadSettings, upload_settings
from py360.modules.uploads.views import ReceivedFilesView, ReceivedView, RefusedView

_INSERT: Final = """
insert into file_uploads (client_id, filename, original_filename, file_size, file_type, sha256, description, import_policy,
  layout, mapping, total_records, uploaded_by, upload_path)
values (%(client)s, %(name)s, %(name)s, %(size)s, %(kind)s, %(sha256)s, %(description)s, %(policy)s, %(layout)s, %(mapping)s,
  %(total)s, %(user)s, %(path)s)
returning id
"""
_SAME: Final = """
select id from file_uploads
where client_id = %(client)s and sha256 = %(sha256)s and upload_status in ('processing', 'needs_input', 'completed')
order by id desc limit 1
"""
_SPEED: Final = """
select sum(processed_records) / nullif(sum(extract(epoch from processing_completed_at - processing_started_at)), 0) as speed
from (
  select * from file_uploads where upload_status = 'completed' and processed_records > 1000 order by id desc limit 5
) latest
"""


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file that was received completely, outside our storage still."""

    path: Path
    name: str
    sha256: str


def hash_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def choice_of(fields: MappingIn) -> MappingChoice:
    """What the caller chose about how to read the file."""
    return MappingChoice(
        fields.columns,
        fields.date_orders,
        fields.values,
        fields.date_cells,
        {str(k): v for k, v in fields.rows.items()},
    )


async def _inspect(
    path: Path, choice: MappingChoice, memory: Mapping[str, MappingChoice], limits: UploadSettings
) -> tuple[Opened, int]:
    """Open a file and count its rows: exactly when that is quick or may be too many, else what is under the headings."""
    opened = await layout.open_file(path, choice, memory, limits, limits.count_now_rows, drop_macros=True)
    if not opened.table.complete and opened.table.rows_hint <= limits.max_rows:
        return await asyncio.to_thread(layout.by_values, opened), opened.table.rows_hint
    found, opened = await asyncio.to_thread(layout.scan_file, opened, limits)
    return questions.decided(opened, found), found.rows


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that was recognised and stored under `key`, before any row is about it."""

    name: str
    sha256: str
    size: int
    key: str
    total: int
    opened: Opened


async def prepare(caller: Caller, file: ReceivedFile, metadata: MetadataIn) -> StoredFile:
    """Recognise, count and store a file, which may take seconds: no transaction is open meanwhile, and nothing is locked.

    Raises what `errors` names when it is refused (nothing is stored then), SameFile unless `force`.
    """
    async with db.unit_of_work() as session:
        await _refuse_again(session, caller.client_id, file.sha256, metadata.force)
        memory = await layout.remembered(session, caller.client_id)
    opened, total = await _inspect(file.path, choice_of(metadata), memory, upload_settings())
    kind = opened.table.kind.value
    key = f"uploads/{caller.client_id}/{secrets.token_hex(16)}.{kind}"
    await resources.current().storage.put(key, file.path)
    return StoredFile(file.name, file.sha256, file.path.stat().st_size, key, total, opened)


async def receive(session: AsyncSession, caller: Caller, file: ReceivedFile, metadata: MetadataIn) -> ReceivedView:
    """Keep a file and start its import; the answer of `POST /upload/file`.

    Raises what `errors` names when it is refused (nothing is stored then), SameFile unless `force`.
    """
    return await accept(session, caller, await prepare(caller, file, metadata), metadata)


async def accept(session: AsyncSession, caller: Caller, file: StoredFile, metadata: MetadataIn) -> ReceivedView:
    """Make an upload of a stored file, which is forgotten with the transaction. Raises SameFile unless `force`."""
    opened, choice = file.opened, choice_of(metadata)
    resources.current().storage.keep_with(session, file.key)
    await _refuse_again(session, caller.client_id, file.sha256, metadata.force, lock=True)
    params = {
        "client": caller.client_id,
        "name": file.name[-255:],
        "size": file.size,
        "kind": opened.table.kind.value,
        "sha256": file.sha256,
        "description": metadata.description,
        "policy": metadata.import_policy,
        "layout": opened.layout,
        "mapping": Jsonb(choice.to_json() | {"shown": opened.mapping.to_public()}),
        "total": file.total,
        "user": caller.user_id,
        "path": file.key,
    }
    upload_id = await db.fetch_only(session, int, _INSERT, params)
    if choice != MappingChoice():
        remembered = replace(opened.choice, date_cells={})
        await layout.remember(session, caller.client_id, opened.layout, remembered, caller.user_id)
    await start(session, upload_id)
    speed = float(await db.fetch_only(session, Decimal, _SPEED) or USUAL_ROWS_PER_SECOND)
    await _make_batch(session, upload_id, file, caller.user_id)  # last: its lock is everybody's until the commit
    return {
        "uploadId": ids.code("upload", upload_id),
        "filename": file.name,
        "status": "processing",
        "totalRecords": file.total,
        "estimatedProcessingTime": in_words(1 + file.total / speed),
        "mapping": opened.mapping.to_public(),
    }


async def receive_all(
    session: AsyncSession, caller: Caller, files: Sequence[ReceivedFile], metadata: MetadataIn
) -> ReceivedFilesView:
    """Keep several files; each is accepted or refused for itself, under `uploads` and `refused`."""
    stored: list[StoredFile] = []
    refused: list[RefusedView] = []
    uploads: list[ReceivedView] = []
    for file in files:
        try:
            stored.append(await prepare(caller, file, metadata))
        except Problem as problem:
            refused.append({"filename": file.name, "code": problem.code, "message": problem.message})
    for each in stored:
        try:
            uploads.append(await accept(session, caller, each, metadata))
        except SameFile as problem:  # the same file twice in one request
            await resources.current().storage.delete(each.key)
            refused.append({"filename": each.name, "code": problem.code, "message": problem.message})
    if not uploads:
        raise Invalid(
            "None of these files can be imported.",
            code="all_refused",
            details=[{"field": item["filename"], "message": item["message"]} for item in refused],
        )
    return {"uploads": uploads, "refused": refused}


async def _refuse_again(session: AsyncSession, client_id: int, sha256: str, force: bool, lock: bool = False) -> None:
    """`lock`: a second request with the same file waits for the commit."""
    if lock:
        key = "select pg_advisory_xact_lock(hashtextextended(%(hash)s, 361))"
        await db.execute(session, key, {"hash": f"{client_id}:{sha256}"})
    if force:
        return
    earlier = await db.fetch_one(session, int, _SAME, {"client": client_id, "sha256": sha256})
    if earlier:
        raise SameFile(
            f"This very file was uploaded before, as {ids.code('upload', earlier)}. To import it again anyway, send "
            "it with force=true.",
            details=[{"field": "file", "message": ids.code("upload", earlier)}],
        )


async def start(session: AsyncSession, upload_id: int) -> None:
    """Put the import into the queue."""
    await defer(session, "uploads.process", lock=f"upload-{upload_id}", upload_id=upload_id)


async def push_live_update(session: AsyncSession, upload_id: int) -> None:
    """Push the state of an upload to open windows, once the session's transaction is committed."""
    await defer(session, "uploads.push_live_update", upload_id=upload_id)


async def _make_batch(session: AsyncSession, upload_id: int, file: StoredFile, user_id: int) -> None:
    """The upload's batch: `BATCH-2026-11-24-A`, then B, ... Z, AA."""
    today = resources.current().clock.today()
    await db.execute(session, "select pg_advisory_xact_lock(hashtext('uploads.batch_code'))")
    rest = 1 + await db.fetch_only(
        session, int, "select count(*) from upload_batches where batch_code like %(day)s", {"day": f"BATCH-{today}-%"}
    )
    letters = ""
    while rest:
        rest, place = divmod(rest - 1, 26)
        letters = chr(65 + place) + letters
    await db.execute(
        session,
        "insert into upload_batches (upload_id, batch_code, file_name, uploaded_by, total_records)"
        " values (%(upload)s, %(code)s, %(name)s, %(user)s, %(total)s)",
        {
            "upload": upload_id,
            "code": f"BATCH-{today}-{letters}",
            "name": file.name[-255:],
            "user": user_id,
            "total": file.total,
        },
    )
