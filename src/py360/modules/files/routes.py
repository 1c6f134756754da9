"""The HTTP face of files (domain reference, section B, Upload and files)."""

from typing import Annotated, Final

from fastapi import File, Form, Query, Response, UploadFile
from fastapi.responses import StreamingResponse

from py360.kit.errors import Conflict
from py360.kit.http import (
    Answer,
    AsFile,
    DbReads,
    Message,
    PageParams,
    Res,
    Router,
    Search,
    Session,
    SignedIn,
    attached,
    files,
    listed,
    ok,
)
from py360.modules.files import entities, queries, service
from py360.modules.files.views import FileAddedView, FileList, FileView

MAX_BODY: Final = 66 << 20  # bytes: the most that the setting allows, with the multipart envelope
router = Router()
EntityType = Annotated[str, Query(alias="entityType", max_length=50, description="case, customer, policy, ...")]
EntityId = Annotated[str, Query(alias="entityId", max_length=100, description="The record's code or number")]


@router.get("/files", response_model=Answer[FileList])
async def list_files(
    reads: DbReads,
    caller: SignedIn,
    page: PageParams,
    entity_type: EntityType,
    entity_id: EntityId,
    document_type: Annotated[str | None, Query(alias="documentType", max_length=60)] = None,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """The documents of a record, newest first; `search` takes a piece of the name. Needs the permission of the record's page."""
    entity = await entities.find(reads, caller, entity_type, entity_id)
    found = queries.files_of(entity_type, entity.id, search=search, document_type=document_type, sort=page.sort)
    return await listed(reads, found, page, as_file)


@router.post("/files", status_code=201, response_model=Answer[FileAddedView], max_body_size=MAX_BODY)
async def add_file(
    session: Session,
    reads: DbReads,
    caller: SignedIn,
    file: Annotated[UploadFile, File(description="The document, at most 15 MB unless the installation says otherwise")],
    entity_type: Annotated[str, Form(alias="entityType", max_length=50, description="case, customer, policy, ...")],
    entity_id: Annotated[str, Form(alias="entityId", max_length=100, description="The record's code or number")],
    document_type: Annotated[
        str | None,
        Form(alias="documentType", max_length=60, pattern=r"^[\w -]*$", description="What it is to the record"),
    ] = None,
) -> Response:
    """Add a document to a record. The type is found by the content; it is `pending` until it was scanned."""
    entity = await entities.find(reads, caller, entity_type, entity_id, change=True)
    document = await service.receive(file)
    file_id = await service.store(
        session, entity_type, entity, document, document_type=document_type or None, user_id=caller.user_id
    )
    stored = await queries.stored(session, file_id)
    added = {**stored.to_public(), "message": f"{stored.file_name} was added to {entity.code}."}
    return ok(added, 201, {"Location": f"/api/files/file-{file_id}"})


@router.get("/files/{file_id}", response_model=Answer[FileView])
async def read_file(reads: DbReads, caller: SignedIn, file_id: str) -> Response:
    """What is known of a document. Needs the permission and the reach of its record."""
    return ok((await queries.file(reads, caller, file_id)).to_public())


@router.delete("/files/{file_id}", response_model=Answer[Message])
async def delete_file(session: Session, reads: DbReads, caller: SignedIn, file_id: str) -> Response:
    """Delete a document; the history of its record says so."""
    found = await queries.file(reads, caller, file_id, change=True)
    await service.remove(session, found, caller.user_id)
    return ok({"message": f"{found.file_name} was deleted."})


@router.get("/files/{file_id}/download", responses=files("*/*"), response_class=StreamingResponse)
async def download_file(
    res: Res,
    caller: SignedIn,
    file_id: str,
    unscanned: Annotated[bool, Query(description="Download it although it was not scanned for viruses yet")] = False,
) -> StreamingResponse:
    """The document itself. One that was not scanned yet is sent only with `unscanned=true`, an infected one never."""
    found = await queries.file(res.reads, caller, file_id)
    if found.virus_scan_status == "infected":
        raise Conflict(f"{found.file_name} has a virus and cannot be downloaded.", code="file_infected")
    if found.virus_scan_status != "clean" and not unscanned:
        raise Conflict(
            f"{found.file_name} was not scanned for viruses yet. Add unscanned=true to download it anyway.",
            code="file_not_scanned",
        )
    return StreamingResponse(
        await res.storage.opened(found.file_path), media_type=found.mime_type, headers=attached(found.file_name)
    )


@router.get("/files/{file_id}/thumbnail", responses=files("image/png"), response_class=Response)
async def file_thumbnail(reads: DbReads, caller: SignedIn, file_id: str) -> Response:
    """A small PNG of a picture, drawn anew from its pixels: nothing else of the file is in it. 404 for other documents."""
    found = await queries.file(reads, caller, file_id)
    picture = await service.thumbnail(found)
    headers = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}
    return Response(picture, media_type="image/png", headers=headers)
