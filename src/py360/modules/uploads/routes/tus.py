"""Resumable uploads over tus 1.0; any tus client works (https://tus.io/protocols/resumable-upload)."""

from typing import Annotated

from fastapi import Header, Request, Response

from py360.kit import ids
from py360.kit.errors import UnsupportedType
from py360.kit.http import Answer, Public, ok
from py360.modules.uploads.access import CanUpload
from py360.modules.uploads.routes.base import MAX_FILE, router
from py360.modules.uploads.service import resume
from py360.modules.uploads.settings import upload_settings
from py360.modules.uploads.views import ResumableView

Resumable = Annotated[str | None, Header(alias="Tus-Resumable", description="1.0.0")]
_OURS = {"Tus-Resumable": resume.VERSION}


@router.options("/upload/tus", dependencies=[Public], response_class=Response)
async def tus_abilities() -> Response:
    """What our tus server can do."""
    return Response(
        status_code=204,
        headers={
            **_OURS,
            "Tus-Version": resume.VERSION,
            "Tus-Extension": resume.EXTENSIONS,
            "Tus-Checksum-Algorithm": ",".join(resume.ALGORITHMS),
            "Tus-Max-Size": str(upload_settings().max_text_bytes),
        },
    )


@router.post("/upload/tus", status_code=201, response_class=Response)
async def tus_create(
    caller: CanUpload,
    resumable: Resumable = None,
    length: Annotated[int | None, Header(alias="Upload-Length")] = None,
    metadata: Annotated[
        str | None, Header(alias="Upload-Metadata", description="filename, metadata (JSON), force")
    ] = None,
    concat: Annotated[str | None, Header(alias="Upload-Concat", description="Not supported; refused by name")] = None,
) -> Response:
    """Begin a resumable upload. A user has at most 10 unfinished ones, of 2 GB together (settings of the installation)."""
    resume.check_version(resumable)
    upload = await resume.create(caller, length, metadata, concat)
    headers = {**_OURS, **upload.headers(), "Location": f"/api/upload/tus/{upload.id}"}
    return Response(status_code=201, headers=headers)


@router.head("/upload/tus/{arrival_id}", response_class=Response)
async def tus_offset(caller: CanUpload, arrival_id: str, resumable: Resumable = None) -> Response:
    """How much of it is here."""
    resume.check_version(resumable)
    upload = await resume.state(caller, arrival_id)
    headers = {**_OURS, **upload.headers(), "Upload-Length": str(upload.size), "Cache-Control": "no-store"}
    return Response(status_code=200, headers=headers)


@router.get("/upload/tus/{arrival_id}", response_model=Answer[ResumableView])
async def tus_upload(caller: CanUpload, arrival_id: str) -> Response:
    """The upload that a finished resumable upload has become: its `uploadId`, null before."""
    upload = await resume.find(caller, arrival_id)
    code = ids.code("upload", upload.upload_id) if upload.upload_id is not None else None
    return ok({"uploadId": code, "offset": upload.offset, "length": upload.size, "expiresAt": upload.expires_at})


@router.patch("/upload/tus/{arrival_id}", max_body_size=MAX_FILE, response_class=Response)
async def tus_append(
    request: Request,
    caller: CanUpload,
    arrival_id: str,
    offset: Annotated[int, Header(alias="Upload-Offset", ge=0)],
    resumable: Resumable = None,
    checksum: Annotated[str | None, Header(alias="Upload-Checksum", description="sha1 and the base64 digest")] = None,
) -> Response:
    """Send the next bytes. The last ones start the import; its code is in `X-Upload-Id`."""
    resume.check_version(resumable)
    if request.headers.get("content-type") != "application/offset+octet-stream":
        raise UnsupportedType("Send application/offset+octet-stream.")
    upload = await resume.find(caller, arrival_id)
    upload = await resume.append(caller, upload, offset, checksum, request.stream())
    headers = {**_OURS, **upload.headers()}
    if upload.upload_id is not None:
        headers["X-Upload-Id"] = ids.code("upload", upload.upload_id)
    return Response(status_code=204, headers=headers)


@router.delete("/upload/tus/{arrival_id}", response_class=Response)
async def tus_remove(caller: CanUpload, arrival_id: str, resumable: Resumable = None) -> Response:
    """Give a resumable upload up."""
    resume.check_version(resumable)
    await resume.remove(caller, arrival_id)
    return Response(status_code=204, headers=_OURS)
