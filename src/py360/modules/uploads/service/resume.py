"""Resumable uploads: tus 1.0 with creation, termination, checksum and expiration (https://tus.io/protocols/resumable-upload).

The bytes are in a file of the installation's home, whose length is the offset; no database session is open while they
come in. The last byte turns the file into an upload, under the same rules as a multipart one.
"""

import asyncio
import base64
import binascii
import fcntl
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final

import orjson
from psycopg.types.json import Jsonb
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.caller import Caller
from py360.kit.errors import BadRequest, Conflict, Gone, NotFound, PreconditionFailed, Problem, TooMany
from py360.modules.uploads.errors import FileTooLarge
from py360.modules.uploads.schemas import MetadataIn
from py360.modules.uploads.service import receive, save
from py360.modules.uploads.settings import MEGABYTE, upload_settings

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,termination,checksum,expiration"
ALGORITHMS: Final = ("sha1", "sha256", "md5")
_CREATE: Final = """
insert into upload_arrivals (id, client_id, user_id, size, filename, metadata, expires_at)
values (%(id)s, %(client)s, %(user)s, %(size)s, %(name)s, %(metadata)s, %(expires)s)
"""
_FIND: Final = """
select id, size, filename, metadata, upload_id, expires_at from upload_arrivals where id = %(id)s and user_id = %(user)s
"""
_OPEN: Final = """
select count(*)::int as uploads, coalesce(sum(size), 0)::bigint as bytes from upload_arrivals
where user_id = %(user)s and upload_id is null and expires_at > %(now)s
"""


class Locked(Problem):
    """Another request is sending to this upload right now."""

    status = 423
    default_code = "upload_locked"


class ChecksumMismatch(Problem):
    """The bytes arrived damaged. Send this part again."""

    status = 460
    default_code = "checksum_mismatch"


class QuotaReached(TooMany):
    """You have too many unfinished resumable uploads. Finish or cancel one of them."""

    default_code = "resumable_quota"


@dataclass(frozen=True, slots=True)
class _Open:
    """The unfinished uploads of a user."""

    uploads: int
    bytes: int


@dataclass(frozen=True, slots=True)
class ResumableUpload:
    """A resumable upload on its way; `upload_id` once it has become an upload."""

    id: str
    size: int
    filename: str
    metadata: dict[str, Any]
    upload_id: int | None
    expires_at: datetime

    @property
    def path(self) -> Path:
        """Where its bytes stand."""
        return _folder() / self.id

    @property
    def offset(self) -> int:
        """How many bytes are here."""
        if self.upload_id is not None:
            return self.size
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def headers(self) -> dict[str, str]:
        """What every answer about it says."""
        return {
            "Upload-Offset": str(self.offset),
            "Upload-Expires": format_datetime(self.expires_at.astimezone(UTC), usegmt=True),
        }


def _folder() -> Path:
    folder = resources.current().settings.home / "arrivals"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def check_version(version: str | None) -> None:
    """Raises PreconditionFailed (412) for another version of tus than ours."""
    if version != VERSION:
        raise PreconditionFailed(
            f"We speak tus {VERSION}.", code="tus_version", headers={"Tus-Version": VERSION, "Tus-Resumable": VERSION}
        )


def _metadata(header: str | None) -> dict[str, str]:
    """`Upload-Metadata`: keys with base64 values."""
    found: dict[str, str] = {}
    for pair in (header or "").split(","):
        key, _, value = pair.strip().partition(" ")
        if key:
            try:
                found[key] = base64.b64decode(value, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError) as error:
                raise BadRequest("Upload-Metadata must hold base64 values.", code="bad_metadata") from error
    return found


def _parse_metadata(given: dict[str, str]) -> MetadataIn:
    try:
        fields = MetadataIn.model_validate(orjson.loads(given.get("metadata", "{}")))
    except (orjson.JSONDecodeError, ValidationError) as error:
        raise BadRequest("The metadata is not what an upload takes.", code="bad_metadata") from error
    return fields.model_copy(update={"force": fields.force or given.get("force") == "true"})


