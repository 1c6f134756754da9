"""Changing and removing campaigns."""

from typing import Any, Final

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid, PreconditionFailed
from py360.modules.campaigns.schemas import AudienceFilter, EditCampaign
from py360.modules.campaigns.service import create as creating
from py360.modules.campaigns.service import lock as holding
from py360.modules.campaigns.service import plan as planning
from py360.modules.campaigns.service import status as service
from py360.modules.templates import api as templates

# Before the campaign is held: a stopped one may still have a batch that is being written down.
_FORGET_PLAN: Final = """
delete from campaign_recipients r using campaigns c where c.id = r.campaign_id and %(id)s in (c.id, c.parent_id)
  and c.status in ('draft', 'cancelled') and c.sent_count + c.unknown_count = 0 and c.client_id = any(%(clients)s)
"""
NOT_STARTED: Final = frozenset({"draft", "scheduled"})


async def edit(session: AsyncSession, caller: Caller, number: int, given: EditCampaign, version: int | None) -> None:
    """Names, tags and the budget at any time, the start while it has not started, templates and audience of a draft.

    Raises Invalid, Conflict, NotFound, and PreconditionFailed when it is not the version the caller saw.
    """
    held = await holding.take(session, caller, number)
    campaign, children = held.asked, held.channels
    if version is not None and version != campaign["version"]:
        raise PreconditionFailed
    own: dict[str, Any] = given.model_dump(include={"name", "description"}, exclude_none=True)
    if given.tags is not None:
        own["tags"] = orjson.dumps(given.tags).decode()
    await _write(session, [number], own)
    if "budget" in given.model_fields_set:
        await _write(session, [held.parent_id], {"budget": given.budget})
    if given.scheduled_at not in (None, campaign["scheduled_at"]):
        service.check_start(given.scheduled_at)
        if not {campaign["status"], *(child["status"] for child in children)} <= NOT_STARTED:
            raise Conflict("The campaign has started already; its start cannot be moved.", code="already_started")
        moved = [campaign["id"], *(child["id"] for child in children)]
        await _write(session, moved, {"scheduled_at": given.scheduled_at})
        for child in children:
            if child["status"] == "scheduled":
                await service.set_going(session, child["id"], "scheduled", given.scheduled_at)
    if given.templates or _other_audience(campaign, given):
        await _plan_anew(session, caller, campaign, children, given)


def _other_audience(campaign: db.Row, given: EditCampaign) -> bool:
    """Whether other people are meant; a form may send back what it was shown."""
    wanted, upload = given.target_audience, given.upload_id
    return (wanted is not None and wanted != _stored(campaign["target_audience_filter"] or {})) or (
        upload is not None and ids.number("upload", upload) != campaign["upload_id"]
    )


async def _write(session: AsyncSession, campaign_ids: list[int], values: dict[str, Any]) -> None:
    if values:
        columns = ", ".join(f"{column} = %({column})s" for column in values)
        statement = f"update campaigns set {columns}, version = version + 1 where id = any(%(ids)s)"
        await db.execute(session, statement, {**values, "ids": sorted(set(campaign_ids))})


async def _plan_anew(
    session: AsyncSession, caller: Caller, campaign: db.Row, children: list[db.Row], given: EditCampaign
) -> None:
    """Another template or audience of a draft: its recipients are decided again, by the same rules as at the beginning."""
    if any(one["status"] != "draft" for one in (campaign, *children)):
        raise Conflict(
            "Only a draft’s templates and audience can be changed: this campaign is planned already.",
            code="not_a_draft",
        )
    unknown = set(given.templates) - {child["campaign_type"] for child in children}
    if unknown:
        raise Invalid(f"This campaign has no channel {', '.join(sorted(unknown))}.", code="no_such_channel")
    wanted = given.target_audience if given.target_audience is not None else _stored(campaign["target_audience_filter"])
    upload = given.upload_id if given.upload_id is not None else campaign["upload_id"]
    client_id, audience = await creating.audience_of(session, caller, upload, wanted, campaign["type"])
    if client_id != campaign["client_id"]:
        raise Invalid("This upload belongs to another client.", code="another_client")
    plans = []
    for child in children:
        channel = child["campaign_type"]
        template = (
            await creating.template_for(session, client_id, channel, given.templates)
            if channel in given.templates
            else await templates.find(session, client_id, child["template_id"])
        )
        await _write(session, [child["id"]], {"template_id": template.id, "template_version": template.version})
        await db.execute(session, "delete from campaign_recipients where campaign_id = %(id)s", {"id": child["id"]})
        once = planning.is_promotional(child["type"], template)
        planned = await planning.freeze(
            session, caller, client_id, child["id"], channel, audience, once_per_contact=once
        )
        await creating.set_target(session, child["id"], planned)
        plans.append(planned)
    stated = {"target_audience_filter": creating.stored(wanted), "upload_id": audience.upload_id}
    await _write(session, [campaign["id"], *(child["id"] for child in children)], stated)
    await creating.sum_up(session, campaign["parent_id"] or campaign["id"], plans)


def _stored(kept: dict[str, Any]) -> str | AudienceFilter:
    return str(kept["audience"]) if "audience" in kept else AudienceFilter.model_validate(kept)


async def delete(session: AsyncSession, caller: Caller, number: int) -> None:
    """Remove a campaign that was never sent: a draft or a cancelled one."""
    said = {"id": number, "clients": list(caller.client_ids)}
    await db.execute(session, _FORGET_PLAN, said)
    campaign = (await holding.take(session, caller, number)).asked
    left = await db.value(  # counters live on the children; what may have left counts as sent
        session,
        "select coalesce(sum(sent_count + unknown_count), 0) from campaigns where %(id)s in (id, parent_id)",
        said,
    )
    if campaign["status"] not in {"draft", "cancelled"} or left:
        raise Conflict("Only drafts and cancelled campaigns that sent nothing can be deleted.", code="not_deletable")
    await db.execute(session, "delete from campaigns where id = %(id)s", {"id": number})
