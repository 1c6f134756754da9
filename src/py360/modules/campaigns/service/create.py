"""Making campaigns: a parent and a child per channel, planned at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid
from py360.modules.campaigns.schemas import AudienceFilter, Channel, NewCampaign, PreviewAudience
from py360.modules.campaigns.service import plan as planning
from py360.modules.campaigns.service import status as service
from py360.modules.campaigns.service.plan import Audience, Planned
from py360.modules.cases import api as cases
from py360.modules.providers import api as providers
from py360.modules.templates import api as templates
from py360.modules.uploads import api as uploads

LABELS: Final = {"email": "Email", "sms": "SMS", "whatsapp": "WhatsApp"}

_INSERT: Final = """
insert into campaigns (client_id, parent_id, name, description, campaign_type, type, channels, status, upload_id, template_id,
  template_version, provider_id, target_audience_filter, tags, budget, schedule_type, scheduled_at, started_at, created_by)
values (%(client)s, %(parent)s, %(name)s, %(description)s, %(channel)s, %(purpose)s, %(channels)s, %(status)s, %(upload)s,
  %(template)s, %(version)s, %(provider)s, %(filter)s, %(tags)s, %(budget)s, %(schedule)s, %(at)s, %(started)s, %(user)s)
returning id
"""


@dataclass(frozen=True, slots=True)
class Made:
    """A child campaign as it was made."""

    id: int
    name: str
    channel: str
    status: str
    planned: Planned
    scheduled_at: datetime | None


async def create(session: AsyncSession, caller: Caller, asked: NewCampaign) -> tuple[int, list[Made]]:
    """Make a parent and a child per channel, freeze the recipients, and start or schedule; the parent and the children.

    Raises Invalid or Conflict with a sentence that says what to change.
    """
    client_id, audience = await audience_of(session, caller, asked.upload_id, asked.target_audience, asked.purpose)
    status, at = _beginning(asked)
    channels = list(dict.fromkeys(asked.type))
    templates = {channel: await template_for(session, client_id, channel, asked.templates) for channel in channels}
    for channel in channels:
        await providers.account(session, client_id, channel, asked.providers.get(channel))
    common = _common(caller, client_id, asked, audience, status, at)
    parent = await db.value(session, _INSERT, common | {"channels": channels, "budget": asked.budget})
    made = []
    for channel in channels:
        template = templates[channel]
        name = f"{asked.name} ({LABELS[channel]})" if len(channels) > 1 else asked.name
        said = {"parent": parent, "name": name, "channel": channel, "channels": [channel]}
        said |= {"template": template.id, "version": template.version, "provider": asked.providers.get(channel)}
        child = await db.value(session, _INSERT, common | said)
        once = planning.is_promotional(asked.purpose, template)
        planned = await planning.freeze(session, caller, client_id, child, channel, audience, once_per_contact=once)
        await set_target(session, child, planned)
        made.append(Made(child, name, channel, status, planned, at))
    await sum_up(session, parent, [one.planned for one in made])
    for one in made:
        await service.set_going(session, one.id, status, at)
    return parent, made


def _common(
    caller: Caller, client_id: int, asked: NewCampaign, audience: Audience, status: str, at: datetime | None
) -> dict[str, Any]:
    return {
        "client": client_id, "parent": None, "name": asked.name, "description": asked.description, "channel": "multi",
        "purpose": asked.purpose, "status": status, "upload": audience.upload_id, "template": None, "version": None,
        "provider": None, "budget": None, "filter": stored(asked.target_audience), "tags": orjson.dumps(asked.tags).decode(),
        "schedule": asked.schedule_type, "at": at, "user": caller.user_id,
        "started": resources.current().clock.now() if status == "active" else None,
    }  # fmt: skip


def stored(wanted: str | AudienceFilter) -> str:
    """A stated audience as the database keeps it."""
    if isinstance(wanted, AudienceFilter):
        return wanted.model_dump_json(by_alias=True)
    return orjson.dumps({"audience": wanted}).decode()


def _beginning(asked: NewCampaign) -> tuple[str, datetime | None]:
    if asked.schedule_type == "immediate":
        return ("draft" if asked.draft else "active"), None
    service.check_start(asked.scheduled_at)
    return ("draft" if asked.draft else "scheduled"), asked.scheduled_at


async def audience_of(
    session: AsyncSession, caller: Caller, upload: str | int | None, wanted: str | AudienceFilter, purpose: str
) -> tuple[int, Audience]:
    """The client and whom the campaign is for. Raises NotFound, Conflict for an upload that is not completed, Invalid."""
    if isinstance(wanted, AudienceFilter):
        wanted = wanted.model_copy(update={"statuses": [cases.status_code(status) for status in wanted.statuses]})
    today, reminded = resources.current().clock.today(), purpose in planning.REMINDERS
    if upload is None:
        return caller.client_id, Audience(None, wanted, today, reminded)
    found = await uploads.get(session, ids.number("upload", upload), caller)
    if found.status != "completed":
        raise Conflict(
            f"“{found.original_filename}” is {found.status}; a campaign is made from a completed upload.",
            code="upload_not_completed",
        )
    return found.client_id, Audience(found.id, wanted, today, reminded)


async def template_for(
    session: AsyncSession, client_id: int, channel: str, chosen: Mapping[Channel, str | int]
) -> templates.Template:
    """The template chosen for a channel. Raises Invalid when there is none or it is for another, Conflict unless active."""
    ref = chosen.get(channel)  # type: ignore[call-overload]  # channel comes from the same literal
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


def _nobody(planned: Planned) -> str:
    if planned.cases == 0:
        return "There is nobody to write to: the audience has no open case within your reach."
    return f"There is nobody to write to: none of the {planned.cases} cases has a contact for the chosen channels."


async def sum_up(session: AsyncSession, parent: int, planned: Sequence[Planned]) -> None:
    """Give the parent the plans of its channels together. Raises Invalid when they come to nobody."""
    if not any(one.recipients for one in planned):
        raise Invalid(_nobody(planned[0]), code="no_recipients")
    await db.execute(
        session,
        "update campaigns set target_count = (select sum(target_count) from campaigns c where c.parent_id = %(id)s) where id = %(id)s",
        {"id": parent},
    )


async def set_target(session: AsyncSession, campaign_id: int, planned: Planned) -> None:
    """Note what a channel's plan came to."""
    noted = {
        "originalCount": planned.cases,
        "withoutContact": planned.without_contact,
        "duplicatesRemoved": planned.duplicates_removed,
    }
    await db.execute(
        session,
        "update campaigns set target_count = %(target)s, metrics = %(noted)s where id = %(id)s",
        {"id": campaign_id, "target": planned.recipients, "noted": orjson.dumps(noted).decode()},
    )


async def preview(session: AsyncSession, caller: Caller, asked: PreviewAudience) -> dict[str, Planned]:
    """How many each channel would reach."""
    client_id, audience = await audience_of(session, caller, asked.upload_id, asked.target_audience, asked.purpose)
    found: dict[str, Planned] = {}
    for channel in asked.type:
        template = (
            await template_for(session, client_id, channel, asked.templates) if channel in asked.templates else None
        )
        once = planning.is_promotional(asked.purpose, template)
        found[channel] = await planning.preview(session, caller, client_id, channel, audience, once_per_contact=once)
    return found
