"""Campaigns over HTTP (specification, "Campaign Management APIs"; domain reference, section 12)."""

from typing import Annotated, Any

from fastapi import Depends, Query, Response
from fastapi.responses import StreamingResponse

from py360.kit.http import (
    AsFile,
    Cursor,
    DbReads,
    IfMatch,
    PageParams,
    Res,
    Router,
    Session,
    download,
    etag,
    listed,
    ok,
)
from py360.kit.ids import code, number
from py360.modules.campaigns import rates
from py360.modules.campaigns.access import (
    CanControlCampaigns,
    CanCreateCampaigns,
    CanEditCampaigns,
    CanSeeCampaigns,
    CanSeeFigures,
    check_features,
)
from py360.modules.campaigns.queries import campaigns as queries
from py360.modules.campaigns.queries import compliance as complying
from py360.modules.campaigns.queries import listing as listing
from py360.modules.campaigns.schemas import AudienceFilter, EditCampaign, NewCampaign, NewStatus, PreviewAudience
from py360.modules.campaigns.service import create as creating
from py360.modules.campaigns.service import edit as editing
from py360.modules.campaigns.service import status as service
from py360.modules.campaigns.service.plan import Planned
from py360.modules.messaging import api as messaging

router = Router()


@router.post("/campaigns", status_code=201)
async def create_campaign(session: Session, caller: CanCreateCampaigns, body: NewCampaign) -> Response:
    """Create a campaign on one or several channels; it starts at once, or at its time."""
    filtered, scheduled = isinstance(body.target_audience, AudienceFilter), body.schedule_type == "scheduled"
    check_features(caller, set(body.type), filtered=filtered, scheduled=scheduled)
    parent, made = await creating.create(session, caller, body)
    shown = [
        {
            "id": code("campaign", one.id),
            "name": one.name,
            "type": one.channel,
            "status": one.status,
            "targetCount": one.planned.recipients,
            "scheduledAt": one.scheduled_at,
            "originalCount": one.planned.cases,
            "withoutContact": one.planned.without_contact,
            "duplicatesRemoved": one.planned.duplicates_removed,
        }
        for one in made
    ]
    message = f"Campaign created for {sum(one.planned.recipients for one in made)} messages"
    return ok({"campaigns": shown, "parentId": code("campaign", parent), "message": message}, 201)


async def filters(chosen: Annotated[listing.Filters, Query()]) -> listing.Filters:
    """The filters of the list of campaigns."""
    return chosen


@router.get("/campaigns")
async def list_campaigns(
    reads: DbReads,
    caller: CanSeeCampaigns,
    page: PageParams,
    asked: Annotated[listing.Filters, Depends(filters)],
    as_file: AsFile = None,
) -> Response:
    """Campaigns, newest first: one row per channel, or per campaign."""
    return await listed(reads, listing.campaigns(caller, asked, page.sort), page, as_file)


@router.post("/campaigns/preview-audience")
async def preview_audience(session: Session, caller: CanCreateCampaigns, body: PreviewAudience) -> Response:
    """How many each channel would reach, without planning anything."""
    check_features(caller, set(body.type), filtered=isinstance(body.target_audience, AudienceFilter))
    return ok(
        {channel: _planned(planned) for channel, planned in (await creating.preview(session, caller, body)).items()}
    )


def _planned(planned: Planned) -> dict[str, int]:
    return {
        "originalCount": planned.cases,
        "targetCount": planned.recipients,
        "withoutContact": planned.without_contact,
        "duplicatesRemoved": planned.duplicates_removed,
    }


@router.get("/campaigns/analytics")
async def all_analytics(reads: DbReads, caller: CanSeeFigures) -> Response:
    """The head of the campaign page."""
    return ok(await queries.totals(reads, caller))


@router.post("/campaigns/export")
async def export_campaigns(reads: DbReads, caller: CanSeeCampaigns, body: listing.ExportCampaigns) -> StreamingResponse:
    """The list of campaigns, all of it or filtered, as a csv, xlsx, pdf or json file."""
    return await download(listing.campaigns(caller, body.filters, None).file(reads, body.format))


