"""Audiences over HTTP (domain reference, section 12.7)."""

from fastapi import Response

from py360.kit.http import Answer, AsFile, DbReads, IfMatch, PageParams, Res, Router, Search, Session, etag, listed, ok
from py360.kit.ids import code, number
from py360.modules.campaigns.access import CanSeeCampaigns, CanSegment
from py360.modules.campaigns.routes.answers import AudienceContactList, AudienceDeleted, AudienceList, AudienceSaved
from py360.modules.campaigns.schemas import AudienceIn
from py360.modules.campaigns.service import audiences
from py360.modules.campaigns.views import AudienceDetailView

router = Router()


@router.get("/audiences", response_model=Answer[AudienceList])
async def list_audiences(
    reads: DbReads, caller: CanSeeCampaigns, page: PageParams, search: Search = None, as_file: AsFile = None
) -> Response:
    """The kept audiences of the caller's clients. How many cases one finds is in its details."""
    return await listed(reads, audiences.audiences(caller, search, page.sort), page, as_file)


@router.post("/audiences", status_code=201, response_model=Answer[AudienceSaved])
async def add_audience(session: Session, caller: CanSegment, body: AudienceIn) -> Response:
    """Keep a filter over the open cases under a name. A campaign takes it as `audienceId`."""
    key = code("audience", await audiences.add(session, caller, body))
    answer = {"audienceId": key, "version": 1, "message": f"“{body.name}” is kept."}
    return ok(answer, 201, {"Location": f"/api/audiences/{key}"})


@router.get("/audiences/{audience_id}", response_model=Answer[AudienceDetailView])
async def show_audience(reads: DbReads, res: Res, caller: CanSeeCampaigns, audience_id: str) -> Response:
    """An audience, and how many open cases within the caller's reach are in it today."""
    found = await audiences.detail(reads, caller, number("audience", audience_id), res.clock.today())
    return ok(found, headers=etag(found["version"]))


@router.put("/audiences/{audience_id}", response_model=Answer[AudienceSaved])
async def change_audience(
    session: Session, reads: DbReads, caller: CanSegment, audience_id: str, body: AudienceIn, if_match: IfMatch
) -> Response:
    """Change an audience. Campaigns that were made from it keep their recipients."""
    key = number("audience", audience_id)
    before = await audiences.one(reads, caller, key)
    version = await audiences.change(session, caller, key, body, if_match)
    body.as_shown(before.to_public())
    answer = {"audienceId": code("audience", key), "version": version, "message": f"“{body.name}” is saved."}
    return ok(answer, headers=etag(version))


@router.delete("/audiences/{audience_id}", response_model=Answer[AudienceDeleted])
async def delete_audience(session: Session, caller: CanSegment, audience_id: str) -> Response:
    """Delete an audience. Campaigns that were made from it stay as they are."""
    key = number("audience", audience_id)
    await audiences.delete(session, caller, key)
    return ok({"audienceId": code("audience", key), "message": "The audience is deleted."})


@router.post("/audiences/{audience_id}/duplicate", status_code=201, response_model=Answer[AudienceSaved])
async def duplicate_audience(session: Session, caller: CanSegment, audience_id: str) -> Response:
    """A copy to change."""
    key = code("audience", await audiences.duplicate(session, caller, number("audience", audience_id)))
    answer = {"audienceId": key, "version": 1, "message": "The audience is copied."}
    return ok(answer, 201, {"Location": f"/api/audiences/{key}"})


@router.get("/audiences/{audience_id}/contacts", response_model=Answer[AudienceContactList])
async def list_contacts(
    reads: DbReads,
    res: Res,
    caller: CanSeeCampaigns,
    page: PageParams,
    audience_id: str,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """Who is in an audience today, within the caller's reach: a row for each open case."""
    key = number("audience", audience_id)
    found = await audiences.contacts(reads, caller, key, res.clock.today(), search, page.sort)
    return await listed(reads, found, page, as_file)
