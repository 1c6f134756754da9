"""Working a claim: its status, its handler, its reserve, its documents."""

from typing import Annotated

from fastapi import Path, Response

from py360.kit.http import Answer, DbReads, IfMatch, Session, etag, ok
from py360.modules.claims.access import CanApproveClaims, CanWorkClaims
from py360.modules.claims.queries import detail
from py360.modules.claims.routes.base import router
from py360.modules.claims.schemas import AssignIn, DecisionIn, DocumentChange, DocumentIn, EventIn, ReserveIn, StatusIn
from py360.modules.claims.service import assign, decide, documents, edit
from py360.modules.claims.service.lock import Claim, lock
from py360.modules.claims.views import ClaimSaved, DocumentSaved, DocumentsView

DocumentId = Annotated[int, Path(ge=1, lt=2**63)]


def _saved(claim: Claim, message: str, status: int = 200) -> Response:
    answer = {"id": claim.id, "claimNumber": claim.claim_number, "status": claim.status, "version": claim.version}
    return ok({**answer, "message": message}, status, headers=etag(claim.version))


@router.put("/claims/{claim}/status", response_model=Answer[ClaimSaved])
async def change_status(
    session: Session, caller: CanWorkClaims, claim: str, body: StatusIn, if_match: IfMatch
) -> Response:
    """One step of the workflow. A decision above the caller's limit waits for a second person; the status says so."""
    found = await lock(session, caller, claim, if_match)
    return _saved(found, await decide.change_status(session, caller, found, body))


@router.put("/claims/{claim}/approval", response_model=Answer[ClaimSaved])
async def answer_decision(session: Session, caller: CanApproveClaims, claim: str, body: DecisionIn) -> Response:
    """Grant or refuse a decision that waits for a second person; never one's own."""
    found = await lock(session, caller, claim)
    return _saved(found, await decide.answer(session, caller, found, body))


@router.put("/claims/{claim}/assign", response_model=Answer[ClaimSaved])
async def assign_claim(session: Session, caller: CanWorkClaims, claim: str, body: AssignIn) -> Response:
    """Give the claim to a handler, or take it from its handler."""
    found = await lock(session, caller, claim)
    await assign.assign(session, caller, found, body.assigned_to)
    return _saved(found, f"{found.claim_number} " + ("has a handler." if body.assigned_to else "has no handler."))


@router.put("/claims/{claim}/reserve", response_model=Answer[ClaimSaved])
async def set_reserve(
    session: Session, caller: CanWorkClaims, claim: str, body: ReserveIn, if_match: IfMatch
) -> Response:
    """Set aside another amount for an open claim."""
    found = await lock(session, caller, claim, if_match)
    await decide.set_reserve(session, caller, found, body.amount, body.reason)
    return _saved(found, f"The reserve of {found.claim_number} was changed.")


@router.post("/claims/{claim}/timeline", status_code=201, response_model=Answer[ClaimSaved])
async def note_event(session: Session, caller: CanWorkClaims, claim: str, body: EventIn) -> Response:
    """Note a step of the assessment; those of a cashless stay start and stop its clocks."""
    found = await lock(session, caller, claim)
    await edit.note_event(session, caller, found, body)
    return _saved(found, "The step was noted.", 201)


@router.get("/claims/{claim}/documents", response_model=Answer[DocumentsView])
async def claim_documents(reads: DbReads, caller: CanWorkClaims, claim: str) -> Response:
    """The checklist of a claim, and what came in beside it."""
    return ok(await detail.documents(reads, await detail.find(reads, caller, claim)))


@router.post("/claims/{claim}/documents", status_code=201, response_model=Answer[DocumentSaved])
async def add_document(session: Session, caller: CanWorkClaims, claim: str, body: DocumentIn) -> Response:
    """Note a document that came in, or ask for one that the checklist lacks (status `missing`)."""
    found = await lock(session, caller, claim)
    number = await documents.add(session, caller, found, body)
    message = "The document was noted." if body.status == "received" else "The document is asked for."
    return ok({"documentId": number, "claimNumber": found.claim_number, "message": message}, 201)


@router.put("/claims/{claim}/documents/{document_id}", response_model=Answer[DocumentSaved])
async def change_document(
    session: Session, caller: CanWorkClaims, claim: str, document_id: DocumentId, body: DocumentChange
) -> Response:
    """What the handler found: verified, rejected with a note, waived."""
    found = await lock(session, caller, claim)
    await documents.change(session, caller, found, document_id, body)
    answer = {"documentId": document_id, "claimNumber": found.claim_number}
    return ok({**answer, "message": f"The document is {body.status}."})
