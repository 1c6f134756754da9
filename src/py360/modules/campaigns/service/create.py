"""Creating campaigns: a parent and a child per channel, planned at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid
from py360.kit.reads import Reads
from py360.modules.campaigns.schemas import (
    AudienceFilter,
    Channel,
    Interval,
    NewCampaign,
    PreviewAudience,
    store_audience,
)
from py360.modules.campaigns.service import audiences, plan
from py360.modules.campaigns.service.plan import Audience, Forecast, Planned
from py360.modules.campaigns.service.schedule import schedule
from py360.modules.campaigns.service.status import check_start
from py360.modules.cases import api as cases
from py360.modules.providers import api as providers
from py360.modules.templates import api as templates
from py360.modules.uploads import api as uploads

LABELS: Final[Mapping[str, str]] = {"email": "Email", "sms": "SMS", "whatsapp": "WhatsApp"}

_INSERT: Final = """
insert into campaigns (client_id, parent_id, name, description, campaign_type, type, channels, status, upload_id, template_id,
  template_version, provider_id, content, target_audience_filter, tags, budget, schedule_type, scheduled_at, started_at, created_by,
  step, follow_up_after, if_no_response, if_no_action)
values (%(client)s, %(parent)s, %(name)s, %(description)s, %(channel)s, %(purpose)s, %(channels)s, %(status)s, %(upload)s,
  %(template)s, %(version)s, %(provider)s, %(content)s, %(filter)s, %(tags)s, %(budget)s, %(schedule)s, %(at)s, %(started)s, %(user)s,
  %(step)s, %(after)s, %(if_no_response)s, %(if_no_action)s)
