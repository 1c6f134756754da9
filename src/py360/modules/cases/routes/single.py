"""One case."""

from typing import Annotated

from fastapi import Depends, Response

from py360.kit.http import Answer, AsFile, DbReads, IfMatch, PageParams, Res, Search, Session, etag, listed, ok
from py360.modules.cases.access import CanReadCase, CanWorkCases
from py360.modules.cases.queries import detail, history
from py360.modules.cases.queries.filters import case_number
from py360.modules.cases.routes.answers import (
    CaseAssigned,
    CaseCommentAdded,
    CaseCommentList,
    CaseEscalated,
    CaseHistoryList,
    CasePrioritySet,
    CaseSaved,
)
from py360.modules.cases.routes.base import router
from py360.modules.cases.schemas import AssignIn, CommentIn, Edit, EscalateIn, PriorityIn, QuickEdit
from py360.modules.cases.service import assign, edit, work
from py360.modules.cases.views import CaseDetailView


async def _number(case: str) -> int:
    return case_number(case)


CaseId = Annotated[int, Depends(_number)]


@router.get("/cases/{case}", response_model=Answer[CaseDetailView])
async def read_case(reads: DbReads, res: Res, caller: CanReadCase, case_id: CaseId) -> Response:
    """The whole case. Its ETag is the version that edits ask for."""
    case = await detail.detail(reads, caller, case_id, res.clock.today())
    return ok(case, headers=etag(case["version"]))


@router.put("/cases/{case}", response_model=Answer[CaseSaved])
async def edit_case(
    session: Session, reads: DbReads, res: Res, caller: CanWorkCases, case_id: CaseId, body: Edit, if_match: IfMatch
) -> Response:
    """The edit dialog: customer, contacts, policy type, premium, expiry, agent. If-Match (or `version`) stops one user from overwriting another."""
    before = await detail.detail(reads, caller, case_id, res.clock.today())
    version = await edit.edit(session, caller, case_id, body, if_match)
    body.as_shown(before)
    if body.is_priority is not None and body.is_priority != before["isPriority"]:
        await work.set_priority(session, caller, case_id, body.is_priority)
    version = await work.add_comments(session, caller, case_id, body.history)
    code = f"CASE-{case_id}"
    return ok({"caseId": code, "version": version, "message": f"{code} is saved."}, headers=etag(version))


@router.patch("/cases/{case}/quick-edit", response_model=Answer[CaseSaved])
async def quick_edit(
    session: Session, caller: CanWorkCases, case_id: CaseId, body: QuickEdit, if_match: IfMatch
) -> Response:
    """Status, sub-status, follow-up date, work step, plan, and an optional comment."""
    version = await work.quick_edit(session, caller, case_id, body, if_match)
    code = f"CASE-{case_id}"
    return ok({"caseId": code, "version": version, "message": f"{code} is saved."}, headers=etag(version))


@router.put("/cases/{case}/priority", response_model=Answer[CasePrioritySet])
async def set_priority(session: Session, caller: CanWorkCases, case_id: CaseId, body: PriorityIn) -> Response:
    """Make the case a priority, or normal again."""
    await work.set_priority(session, caller, case_id, body.is_priority)
    words = "is a priority now" if body.is_priority else "has normal priority now"
    code = f"CASE-{case_id}"
    return ok({"caseId": code, "isPriority": body.is_priority, "message": f"{code} {words}."})


@router.put("/cases/{case}/assign", response_model=Answer[CaseAssigned])
async def assign_case(
    session: Session, caller: CanWorkCases, case_id: CaseId, body: AssignIn, if_match: IfMatch
) -> Response:
    """Assign the case to an agent, or unassign it."""
    agent = await assign.assign(session, caller, case_id, body.agent_id, if_match)
    words = f"CASE-{case_id} is assigned to {agent.name}." if agent else f"CASE-{case_id} is unassigned now."
    return ok({"caseId": f"CASE-{case_id}", "agentId": agent.id if agent else None, "message": words})


@router.post("/cases/{case}/escalate", response_model=Answer[CaseEscalated])
async def escalate(session: Session, caller: CanWorkCases, case_id: CaseId, body: EscalateIn) -> Response:
    """Escalate the case to a superior, who is notified."""
    done = await assign.escalate(session, caller, case_id, body.escalated_to, body.reason)
    answer = {"caseId": done.case_number, "escalatedTo": done.to, "escalatedAt": done.at}
    return ok({**answer, "message": f"{done.case_number} is escalated to {done.to}."})


@router.get("/cases/{case}/comments", response_model=Answer[CaseCommentList])
async def read_comments(
    reads: DbReads,
    caller: CanReadCase,
    case_id: CaseId,
    page: PageParams,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """The comments, newest first."""
    return await listed(reads, await history.comments(reads, caller, case_id, search, page.sort), page, as_file)


@router.post("/cases/{case}/comments", status_code=201, response_model=Answer[CaseCommentAdded])
async def add_comment(session: Session, caller: CanWorkCases, case_id: CaseId, body: CommentIn) -> Response:
    """Add a comment; with `updateStatus` and `updateFollowUp` it changes these too."""
    comment_id = await work.comment(session, caller, case_id, body)
    return ok({"caseId": f"CASE-{case_id}", "commentId": comment_id, "message": "The comment is added."}, 201)


@router.get("/cases/{case}/history", response_model=Answer[CaseHistoryList])
async def read_history(
    reads: DbReads,
    caller: CanReadCase,
    case_id: CaseId,
    page: PageParams,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """What happened to the case, newest first."""
    return await listed(reads, await history.history(reads, caller, case_id, search, page.sort), page, as_file)
