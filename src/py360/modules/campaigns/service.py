"""Making and steering campaigns. The edge commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid, NotFound, PreconditionFailed
from py360.kit.jobs import defer, waits
from py360.modules.campaigns import counting, planning, states
from py360.modules.campaigns.planning import Audience, Planned
from py360.modules.campaigns.schemas import AudienceFilter, EditCampaign, NewCampaign, PreviewAudience
from py360.modules.cases import api as cases
from py360.modules.messaging import api as messaging
from py360.modules.notifications import api as notifications
from py360.modules.uploads import api as uploads

LABELS: Final = {"email": "Email", "sms": "SMS", "whatsapp": "WhatsApp"}
NO_PAST: Final = timedelta(minutes=1)
LEASE_OVER: Final = timedelta(seconds=95)

_INSERT: Final = """
insert into campaigns (client_id, parent_id, name, description, campaign_type, type, channels, status, upload_id, template_id,
  template_version, provider_id, target_audience_filter, tags, schedule_type, scheduled_at, started_at, created_by)
values (%(client)s, %(parent)s, %(name)s, %(description)s, %(channel)s, %(purpose)s, %(channels)s, %(status)s, %(upload)s,
  %(template)s, %(version)s, %(provider)s, %(filter)s, %(tags)s, %(schedule)s, %(at)s, %(started)s, %(user)s)
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


def lock(campaign_id: int) -> str:
    """One run of a campaign at a time."""
    return f"campaign {campaign_id}"


def _later(campaign_id: int) -> str:
    return f"campaign {campaign_id} later"


async def create(session: AsyncSession, caller: Caller, asked: NewCampaign) -> tuple[int, list[Made]]:
    """Make a parent and a child per channel, freeze the recipients, and start or schedule; the parent and the children.

    Raises Invalid or Conflict with a sentence that says what to change.
    """
    client_id, audience = await _audience(session, caller, asked.upload_id, asked.target_audience)
    status, at = _beginning(asked)
    channels = list(dict.fromkeys(asked.type))
    templates = {channel: await _template(session, client_id, channel, asked) for channel in channels}
    for channel in channels:
        await messaging.account(session, client_id, channel, asked.providers.get(channel))
    common = _common(caller, client_id, asked, audience, status, at)
    parent = await db.value(session, _INSERT, common | {"channels": channels})
    made = []
    for channel in channels:
        template = templates[channel]
        name = f"{asked.name} ({LABELS[channel]})" if len(channels) > 1 else asked.name
        said = {"parent": parent, "name": name, "channel": channel, "channels": [channel]}
        said |= {"template": template.id, "version": template.version, "provider": asked.providers.get(channel)}
        child = await db.value(session, _INSERT, common | said)
        promotional = asked.purpose == "promotional"
        planned = await planning.freeze(
            session, caller, client_id, child, channel, audience, once_per_contact=promotional
        )
        await _set_target(session, child, planned)
        made.append(Made(child, name, channel, status, planned, at))
    if not any(one.planned.recipients for one in made):
        raise Invalid(_nobody(made), code="no_recipients")
    await db.execute(
        session,
        "update campaigns set target_count = (select sum(target_count) from campaigns c where c.parent_id = %(id)s) where id = %(id)s",
        {"id": parent},
    )
    for one in made:
        await _set_going(session, one.id, status, at)
    return parent, made


def _common(
    caller: Caller, client_id: int, asked: NewCampaign, audience: Audience, status: str, at: datetime | None
) -> dict[str, Any]:
    wanted = asked.target_audience
    shown = (
        wanted.model_dump(mode="json", by_alias=True) if isinstance(wanted, AudienceFilter) else {"audience": wanted}
    )
    return {
        "client": client_id, "parent": None, "name": asked.name, "description": asked.description, "channel": "multi",
        "purpose": asked.purpose, "status": status, "upload": audience.upload_id, "template": None, "version": None,
        "provider": None, "filter": orjson.dumps(shown).decode(), "tags": orjson.dumps(asked.tags).decode(),
        "schedule": asked.schedule_type, "at": at, "user": caller.user_id,
        "started": resources.current().clock.now() if status == "active" else None,
    }  # fmt: skip


def _beginning(asked: NewCampaign) -> tuple[str, datetime | None]:
    if asked.schedule_type == "scheduled":
        if asked.scheduled_at is None:
            raise Invalid(
                "Say when the campaign is to start (scheduledAt).",
                details=[{"field": "scheduledAt", "message": "missing"}],
            )
        if asked.scheduled_at < resources.current().clock.now() - NO_PAST:
            raise Invalid(
                "The start of the campaign lies in the past.",
                details=[{"field": "scheduledAt", "message": "in the past"}],
            )
        return ("draft" if asked.draft else "scheduled"), asked.scheduled_at
    return ("draft" if asked.draft else "active"), None


