"""What the API answers of channels. Amounts in INR, rates in per cent."""

from datetime import datetime

from typing_extensions import TypedDict

from py360.kit.http.answers import Pagination
from py360.kit.wire import Amount
from py360.modules.organization.performance.views import PeriodView


class ChannelSettingsView(TypedDict):
    """How cases are given to a channel."""

    autoAssignment: bool
    priority: str
    workingHours: str
    maxCapacity: int


class ChannelMarksView(TypedDict):
    """How a channel does. What was not measured is null."""

    efficiency: float | None
    customerSatisfaction: float | None
    avgResponseTime: float | None


class ChannelView(TypedDict):
    """A channel; its figures are of this financial year. `isOpenNow`: active, within its hours and below its capacity."""

    id: str
    channelId: int
    clientId: int
    name: str
    type: str
    status: str
    description: str | None
    targetAudience: str | None
    costPerLead: Amount | None
    conversionRate: float | None
    managerId: int | None
    manager: str | None
    budget: Amount | None
    currentCases: int
    renewedCases: int
    openCases: int
    revenue: Amount
    settings: ChannelSettingsView
    performance: ChannelMarksView
    isOpenNow: bool
    version: int
    createdAt: datetime
    updatedAt: datetime


class ChannelList(TypedDict):
    """A page of the channels."""

    channels: list[ChannelView]
    pagination: Pagination


class ChannelSaved(TypedDict):
    """A channel was added, changed or deleted."""

    id: str
    name: str
    message: str


class ChannelResultView(TypedDict):
    """The figures of a channel in a period; leads cost `costPerLead` each, messages what their vendors took."""

    currentCases: int
    renewedCases: int
    conversionRate: float | None
    revenue: Amount
    leadCost: Amount
    messageCost: Amount
    costPerRenewal: Amount | None
    budgetUtilization: float | None


class ChannelPerformanceView(ChannelResultView):
    """A channel in a period, beside the period before."""

    id: str
    name: str
    period: PeriodView
    previous: ChannelResultView
    openCases: int
    maxCapacity: int
    capacityUtilization: float | None
    performance: ChannelMarksView


class BulkFailureView(TypedDict):
    """A channel that was left as it is, and why."""

    id: str
    code: str
    message: str


class BulkView(TypedDict):
    """What a bulk action did."""

    succeeded: list[str]
    failures: list[BulkFailureView]
    message: str
