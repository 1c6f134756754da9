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
