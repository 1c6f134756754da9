"""What the API answers of campaigns (domain reference, 12)."""

from datetime import date, datetime
from decimal import Decimal
from typing import NotRequired

from typing_extensions import TypedDict


class CampaignMetrics(TypedDict):
    """Counters of unique recipients, and the rates made of them in percent."""

    sent: int
    delivered: int
    opened: int
    clicked: int
    replied: int
    converted: int
    failed: int
    bounced: int
    skipped: int
    unknown: int
    unsubscribed: int
    read: int
    deliveryRate: float
    openRate: float
    clickRate: float
    clickToOpenRate: float
    readRate: float
    replyRate: float
    conversionRate: float
    conversionOfSent: float
    bounceRate: float
    unsubscribeRate: float


class CampaignView(TypedDict):
    """A campaign: a parent with the sums of its channels, or a channel."""

    id: str
    parentId: str | None
    clientId: int
    name: str
    description: str | None
    type: str
    purpose: str
    channels: list[str]
    status: str
    statusReason: str | None
    uploadId: str | None
    uploadFilename: str | None
    templateId: str | None
    templateName: str | None
    provider: str | None
    targetAudience: object
    audience: str
    targetCount: int
    audienceSize: int
    originalCount: int | None
    duplicatesRemoved: int | None
    withoutContact: int | None
    scheduleType: str
    scheduledAt: datetime | None
    scheduledDate: datetime | None
    advancedScheduling: object
    launchDate: datetime | None
    completedAt: datetime | None
    createdDate: datetime
    lastModified: datetime
    createdBy: str | None
    tags: list[str]
    budget: Decimal | None
    progress: float
    metrics: CampaignMetrics
    version: int
    step: int  # of a follow-up message its place; 0 for the first one


class CreatedCampaignView(TypedDict):
    """The campaign of one channel as it was created."""

    id: str
    name: str
    type: str
    status: str
    targetCount: int
    scheduledAt: datetime | None
    originalCount: int
    withoutContact: int
    duplicatesRemoved: int


class PlannedAudience(TypedDict):
    """The size of a channel's plan, and how many of its recipients would be skipped now, by reason."""

    originalCount: int
    targetCount: int
    withoutContact: int
    duplicatesRemoved: int
    skipped: dict[str, int]
    sendCount: int  # of `targetCount` those who would be written to


class CampaignRecipientView(TypedDict):
    """A recipient, with the message when there is one."""

    id: int
    campaignId: str
    caseId: str | None
    customerName: str
    contact: str
    skipReason: str | None
    status: str
    sentAt: datetime | None
    deliveredAt: datetime | None
    openedAt: datetime | None
    clickedAt: datetime | None
    errorMessage: str | None
    messageId: str | None


class CampaignTotalsView(TypedDict):
    """All campaigns of the caller's clients together."""

    totalCampaigns: int
    activeCampaigns: int
    scheduledCampaigns: int
    totalReach: int
    metrics: CampaignMetrics


class CampaignHour(TypedDict):
    """What happened in an hour."""

    hour: datetime
    sent: int
    delivered: int
    opened: int
    clicked: int


class TemplateFiguresView(TypedDict):
    """How a template did in a campaign."""

    templateId: str
    name: str
    channel: str
    sent: int
    openRate: float
    clickRate: float


class CampaignEvent(TypedDict):
    """Something that happened to a campaign."""

    date: datetime
    event: str
    type: str


class CampaignConsentView(TypedDict):
    """How many recipients consent to a channel today; `optedOut` are those who want nothing on a channel of this campaign."""

    email: int
    sms: int
    whatsapp: int
    optedOut: int


class CampaignComplianceView(TypedDict):
    """Whether the rules are kept, and how many recipients were left out for each reason."""

    dltApproved: bool
    consentVerified: bool
    dndChecked: bool
    dataRetentionCompliant: bool
    consent: CampaignConsentView
    skipped: dict[str, int]
    dncBlocked: int
    optedOut: int


class PlannedAudiences(TypedDict):
    """The size of the plan of each channel that was asked for."""

    email: NotRequired[PlannedAudience]
    sms: NotRequired[PlannedAudience]
    whatsapp: NotRequired[PlannedAudience]


class CampaignRulesView(TypedDict):
    """Whether the rules are kept."""

    dltApproved: bool
    consentVerified: bool
    dndChecked: bool
    dataRetentionCompliant: bool


class CampaignOptInsView(TypedDict):
    """How many recipients consent to a channel today, and how many opted out."""

    email: int
    sms: int
    whatsapp: int
    opted_out: int


class CampaignDetailView(CampaignView):
    """One campaign with the figures of each channel."""

    spent: Decimal
    channelMetrics: dict[str, CampaignMetrics]
    campaigns: list[CampaignView]
    templates: dict[str, str]
    timeline: list[CampaignEvent]
    compliance: CampaignRulesView
    consent: CampaignOptInsView


class AudienceView(TypedDict):
    """A kept filter over the open cases."""

    id: str
    clientId: int
    name: str
    description: str
    segments: list[str]
    filter: dict[str, object]
    version: int
    createdAt: datetime
    lastUpdated: datetime
    createdBy: str


class AudienceDetailView(AudienceView):
    """The same with the open cases that are in it today, within the caller's reach, and their customers."""

    size: int
    customers: int


class AudienceContactView(TypedDict):
    """A case of an audience and its customer."""

    caseId: str
    customerId: str
    name: str
    email: str | None
    phone: str | None
    preferredLanguage: str
    policyNumber: str
    policyType: str
    dueDate: date
    status: str
