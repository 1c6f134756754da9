"""Campaigns over HTTP (specification, "Campaign Management APIs"; domain reference, section 12)."""

from typing import Annotated

from fastapi import Depends, Query, Response
from fastapi.responses import StreamingResponse

from py360.kit.http import (
    Answer,
    AsFile,
    Cursor,
    DbReads,
    IfMatch,
    PageParams,
    Res,
    Router,
    Session,
    audit,
    download,
    etag,
    files,
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
from py360.modules.campaigns.queries import campaigns, compliance, figures, listing
from py360.modules.campaigns.queries.recipients import Reached, recipients
from py360.modules.campaigns.routes.answers import (
    CampaignAnalytics,
    CampaignChanged,
    CampaignCreated,
    CampaignList,
    CampaignRecipientList,
    CampaignStatusSet,
    CampaignTimeline,
)
from py360.modules.campaigns.schemas import AudienceFilter, EditCampaign, NewCampaign, NewStatus, PreviewAudience
from py360.modules.campaigns.service import create, edit, status
from py360.modules.campaigns.service.plan import Forecast
from py360.modules.campaigns.views import (
    CampaignComplianceView,
    CampaignDetailView,
    CampaignTotalsView,
    CreatedCampaignView,
    PlannedAudience,
    PlannedAudiences,
)
from py360.modules.messaging import api as messaging

router = Router()


@router.post("/campaigns", status_code=201, response_model=Answer[CampaignCreated])
async def create_campaign(session: Session, caller: CanCreateCampaigns, body: NewCampaign) -> Response:
    """Create a campaign on one or several channels; it starts at once, or at its time."""
    filtered = isinstance(body.target_audience, AudienceFilter) or body.audience_id is not None
    scheduled = body.schedule_type == "scheduled"
    check_features(caller, set(body.type), filtered=filtered, scheduled=scheduled)
    parent, created = await create.create(session, caller, body)
    channels: list[CreatedCampaignView] = [
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
        for one in created
    ]
    message = f"Campaign created for {sum(one.planned.recipients for one in created)} messages"
    return ok({"campaigns": channels, "parentId": code("campaign", parent), "message": message}, 201)


async def filters(chosen: Annotated[listing.Filters, Query()]) -> listing.Filters:
    """The filters of the list of campaigns."""
    return chosen


@router.get("/campaigns", response_model=Answer[CampaignList])
async def list_campaigns(
    reads: DbReads,
    caller: CanSeeCampaigns,
    page: PageParams,
    asked: Annotated[listing.Filters, Depends(filters)],
    as_file: AsFile = None,
) -> Response:
    """Campaigns, newest first: one row per channel, or per campaign."""
    return await listed(reads, listing.campaigns(caller, asked, page.sort), page, as_file)


@router.post("/campaigns/preview-audience", response_model=Answer[PlannedAudiences])
async def preview_audience(
    session: Session, reads: DbReads, caller: CanCreateCampaigns, body: PreviewAudience
) -> Response:
    """The size of each channel's plan, without planning anything, and how many of its recipients would be skipped now and why.

    `skipped` counts each recipient once, under the reason that it would be skipped for: `opted_out`, `no_opt_in`, `suppressed`,
    `dnc`, `death_claim`. What depends on the hour of sending (legal hours, the frequency cap, the budget) is not in it.
    """
    audit.leave_out()
    check_features(
        caller,
        set(body.type),
        filtered=isinstance(body.target_audience, AudienceFilter) or body.audience_id is not None,
    )
    found = await create.preview(session, reads, caller, body)
    return ok({channel: _planned(forecast) for channel, forecast in found.items()})


def _planned(forecast: Forecast) -> PlannedAudience:
    planned = forecast.planned
    return {
        "originalCount": planned.cases,
        "targetCount": planned.recipients,
        "withoutContact": planned.without_contact,
        "duplicatesRemoved": planned.duplicates_removed,
        "skipped": dict(forecast.skipped),
        "sendCount": forecast.sendable,
    }


@router.get("/campaigns/analytics", response_model=Answer[CampaignTotalsView])
async def all_analytics(reads: DbReads, caller: CanSeeFigures) -> Response:
    """The head of the campaign page."""
    return ok((await figures.totals(reads, caller)).to_public())


@router.post("/campaigns/export", responses=files("*/*"), response_class=StreamingResponse)
async def export_campaigns(reads: DbReads, caller: CanSeeCampaigns, body: listing.ExportCampaigns) -> StreamingResponse:
    """The list of campaigns, all of it or filtered, as a csv, xlsx, pdf or json file."""
    return await download(listing.campaigns(caller, body.filters, None).file(reads, body.format))


@router.get("/campaigns/{campaign_id}", response_model=Answer[CampaignDetailView])
async def show_campaign(reads: DbReads, res: Res, caller: CanSeeCampaigns, campaign_id: str) -> Response:
    """One campaign with the figures of each channel, whether it keeps to the rules, and what happened to it."""
    campaign = await campaigns.one(reads, caller, number("campaign", campaign_id))
    channels = await campaigns.channels_of(reads, campaign)
    consent = await compliance.consent(reads, channels)
    view: CampaignDetailView = {
        **campaign.to_public(),
        "spent": await messaging.spent(reads, [channel.id for channel in channels]),
        "channelMetrics": rates.by_channel([(channel.campaign_type, channel) for channel in channels]),
        "campaigns": [channel.to_public() for channel in channels if channel.id != campaign.id],
        "templates": {
            each.campaign_type: code("template", each.template_id)
            for each in channels
            if each.template_id and not each.step
        },
        "timeline": [
            {"date": event.date, "event": event.event, "type": event.type} for event in figures.story([campaign])
        ],
        "compliance": await compliance.rules(reads, campaign.client_id, channels, res.clock.now()),
        "consent": {
            "email": consent["email"],
            "sms": consent["sms"],
            "whatsapp": consent["whatsapp"],
            "opted_out": consent["optedOut"],
        },
    }
    return ok(view, headers=etag(campaign.version))


@router.put("/campaigns/{campaign_id}", response_model=Answer[CampaignChanged])
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
    before = await campaigns.one(reads, caller, key)
    await edit.edit(session, caller, key, body, version)
    body.as_shown(before.to_public())
    return ok({"campaignId": code("campaign", key), "message": "Campaign updated"})


@router.delete("/campaigns/{campaign_id}", response_model=Answer[CampaignChanged])
async def delete_campaign(session: Session, caller: CanEditCampaigns, campaign_id: str) -> Response:
    """Remove a draft or a cancelled campaign that sent nothing."""
    await edit.delete(session, caller, number("campaign", campaign_id))
    return ok({"campaignId": code("campaign", number("campaign", campaign_id)), "message": "Campaign deleted"})


@router.put("/campaigns/{campaign_id}/status", response_model=Answer[CampaignStatusSet])
async def set_status(
    session: Session, res: Res, caller: CanControlCampaigns, campaign_id: str, body: NewStatus
) -> Response:
    """Launch, pause, resume or stop; on a parent for all its channels."""
    key = number("campaign", campaign_id)
    new = await status.set_status(session, caller, key, body.status, body.scheduled_at)
    return ok({"campaignId": code("campaign", key), "status": new, "updatedAt": res.clock.now()})


@router.get("/campaigns/{campaign_id}/analytics", response_model=Answer[CampaignAnalytics])
async def analytics(reads: DbReads, caller: CanSeeFigures, campaign_id: str) -> Response:
    """Counters, rates, figures by the hour, and which templates work."""
    campaign = await campaigns.one(reads, caller, number("campaign", campaign_id))
    ids = [channel.id for channel in await campaigns.channels_of(reads, campaign)]
    return ok(
        {
            "campaignId": code("campaign", campaign.id),
            "metrics": rates.metrics(campaign),
            "timeline": await figures.hours(reads, ids),
            "topPerformingContent": [each.to_public() for each in await figures.top_templates(reads, ids)],
        }
    )


@router.get("/campaigns/{campaign_id}/recipients", response_model=Answer[CampaignRecipientList])
async def list_recipients(
    reads: DbReads,
    caller: CanSeeCampaigns,
    page: PageParams,
    campaign_id: str,
    cursor: Cursor = None,
    status: Annotated[str | None, Query(max_length=20)] = None,
    reached: Annotated[Reached | None, Query(description="Who was sent to, opened, ...: as the figures count")] = None,
    skip_reason: Annotated[
        str | None, Query(alias="skipReason", description="Who was skipped, and why", max_length=50)
    ] = None,
    as_file: AsFile = None,
) -> Response:
    """The recipients within the caller's reach, what became of each, and why some were left out."""
    campaign = await campaigns.one(reads, caller, number("campaign", campaign_id))
    ids = [channel.id for channel in await campaigns.channels_of(reads, campaign)]
    return await listed(
        reads, recipients(caller, campaign.id, ids, status, page.sort, reached, skip_reason), page, as_file, cursor
    )


@router.get("/campaigns/{campaign_id}/timeline", response_model=Answer[CampaignTimeline])
async def show_story(reads: DbReads, caller: CanSeeCampaigns, campaign_id: str) -> Response:
    """What happened, in order."""
    campaign = await campaigns.one(reads, caller, number("campaign", campaign_id))
    return ok({"timeline": figures.story(await campaigns.channels_of(reads, campaign))})


@router.get("/campaigns/{campaign_id}/compliance", response_model=Answer[CampaignComplianceView])
async def show_compliance(reads: DbReads, res: Res, caller: CanSeeFigures, campaign_id: str) -> Response:
    """How many recipients the send gate refused and why, who consents today, and whether the rules are kept."""
    campaign = await campaigns.one(reads, caller, number("campaign", campaign_id))
    return ok(
        await compliance.compliance(
            reads, campaign.client_id, await campaigns.channels_of(reads, campaign), res.clock.now()
        )
    )


@router.get("/campaigns/{campaign_id}/report", responses=files("*/*"), response_class=StreamingResponse)
async def report(reads: DbReads, caller: CanSeeFigures, campaign_id: str, format: str = "csv") -> StreamingResponse:
    """Every recipient within reach as a csv, xlsx or pdf file."""
    campaign = await campaigns.one(reads, caller, number("campaign", campaign_id))
    ids = [channel.id for channel in await campaigns.channels_of(reads, campaign)]
    return await download(recipients(caller, campaign.id, ids).file(reads, format))