async def create(
    caller: Caller, length: int | None, metadata: str | None, concat: str | None = None
) -> ResumableUpload:
    """Begin an upload of `length` bytes; raises BadRequest, FileTooLarge, QuotaReached."""
    if concat is not None:
        raise BadRequest(
            "Files are not put together from partial uploads here. Set parallelUploads to 1 and send the file as one upload.",
            code="concatenation_not_supported",
        )
    if length is None or length < 0:
        raise BadRequest("Upload-Length must give the size of the file in bytes.", code="length_required")
    given = _metadata(metadata)
    return await begin(caller, length, given.get("filename") or given.get("name"), _parse_metadata(given))


async def begin(caller: Caller, length: int, filename: str | None, fields: MetadataIn) -> ResumableUpload:
    """Begin an upload of `length` bytes under this name; raises FileTooLarge, QuotaReached."""
    if length > upload_settings().max_text_bytes:
        raise FileTooLarge
    expires = resources.current().clock.now() + timedelta(hours=upload_settings().tus_expiry_hours)
    name = save.plain_name(filename)
    upload = ResumableUpload(secrets.token_urlsafe(24), length, name, fields.model_dump(), None, expires)
    params = {
        "id": upload.id,
        "client": caller.client_id,
        "user": caller.user_id,
        "size": length,
        "name": name,
        "metadata": Jsonb(upload.metadata),
        "expires": expires,
    }
    async with db.unit_of_work() as session:
        await _check_quota(session, caller.user_id, length)
        await db.execute(session, _CREATE, params)
    upload.path.touch()
    return upload


async def _check_quota(session: AsyncSession, user_id: int, length: int) -> None:
    limits = upload_settings()
    await db.execute(
        session, "select pg_advisory_xact_lock(hashtext('uploads.quota'), %(user)s::int)", {"user": user_id}
    )
    now = resources.current().clock.now()
    open_ = await db.fetch_only(session, _Open, _OPEN, {"user": user_id, "now": now})
    if open_.uploads >= limits.tus_open_uploads:
        raise QuotaReached(
            f"You have {open_.uploads} unfinished resumable uploads, and {limits.tus_open_uploads} is the most. "
            f"Finish or cancel one of them; each is forgotten {limits.tus_expiry_hours} hours after its start."
        )
    if open_.bytes + length > limits.tus_open_bytes:
        raise QuotaReached(
            f"With this file, your unfinished resumable uploads would have {(open_.bytes + length) / MEGABYTE:,.0f} MB, and "
            f"{limits.tus_open_bytes / MEGABYTE:,.0f} MB is the most. Finish or cancel one of them first."
        )


async def find(caller: Caller, arrival_id: str) -> ResumableUpload:
    """The caller's own upload on its way; raises NotFound, Gone when it has expired."""
    async with db.unit_of_work() as session:
        upload = await db.fetch_one(session, ResumableUpload, _FIND, {"id": arrival_id, "user": caller.user_id})
    if upload is None:
        raise NotFound("There is no such upload on its way.")
    if upload.upload_id is None and upload.expires_at < resources.current().clock.now():
        raise Gone("This upload was not finished in time. Start again.", code="upload_expired")
    return upload


