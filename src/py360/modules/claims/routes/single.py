"""The list, and one claim: reported, read, edited."""

from typing import Annotated

from fastapi import Query, Response

from py360.kit.http import Answer, AsFile, DbReads, IfMatch, PageParams, Res, Session, etag, listed, ok
from py360.modules.claims.access import CanReadClaimsHistory, CanWorkClaims
from py360.modules.claims.queries import detail, history, listing
from py360.modules.claims.routes.base import router
from py360.modules.claims.schemas import ClaimChange, ClaimIn, StarIn
from py360.modules.claims.service import edit, submit
from py360.modules.claims.service.lock import lock
from py360.modules.claims.views import ClaimList, ClaimSaved, ClaimsHistoryView, ClaimStarred, ClaimView, TimelineView


@router.get("/claims", response_model=Answer[ClaimList])
async def list_claims(
    reads: DbReads,
    res: Res,
    caller: CanWorkClaims,
    page: PageParams,
    filters: Annotated[listing.Filters, Query()],
    as_file: AsFile = None,
) -> Response:
    """The claims within the caller's reach, newest first. `clock=warning` are those whose period is nearly over."""
    return await listed(reads, listing.claims(caller, filters, page.sort, res.clock.now()), page, as_file)


@router.post("/claims", status_code=201, response_model=Answer[ClaimSaved])
async def submit_claim(session: Session, reads: DbReads, caller: CanWorkClaims, body: ClaimIn) -> Response:
    """Report a claim on behalf of a customer. Its checklist, its clocks and the notice to the claimant begin with it."""
    policy = await submit.find_policy(reads, caller, body.policy_number, body.policy_id, body.case_id)
    claim = await submit.submit(session, caller, policy, body)
    message = f"{claim.claim_number} was reported."
    answer = {"id": claim.id, "claimNumber": claim.claim_number, "status": claim.status, "version": claim.version}
    return ok({**answer, "message": message}, 201)


@router.get("/claims/{claim}", response_model=Answer[ClaimView])
async def read_claim(reads: DbReads, res: Res, caller: CanWorkClaims, claim: str) -> Response:
    """One claim, by its number or key. The ETag is what a change asks for."""
    found = await detail.find(reads, caller, claim)
    return ok(await detail.detail(reads, found, res.clock.now()), headers=etag(found.version))


@router.put("/claims/{claim}", response_model=Answer[ClaimSaved])
async def edit_claim(
    session: Session, reads: DbReads, res: Res, caller: CanWorkClaims, claim: str, body: ClaimChange, if_match: IfMatch
) -> Response:
    """Change the given fields. Type, amount and dates stay once the claim is decided."""
    before = await detail.detail(reads, await detail.find(reads, caller, claim), res.clock.now())
    found = await lock(session, caller, claim, if_match)
    await edit.edit(session, caller, found, body)
    body.as_shown(before)
    answer = {"id": found.id, "claimNumber": found.claim_number, "status": found.status, "version": found.version}
    return ok({**answer, "message": f"{found.claim_number} was saved."}, headers=etag(found.version))


@router.put("/claims/{claim}/star", response_model=Answer[ClaimStarred])
async def star_claim(session: Session, caller: CanWorkClaims, claim: str, body: StarIn) -> Response:
    """Star a claim, or take its star away; turned over when the body does not say."""
    found = await lock(session, caller, claim)
    starred = await edit.star(session, found, body.starred)
    words = "is starred" if starred else "is not starred any more"
    return ok({"claimNumber": found.claim_number, "starred": starred, "message": f"{found.claim_number} {words}."})


@router.get("/claims/{claim}/timeline", response_model=Answer[TimelineView])
async def claim_timeline(reads: DbReads, caller: CanWorkClaims, claim: str) -> Response:
    """What happened to a claim, newest first."""
    return ok(await detail.timeline(reads, await detail.find(reads, caller, claim)))


@router.get("/cases/{case}/claims-history", response_model=Answer[ClaimsHistoryView])
async def claims_history(reads: DbReads, res: Res, caller: CanReadClaimsHistory, case: str) -> Response:
    """The claims of a case's policy with their timelines and figures; beside them those of the customer's other policies."""
    return ok(await history.of_case(reads, caller, case, res.clock.now()))
