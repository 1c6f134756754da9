"""Resumable uploads: tus 1.0 with creation, termination, checksum and expiration (https://tus.io/protocols/resumable-upload).

The bytes stand in a file of the installation's home, whose length is the offset; no database session is open while they
come in. The last byte turns the file into an upload, under the same rules as a multipart one.
"""

import base64
import binascii
import fcntl
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final

import orjson
from psycopg.types.json import Jsonb
from pydantic import ValidationError

from py360.kit import db, resources
from py360.kit.caller import Caller
from py360.kit.errors import BadRequest, Conflict, Gone, NotFound, PreconditionFailed, Problem
from py360.modules.uploads.errors import FileTooLarge
from py360.modules.uploads.schemas import MetadataIn
from py360.modules.uploads.service import receive, save
from py360.modules.uploads.settings import upload_settings

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,termination,checksum,expiration"
ALGORITHMS: Final = ("sha1", "sha256", "md5")


class Locked(Problem):
    """Another request is sending to this upload right now."""

    status = 423
    default_code = "upload_locked"


class ChecksumMismatch(Problem):
    """The bytes arrived damaged. Send this part again."""

    status = 460
    default_code = "checksum_mismatch"


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


async def create(caller: Caller, length: int | None, metadata: str | None) -> ResumableUpload:
    """Begin an upload of `length` bytes; raises BadRequest, FileTooLarge."""
    if length is None or length < 0:
        raise BadRequest("Upload-Length must say how long the file is.", code="length_required")
    if length > upload_settings().max_text_bytes:
        raise FileTooLarge
    given = _metadata(metadata)
    fields = _parse_metadata(given)
    expires = resources.current().clock.now() + timedelta(hours=upload_settings().tus_expiry_hours)
    name = save.plain_name(given.get("filename") or given.get("name"))
    upload = ResumableUpload(secrets.token_urlsafe(24), length, name, fields.model_dump(), None, expires)
    async with db.unit_of_work() as session:
        await db.execute(
            session,
            "insert into upload_arrivals (id, client_id, user_id, size, filename, metadata, expires_at)"
            " values (%(id)s, %(client)s, %(user)s, %(size)s, %(name)s, %(metadata)s, %(expires)s)",
            {
                "id": upload.id,
                "client": caller.client_id,
                "user": caller.user_id,
                "size": length,
                "name": name,
                "metadata": Jsonb(upload.metadata),
                "expires": expires,
            },
        )
    upload.path.touch()
    return upload


async def find(caller: Caller, arrival_id: str) -> ResumableUpload:
    """The caller's own upload on its way; raises NotFound, Gone when it has expired."""
    async with db.unit_of_work() as session:
        row = await db.one(
            session,
            "select id, size, filename, metadata, upload_id, expires_at from upload_arrivals"
            " where id = %(id)s and user_id = %(user)s",
            {"id": arrival_id, "user": caller.user_id},
        )
    if row is None:
        raise NotFound("There is no such upload on its way.")
    upload = ResumableUpload(**row)
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


def _digest(checksum: str | None) -> tuple[Any, bytes] | None:
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
    """Take the next bytes; the upload as it stands then. What arrived before a break is kept, unless it has a checksum.

    Raises Conflict (wrong offset), Locked, ChecksumMismatch, FileTooLarge, and what `receive` raises for the whole file.
    """
    wanted = _digest(checksum)
    with _alone(upload) as descriptor:
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
        return await finish(caller, upload)


async def finish(caller: Caller, upload: ResumableUpload) -> ResumableUpload:
    """Turn a complete file into an upload; refused files are forgotten at once. Raises what `receive` raises."""
    if upload.upload_id is not None or upload.offset < upload.size:
        return upload
    file = receive.ReceivedFile(upload.path, upload.filename, receive.hash_of(upload.path))
    try:
        async with db.unit_of_work() as session:
            answer = await receive.receive(session, caller, file, MetadataIn(**upload.metadata))
            number = int(answer["uploadId"].removeprefix("upload-"))
            await db.execute(
                session,
                "update upload_arrivals set upload_id = %(upload)s where id = %(id)s",
                {"upload": number, "id": upload.id},
            )
    except Problem:
        await remove(upload)
        raise
    upload.path.unlink(missing_ok=True)
    return ResumableUpload(upload.id, upload.size, upload.filename, upload.metadata, number, upload.expires_at)


async def remove(upload: ResumableUpload) -> None:
    """Forget an upload on its way, bytes and all."""
    async with db.unit_of_work() as session:
        await db.execute(session, "delete from upload_arrivals where id = %(id)s", {"id": upload.id})
    upload.path.unlink(missing_ok=True)


async def sweep() -> None:
    """Forget what was not finished in time."""
    now = resources.current().clock.now()
    async with db.unit_of_work() as session:
        rows = await db.all(
            session, "delete from upload_arrivals where expires_at < %(now)s returning id", {"now": now}
        )
    for row in rows:
        (_folder() / row["id"]).unlink(missing_ok=True)
