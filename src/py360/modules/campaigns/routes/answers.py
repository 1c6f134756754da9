"""What the routes of campaigns answer, beside the views of the things themselves."""

from datetime import datetime

from typing_extensions import TypedDict

from py360.kit.http import Pagination
from py360.modules.campaigns.views import (
    AudienceContactView,
    AudienceView,
    CampaignEvent,
    CampaignHour,
    CampaignMetrics,
    CampaignRecipientView,
    CampaignView,
    CreatedCampaignView,
    TemplateFiguresView,
)


class CampaignList(TypedDict):
    """A page of campaigns."""

    campaigns: list[CampaignView]
    pagination: Pagination


class CampaignRecipientList(TypedDict):
    """A page of a campaign's recipients."""

    recipients: list[CampaignRecipientView]
    pagination: Pagination


class CampaignCreated(TypedDict):
    """A campaign with its channels as they were created."""

    campaigns: list[CreatedCampaignView]
    parentId: str
    message: str


class CampaignChanged(TypedDict):
    """A campaign that was changed or deleted."""

    campaignId: str
    message: str


class CampaignStatusSet(TypedDict):
    """A campaign's new status."""

    campaignId: str
    status: str
    updatedAt: datetime


class CampaignAnalytics(TypedDict):
    """The figures of a campaign."""

    campaignId: str
    metrics: CampaignMetrics
    timeline: list[CampaignHour]
    topPerformingContent: list[TemplateFiguresView]


class CampaignTimeline(TypedDict):
    """What happened to a campaign, in order."""

    timeline: list[CampaignEvent]


class AudienceList(TypedDict):
    """A page of audiences."""

    audiences: list[AudienceView]
    pagination: Pagination


class AudienceContactList(TypedDict):
    """A page of the cases in an audience."""

    contacts: list[AudienceContactView]
    pagination: Pagination


class AudienceSaved(TypedDict):
    """An audience that was saved."""

    audienceId: str
    version: int
    message: str


class AudienceDeleted(TypedDict):
    """An audience that was deleted."""

    audienceId: str
    message: str
