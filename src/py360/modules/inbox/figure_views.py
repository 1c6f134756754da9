"""What the API answers of the inbox's figures (domain reference, 16.5, 16.6, 17). Rates and changes are in percent, times in hours."""

from datetime import date, datetime
from typing import Literal

from typing_extensions import TypedDict


class CardsView(TypedDict):
    """The numbers on top of the dashboard."""

    totalToday: int
    new: int
    inProgress: int
    resolved: int
    escalated: int
    slaBreaches: int


class CategoryCountsView(TypedDict):
    """Mails by category."""

    complaint: int
    feedback: int
    refund: int
    appointment: int
    uncategorized: int


class WeekdayView(CategoryCountsView):
    """The mails of a day of the week."""

    day: str


class DayTotalView(TypedDict):
    """The mails of a day."""

    date: date
    total: int


class DeadlinesView(TypedDict):
    """Mails within their deadline, and behind it."""

    within: float
    breached: float


class AgentWorkView(TypedDict):
    """The mails of an agent."""

    userId: int
    name: str
    assigned: int
    completed: int
    pending: int
    efficiency: float


class MailDashboardView(TypedDict):
    """The dashboard of a span."""

    cards: CardsView
    alert: bool
    categoryCounts: CategoryCountsView
    byWeekday: list[WeekdayView]
    daily: list[DayTotalView]
    weekTotal: int
    dailyAverage: int
    sla: DeadlinesView
    agents: list[AgentWorkView]
    dateFrom: date
    dateTo: date


class ChangeView(TypedDict):
    """A figure, and its change to the span before."""

    value: float | None
    change: float | None


class OverviewView(TypedDict):
    """The main figures of a report; satisfaction is of 5."""

    totalEmails: ChangeView
    resolvedEmails: ChangeView
    avgResponseTime: ChangeView
    customerSatisfaction: ChangeView


class DayWorkView(TypedDict):
    """The mails of a day by what became of them."""

    date: date
    received: int
    resolved: int
    pending: int


class CategoryShareView(TypedDict):
    """A category's share of the mails; the trend compares it with the span before."""

    category: str
    count: int
    percentage: float
    avgResolutionTime: float | None
    trend: Literal["up", "down", "stable"]


class AgentRatingView(TypedDict):
    """How an agent did; the rating is of 5."""

    userId: int
    name: str
    emailsHandled: int
    avgResponseTime: float | None
    resolutionRate: float
    customerRating: float | None
    efficiency: Literal["excellent", "good", "average"]


class ServiceLevelView(TypedDict):
    """The service level: within, nearing and breached make 100."""

    withinSLA: float
    nearingSLA: float
    breachedSLA: float
    overallCompliance: float


class AutomationView(TypedDict):
    """What the system did by itself."""

    autoResponses: int
    autoResolutionRate: float
    autoTagged: int
    autoTaggingRate: float
    templatesUsed: int
    avgTemplateEffectiveness: float


class SentimentSharesView(TypedDict):
    """The sentiment of mails, in percent."""

    positive: float
    neutral: float
    negative: float


class RatesView(TypedDict):
    """Delivered of sent; opened and clicked of delivered."""

    deliveryRate: float
    openRate: float
    clickRate: float


class RecentBulkView(RatesView):
    """One of the newest bulk mails."""

    id: str
    name: str
    status: str
    recipients: int
    sent: int
    delivered: int
    opened: int
    clicked: int
    progress: int
    createdDate: datetime


class BulkFiguresView(RatesView):
    """The bulk mails of a span."""

    campaigns: int
    recipients: int
    sent: int
    delivered: int
    opened: int
    clicked: int
    sentChange: float | None
    deliveryRateChange: float | None
    openRateChange: float | None
    clickRateChange: float | None
    recent: list[RecentBulkView]


class TemplateUseView(TypedDict):
    """What came of a template's mails."""

    templateId: int
    name: str
    usage: int
    avgOpenRate: float
    avgClickRate: float


class MailReportView(TypedDict):
    """The report of a span that ends today."""

    range: str
    overview: OverviewView
    daily: list[DayWorkView]
    categories: list[CategoryShareView]
    agents: list[AgentRatingView]
    sla: ServiceLevelView
    automation: AutomationView
    sentiment: SentimentSharesView
    bulk: BulkFiguresView
    templates: list[TemplateUseView]


class SenderCountView(TypedDict):
    """How many mails came from an address."""

    email: str
    count: int


class DayVolumeView(TypedDict):
    """The mails of a day."""

    date: date
    received: int
    sent: int


class SentimentCountsView(TypedDict):
    """Mails by sentiment."""

    positive: int
    neutral: int
    negative: int


class RenewalStatsView(TypedDict):
    """The figures of the renewal e-mail manager."""

    totalEmails: int
    unreadCount: int
    responseRate: float
    avgResponseTime: float | None
    topSenders: list[SenderCountView]
    dailyVolume: list[DayVolumeView]
    sentimentDistribution: SentimentCountsView
