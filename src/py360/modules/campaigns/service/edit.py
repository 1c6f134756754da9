"""Changing and removing campaigns."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid, PreconditionFailed
from py360.modules.campaigns.schemas import EditCampaign, read_audience, store_audience
from py360.modules.campaigns.service import create, plan
from py360.modules.campaigns.service.lock import Campaign, Family, lock
from py360.modules.campaigns.service.schedule import schedule
from py360.modules.campaigns.service.status import check_start
from py360.modules.templates import api as templates

# Before the campaign is locked: a stopped one may still have a batch that is being recorded.
_DELETE_PLAN: Final = """
delete from campaign_recipients r using campaigns c where c.id = r.campaign_id and %(id)s in (c.id, c.parent_id)
  and c.status in ('draft', 'cancelled') and c.sent_count + c.unknown_count = 0 and c.client_id = any(%(clients)s)
"""
# Counters are on the channels; what may have left counts as sent.
_SENT: Final = "select coalesce(sum(sent_count + unknown_count), 0) from campaigns where %(id)s in (id, parent_id)"
NOT_STARTED: Final = frozenset({"draft", "scheduled"})

Value = str | int | Decimal | datetime | None


async def edit(
    session: AsyncSession, caller: Caller, campaign_id: int, body: EditCampaign, if_match: int | None
) -> None:
    """Names, tags and the budget at any time, the start while it has not started, templates and audience of a draft.

    Raises Invalid, Conflict, NotFound, and PreconditionFailed when it is not the version the caller saw.
    """
    family = await lock(session, caller, campaign_id)
    campaign, channels = family.asked, family.channels
    if if_match is not None and if_match != campaign.version:
        raise PreconditionFailed
    own: dict[str, Value] = {
        name: value for name, value in (("name", body.name), ("description", body.description)) if value is not None
    }
    if body.tags is not None:
        own["tags"] = orjson.dumps(body.tags).decode()
    await _write(session, [campaign_id], own)
    if "budget" in body.model_fields_set:
        await _write(session, [family.parent_id], {"budget": body.budget})
    if body.scheduled_at is not None and body.scheduled_at != campaign.scheduled_at:
        await _move_start(session, family, body.scheduled_at)
    if _other_templates([each for each in channels if not each.step], body) or _other_audience(campaign, body):
        await _plan_again(session, caller, campaign, channels, body)


def _other_templates(channels: Sequence[Campaign], body: EditCampaign) -> bool:
    """Whether other templates are meant; a form may send back those it was shown."""
    shown = {channel.campaign_type: channel.template_id for channel in channels}
    return any(
        channel not in shown or str(ref) not in (str(shown[channel]), ids.code("template", shown[channel] or 0))
        for channel, ref in body.templates.items()
    )


async def _move_start(session: AsyncSession, family: Family, at: datetime) -> None:
    check_start(at)
    if not {family.asked.status, *(channel.status for channel in family.channels)} <= NOT_STARTED:
        raise Conflict("The campaign has started already; its start cannot be moved.", code="already_started")
    moved = [family.asked.id, *(channel.id for channel in family.channels)]
    await _write(session, moved, {"scheduled_at": at})
    for channel in family.channels:
        if channel.status == "scheduled":
            await schedule(session, channel.id, "scheduled", at)


def _other_audience(campaign: Campaign, body: EditCampaign) -> bool:
    """Whether another audience is meant; a form may send back the one it displays."""
    wanted, upload = body.target_audience, body.upload_id
    return (wanted is not None and wanted != read_audience(campaign.target_audience_filter or {})) or (
        upload is not None and ids.number("upload", upload) != campaign.upload_id
    )


async def _write(session: AsyncSession, campaign_ids: Sequence[int], values: Mapping[str, Value]) -> None:
    if values:
        columns = ", ".join(f"{column} = %({column})s" for column in values)
        statement = f"update campaigns set {columns}, version = version + 1 where id = any(%(ids)s)"
        await db.execute(session, statement, {**values, "ids": sorted(set(campaign_ids))})


async def _plan_again(
    session: AsyncSession, caller: Caller, campaign: Campaign, channels: Sequence[Campaign], body: EditCampaign
) -> None:
    """Another template or audience of a draft: its recipients are decided again, by the same rules as at its creation."""
    if any(one.status != "draft" for one in (campaign, *channels)):
        raise Conflict(
            "Only a draft’s templates and audience can be changed: this campaign is planned already.",
            code="not_a_draft",
        )
    channels = [each for each in channels if not each.step]
    unknown = set(body.templates) - {channel.campaign_type for channel in channels}
    if unknown:
        raise Invalid(f"This campaign has no channel {', '.join(sorted(unknown))}.", code="no_such_channel")
    stated = body.target_audience
    wanted = stated if stated is not None else read_audience(campaign.target_audience_filter or {})
    upload = body.upload_id if body.upload_id is not None else campaign.upload_id
    client_id, audience = await create.audience_of(session, caller, upload, wanted, campaign.type)
    if client_id != campaign.client_id:
        raise Invalid("This upload belongs to another client.", code="another_client")
    plans = []
    for child in channels:
        template = await _template(session, child, body)
        await _write(session, [child.id], {"template_id": template.id, "template_version": template.version})
        await db.execute(session, "delete from campaign_recipients where campaign_id = %(id)s", {"id": child.id})
        once = plan.is_promotional(child.type, template)
        planned = await plan.freeze(
            session, caller, client_id, child.id, child.campaign_type, audience, once_per_contact=once
        )
        await create.set_target(session, child.id, planned)
        plans.append(planned)
    stored: dict[str, Value] = {"target_audience_filter": store_audience(wanted), "upload_id": audience.upload_id}
    await _write(session, [campaign.id, *(child.id for child in channels)], stored)
    await create.sum_targets(session, campaign.parent_id or campaign.id, plans)


async def _template(session: AsyncSession, channel: Campaign, body: EditCampaign) -> templates.Template:
    """The template that the edit chooses for a channel, else the one it has."""
    name = channel.campaign_type
    if name in ("email", "sms", "whatsapp") and name in body.templates:
        return await create.template_for(session, channel.client_id, name, body.templates)
    assert channel.template_id is not None  # each channel was created with one
    return await templates.find(session, channel.client_id, channel.template_id)


async def delete(session: AsyncSession, caller: Caller, campaign_id: int) -> None:
    """Remove a campaign that was never sent: a draft or a cancelled one."""
    params = {"id": campaign_id, "clients": list(caller.client_ids)}
    await db.execute(session, _DELETE_PLAN, params)
    campaign = (await lock(session, caller, campaign_id)).asked
    sent = await db.fetch_only(session, int, _SENT, params)
    if campaign.status not in {"draft", "cancelled"} or sent:
        raise Conflict("Only drafts and cancelled campaigns that sent nothing can be deleted.", code="not_deletable")
    await db.execute(session, "delete from campaigns where id = %(id)s", {"id": campaign_id})