@contextmanager
def _alone(upload: ResumableUpload) -> Iterator[int]:
    """The file, open for appending, while nobody else sends to it."""
    descriptor = os.open(upload.path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Locked from error
        yield descriptor
    finally:
        os.close(descriptor)


def _digest(checksum: str | None) -> "tuple[hashlib._Hash, bytes] | None":
    if checksum is None:
        return None
    name, _, value = checksum.partition(" ")
    if name not in ALGORITHMS:
        raise BadRequest(f"We check {', '.join(ALGORITHMS)}.", code="unknown_checksum")
    try:
        return hashlib.new(name, usedforsecurity=False), base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise BadRequest("Upload-Checksum must be base64.", code="bad_checksum") from error


async def append(
    caller: Caller, upload: ResumableUpload, offset: int, checksum: str | None, content: AsyncIterator[bytes]
) -> ResumableUpload:
    """Take the next bytes; the upload as it is then. What arrived before a break is kept, unless it has a checksum.

    Raises Conflict (wrong offset), Locked, ChecksumMismatch, FileTooLarge, and what `receive` raises for the whole file.
    """
    wanted = _digest(checksum)
    with _alone(upload) as descriptor:
        upload = await find(caller, upload.id)  # as it is now that nobody else works on it
        if offset != upload.offset:
            raise Conflict(
                f"We have {upload.offset} bytes.", code="wrong_offset", headers={"Upload-Offset": str(upload.offset)}
            )
        os.lseek(descriptor, offset, os.SEEK_SET)
        complete, at = False, offset
        try:
            async for block in content:
                at += len(block)
                if at > upload.size:
                    raise FileTooLarge("More bytes came than Upload-Length named.", code="too_many_bytes")
                if wanted:
                    wanted[0].update(block)
                while block:  # a disk that is nearly full takes a part
                    block = block[os.write(descriptor, block) :]
            complete = True
        finally:
            if (wanted and not complete) or at > upload.size:
                os.ftruncate(descriptor, offset)
        if wanted and wanted[0].digest() != wanted[1]:
            os.ftruncate(descriptor, offset)
            raise ChecksumMismatch
        return await _finish(caller, upload)


async def state(caller: Caller, arrival_id: str) -> ResumableUpload:
    """How much of an upload is here; one whose last request broke off after the last byte is finished now.

    While another request works on it, it is that one's to finish.
    """
    upload = await find(caller, arrival_id)
    if upload.upload_id is not None or upload.offset < upload.size:
        return upload
    try:
        with _alone(upload):
            return await _finish(caller, await find(caller, arrival_id))
    except Locked:
        return upload


async def _finish(caller: Caller, upload: ResumableUpload) -> ResumableUpload:
    """Turn a complete file into an upload; refused files are forgotten at once. The caller holds its lock.

    Raises what `receive` raises.
    """
    if upload.upload_id is not None:
        upload.path.unlink(missing_ok=True)  # who locked it may have created it again
        return upload
    if upload.offset < upload.size:
        return upload
    metadata = MetadataIn(**upload.metadata)
    try:
        digest = await asyncio.to_thread(receive.hash_of, upload.path)
        stored = await receive.prepare(caller, receive.ReceivedFile(upload.path, upload.filename, digest), metadata)
        async with db.unit_of_work() as session:
            answer = await receive.accept(session, caller, stored, metadata)
            number = int(answer["uploadId"].removeprefix("upload-"))
            await db.execute(
                session,
                "update upload_arrivals set upload_id = %(upload)s where id = %(id)s",
                {"upload": number, "id": upload.id},
            )
    except Problem:
        await _forget(upload)
        raise
    upload.path.unlink(missing_ok=True)
    return replace(upload, upload_id=number)


async def remove(caller: Caller, arrival_id: str) -> None:
    """Forget an upload on its way, bytes and all; raises Locked while another request sends to it."""
    upload = await find(caller, arrival_id)
    if upload.upload_id is not None:  # only how it came is forgotten
        await _forget(upload)
        return
    with _alone(upload):
        await _forget(await find(caller, arrival_id))


async def _forget(upload: ResumableUpload) -> None:
    async with db.unit_of_work() as session:
        await db.execute(session, "delete from upload_arrivals where id = %(id)s", {"id": upload.id})
    upload.path.unlink(missing_ok=True)


async def sweep() -> None:
    """Forget what was not finished in time."""
    now = resources.current().clock.now()
    async with db.unit_of_work() as session:
        forgotten = await db.fetch_all(
            session, str, "delete from upload_arrivals where expires_at < %(now)s returning id", {"now": now}
        )
    for arrival_id in forgotten:
        (_folder() / arrival_id).unlink(missing_ok=True)
