"""The tracking list, the closed list, the logs."""

from datetime import date
from typing import Annotated, Literal

from fastapi import Query, Response

from py360.kit.caller import Caller
from py360.kit.http import Answer, AsFile, DbReads, PageParams, Res, Search, Session, download, listed, ok
from py360.kit.resources import Resources
from py360.modules.cases.access import CanReadAudit, CanReadClosed, CanReadLogs, CanWorkCases
from py360.modules.cases.queries import audit, export, history, listing
from py360.modules.cases.queries.filters import ListQuery
from py360.modules.cases.routes.answers import AuditLogList, CaseList, CaseLogList, CaseOpened
from py360.modules.cases.routes.base import router
from py360.modules.cases.schemas import CaseIn
from py360.modules.cases.service.open import open_case as open_by_hand


async def _listed(res: Resources, caller: Caller, asked: ListQuery, *, closed: bool = False) -> Response:
    today = res.clock.today()
    if asked.as_file:
        file = await export.cases(res.reads, caller, asked, asked.as_file, today, order=asked.sort, closed=closed)
        return await download(file)
    return ok(await listing.cases(res.reads, caller, asked, asked.part, today, cursor=asked.cursor, closed=closed))


@router.get("/cases", response_model=Answer[CaseList])
async def list_cases(res: Res, caller: CanWorkCases, asked: Annotated[ListQuery, Query()]) -> Response:
    """The tracking list: every case but the renewed ones, newest upload first; as a file with its 24 columns."""
    return await _listed(res, caller, asked)


@router.post("/cases", status_code=201, response_model=Answer[CaseOpened])
async def open_case(session: Session, caller: CanWorkCases, body: CaseIn) -> Response:
    """Open a case by hand for a known policy."""
    code = await open_by_hand(session, caller, body)
    return ok({"caseId": code, "message": f"{code} is open."}, 201, {"Location": f"/api/cases/{code}"})


@router.get("/cases/closed", response_model=Answer[CaseList])
async def list_closed(res: Res, caller: CanReadClosed, asked: Annotated[ListQuery, Query()]) -> Response:
    """The closed list: renewed cases; with `status` also failed, lapsed and cancelled ones, or all. Dates are closing dates.

    A failed case may still be reinstated: it has no closing date, and the date of its last action is used.
    """
    return await _listed(res, caller, asked, closed=True)


@router.get("/logs", response_model=Answer[CaseLogList])
async def logs(
    reads: DbReads,
    caller: CanReadLogs,
    page: PageParams,
    kind: Annotated[Literal["caseId", "policyNumber"], Query(alias="type")] = "caseId",
    value: Annotated[str, Query(max_length=100)] = "",
    case_id: Annotated[str, Query(alias="caseId", max_length=100)] = "",
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """The history of the case with this code, or of a policy's newest case; newest first."""
    wanted: Literal["caseId", "policyNumber"] = "caseId" if case_id else kind
    return await listed(
        reads, await history.logs(reads, caller, wanted, case_id or value, search, page.sort), page, as_file
    )


@router.get("/audit-logs", response_model=Answer[AuditLogList])
async def audit_logs(
    reads: DbReads,
    caller: CanReadAudit,
    page: PageParams,
    user_id: Annotated[int | None, Query(alias="userId")] = None,
    entity_type: Annotated[
        str | None, Query(alias="entityType", max_length=50, description="case, customer, ...")
    ] = None,
    entity_id: Annotated[int | None, Query(alias="entityId")] = None,
    since: Annotated[date | None, Query(alias="from")] = None,
    until: Annotated[date | None, Query(alias="to")] = None,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """Who changed what through the API, when and from where, newest first; `search` takes a piece of the action or address."""
    chosen = audit.AuditFilter(user_id, entity_type, entity_id, since, until, search)
    return await listed(reads, audit.audit_lines(caller, chosen, page.sort), page, as_file)
