"""The knowledge base (domain reference, section 27)."""

from typing import Annotated

from fastapi import File, Form, Query, Response, UploadFile

from py360.kit.errors import TooLarge
from py360.kit.http import Answer, AsFile, DbReads, PageParams, Res, Router, Search, Session, listed, ok
from py360.modules.assistant.access import CanAsk, CanManageAssistant
from py360.modules.assistant.schemas import Source
from py360.modules.assistant.service import calls, knowledge, settings, summary
from py360.modules.assistant.service.search import search
from py360.modules.assistant.views import DocumentList, DocumentSaved, PassageList, RefreshView, SummaryView

MEGABYTES = 20
router = Router(max_body_size=(MEGABYTES + 1) << 20)


@router.get("/ai/knowledge-base", response_model=Answer[DocumentList])
async def list_documents(
    reads: DbReads,
    caller: CanAsk,
    page: PageParams,
    search: Search = None,
    source: Source | None = None,
    as_file: AsFile = None,
) -> Response:
    """The documents that answers may come from, where the office takes answers from their source."""
    return await listed(reads, knowledge.documents(caller, page.sort, search, source), page, as_file)


@router.post("/ai/knowledge-base", status_code=201, response_model=Answer[DocumentSaved])
async def add_document(
    session: Session,
    caller: CanManageAssistant,
    file: Annotated[UploadFile, File()],
    source: Annotated[Source, Form()] = "internal_docs",
) -> Response:
    """Add a PDF, DOCX, MD or TXT of at most 20 MB; it is read within a minute, and then `ready` or `failed` with the problem."""
    content = await file.read((MEGABYTES << 20) + 1)
    if len(content) > MEGABYTES << 20:
        raise TooLarge(f"A document may have at most {MEGABYTES} MB.")
    wanted = (await settings.read(session, caller.client_id)).values.knowledge_base
    number = await knowledge.add(session, caller, file.filename or "", content, source, read=wanted.auto_update)
    follows = "will be read" if wanted.auto_update else "is read with the next refresh"
    return ok({"id": number, "message": f"“{file.filename}” is added and {follows}."}, 201)


@router.get("/ai/knowledge-base/search", response_model=Answer[PassageList])
async def search_documents(
    reads: DbReads, caller: CanAsk, question: Annotated[str, Query(min_length=2, max_length=1_000)]
) -> Response:
    """The passages that fit a question best, with document and page."""
    found = await search(reads, caller, question)
    return ok(
        {
            "passages": [
                {"documentId": each.document_id, "name": each.name, "page": each.page, "text": each.text}
                for each in found
            ]
        }
    )


@router.post("/ai/knowledge-base/refresh", response_model=Answer[RefreshView])
async def refresh_documents(session: Session, caller: CanManageAssistant) -> Response:
    """Read every document again."""
    count = await knowledge.refresh(session, caller)
    return ok({"documents": count, "message": f"{count} documents are read again."})


@router.post("/ai/knowledge-base/{knowledge_id}/summary", response_model=Answer[SummaryView])
async def summarise_document(reads: DbReads, caller: CanAsk, resources: Res, knowledge_id: int) -> Response:
    """A document in at most five points: by the model, or by its most important sentences."""
    await knowledge.require(reads, caller, knowledge_id)
    stored = await settings.read(reads, caller.client_id)
    await calls.require_room(resources.limits, reads, caller, stored)
    return ok(await summary.summarise(reads, caller, stored, knowledge_id))


@router.delete("/ai/knowledge-base/{knowledge_id}", response_model=Answer[DocumentSaved])
async def delete_document(session: Session, caller: CanManageAssistant, knowledge_id: int) -> Response:
    """Delete a document; answers no longer come from it."""
    gone = await knowledge.delete(session, caller, knowledge_id)
    return ok({"id": gone.id, "message": f"“{gone.name}” is deleted."})
