"""What dates do and who decided otherwise: the rules, the directions of terms, the notice register."""

from typing import Annotated, Literal

from fastapi import Depends, Query, Response

from py360.kit.http import Answer, AsFile, DbReads, IfMatch, Message, PageParams, Search, Session, etag, listed, ok
from py360.modules.cases.access import CanChangeRules, CanReadCase, CanReadRules, CanWorkCases
from py360.modules.cases.queries import directions as direction_list
from py360.modules.cases.queries import notices as notice_list
from py360.modules.cases.queries.filters import case_number
from py360.modules.cases.renewals import directions, rules
from py360.modules.cases.renewals.rules import RenewalRulesView
from py360.modules.cases.routes.answers import DirectionAdded, DirectionList, NoticeList, RulesSaved
from py360.modules.cases.routes.base import router
from py360.modules.cases.schemas import DirectionIn, RenewalRulesIn, WithdrawIn


async def _number(case: str) -> int:
    return case_number(case)


CaseId = Annotated[int, Depends(_number)]


@router.get("/renewal-rules", response_model=Answer[RenewalRulesView])
async def read_rules(reads: DbReads, caller: CanReadRules) -> Response:
    """Lead days per product, days of grace by line and payment frequency, days of reinstatement. The ETag is their version."""
    found = await rules.renewal_rules(reads, caller.client_id)
    return ok(found, headers=etag(found["version"]))


@router.put("/renewal-rules", response_model=Answer[RulesSaved])
async def change_rules(session: Session, caller: CanChangeRules, body: RenewalRulesIn, if_match: IfMatch) -> Response:
    """Replace the rules. Policies whose own days of grace somebody set keep them; the others get the table's at once."""
    changed = await rules.change_rules(session, caller, body, if_match)
    policies = "1 policy has" if changed == 1 else f"{changed:,} policies have"
    return ok({"changedPolicies": changed, "message": f"The rules were saved. {policies} other days of grace now."})


@router.get("/renewal-directions", response_model=Answer[DirectionList])
async def list_directions(
    reads: DbReads,
    caller: CanReadCase,
    page: PageParams,
    direction: Annotated[Literal["do_not_renew", "refer", "not_taken"] | None, Query()] = None,
    active: Annotated[bool | None, Query(description="Only those that hold, or only those that ended")] = None,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """What was decided about terms before they fall due, newest first."""
    return await listed(reads, direction_list.directions(caller, direction, active, search, page.sort), page, as_file)


@router.post("/renewal-directions", status_code=201, response_model=Answer[DirectionAdded])
async def add_direction(session: Session, caller: CanWorkCases, body: DirectionIn) -> Response:
    """Decide about a policy's term: do not renew (managers only), refer, not taken. A new direction supersedes the old one.

    The first and the last keep the term from getting a case, and cancel the one it has; refer puts the case before its owner.
    """
    direction_id = await directions.direct(session, caller, body)
    return ok({"id": direction_id, "message": f"{directions.LABELS[body.direction]} was noted."}, 201)


@router.delete("/renewal-directions/{direction_id}", response_model=Answer[Message])
async def end_direction(
    session: Session, caller: CanWorkCases, direction_id: int, body: WithdrawIn | None = None
) -> Response:
    """Withdraw a direction. The case that it cancelled is in progress again."""
    await directions.withdraw(session, caller, direction_id, body.reason if body else None)
    return ok({"message": "The direction was withdrawn."})


@router.get("/notices", response_model=Answer[NoticeList])
async def list_notices(
    reads: DbReads,
    caller: CanReadCase,
    page: PageParams,
    channel: Annotated[Literal["email", "sms", "whatsapp", "call"] | None, Query()] = None,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """The notice register of all cases within reach: text, version, channel, time and the vendor's proof, newest first."""
    return await listed(reads, notice_list.notices(caller, search, channel, page.sort), page, as_file)


@router.get("/cases/{case}/notices", response_model=Answer[NoticeList])
async def list_case_notices(
    reads: DbReads,
    caller: CanReadCase,
    case_id: CaseId,
    page: PageParams,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """The notice register of a case. `textIs`: `as_sent`, or `rendered_again` with the case's values of today."""
    return await listed(
        reads, await notice_list.notices_of_case(reads, caller, case_id, search, page.sort), page, as_file
    )
