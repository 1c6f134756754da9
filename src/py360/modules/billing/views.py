"""What the API answers of billing. Costs in INR."""

from datetime import date, datetime

from typing_extensions import TypedDict

from py360.kit.http.answers import Pagination
from py360.kit.wire import Amount


class DayView(TypedDict):
    """What was sent on a day."""

    date: date
    sms: int
    email: int
    whatsapp: int
    call: int
    total: int
    cost: Amount


class TotalsView(TypedDict):
    """What was sent in the period."""

    sms: int
    email: int
    whatsapp: int
    call: int
    total: int
    cost: Amount


class CommunicationStatsView(TypedDict):
    """Messages per day and channel."""

    periodFrom: date
    periodTo: date
    totals: TotalsView
    days: list[DayView]


class DeliveryStatsView(TypedDict):
    """What became of a vendor's messages."""

    delivered: int
    failed: int
    pending: int


class VendorView(TypedDict):
    """An account at a vendor, and what went through it in the period. `successRate`: delivered of all, in percent."""

    vendorId: int
    vendorName: str
    vendorType: str
    vendor: str
    active: bool
    totalCommunications: int
    deliveryStats: DeliveryStatsView
    successRate: float
    rating: str
    costPerMessage: Amount
    totalCost: Amount
    lastActivity: datetime | None


class VendorList(TypedDict):
    """The vendors."""

    vendors: list[VendorView]
    pagination: Pagination


class VendorMonthView(TypedDict):
    """A vendor's month."""

    month: str
    totalCommunications: int
    deliveryStats: DeliveryStatsView
    successRate: float
    totalCost: Amount


class VendorPerformanceView(TypedDict):
    """A vendor, and its last twelve months."""

    vendor: VendorView
    months: list[VendorMonthView]


class UtilizationView(TypedDict):
    """What a service cost in the period."""

    service: str
    count: int
    cost: Amount


class PlatformChargeView(TypedDict):
    """A charge of the platform itself."""

    service: str
    period: str
    cost: Amount


class SummaryView(TypedDict):
    """The charges of a period."""

    periodFrom: date
    periodTo: date
    utilization: list[UtilizationView]
    platform: list[PlatformChargeView]
    totalMonthly: Amount


class ChargeDayView(TypedDict):
    """What a service cost on a day."""

    date: date
    service: str
    count: int
    delivered: int
    failed: int
    cost: Amount


class ChargeList(TypedDict):
    """The charges, day by day."""

    charges: list[ChargeDayView]
    pagination: Pagination


class DeliveryView(TypedDict):
    """A message and what became of it; `pending` until the vendor says that it arrived."""

    id: str
    caseId: str | None
    customerName: str | None
    policyNumber: str | None
    communicationType: str
    message: str
    sentAt: datetime | None
    deliveryStatus: str
    deliveredAt: datetime | None
    vendor: str | None
    cost: Amount
    errorMessage: str | None


class BulkDeliveryView(TypedDict):
    """A campaign and what became of its messages. `duration`: minutes from the first message to the last news."""

    campaignId: str
    campaignName: str
    type: str
    totalRecipients: int
    sentCount: int
    deliveredCount: int
    failedCount: int
    pendingCount: int
    startedAt: datetime | None
    completedAt: datetime | None
    vendor: str | None
    totalCost: Amount
    deliveryRate: float
    rating: str
    duration: int | None


class DeliveryList(TypedDict, total=False):
    """A page of `deliveries`, or with `type=bulk` of `campaigns`."""

    deliveries: list[DeliveryView]
    campaigns: list[BulkDeliveryView]
    pagination: Pagination
