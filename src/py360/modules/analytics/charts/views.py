"""The rows of the charts. Money is in INR, percentages have one decimal; `cases` is the list of the cases behind a figure."""

from typing_extensions import TypedDict

from py360.modules.analytics.views import Money, PeriodView


class VolumeRow(TypedDict):
    """Cases that came and renewals, of a bucket of time."""

    name: str
    newCases: int
    renewals: int


class SuccessRow(TypedDict):
    """renewed / (renewed + failed + lapsed) of what ended in the bucket, from 0 to 1."""

    name: str
    successRate: float


class BatchStatusRow(TypedDict):
    """The state of the cases of a batch."""

    batchId: str
    fileName: str
    renewed: int
    inProgress: int
    pending: int
    failed: int
    total: int
    cases: str


class BatchPaymentRow(TypedDict):
    """What came in for a batch and what is left."""

    batchId: str
    fileName: str
    received: Money
    pending: Money
    cases: str


class ShareRow(TypedDict):
    """A channel's share of the cases."""

    channel: str
    count: int
    percentage: float
    cases: str


class RegionRow(TypedDict):
    """A branch, or the nearest place that cases belong to."""

    region: str | None
    state: str | None
    branch: str | None
    count: int
    renewed: int
    renewalRate: float
    cases: str


class ManagerRow(TypedDict):
    """The cases below a manager's place; efficiency = renewed / cases x 100."""

    type: str
    manager: str
    place: str
    count: int
    renewed: int
    efficiency: float
    cases: str


class ModeRow(TypedDict):
    """A way of reaching customers; calls by hand have no known success or cost."""

    mode: str
    count: int
    successRate: float | None
    cost: Money | None
    costPerContact: Money | None


class PaymentModeRow(TypedDict):
    """A payment method's share of what was paid."""

    mode: str
    count: int
    amount: Money
    percentage: float
    avgAmount: Money


class RenewalCostRow(TypedDict):
    """What messages to a channel's customers cost for each renewal; totalCost = costPerRenewal x volume."""

    channel: str
    volume: int
    costPerRenewal: Money | None
    totalCost: Money
    cases: str


class PaymentTypeRow(TypedDict):
    """How often policies are paid: their share of what was paid."""

    type: str
    count: int
    amount: Money
    percentage: float


class PaymentMonthRow(TypedDict):
    """The payments of a month; `avgDays` from the due date to the payment, negative before it."""

    month: str
    avgDays: float
    totalPayments: int
    onTimePayments: int


class DueDateRow(TypedDict):
    """Payments before, on or after the due date."""

    timing: str
    count: int
    percentage: float
    amount: Money


class PolicyCollectionRow(TypedDict):
    """Policies of a type: paid, and open without being paid; `amount` is what came in."""

    policyType: str
    pending: int
    collected: int
    total: int
    collectionRate: float
    amount: Money
    pendingAmount: Money
    cases: str


class ChannelCollectionRow(TypedDict):
    """What came in through a channel's cases, of what was asked."""

    channel: str
    collected: Money
    target: Money
    percentage: float
    policies: int
    cases: str


class FunnelRow(TypedDict):
    """A step on the way from the file to the renewal; `rate` is the share of the cases in percent."""

    stage: str
    count: int
    rate: float | None
    cases: str | None


class PersistencyRow(TypedDict):
    """Of the policies whose case ended in the period: those that were renewed, by count and by premium, in percent."""

    month: int
    due: int
    renewed: int
    byCount: float | None
    byPremium: float | None
    premiumDue: Money
    premiumRenewed: Money


class CampaignRates(TypedDict):
    """The rates of one channel of a campaign, in percent."""

    channel: str
    sent: int
    deliveryRate: float
    openRate: float
    clickRate: float
    conversionRate: float


class CampaignCard(TypedDict):
    """A campaign with its rates by channel."""

    id: str
    name: str
    status: str
    progress: float
    audienceSize: int
    rates: list[CampaignRates]


ChartRow = (
    VolumeRow
    | SuccessRow
    | BatchStatusRow
    | BatchPaymentRow
    | ShareRow
    | RegionRow
    | ManagerRow
    | ModeRow
    | PaymentModeRow
    | RenewalCostRow
    | PaymentTypeRow
    | PaymentMonthRow
    | DueDateRow
    | PolicyCollectionRow
    | ChannelCollectionRow
    | FunnelRow
    | PersistencyRow
    | CampaignCard
)


class ChartView(TypedDict):
    """A chart: how it is drawn, and its rows."""

    id: str
    title: str
    shape: str
    period: PeriodView
    rows: list[ChartRow]
