"""What the campaign screens send (specification, "Campaign Management APIs"; domain reference, section 12)."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, BeforeValidator, Field

from py360.kit.wire import SHOWN, Schema

Channel = Literal["email", "sms", "whatsapp"]
Purpose = Literal["promotional", "transactional", "renewal", "welcome", "payment", "claims"]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Budget = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2, description="INR, for all channels together")]
Channels = Annotated[list[Channel], BeforeValidator(_as_list), Field(min_length=1, max_length=3)]


class AudienceFilter(Schema):
    """Whom a campaign is for, when not simply everybody of the upload.

    A condition not listed here is refused: passed over, it would widen the audience.
    """

    statuses: list[str] = Field(default_factory=list, max_length=12)
    policy_types: list[str] = Field(default_factory=list, max_length=10)
    due_from: date | None = None
    due_to: date | None = None


class NewCampaign(Schema):
    """A campaign on one or several channels, from an upload or from a filter over the cases within reach."""

    passed_over = frozenset({"advancedScheduling", "uploadFilename"})

    name: Annotated[str, Field(min_length=1, max_length=200)]
    description: Annotated[str, Field(max_length=2_000)] | None = None
    type: Channels
    purpose: Purpose = "renewal"
    upload_id: str | int | None = None
    templates: dict[Channel, str | int]
    providers: dict[Channel, int] = Field(default_factory=dict)
    schedule_type: Literal["immediate", "scheduled"] = "immediate"
    scheduled_at: AwareDatetime | None = None
    target_audience: Literal["all", "pending", "expired"] | AudienceFilter = "all"
    audience_id: None = Field(None, description="Always empty: passed over, it would widen the audience")
    tags: Annotated[list[str], Field(max_length=20)] = Field(default_factory=list)
    budget: Budget | None = None
    draft: bool = False


class EditCampaign(Schema):
    """What may be changed: names, tags and the budget (empty: none) always, the moment while it has not started, templates
    and audience of a draft."""

    passed_over = SHOWN | {
        "parentId", "type", "purpose", "channels", "status", "statusReason", "uploadFilename", "templateId", "templateName",
        "provider", "providers", "targetCount", "audienceSize", "originalCount", "duplicatesRemoved", "withoutContact",
        "scheduleType", "launchDate", "completedAt", "createdDate", "lastModified", "progress", "spent", "metrics",
        "channelMetrics", "campaigns", "advancedScheduling",
    }  # fmt: skip
    moves = frozenset({
        "spent", "statusReason", "targetCount", "audienceSize", "originalCount", "duplicatesRemoved", "withoutContact", "launchDate",
        "completedAt", "lastModified", "progress", "metrics", "channelMetrics", "campaigns",
    })  # fmt: skip
    never_empty = frozenset({"name"})

    name: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    description: Annotated[str, Field(max_length=2_000)] | None = None
    tags: Annotated[list[str], Field(max_length=20)] | None = None
    budget: Budget | None = None
    scheduled_at: AwareDatetime | None = None
    templates: dict[Channel, str | int] = Field(default_factory=dict)
    upload_id: str | int | None = None
    target_audience: Literal["all", "pending", "expired"] | AudienceFilter | None = None


class NewStatus(Schema):
    """Launch, pause, resume or stop."""

    status: str
    scheduled_at: AwareDatetime | None = None


class PreviewAudience(Schema):
    """How many a campaign would reach."""

    type: Channels
    upload_id: str | int | None = None
    purpose: Purpose = "renewal"
    templates: dict[Channel, str | int] = Field(default_factory=dict)
    target_audience: Literal["all", "pending", "expired"] | AudienceFilter = "all"
