"""The HTTP face of the desks: `/policy-servicing`, `/new-business` and `/medical-management` work alike (domain reference, 31).

Documents of a request are under `/files`, with `entityType` servicing, new_business or medical.
"""

from typing import Annotated

from fastapi import Query, Response

from py360.kit.caller import Caller
from py360.kit.http import (
    Answer,
    AsFile,
    DbReads,
    IfMatch,
    Message,
    PageParams,
    Router,
    Search,
    Session,
    etag,
    listed,
    ok,
)
from py360.kit.reads import Reads
from py360.modules.servicing import queries, service
from py360.modules.servicing.access import CanAssess, CanService, CanWorkNewBusiness
from py360.modules.servicing.desks import MEDICAL, NEW_BUSINESS, SERVICING, Desk
from py360.modules.servicing.queries import Filters
from py360.modules.servicing.schemas import NoteIn, RequestChange, RequestIn, StatusIn
from py360.modules.servicing.views import (
    ApplicationList,
    AssessmentList,
    RequestDetailView,
    RequestHistory,
    RequestList,
    RequestSaved,
)

router = Router()
Chosen = Annotated[Filters, Query()]


def _saved(request: service.Request, words: str, status: int = 200) -> Response:
    number = request.request_number
    data = {"id": number, "status": request.status, "version": request.version, "message": f"{number} {words}."}
    return ok(data, status, etag(request.version))


async def _detail(reads: Reads, desk: Desk, caller: Caller, request_id: str) -> Response:
    found = await queries.request(reads, desk, caller, request_id)
    return ok(await queries.detail(reads, desk, found), headers=etag(found.version))


async def _opened(session: Session, reads: Reads, desk: Desk, caller: Caller, body: RequestIn) -> Response:
    return _saved(await service.open_request(session, reads, desk, caller, body), "was opened", 201)


async def _changed(
    session: Session,
    reads: Reads,
    desk: Desk,
    caller: Caller,
    request_id: str,
    body: RequestChange,
    version: int | None,
) -> Response:
    shown = (await queries.request(reads, desk, caller, request_id)).to_public(desk)
    found = await service.lock(session, desk, caller, request_id, version)
    await service.change(session, desk, caller, found, body)
    body.as_shown(shown)
    return _saved(found, "was saved")


async def _moved(
    session: Session, reads: Reads, desk: Desk, caller: Caller, request_id: str, body: StatusIn, version: int | None
) -> Response:
    found = await service.lock(session, desk, caller, request_id, version)
    await service.move(session, reads, desk, caller, found, body)
    return _saved(found, f"is {desk.labels[found.status]}")


async def _noted(session: Session, desk: Desk, caller: Caller, request_id: str, body: NoteIn) -> Response:
    await service.note(session, caller, await service.lock(session, desk, caller, request_id), body.text)
    return ok({"message": "The note was added."}, 201)


async def _history(
    reads: Reads, desk: Desk, caller: Caller, request_id: str, page: PageParams, search: Search, as_file: AsFile
) -> Response:
    found = await queries.request(reads, desk, caller, request_id)
    return await listed(reads, queries.history(found.id, search, page.sort), page, as_file)


# ---------------------------------------------------------------- policy-servicing


@router.get("/policy-servicing", response_model=Answer[RequestList])
async def list_requests(
    reads: DbReads, caller: CanService, page: PageParams, chosen: Chosen, as_file: AsFile = None
) -> Response:
    """The endorsement requests within reach, newest first."""
    return await listed(reads, queries.requests(SERVICING, caller, chosen, page.sort), page, as_file)


@router.post("/policy-servicing", status_code=201, response_model=Answer[RequestSaved])
async def open_request(session: Session, reads: DbReads, caller: CanService, body: RequestIn) -> Response:
    """Open an endorsement request. It needs a policy."""
    return await _opened(session, reads, SERVICING, caller, body)


@router.get("/policy-servicing/{request_id}", response_model=Answer[RequestDetailView])
async def read_request(reads: DbReads, caller: CanService, request_id: str) -> Response:
    """An endorsement request with the statuses it may go to. The ETag is what a change asks for."""
    return await _detail(reads, SERVICING, caller, request_id)


@router.put("/policy-servicing/{request_id}", response_model=Answer[RequestSaved])
async def change_request(
    session: Session, reads: DbReads, caller: CanService, request_id: str, body: RequestChange, if_match: IfMatch
) -> Response:
    """Change the given fields of an endorsement request that has not ended."""
    return await _changed(session, reads, SERVICING, caller, request_id, body, if_match)


@router.put("/policy-servicing/{request_id}/status", response_model=Answer[RequestSaved])
async def move_request(
    session: Session, reads: DbReads, caller: CanService, request_id: str, body: StatusIn, if_match: IfMatch
) -> Response:
    """Move the endorsement request to another status; where it may not go, the answer names where it may."""
    return await _moved(session, reads, SERVICING, caller, request_id, body, if_match)


@router.post("/policy-servicing/{request_id}/notes", status_code=201, response_model=Answer[Message])
async def note_request(session: Session, caller: CanService, request_id: str, body: NoteIn) -> Response:
    """Add a note to the history of the endorsement request."""
    return await _noted(session, SERVICING, caller, request_id, body)