async def _audience(
    session: AsyncSession, caller: Caller, upload: str | int | None, wanted: str | AudienceFilter
) -> tuple[int, Audience]:
    if isinstance(wanted, AudienceFilter):
        wanted = wanted.model_copy(update={"statuses": [cases.status_code(status) for status in wanted.statuses]})
    today = resources.current().clock.today()
    if upload is None:
        return caller.client_id, Audience(None, wanted, today)
    found = await uploads.get(session, ids.number("upload", upload), caller)
    if found.status != "completed":
        raise Conflict(
            f"“{found.original_filename}” is {found.status}; a campaign is made from a completed upload.",
            code="upload_not_completed",
        )
    return found.client_id, Audience(found.id, wanted, today)


async def _template(session: AsyncSession, client_id: int, channel: str, asked: NewCampaign) -> messaging.Template:
    ref = asked.templates.get(channel)  # type: ignore[call-overload]  # channel comes from the same literal
    if ref is None:
        raise Invalid(
            f"Choose a template for {LABELS[channel]}.",
            details=[{"field": f"templates.{channel}", "message": "missing"}],
        )
    template = await messaging.template(session, client_id, ref)
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


def _nobody(made: Sequence[Made]) -> str:
    planned = made[0].planned
    if planned.cases == 0:
        return "There is nobody to write to: the audience has no open case within your reach."
    return f"There is nobody to write to: none of the {planned.cases} cases has a contact for the chosen channels."


async def _set_target(session: AsyncSession, campaign_id: int, planned: Planned) -> None:
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


async def _set_going(session: AsyncSession, campaign_id: int, status: str, at: datetime | None) -> None:
    from py360.modules.campaigns import jobs  # jobs call this module

    if status == "active":
        await go_on(session, campaign_id)
    elif status == "scheduled":
        await defer(session, jobs.start, campaign_id=campaign_id, schedule_at=at)


async def go_on(session: AsyncSession, campaign_id: int, at: datetime | None = None) -> None:
    """Have it sent, now or from that moment on. At most one run waits for each: a resume does not wait for the morning."""
    from py360.modules.campaigns import jobs  # jobs call this module

    later = at if at is not None and at > resources.current().clock.now() else None
    await defer(
        session,
        jobs.send,
        campaign_id=campaign_id,
        schedule_at=later,
        lock=lock(campaign_id),
        queueing_lock=lock(campaign_id) if later is None else _later(campaign_id),
    )


async def keep_going(session: AsyncSession, campaign_id: int) -> None:
    """Have it sent, unless its next run waits for its moment."""
    if not await waits(session, _later(campaign_id)):
        await go_on(session, campaign_id)


async def preview(session: AsyncSession, caller: Caller, asked: PreviewAudience) -> dict[str, Planned]:
    """How many each channel would reach."""
    client_id, audience = await _audience(session, caller, asked.upload_id, asked.target_audience)
    once = asked.purpose == "promotional"
    return {
        channel: await planning.preview(session, caller, client_id, channel, audience, once_per_contact=once)
        for channel in asked.type
    }


async def take(session: AsyncSession, caller: Caller, number: int) -> db.Row:
    """A campaign of the caller's clients, locked; raises NotFound."""
    row = await db.one(
        session,
        "select * from campaigns where id = %(id)s and client_id = any(%(clients)s) for update",
        {"id": number, "clients": list(caller.client_ids)},
    )
    if row is None:
        raise NotFound(f"There is no campaign campaign-{number}.")
    return row


async def set_status(session: AsyncSession, caller: Caller, number: int, text: str, at: datetime | None = None) -> str:
    """Launch, pause, resume or stop; on a parent it goes to all children that can. The new status."""
    campaign = await take(session, caller, number)
    new = states.status_named(text)
    if campaign["parent_id"] is not None:
        await _move(session, campaign, new, at)
        await _follow(session, campaign["parent_id"])
        return new
    children = await db.all(
        session, "select * from campaigns where parent_id = %(id)s order by id for update", {"id": number}
    )
    able = [child for child in children if child["status"] != new and new in states.ALLOWED[child["status"]]]
    if not able:
        states.check(campaign["status"], new)
    for child in able:
        await _move(session, child, new, at)
    await _follow(session, number)
    return new


async def _move(session: AsyncSession, campaign: db.Row, new: str, at: datetime | None) -> None:
    if campaign["status"] == new:
        return
    states.check(campaign["status"], new)
    now = resources.current().clock.now()
    at = at or campaign["scheduled_at"]
    if new == "scheduled" and (at is None or at < now - NO_PAST):
        raise Invalid("Say when the campaign is to start (scheduledAt, in the future).")
    if new == "active" and campaign["started_at"] is None and at is not None and at > now:
        at = None  # launched by hand before its time
    await db.execute(
        session,
        "update campaigns set status = %(new)s::varchar, version = version + 1, scheduled_at = coalesce(%(at)s, scheduled_at),"
        " started_at = case when %(new)s = 'active' then coalesce(started_at, %(now)s) else started_at end,"
        " completed_at = case when %(new)s in ('completed', 'cancelled', 'failed') then %(now)s::timestamptz else completed_at end"
        " where id = %(id)s",
        {"id": campaign["id"], "new": new, "at": at, "now": now},
    )
    await _set_going(session, campaign["id"], new, at)


