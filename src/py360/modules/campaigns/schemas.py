"""What the API of campaigns takes (specification, "Campaign Management APIs"; domain reference, section 12)."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal

import orjson
from pydantic import BeforeValidator, Field, StringConstraints

from py360.kit.wire import SHOWN, Moment, Schema

Channel = Literal["email", "sms", "whatsapp"]
Purpose = Literal["promotional", "transactional", "renewal", "welcome", "payment", "claims"]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Budget = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2, description="INR, for all channels together")]
Channels = Annotated[list[Channel], BeforeValidator(_as_list), Field(min_length=1, max_length=3)]


Word = Annotated[str, StringConstraints(max_length=100)]
Tags = Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=50)]], Field(max_length=20)]
ProviderId = Annotated[int, Field(ge=1, lt=2**63)]


class AudienceFilter(Schema):
    """The recipients of a campaign, when not all of the upload.

    A condition not listed here is refused: ignored, it would widen the audience.
    """

    statuses: list[Word] = Field(default_factory=list, max_length=12)
    policy_types: list[Word] = Field(default_factory=list, max_length=10)
    due_from: date | None = None
    due_to: date | None = None
    max_renewal_probability: Annotated[
        float | None, Field(gt=0, le=1, description="Only cases that are predicted to renew with at most this chance")
    ] = None


Audience = Literal["all", "pending", "expired"] | AudienceFilter
StoredContent = dict[str, object]  # {"advancedScheduling": ...}, as the API takes it
StoredAudience = dict[str, object]  # {"audience": "all"}, or the fields of an AudienceFilter


def store_audience(audience: str | AudienceFilter) -> str:
    """An audience as the database keeps it."""
    if isinstance(audience, AudienceFilter):
        return audience.model_dump_json(by_alias=True)
    return orjson.dumps({"audience": audience}).decode()


def read_audience(stored: StoredAudience) -> str | AudienceFilter:
    """A stored audience as the API takes it."""
    return str(stored["audience"]) if "audience" in stored else AudienceFilter.model_validate(stored)


class Conditions(Schema):
    """To whom a follow-up is sent."""

    send_if_no_response: bool = Field(True, description="Only to those who answered no message of the campaign")
    send_if_no_action: bool = Field(False, description="Only to those who clicked no link of it; who renewed gets none")


class Interval(Schema):
    """A follow-up message: so long after the step before, on this channel."""

    id: Annotated[str, Field(max_length=50)] | int | None = None
    channel: Channel
    delay: Annotated[int, Field(ge=1, le=1_000)]
    delay_unit: Literal["minutes", "hours", "days", "weeks"] = "days"
    template: str | int | None = None
    enabled: bool = True
    conditions: Conditions = Conditions()

    @property
    def after(self) -> timedelta:
        """How long after the step before."""
        return timedelta(**{self.delay_unit: self.delay})


class AdvancedScheduling(Schema):
    """The follow-up messages of a campaign, in their order; those that are switched off are not kept."""

    enabled: bool = False
    intervals: list[Interval] = Field(default_factory=list, max_length=20)


AudienceId = Annotated[str | int | None, Field(description="A kept audience, in place of targetAudience")]


class NewCampaign(Schema):
    """A campaign on one or several channels, from an upload or from a filter over the cases within reach."""

    passed_over = frozenset({"uploadFilename"})

    name: Annotated[str, Field(min_length=1, max_length=200)]
    description: Annotated[str, Field(max_length=2_000)] | None = None
    type: Channels
    purpose: Purpose = "renewal"
    upload_id: str | int | None = None
    templates: dict[Channel, str | int]
    providers: dict[Channel, ProviderId] = Field(default_factory=dict)
    schedule_type: Literal["immediate", "scheduled"] = "immediate"
    scheduled_at: Moment | None = None
    target_audience: Audience = "all"
    audience_id: AudienceId = None
    tags: Tags = Field(default_factory=list)
    budget: Budget | None = None
    advanced_scheduling: AdvancedScheduling | None = Field(
        None, description="Follow-up messages: so long after the step before, to those who did not answer or act"
    )
    draft: bool = False


class EditCampaign(Schema):
    """What may be changed: names, tags and the budget (empty: none) always, the start while it has not started, templates
    and audience of a draft."""

    passed_over = SHOWN | {
        "parentId", "type", "purpose", "channels", "status", "statusReason", "uploadFilename", "templateId", "templateName",
        "provider", "providers", "targetCount", "audienceSize", "originalCount", "duplicatesRemoved", "withoutContact",
        "scheduleType", "launchDate", "completedAt", "createdDate", "lastModified", "progress", "spent", "metrics",
        "channelMetrics", "campaigns", "advancedScheduling", "audience", "scheduledDate", "timeline", "compliance", "consent", "step",
    }  # fmt: skip
    moves = frozenset({
        "spent", "statusReason", "targetCount", "audienceSize", "originalCount", "duplicatesRemoved", "withoutContact", "launchDate",
        "completedAt", "lastModified", "progress", "metrics", "channelMetrics", "campaigns", "scheduledDate", "timeline",
        "compliance", "consent",
    })  # fmt: skip
    never_empty = frozenset({"name"})

    name: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    description: Annotated[str, Field(max_length=2_000)] | None = None
    tags: Tags | None = None
    budget: Budget | None = None
    scheduled_at: Moment | None = None
    templates: dict[Channel, str | int] = Field(default_factory=dict)
    upload_id: str | int | None = None
    target_audience: Audience | None = None


class NewStatus(Schema):
    """Launch, pause, resume or stop."""

    status: str
    scheduled_at: Moment | None = None


class PreviewAudience(Schema):
    """The audience of a campaign that is not made yet."""

    type: Channels
    upload_id: str | int | None = None
    purpose: Purpose = "renewal"
    templates: dict[Channel, str | int] = Field(default_factory=dict)
    target_audience: Audience = "all"
    audience_id: AudienceId = None


class AudienceIn(Schema):
    """A filter over the open cases, kept under a name."""

    passed_over = SHOWN | {"lastUpdated", "size", "customers"}
    moves = frozenset({"size", "customers"})

    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    description: Annotated[str, StringConstraints(max_length=500)] = ""
    segments: Tags = Field(
        default_factory=list, description="Labels: High Value, Lapsed, New Joiners; they filter nothing"
    )
    filter: AudienceFilter = Field(default_factory=AudienceFilter)