@router.get("/policy-servicing/{request_id}/history", response_model=Answer[RequestHistory])
async def request_history(
    reads: DbReads, caller: CanService, request_id: str, page: PageParams, search: Search = None, as_file: AsFile = None
) -> Response:
    """What happened to the endorsement request, newest first."""
    return await _history(reads, SERVICING, caller, request_id, page, search, as_file)


# ---------------------------------------------------------------- new-business


@router.get("/new-business", response_model=Answer[ApplicationList])
async def list_applications(
    reads: DbReads, caller: CanWorkNewBusiness, page: PageParams, chosen: Chosen, as_file: AsFile = None
) -> Response:
    """The applications for new policies within reach, newest first."""
    return await listed(reads, queries.requests(NEW_BUSINESS, caller, chosen, page.sort), page, as_file)


@router.post("/new-business", status_code=201, response_model=Answer[RequestSaved])
async def open_application(session: Session, reads: DbReads, caller: CanWorkNewBusiness, body: RequestIn) -> Response:
    """Open an application for a new policy. It needs a customer."""
    return await _opened(session, reads, NEW_BUSINESS, caller, body)


@router.get("/new-business/{application_id}", response_model=Answer[RequestDetailView])
async def read_application(reads: DbReads, caller: CanWorkNewBusiness, application_id: str) -> Response:
    """An application for a new policy with the statuses it may go to. The ETag is what a change asks for."""
    return await _detail(reads, NEW_BUSINESS, caller, application_id)


@router.put("/new-business/{application_id}", response_model=Answer[RequestSaved])
async def change_application(
    session: Session,
    reads: DbReads,
    caller: CanWorkNewBusiness,
    application_id: str,
    body: RequestChange,
    if_match: IfMatch,
) -> Response:
    """Change the given fields of an application for a new policy that has not ended."""
    return await _changed(session, reads, NEW_BUSINESS, caller, application_id, body, if_match)


@router.put("/new-business/{application_id}/status", response_model=Answer[RequestSaved])
async def move_application(
    session: Session, reads: DbReads, caller: CanWorkNewBusiness, application_id: str, body: StatusIn, if_match: IfMatch
) -> Response:
    """Move the application to another status; where it may not go, the answer names where it may."""
    return await _moved(session, reads, NEW_BUSINESS, caller, application_id, body, if_match)


@router.post("/new-business/{application_id}/notes", status_code=201, response_model=Answer[Message])
async def note_application(session: Session, caller: CanWorkNewBusiness, application_id: str, body: NoteIn) -> Response:
    """Add a note to the history of the application."""
    return await _noted(session, NEW_BUSINESS, caller, application_id, body)


@router.get("/new-business/{application_id}/history", response_model=Answer[RequestHistory])
async def application_history(
    reads: DbReads,
    caller: CanWorkNewBusiness,
    application_id: str,
    page: PageParams,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """What happened to the application, newest first."""
    return await _history(reads, NEW_BUSINESS, caller, application_id, page, search, as_file)


# ---------------------------------------------------------------- medical-management


@router.get("/medical-management", response_model=Answer[AssessmentList])
async def list_assessments(
    reads: DbReads, caller: CanAssess, page: PageParams, chosen: Chosen, as_file: AsFile = None
) -> Response:
    """The underwriting assessments within reach, newest first."""
    return await listed(reads, queries.requests(MEDICAL, caller, chosen, page.sort), page, as_file)


@router.post("/medical-management", status_code=201, response_model=Answer[RequestSaved])
async def open_assessment(session: Session, reads: DbReads, caller: CanAssess, body: RequestIn) -> Response:
    """Open an underwriting assessment. It needs a customer, or a policy that names one."""
    return await _opened(session, reads, MEDICAL, caller, body)


@router.get("/medical-management/{assessment_id}", response_model=Answer[RequestDetailView])
async def read_assessment(reads: DbReads, caller: CanAssess, assessment_id: str) -> Response:
    """An underwriting assessment with the statuses it may go to. The ETag is what a change asks for."""
    return await _detail(reads, MEDICAL, caller, assessment_id)


@router.put("/medical-management/{assessment_id}", response_model=Answer[RequestSaved])
async def change_assessment(
    session: Session, reads: DbReads, caller: CanAssess, assessment_id: str, body: RequestChange, if_match: IfMatch
) -> Response:
    """Change the given fields of an underwriting assessment that has not ended."""
    return await _changed(session, reads, MEDICAL, caller, assessment_id, body, if_match)


@router.put("/medical-management/{assessment_id}/status", response_model=Answer[RequestSaved])
async def move_assessment(
    session: Session, reads: DbReads, caller: CanAssess, assessment_id: str, body: StatusIn, if_match: IfMatch
) -> Response:
    """Move the assessment to another status; where it may not go, the answer names where it may."""
    return await _moved(session, reads, MEDICAL, caller, assessment_id, body, if_match)


@router.post("/medical-management/{assessment_id}/notes", status_code=201, response_model=Answer[Message])
async def note_assessment(session: Session, caller: CanAssess, assessment_id: str, body: NoteIn) -> Response:
    """Add a note to the history of the assessment."""
    return await _noted(session, MEDICAL, caller, assessment_id, body)


@router.get("/medical-management/{assessment_id}/history", response_model=Answer[RequestHistory])
async def assessment_history(
    reads: DbReads,
    caller: CanAssess,
    assessment_id: str,
    page: PageParams,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """What happened to the assessment, newest first."""
    return await _history(reads, MEDICAL, caller, assessment_id, page, search, as_file)
