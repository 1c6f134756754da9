"""What the API of compliance answers."""

from datetime import date, datetime

from typing_extensions import TypedDict

from py360.kit.http import Pagination
from py360.kit.wire import Amount


class DncEntryView(TypedDict):
    """An entry of the do-not-contact registry."""

    id: str
    clientId: int
    clientCode: str
    clientName: str
    customerName: str | None
    customerPhone: str | None
    customerEmail: str | None
    dncType: str
    dncSource: str
    reason: str | None
    effectiveDate: date
    expiryDate: date | None
    isActive: bool
    overrideAllowed: bool
    createdBy: int | None
    createdAt: datetime
    updatedAt: datetime
    lastOverride: datetime | None


class DncEntryList(TypedDict):
    """A page of the registry."""

    entries: list[DncEntryView]
    pagination: Pagination


class DncMessage(TypedDict):
    """What was done with an entry."""

    dncId: str
    message: str


class DncActiveView(TypedDict):
    """Whether an entry is in force now."""

    dncId: str
    isActive: bool


class DncCheckView(TypedDict):
    """Whether the registry stops a message, and the entry that does."""

    isBlocked: bool
    reason: str | None
    source: str | None
    overrideAllowed: bool | None
    dncType: str | None
    dncId: str | None


class ContactView(TypedDict):
    """A contact of a list, as it was sent."""

    phone: str | None
    email: str | None
    name: str | None


class BlockedContactView(ContactView):
    """A contact that may not be written to. `dncSource`: of an entry of the registry, where it comes from; else the kind of reason."""

    dncReason: str
    dncSource: str


class CleanedListView(TypedDict):
    """A list without its duplicates and without those who may not be written to."""

    allowed: list[ContactView]
    blocked: list[BlockedContactView]
    duplicatesRemoved: int
    dncBlocked: int


class OverrideView(TypedDict):
    """An override of an entry."""

    id: str
    clientId: int
    dncId: str
    customerName: str | None
    customerPhone: str | None
    customerEmail: str | None
    overrideType: str
    reason: str
    startDate: datetime
    endDate: datetime | None
    status: str
    requestedBy: int | None
    authorizedBy: int | None
    approvalReason: str | None
    createdAt: datetime


class OverrideList(TypedDict):
    """A page of overrides."""

    overrides: list[OverrideView]
    pagination: Pagination


class OverrideStatusView(TypedDict):
    """The status that an override has now."""

    overrideId: str
    status: str


class OverrideDecisionView(OverrideStatusView):
    """What was decided about an override."""

    message: str


class DncStatistics(TypedDict):
    """What is in force today."""

    activeEntries: int
    phoneEntries: int
    emailEntries: int
    governmentEntries: int


class BlockedMessageView(TypedDict):
    """A message that the registry stopped."""

    id: int
    clientId: int
    dncId: str | None
    campaignId: str | None
    caseId: str | None
    messageType: str
    recipientPhone: str | None
    recipientEmail: str | None
    reason: str | None
    attemptedBy: int | None
    attemptedAt: datetime


class BlockedMessageList(TypedDict):
    """A page of stopped messages."""

    messages: list[BlockedMessageView]
    pagination: Pagination


class DncEventView(TypedDict):
    """Something that happened to an entry: added, an override, a message that was stopped."""

    event: str
    at: datetime
    userId: int | None
    details: str | None


class DncHistory(TypedDict):
    """What happened to an entry, newest first."""

    history: list[DncEventView]


class SuppressionView(TypedDict):
    """An address that is left alone, until `expiresAt` or for good. `stoppedAt`: when the person last asked for it, also under another reason."""

    id: int
    clientId: int
    channel: str
    contact: str
    reason: str
    details: str | None
    expiresAt: datetime | None
    stoppedAt: datetime | None
    createdAt: datetime


class SuppressionList(TypedDict):
    """A page of the suppression list."""

    suppressions: list[SuppressionView]
    pagination: Pagination


class ConsentView(TypedDict):
    """What a customer decided about messages on a channel, for a purpose."""

    id: int
    channel: str
    purpose: str
    state: str
    source: str
    evidence: dict[str, str | int | None] | None
    recordedBy: int | None
    recordedAt: datetime


class ConsentList(TypedDict):
    """What a customer decided about messages, newest first."""

    consents: list[ConsentView]


class RecordedConsentView(TypedDict):
    """The consent that was recorded."""

    consentId: int
    message: str


class ComplianceReportView(TypedDict):
    """The figures of a period. The score is (attempts - violations) / attempts x 100; null where nothing was attempted."""

    id: int
    clientId: int
    reportType: str
    periodStart: date
    periodEnd: date
    totalSent: int
    totalBlocked: int
    overridesRequested: int
    overridesApproved: int
    violations: int
    complianceScore: Amount | None
    createdAt: datetime


class ComplianceReportList(TypedDict):
    """A page of compliance reports."""

    reports: list[ComplianceReportView]
    pagination: Pagination


class ComplianceReportMade(ComplianceReportView):
    """A report that was made."""

    message: str


class RowErrorView(TypedDict):
    """What is wrong with a row of a list."""

    row: int
    field: str
    message: str


class BulkUploadView(TypedDict):
    """What became of the rows of a list; the first 100 that are wrong are named."""

    total: int
    added: int
    existing: int
    failed: int
    errors: list[RowErrorView]
    message: str
