"""One campaign with its channels, as the API answers it (domain reference, section 12.1)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from py360.kit.caller import Caller
from py360.kit.errors import NotFound
from py360.kit.ids import code
from py360.kit.reads import Reads
from py360.modules.campaigns import rates
from py360.modules.campaigns.schemas import StoredAudience, StoredContent
from py360.modules.campaigns.views import CampaignView

# A parent's counters are the sums of its channels', except conversions; a channel has no channels, so that its sums are null.
SUMS: Final = f"""
left join lateral (
  select {", ".join(f"sum(k.{name}_count)::bigint as {name}_count" for name in rates.SUMMED)}
  from campaigns k where k.parent_id = c.id) s on true
"""
COLUMNS: Final = f"""
select c.id, c.parent_id, c.client_id, c.name, c.description, c.campaign_type, c.type, c.channels, c.status, c.pause_reason,
  c.upload_id, f.original_filename, c.template_id, t.name as template_name, p.name as provider_name,
  c.target_audience_filter, c.target_count, c.metrics as plan_sizes, c.content, c.schedule_type, c.scheduled_at, c.started_at,
  c.completed_at, c.created_at, c.updated_at, nullif(u.name, '') as creator, c.tags, c.version, c.converted_count, c.step,
  coalesce(c.budget, parent.budget) as budget,
  {", ".join(f"coalesce(s.{name}_count, c.{name}_count) as {name}_count" for name in rates.SUMMED)}
from campaigns c left join uploads_public_upload f on f.id = c.upload_id
left join templates_public_template t on t.id = c.template_id
left join providers_public_account p on p.id = c.provider_id left join identity_public_users u on u.id = c.created_by
left join campaigns parent on parent.id = c.parent_id
{SUMS}
"""
PROGRESS: Final = f"""
select id, client_id, status, pause_reason, target_count, converted_count, {", ".join(f"{name}_count" for name in rates.SUMMED)}
from campaigns where id = %(id)s
"""
_AUDIENCES: Final = {"all": "All customers", "pending": "Pending renewals", "expired": "Expired policies"}
_FILTERED: Final = "Filtered cases"
PlanSizes = dict[str, int]  # originalCount, withoutContact, duplicatesRemoved: stored when a channel is planned


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignProgress(rates.Progress):
    """What a live update says of a running campaign."""

    id: int
    client_id: int
    pause_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRow(rates.Progress):
    """A campaign: a parent with the sums of its channels, or a channel."""

    id: int
    parent_id: int | None
    client_id: int
    name: str
    description: str | None
    campaign_type: str
    type: str
    channels: list[str]
    pause_reason: str | None
    upload_id: int | None
    original_filename: str | None
    template_id: int | None
    template_name: str | None
    provider_name: str | None
    target_audience_filter: StoredAudience | None
    plan_sizes: PlanSizes | None
    content: StoredContent | None
    schedule_type: str
    scheduled_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    creator: str | None
    tags: list[str]
    version: int
    step: int
    budget: Decimal | None

    def to_public(self) -> CampaignView:
        """The campaign of the wire."""
        sizes, audience = self.plan_sizes or {}, self.target_audience_filter
        return {
            "id": code("campaign", self.id),
            "parentId": code("campaign", self.parent_id) if self.parent_id else None,
            "clientId": self.client_id,
            "name": self.name,
            "description": self.description,
            "type": self.campaign_type,
            "purpose": self.type,
            "channels": self.channels,
            "status": self.status,
            "statusReason": self.pause_reason,
            "uploadId": code("upload", self.upload_id) if self.upload_id else None,
            "uploadFilename": self.original_filename,
            "templateId": code("template", self.template_id) if self.template_id else None,
            "templateName": self.template_name,
            "provider": self.provider_name,
            "targetAudience": (audience or {}).get("audience", audience),
            "audience": audience_label(audience),
            "targetCount": self.target_count or 0,
            "audienceSize": self.target_count or 0,
            "originalCount": sizes.get("originalCount"),
            "duplicatesRemoved": sizes.get("duplicatesRemoved"),
            "withoutContact": sizes.get("withoutContact"),
            "scheduleType": self.schedule_type,
            "scheduledAt": self.scheduled_at,
            "scheduledDate": self.scheduled_at,  # the screens have both names
            "advancedScheduling": (self.content or {}).get("advancedScheduling"),
            "launchDate": self.started_at,
            "completedAt": self.completed_at,
            "createdDate": self.created_at,
            "lastModified": self.updated_at,
            "createdBy": self.creator,
            "tags": self.tags,
            "budget": self.budget,
            "progress": rates.progress(self),
            "metrics": rates.metrics(self),
            "version": self.version,
            "step": self.step,
        }


def audience_label(stored: StoredAudience | None) -> str:
    """An audience as screens show it."""
    return _AUDIENCES.get(str(stored["audience"]), "") if stored and "audience" in stored else _FILTERED


async def one(reads: Reads, caller: Caller, campaign_id: int) -> CampaignRow:
    """A campaign of the caller's clients; raises NotFound."""
    campaign = await reads.fetch_one(
        CampaignRow,
        f"{COLUMNS} where c.id = %(id)s and c.client_id = any(%(clients)s)",
        {"id": campaign_id, "clients": list(caller.client_ids)},
    )
    if campaign is None:
        raise NotFound(f"There is no campaign campaign-{campaign_id}.")
    return campaign


async def channels_of(reads: Reads, campaign: CampaignRow) -> list[CampaignRow]:
    """The channels of a parent; a channel itself."""
    if campaign.parent_id is not None:
        return [campaign]
    sql = f"{COLUMNS} where c.parent_id = %(id)s order by c.id"
    return await reads.fetch_all(CampaignRow, sql, {"id": campaign.id})
