"""The tracking list, the closed list, the logs."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from py360.kit.http import DbReads, PageParams, Res, Session, ok
from py360.modules.cases import opening
from py360.modules.cases.access import CanReadClosed, CanReadLogs, CanWorkCases
from py360.modules.cases.queries import details, listing
from py360.modules.cases.queries.filters import Filters
from py360.modules.cases.schemas import CaseIn, given

router = APIRouter()
Text = Annotated[str | None, Query(max_length=300)]


def filters(
    search: Annotated[
        str | None,
        Query(max_length=300, description="Pieces of case id, customer name or policy number; commas mean or"),
    ] = None,
    status: Annotated[
        str | None, Query(max_length=200, description="In any spelling; several with commas; all")
    ] = None,
    when: Annotated[
        str | None, Query(alias="date", max_length=20, description="today, yesterday, lastWeek, lastMonth or a day")
    ] = None,
    date_from: Annotated[date | None, Query(alias="dateFrom")] = None,
    date_to: Annotated[date | None, Query(alias="dateTo")] = None,
    due_from: Annotated[date | None, Query(alias="dueFrom")] = None,
    due_to: Annotated[date | None, Query(alias="dueTo")] = None,
    agent: Annotated[str | None, Query(max_length=200, description="Id, name, me or Unassigned")] = None,
    policy_status: Annotated[str | None, Query(alias="policyStatus", max_length=50)] = None,
    priority: Annotated[
        str | None, Query(max_length=20, description="low, medium, high, urgent; or true (high and urgent), false")
    ] = None,
    batch: Annotated[str | None, Query(alias="batchId", max_length=50)] = None,
    upload: Annotated[str | None, Query(alias="uploadId", max_length=50)] = None,
    channel: Annotated[str | None, Query(max_length=50)] = None,
    payment_status: Annotated[str | None, Query(alias="paymentStatus", max_length=20)] = None,
) -> Filters:
    """The filters of the case lists."""
    return Filters(
        search, status, when, date_from, date_to, due_from, due_to, agent, policy_status, priority, batch, upload, channel,
        payment_status,
    )  # fmt: skip


CaseFilters = Annotated[Filters, Depends(filters)]
Cursor = Annotated[str | None, Query(max_length=300, description="`nextCursor` of the page before")]


@router.get("/cases")
async def list_cases(
    reads: DbReads, res: Res, caller: CanWorkCases, chosen: CaseFilters, page: PageParams, cursor: Cursor = None
) -> Response:
    """The tracking list: every case but the renewed ones, newest upload first."""
    return ok(await listing.cases(reads, caller, chosen, page, res.clock.today(), cursor=cursor))


@router.post("/cases", status_code=201)
async def open_case(session: Session, caller: CanWorkCases, body: CaseIn) -> Response:
    """Open a case by hand for a policy in the books."""
    code = await opening.open_one(session, caller, given(body))
    return ok({"caseId": code, "message": f"{code} is open."}, 201, {"Location": f"/api/cases/{code}"})


@router.get("/cases/closed")
async def list_closed(
    reads: DbReads, res: Res, caller: CanReadClosed, chosen: CaseFilters, page: PageParams, cursor: Cursor = None
) -> Response:
    """The closed list: renewed cases; with `status` also lapsed and cancelled ones, or all. Dates are of the closing."""
    return ok(await listing.cases(reads, caller, chosen, page, res.clock.today(), cursor=cursor, closed=True))


@router.get("/logs")
async def logs(
    reads: DbReads,
    caller: CanReadLogs,
    page: PageParams,
    kind: Annotated[Literal["caseId", "policyNumber"], Query(alias="type")] = "caseId",
    value: Annotated[str, Query(max_length=100)] = "",
    case_id: Annotated[str, Query(alias="caseId", max_length=100)] = "",
) -> Response:
    """The history of the case with this code, or of a policy's newest case; newest first."""
    return ok(await details.logs(reads, caller, "caseId" if case_id else kind, case_id or value, page))