returning id
"""


@dataclass(frozen=True, slots=True)
class CreatedChannel:
    """The campaign of one channel as it was created."""

    id: int
    name: str
    channel: Channel
    status: str
    planned: Planned
    scheduled_at: datetime | None


async def create(session: AsyncSession, caller: Caller, body: NewCampaign) -> tuple[int, list[CreatedChannel]]:
    """Create a parent and a child per channel, freeze the recipients, and start or schedule; the parent and the children.

    Raises Invalid or Conflict with a sentence that says what to change.
    """
    wanted = await _wanted(session, caller, body)
    client_id, audience = await audience_of(session, caller, body.upload_id, wanted, body.purpose)
    body = body.model_copy(update={"target_audience": wanted})
    status, at = _beginning(body)
    channels = list(dict.fromkeys(body.type))
    chosen = {channel: await template_for(session, client_id, channel, body.templates) for channel in channels}
    for channel in channels:
        await providers.account(session, client_id, channel, body.providers.get(channel))
    common = _common(caller, client_id, body, audience, status, at)
    follow_ups = await _follow_ups(session, client_id, body)
    whole = {"channels": channels, "budget": body.budget, "content": _stored(body, [each for each, _ in follow_ups])}
    parent = await db.fetch_only(session, int, _INSERT, common | whole)
    created = []
    for channel in channels:
        template = chosen[channel]
        name = f"{body.name} ({LABELS[channel]})" if len(channels) > 1 else body.name
        own = {
            "parent": parent,
            "name": name,
            "channel": channel,
            "channels": [channel],
            "template": template.id,
            "version": template.version,
            "provider": body.providers.get(channel),
        }
        child = await db.fetch_only(session, int, _INSERT, common | own)
        once = plan.is_promotional(body.purpose, template)
        planned = await plan.freeze(session, caller, client_id, child, channel, audience, once_per_contact=once)
        await set_target(session, child, planned)
        created.append(CreatedChannel(child, name, channel, status, planned, at))
    await sum_targets(session, parent, [one.planned for one in created])
    later = await _insert_follow_ups(session, common | {"parent": parent}, body, follow_ups)
    for child in [*(one.id for one in created), *later]:
        await schedule(session, child, status, at)
    return parent, created


async def _insert_follow_ups(
    session: AsyncSession,
    common: Mapping[str, object],
    body: NewCampaign,
    follow_ups: Sequence[tuple[Interval, templates.Template]],
) -> list[int]:
    """A child for each follow-up, still without recipients."""
    made = []
    for step, (interval, template) in enumerate(follow_ups, 1):
        own = {
            "name": f"{body.name} ({LABELS[interval.channel]}, follow-up {step})",
            "channel": interval.channel,
            "channels": [interval.channel],
            "template": template.id,
            "version": template.version,
            "provider": body.providers.get(interval.channel),
            "step": step,
            "after": interval.after,
            "if_no_response": interval.conditions.send_if_no_response,
            "if_no_action": interval.conditions.send_if_no_action,
        }
        made.append(await db.fetch_only(session, int, _INSERT, {**common, **own}))
    return made


def _common(
    caller: Caller, client_id: int, body: NewCampaign, audience: Audience, status: str, at: datetime | None
) -> dict[str, object]:
    return {
        "client": client_id, "parent": None, "name": body.name, "description": body.description, "channel": "multi",
        "purpose": body.purpose, "status": status, "upload": audience.upload_id, "template": None, "version": None,
        "provider": None, "budget": None, "content": None, "filter": store_audience(body.target_audience),
        "tags": orjson.dumps(body.tags).decode(), "schedule": body.schedule_type, "at": at, "user": caller.user_id,
        "started": resources.current().clock.now() if status == "active" else None,
        "step": 0, "after": None, "if_no_response": False, "if_no_action": False,
    }  # fmt: skip


async def _follow_ups(
    session: AsyncSession, client_id: int, body: NewCampaign
) -> list[tuple[Interval, templates.Template]]:
    """The follow-up messages that are switched on, with their templates. Raises Invalid or Conflict for one that has none."""
    wanted = body.advanced_scheduling
    if wanted is None or not wanted.enabled:
        return []
    intervals = [interval for interval in wanted.intervals if interval.enabled]
    if not intervals:
        raise Invalid(
            "Advanced scheduling is on and has no step. Add one, or switch it off.",
            details=[{"field": "advancedScheduling.intervals", "message": "may not be empty"}],
        )
    found = []
    for interval in intervals:
        chosen = {} if interval.template is None else {interval.channel: interval.template}
        found.append((interval, await template_for(session, client_id, interval.channel, chosen)))
        await providers.account(session, client_id, interval.channel, body.providers.get(interval.channel))
    return found


def _stored(body: NewCampaign, intervals: Sequence[Interval]) -> str | None:
    """The follow-up messages as the campaign shows them."""
    if body.advanced_scheduling is None or not intervals:
        return None
    kept = body.advanced_scheduling.model_copy(update={"intervals": intervals}).model_dump(mode="json", by_alias=True)
    return orjson.dumps({"advancedScheduling": kept}).decode()


def _beginning(body: NewCampaign) -> tuple[str, datetime | None]:
    if body.schedule_type == "immediate":
        return ("draft" if body.draft else "active"), None
    check_start(body.scheduled_at)
    return ("draft" if body.draft else "scheduled"), body.scheduled_at


async def _wanted(session: AsyncSession, caller: Caller, body: NewCampaign | PreviewAudience) -> str | AudienceFilter:
    """The audience that a campaign names: a kept one, or its own. Raises Invalid when it names both, NotFound."""
    if body.audience_id is None:
        return body.target_audience
    if body.target_audience != "all":
        raise Invalid(
            "Choose a kept audience or a filter of the campaign's own, not both.",
            code="two_audiences",
            details=[{"field": "targetAudience", "message": "leave it out with audienceId"}],
        )
    return await audiences.filter_of(session, caller, ids.number("audience", body.audience_id))


async def audience_of(
    session: AsyncSession, caller: Caller, upload: str | int | None, wanted: str | AudienceFilter, purpose: str
) -> tuple[int, Audience]:
    """The client and the audience. Raises NotFound, Conflict for an upload that is not completed, Invalid."""
    if isinstance(wanted, AudienceFilter):
        wanted = wanted.model_copy(update={"statuses": [cases.status_code(status) for status in wanted.statuses]})
    today, unpaid_only = resources.current().clock.today(), purpose in plan.REMINDERS
    if upload is None:
        return caller.client_id, Audience(None, wanted, today, unpaid_only)
    found = await uploads.get(session, ids.number("upload", upload), caller)
    if found.status != "completed":
        raise Conflict(
            f"“{found.original_filename}” is {found.status}; a campaign is made from a completed upload.",
            code="upload_not_completed",
        )
    return found.client_id, Audience(found.id, wanted, today, unpaid_only)


async def template_for(
    session: AsyncSession, client_id: int, channel: Channel, chosen: Mapping[Channel, str | int]
) -> templates.Template:
    """The template chosen for a channel. Raises Invalid when there is none or it is for another, Conflict unless active."""
    ref = chosen.get(channel)
    if ref is None:
        raise Invalid(
            f"Choose a template for {LABELS[channel]}.",
            details=[{"field": f"templates.{channel}", "message": "missing"}],
        )
    template = await templates.find(session, client_id, ref)
    if template.channel != channel:
        raise Invalid(
            f"“{template.name}” is a template for {template.channel}, not for {LABELS[channel]}.",
            code="template_of_another_channel",
            details=[{"field": f"templates.{channel}", "message": "another channel"}],
        )
    if template.status != "active":
        raise Conflict(
            f"“{template.name}” is {template.status}; only active templates are sent.", code="template_inactive"
        )
    return template


def _no_recipients(planned: Planned) -> str:
    if planned.cases == 0:
        return "The campaign has no recipients: the audience has no open case within your reach."
    return f"The campaign has no recipients: none of the {planned.cases} cases has a contact for the chosen channels."


async def sum_targets(session: AsyncSession, parent: int, planned: Sequence[Planned]) -> None:
    """Give the parent the recipients of its channels together. Raises Invalid when there are none."""
    if not any(one.recipients for one in planned):
        raise Invalid(_no_recipients(planned[0]), code="no_recipients")
    await db.execute(
        session,
        "update campaigns set target_count = (select sum(target_count) from campaigns c where c.parent_id = %(id)s) where id = %(id)s",
        {"id": parent},
    )


async def set_target(session: AsyncSession, campaign_id: int, planned: Planned) -> None:
    """Store the size of a channel's plan."""
    sizes = {
        "originalCount": planned.cases,
        "withoutContact": planned.without_contact,
        "duplicatesRemoved": planned.duplicates_removed,
    }
    await db.execute(
        session,
        "update campaigns set target_count = %(target)s, metrics = %(sizes)s where id = %(id)s",
        {"id": campaign_id, "target": planned.recipients, "sizes": orjson.dumps(sizes).decode()},
    )


async def preview(
    session: AsyncSession, reads: Reads, caller: Caller, body: PreviewAudience
) -> dict[Channel, Forecast]:
    """The size of each channel's plan and whom the send gate would refuse of it, without planning anything."""
    wanted = await _wanted(session, caller, body)
    client_id, audience = await audience_of(session, caller, body.upload_id, wanted, body.purpose)
    found: dict[Channel, Forecast] = {}
    for channel in body.type:
        template = (
            await template_for(session, client_id, channel, body.templates) if channel in body.templates else None
        )
        promotional = plan.is_promotional(body.purpose, template)
        found[channel] = await plan.forecast(reads, caller, client_id, channel, audience, promotional=promotional)
    return found
