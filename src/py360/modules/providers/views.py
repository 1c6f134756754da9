"""What the API answers of providers."""

from datetime import datetime

from typing_extensions import TypedDict

from py360.kit.http.answers import JsonObject
from py360.kit.paging import Pagination


class ProviderLimitsView(TypedDict):
    """Limits of an account; null is none."""

    dailyLimit: int | None
    monthlyLimit: int | None
    rateLimit: int | None


class ProviderView(TypedDict):
    """An account at a vendor, its secrets masked."""

    webhookUrl: str | None
    id: int
    clientId: int
    name: str
    channel: str
    type: str
    isActive: bool
    isDefault: bool
    isSandbox: bool
    status: str
    config: JsonObject
    dltEntityId: str | None
    limits: ProviderLimitsView
    createdAt: datetime
    updatedAt: datetime
    lastUsed: datetime | None
    lastTested: datetime | None


class ProviderList(TypedDict):
    """A page of the accounts."""

    providers: list[ProviderView]
    pagination: Pagination


class ProviderAdded(TypedDict):
    """An account was added."""

    providerId: int
    id: int
    message: str


class ProviderTested(TypedDict):
    """What the vendor reported to the test."""

    success: bool
    message: str


class ProviderFieldView(TypedDict):
    """A setting of a vendor."""

    name: str
    required: bool
    secret: bool
    description: str | None


class ProviderTypeView(TypedDict):
    """A vendor and the settings it needs."""

    channel: str
    type: str
    name: str
    available: bool
    fields: list[ProviderFieldView]
    limits: ProviderLimitsView


class ProviderTypeList(TypedDict):
    """The vendors there are."""

    types: list[ProviderTypeView]


class ProviderStatsView(TypedDict):
    """What became of the messages of an account."""

    sent: int
    delivered: int
    failed: int
    pending: int
    lastActivity: datetime | None


class ProviderChanged(TypedDict):
    """An account was changed."""

    providerId: int
    message: str


class ProviderSwitched(TypedDict):
    """An account was switched on or off."""

    providerId: int
    isActive: bool
    message: str


class ProviderCountsView(TypedDict):
    """How many accounts of a channel there are, and how they do."""

    total: int
    active: int
    connected: int
    disconnected: int
    error: int


class ProviderTotalsView(TypedDict):
    """The accounts, counted by channel."""

    channels: dict[str, ProviderCountsView]