@router.get("/campaigns/{campaign_id}")
async def show_campaign(reads: DbReads, caller: CanSeeCampaigns, campaign_id: str) -> Response:
    """One campaign with the figures of each channel."""
    row = await queries.one(reads, caller, number("campaign", campaign_id))
    channels = await queries.children(reads, row)
    shown = queries.shown(row) | {"spent": await messaging.spent(reads, [child["id"] for child in channels])}
    shown["channelMetrics"] = {child["campaign_type"]: rates.metrics(child) for child in channels}
    shown["campaigns"] = [queries.shown(child) for child in channels if child["id"] != row["id"]]
    return ok(shown, headers=etag(row["version"]))


@router.put("/campaigns/{campaign_id}")
async def edit_campaign(
    session: Session,
    reads: DbReads,
    caller: CanEditCampaigns,
    campaign_id: str,
    body: EditCampaign,
    version: IfMatch = None,
) -> Response:
    """Name, description, tags, budget; the start while it has not started; templates and audience of a draft."""
    check_features(caller, (), filtered=isinstance(body.target_audience, AudienceFilter))
    key = number("campaign", campaign_id)
    before = await queries.one(reads, caller, key)
    await editing.edit(session, caller, key, body, version)
    body.as_shown(queries.shown(before))
    return ok({"campaignId": code("campaign", key), "message": "Campaign updated"})


@router.delete("/campaigns/{campaign_id}")
async def delete_campaign(session: Session, caller: CanEditCampaigns, campaign_id: str) -> Response:
    """Remove a draft or a cancelled campaign that sent nothing."""
    await editing.delete(session, caller, number("campaign", campaign_id))
    return ok({"campaignId": code("campaign", number("campaign", campaign_id)), "message": "Campaign deleted"})


@router.put("/campaigns/{campaign_id}/status")
async def set_status(
    session: Session, res: Res, caller: CanControlCampaigns, campaign_id: str, body: NewStatus
) -> Response:
    """Launch, pause, resume or stop; on a parent for all its channels."""
    key = number("campaign", campaign_id)
    status = await service.set_status(session, caller, key, body.status, body.scheduled_at)
    return ok({"campaignId": code("campaign", key), "status": status, "updatedAt": res.clock.now()})


@router.get("/campaigns/{campaign_id}/analytics")
async def analytics(reads: DbReads, caller: CanSeeFigures, campaign_id: str) -> Response:
    """Counters, rates, the hours, and which content works."""
    row = await queries.one(reads, caller, number("campaign", campaign_id))
    ids = [child["id"] for child in await queries.children(reads, row)]
    data: dict[str, Any] = {
        "campaignId": code("campaign", row["id"]),
        "metrics": rates.metrics(row),
        "timeline": await queries.timeline(reads, ids),
        "topPerformingContent": await queries.top_content(reads, ids),
    }
    return ok(data)


@router.get("/campaigns/{campaign_id}/recipients")
async def list_recipients(
    reads: DbReads,
    caller: CanSeeCampaigns,
    page: PageParams,
    campaign_id: str,
    cursor: Cursor = None,
    status: Annotated[str | None, Query(max_length=20)] = None,
    as_file: AsFile = None,
) -> Response:
    """Who was planned, what became of it, and why somebody was left out: those within the caller's reach."""
    row = await queries.one(reads, caller, number("campaign", campaign_id))
    ids = [child["id"] for child in await queries.children(reads, row)]
    return await listed(reads, listing.recipients(caller, row["id"], ids, status, page.sort), page, as_file, cursor)


@router.get("/campaigns/{campaign_id}/timeline")
async def show_story(reads: DbReads, caller: CanSeeCampaigns, campaign_id: str) -> Response:
    """What happened, in order."""
    row = await queries.one(reads, caller, number("campaign", campaign_id))
    return ok({"timeline": queries.story(await queries.children(reads, row))})


@router.get("/campaigns/{campaign_id}/compliance")
async def show_compliance(reads: DbReads, res: Res, caller: CanSeeFigures, campaign_id: str) -> Response:
    """Whom the door kept out and why, who consents today, and whether the rules are kept."""
    row = await queries.one(reads, caller, number("campaign", campaign_id))
    return ok(await complying.compliance(reads, await queries.children(reads, row), res.clock.now()))


@router.get("/campaigns/{campaign_id}/report")
async def report(reads: DbReads, caller: CanSeeFigures, campaign_id: str, format: str = "csv") -> StreamingResponse:
    """Every recipient within reach as a csv, xlsx or pdf file."""
    row = await queries.one(reads, caller, number("campaign", campaign_id))
    ids = [child["id"] for child in await queries.children(reads, row)]
    return await download(listing.recipients(caller, row["id"], ids).file(reads, format))
