"""Uploads in chunks for clients that do not speak tus: opened, sent chunk by chunk, completed. Underneath it is the same."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Path, Request, Response

from py360.kit import ids
from py360.kit.http import Answer, ok
from py360.modules.uploads.access import CanUpload
from py360.modules.uploads.routes.base import MAX_FILE, router
from py360.modules.uploads.schemas import ChunkedIn
from py360.modules.uploads.service import chunks
from py360.modules.uploads.views import ChunkedView, ChunkTakenView, ChunkUploadView

Number = Annotated[int, Path(ge=1, le=1_000_000, description="From 1")]


@router.post("/upload/chunks", status_code=201, response_model=Answer[ChunkedView])
async def open_chunked(caller: CanUpload, body: ChunkedIn) -> Response:
    """Open an upload that is sent in chunks of `chunkSize` bytes, in their order; the last one may be smaller."""
    return ok(await chunks.open_upload(caller, body), 201)


@router.put("/upload/chunks/{arrival_id}/{number}", max_body_size=MAX_FILE, response_model=Answer[ChunkTakenView])
async def send_chunk(request: Request, caller: CanUpload, arrival_id: str, number: Number) -> Response:
    """Send a chunk as the request's body. One that is here already is passed over; another than the next is refused by name."""
    content: AsyncIterator[bytes] = request.stream()
    return ok(await chunks.send_chunk(caller, arrival_id, number, content))


@router.post("/upload/chunks/{arrival_id}/complete", status_code=201, response_model=Answer[ChunkUploadView])
async def complete_chunked(caller: CanUpload, arrival_id: str) -> Response:
    """The upload that the chunks have become; its import has begun. Refused with the next chunk while some are missing."""
    upload = await chunks.complete(caller, arrival_id)
    return ok({"uploadId": ids.code("upload", upload), "status": "processing", "message": "The import has begun."}, 201)
