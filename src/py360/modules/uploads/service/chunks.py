"""Uploads in chunks, on top of resumable uploads (`resume`): a chunk is the bytes from its own offset on."""

from collections.abc import AsyncIterator
from typing import Final

from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid
from py360.modules.uploads.schemas import ChunkedIn
from py360.modules.uploads.service import resume
from py360.modules.uploads.settings import MEGABYTE
from py360.modules.uploads.views import ChunkedView, ChunkTakenView

CHUNK: Final = 8 * MEGABYTE


async def open_upload(caller: Caller, body: ChunkedIn) -> ChunkedView:
    """Begin an upload; raises FileTooLarge and QuotaReached."""
    upload = await resume.begin(caller, body.size, body.filename, body.metadata)
    return {"id": upload.id, "chunkSize": CHUNK, "chunks": _count(upload), "expiresAt": upload.expires_at}


async def send_chunk(caller: Caller, arrival_id: str, number: int, content: AsyncIterator[bytes]) -> ChunkTakenView:
    """Take a chunk; one that is here already changes nothing. What arrived of it before a break is kept.

    Raises NotFound, Gone, Conflict (`wrong_chunk`: not the next one), Invalid (beyond the last), and what the whole file is
    refused for after its last chunk.
    """
    upload = await resume.find(caller, arrival_id)
    if number > _count(upload):
        raise Invalid(
            f"This upload has {_count(upload)} chunks.",
            code="no_such_chunk",
            details=[{"field": "number", "message": f"from 1 to {_count(upload)}"}],
        )
    if upload.upload_id is None and upload.offset < min(number * CHUNK, upload.size):
        if upload.offset // CHUNK + 1 != number:
            raise _missing(upload)
        upload = await resume.append(caller, upload, upload.offset, None, _rest(content, upload.offset % CHUNK))
    return {"number": number, "received": upload.offset, "size": upload.size, "next": _next(upload)}


async def complete(caller: Caller, arrival_id: str) -> int:
    """The key of the upload that the chunks have become. Raises NotFound, Gone, Conflict (`wrong_chunk`: some are missing)."""
    upload = await resume.state(caller, arrival_id)
    if upload.upload_id is None:
        raise _missing(upload)
    return upload.upload_id


async def _rest(content: AsyncIterator[bytes], here: int) -> AsyncIterator[bytes]:
    """A chunk without the bytes that arrived before its last request broke off, and no longer than a chunk."""
    at = 0
    async for block in content:
        begin, at = at, at + len(block)
        if at > CHUNK:
            raise Invalid(f"A chunk has at most {CHUNK} bytes.", code="chunk_too_large")
        if at > here:
            yield block[max(here - begin, 0) :]


def _count(upload: resume.ResumableUpload) -> int:
    return max(-(-upload.size // CHUNK), 1)


def _next(upload: resume.ResumableUpload) -> int | None:
    return None if upload.offset >= upload.size else upload.offset // CHUNK + 1


def _missing(upload: resume.ResumableUpload) -> Conflict:
    following = _next(upload) or _count(upload)
    return Conflict(
        f"Chunk {following} of {_count(upload)} comes next.",
        code="wrong_chunk",
        details=[{"field": "number", "message": f"send chunk {following}"}],
    )