async def _follow(session: AsyncSession, parent_id: int) -> None:
    """A parent shows the liveliest status of its children."""
    await db.execute(
        session,
        "update campaigns p set version = version + 1, status = ("
        "  select status from campaigns c where c.parent_id = p.id order by"
        "  array_position(array['active','paused','scheduled','draft','failed','completed','cancelled']::varchar[], c.status) limit 1)"
        " where p.id = %(id)s",
        {"id": parent_id},
    )
    await db.execute(
        session,
        "update campaigns set completed_at = now() where id = %(id)s and completed_at is null"
        " and status in ('completed', 'cancelled', 'failed')",
        {"id": parent_id},
    )


async def start_due(session: AsyncSession, campaign_id: int) -> None:
    """Start a scheduled campaign whose time has come; one that was moved or paused waits."""
    campaign = await db.one(session, "select * from campaigns where id = %(id)s for update", {"id": campaign_id})
    now = resources.current().clock.now()
    if campaign is None or campaign["status"] != "scheduled" or campaign["scheduled_at"] > now:
        return
    await _move(session, campaign, "active", None)
    await _follow(session, campaign["parent_id"])


async def after_run(session: AsyncSession, campaign_id: int, wait_until: datetime | None) -> datetime | None:
    """Finish a campaign when nobody is left; otherwise when its next run is due (None: it does not go on by itself)."""
    campaign = await db.one(session, "select * from campaigns where id = %(id)s for update", {"id": campaign_id})
    if campaign is None or campaign["status"] != "active":
        return None
    left = await db.one(
        session,
        "select count(*) filter (where status = 'pending') as pending, max(claimed_until) as held from campaign_recipients"
        " where campaign_id = %(id)s and status in ('pending', 'claimed')",
        {"id": campaign_id},
    )
    now = resources.current().clock.now()
    assert left is not None
    if left["pending"]:
        return wait_until or now
    if left["held"] is not None:
        return now + LEASE_OVER
    await counting.from_plan(session, campaign_id)
    await counting.from_ledger(session, [campaign_id])
    await _move(session, campaign, "completed", None)
    await _follow(session, campaign["parent_id"])
    if campaign["created_by"] is not None:
        await notifications.notify(
            session,
            campaign["created_by"],
            type="update",
            title="Campaign finished",
            message=f"“{campaign['name']}” has been sent.",
            data={"campaignId": ids.code("campaign", campaign_id)},
        )
    return None


async def edit(session: AsyncSession, caller: Caller, number: int, given: EditCampaign, version: int | None) -> None:
    """Names and tags at any time; the moment only while it has not started."""
    campaign = await take(session, caller, number)
    if version is not None and version != campaign["version"]:
        raise PreconditionFailed
    wanted = given.model_dump(include={"name", "description"}, exclude_none=True)
    if given.tags is not None:
        wanted["tags"] = orjson.dumps(given.tags).decode()
    if given.scheduled_at is not None:
        if campaign["status"] not in {"draft", "scheduled"}:
            raise Conflict("The campaign has started already; its start cannot be moved.", code="already_started")
        wanted["scheduled_at"] = given.scheduled_at
    for key in {number, *await _family(session, campaign, "scheduled_at" in wanted)}:
        own = wanted if key == number else {"scheduled_at": wanted["scheduled_at"]}
        if own:
            columns = ", ".join(f"{column} = %({column})s" for column in own)
            await db.execute(
                session, f"update campaigns set {columns}, version = version + 1 where id = %(id)s", {**own, "id": key}
            )
        if "scheduled_at" in own and campaign["status"] == "scheduled":
            await _set_going(session, key, "scheduled", given.scheduled_at)


async def _family(session: AsyncSession, campaign: db.Row, all_children: bool) -> list[int]:
    if not all_children or campaign["parent_id"] is not None:
        return []
    rows = await db.all(session, "select id from campaigns where parent_id = %(id)s", {"id": campaign["id"]})
    return [row["id"] for row in rows]


async def delete(session: AsyncSession, caller: Caller, number: int) -> None:
    """Remove a campaign that was never sent: a draft or a cancelled one."""
    campaign = await take(session, caller, number)
    left = await db.value(  # counters live on the children; what may have left counts as sent
        session,
        "select coalesce(sum(sent_count + unknown_count), 0) from campaigns where %(id)s in (id, parent_id)",
        {"id": number},
    )
    if campaign["status"] not in {"draft", "cancelled"} or left:
        raise Conflict("Only drafts and cancelled campaigns that sent nothing can be deleted.", code="not_deletable")
    await db.execute(session, "delete from campaigns where id = %(id)s", {"id": number})
