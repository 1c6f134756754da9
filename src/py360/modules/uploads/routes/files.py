"""Files in, their state and errors out."""

from typing import Annotated, Literal

import orjson
from fastapi import File, Form, Query, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import ValidationError

from py360.kit import field_errors, ids, scratch
from py360.kit.errors import Invalid
from py360.kit.http import Answer, AsFile, DbReads, PageParams, Res, Search, Session, download, files, listed, ok
from py360.kit.resources import Resources
from py360.modules.uploads import queries
from py360.modules.uploads.access import CanDownload, CanSeeBatches, CanSeeUploads, CanUpload
from py360.modules.uploads.queries import UploadRow
from py360.modules.uploads.reading.macros import named_without
from py360.modules.uploads.routes.base import MAX_FILE, router
from py360.modules.uploads.schemas import MappingIn, MetadataIn, Status
from py360.modules.uploads.service import answer, cancel, export_errors, make_template, receive, save, undo_import
from py360.modules.uploads.service.preview import preview_file
from py360.modules.uploads.views import (
    AnsweredView,
    BatchView,
    CancelledView,
    IssuesView,
    MappingAnswerView,
    PreviewView,
    ReceivedFilesView,
    ReceivedView,
    StatusView,
    UndoView,
    UploadsView,
)


def _metadata(text: str | None, force: bool) -> MetadataIn:
    try:
        fields = MetadataIn.model_validate(orjson.loads(text)) if text else MetadataIn()
    except orjson.JSONDecodeError as error:
        raise Invalid("metadata must be a JSON object.", code="bad_metadata") from error
    except ValidationError as error:
        details = [
            {"field": "metadata." + ".".join(map(str, item["loc"])), "message": field_errors.words(item)}
            for item in error.errors()
        ]
        raise Invalid("Some fields of metadata are wrong.", code="bad_metadata", details=details) from error
    return fields.model_copy(update={"force": fields.force or force})


@router.post(
    "/upload/file", status_code=201, response_model=Answer[ReceivedView | ReceivedFilesView], max_body_size=MAX_FILE
)
@router.post(
    "/upload", status_code=201, response_model=Answer[ReceivedView | ReceivedFilesView], max_body_size=MAX_FILE
)
async def upload_file(
    session: Session,
    caller: CanUpload,
    file: Annotated[list[UploadFile], File(description="One policy file or several")],
    metadata: Annotated[
        str | None, Form(description="JSON: description, importPolicy, columns, dateOrders, values, dateCells, rows")
    ] = None,
    force: Annotated[bool, Query(description="Import a file although it was imported before")] = False,
) -> Response:
    """Upload policy files and start their import. Each is refused for itself; with one file the refusal is the answer."""
    fields = _metadata(metadata, force)
    with scratch.folder("received") as folder:
        received = [await save.save(part, folder / str(at)) for at, part in enumerate(file)]
        if len(received) == 1:
            return ok(await receive.receive(session, caller, received[0], fields), 201)
        return ok(await receive.receive_all(session, caller, received, fields), 201)


@router.post("/upload/preview", response_model=Answer[PreviewView], max_body_size=MAX_FILE)
async def preview(
    session: Session,
    caller: CanUpload,
    file: Annotated[UploadFile, File(description="A policy file")],
    metadata: Annotated[str | None, Form(description="As in POST /upload/file")] = None,
) -> Response:
    """A dry run: what this file would do, and what is wrong with it. Nothing is stored or changed."""
    fields = _metadata(metadata, force=True)
    with scratch.folder("received") as folder:
        received = await save.save(file, folder / "file")
        return ok(await preview_file(session, caller, received, fields))


@router.get("/upload/status/{upload_id}", response_model=Answer[StatusView])
async def upload_status(res: Res, caller: CanSeeUploads, upload_id: str) -> Response:
    """The state of an upload: counts, speed, time left, mapping and, in `needs_input`, its questions."""
    return ok(await queries.status(res.reads, caller, ids.number("upload", upload_id), res.clock.now()))


@router.get("/upload/history", response_model=Answer[UploadsView])
async def upload_history(
    res: Res,
    caller: CanSeeUploads,
    page: PageParams,
    status: Annotated[Status, Query()] = "all",
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """The uploads within one's reach, newest first; `search` takes a piece of the file name or description."""
    found = queries.history(caller, res.clock.now(), page.sort, None if status == "all" else status, search)
    return await listed(res.reads, found, page, as_file)


@router.get(
    "/upload/template",
    responses=files("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    response_class=Response,
)
async def upload_template(caller: CanSeeUploads) -> Response:
    """The template workbook with our columns and lists to choose from."""
    headers = {"Content-Disposition": f'attachment; filename="{make_template.FILENAME}"'}
    return Response(make_template.workbook(), media_type=make_template.XLSX, headers=headers)


@router.get(
    "/upload/download/{upload_id}", responses=files("application/octet-stream"), response_class=StreamingResponse
)
async def download_upload(
    res: Res,
    caller: CanDownload,
    upload_id: str,
    token: Annotated[str | None, Query(max_length=500, description="Of a `downloadUrl`; instead of the header")] = None,
) -> StreamingResponse:
    """The original file as it was uploaded, without its macros."""
    return await _file(res, await queries.one(res.reads, caller, ids.number("upload", upload_id)))


@router.get("/downloads/{filename}", responses=files("application/octet-stream"), response_class=StreamingResponse)
async def download_by_name(res: Res, caller: CanSeeUploads, filename: str) -> StreamingResponse:
    """The newest file of this name, as rows of older screens link it."""
    return await _file(res, await queries.newest_named(res.reads, caller, filename))


async def _file(res: Resources, upload: UploadRow) -> StreamingResponse:
    content = await res.storage.opened(upload.path)
    name = named_without(upload.original_filename)
    return StreamingResponse(content, media_type="application/octet-stream", headers=save.attachment(name))


@router.get("/upload/{upload_id}/errors", response_model=Answer[IssuesView])
async def upload_errors(
    res: Res,
    caller: CanSeeUploads,
    upload_id: str,
    page: PageParams,
    severity: Annotated[Literal["error", "warning"] | None, Query()] = None,
    code: Annotated[str | None, Query(max_length=50)] = None,
    format: Annotated[Literal["json", "xlsx", "csv"], Query(description="xlsx and csv: the error file")] = "json",
) -> Response:
    """What was wrong with the rows, as JSON or as the error file: the failed rows themselves with the reasons."""
    number = ids.number("upload", upload_id)
    if format == "json":
        return ok(await queries.errors(res.reads, caller, number, page, severity, code))
    upload = await queries.one(res.reads, caller, number)
    return await download(await export_errors.export_errors(res.reads, upload, format))


@router.get("/upload/{upload_id}/mapping", response_model=Answer[MappingAnswerView])
async def upload_mapping(reads: DbReads, caller: CanSeeUploads, upload_id: str) -> Response:
    """Which heading feeds which of our columns, and why."""
    upload = await queries.one(reads, caller, ids.number("upload", upload_id))
    return ok({"mapping": upload.mapping_view, "questions": upload.questions or []})


@router.post("/upload/{upload_id}/mapping", response_model=Answer[AnsweredView])
async def answer_questions(session: Session, caller: CanUpload, upload_id: str, body: MappingIn) -> Response:
    """Answer the questions of an upload in `needs_input`; the import continues, and the layout is remembered."""
    return ok(await answer.answer(session, caller, ids.number("upload", upload_id), body))


@router.post("/upload/{upload_id}/cancel", response_model=Answer[CancelledView])
async def cancel_upload(session: Session, caller: CanUpload, upload_id: str) -> Response:
    """Stop an import. What was imported before stays until it is undone."""
    return ok(await cancel.cancel(session, caller, ids.number("upload", upload_id)))


@router.post("/upload/{upload_id}/undo", response_model=Answer[UndoView])
async def undo_upload(session: Session, caller: CanUpload, upload_id: str) -> Response:
    """Undo a batch where its cases are untouched; what could not be undone is listed."""
    return ok(await undo_import.undo(session, caller, ids.number("upload", upload_id)))


@router.get("/batches/status", response_model=Answer[list[BatchView]])
async def batch_status(
    reads: DbReads, caller: CanSeeBatches, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> Response:
    """The state of the cases of the newest batches: counts by status and payment, amounts in INR."""
    return ok(await queries.batches(reads, caller, limit))
