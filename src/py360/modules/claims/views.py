"""What the API answers of claims. Amounts are in INR."""

from datetime import date, datetime
from typing import NotRequired

from typing_extensions import TypedDict

from py360.kit.http.answers import Pagination
from py360.kit.wire import Amount


class ClockView(TypedDict):
    """A statutory period of a claim. `state`: running, warning (nearly over), breached (over), stopped."""

    kind: str
    label: str
    startedAt: datetime
    dueAt: datetime
    stoppedAt: datetime | None
    state: str


class ClaimantView(TypedDict):
    """Who claims, when it is not the insured."""

    name: str
    relation: str | None
    email: str | None
    phone: str | None


class ClaimRowView(TypedDict):
    """A claim as lists have it. `screenStatus` is pending, approved or rejected."""

    id: int
    claimNumber: str
    clientId: int
    policyId: int
    policyNumber: str
    customerId: str
    customerName: str
    caseId: str | None
    type: str
    category: str | None
    title: str | None
    status: str
    statusLabel: str
    screenStatus: str
    priority: str
    claimAmount: Amount
    approvedAmount: Amount | None
    rejectedAmount: Amount | None
    settlementAmount: Amount | None
    reserveAmount: Amount
    dateOfIncident: date
    incidentDate: date
    dateReported: date
    reportedDate: date
    assignedTo: int | None
    assignedAdjuster: str | None
    starred: bool
    isCashless: bool
    source: str
    clockState: str | None
    clockDueAt: datetime | None
    approvalPending: bool
    createdAt: datetime
    updatedAt: datetime


class ClaimList(TypedDict):
    """A page of the claims."""

    claims: list[ClaimRowView]
    pagination: Pagination


class ApprovalView(TypedDict):
    """A decision that waits for a second person, or had one."""

    decision: str
    amount: Amount
    reason: str | None
    askedBy: str | None
    askedAt: datetime
    outcome: str | None
    decidedBy: str | None
    decidedAt: datetime | None
    comment: str | None


class ClaimView(ClaimRowView):
    """A whole claim."""

    description: str
    rejectionReason: str | None
    settlementDate: date | None
    settlementReference: str | None
    reportedAt: datetime
    decidedAt: datetime | None
    closedAt: datetime | None
    isInvestigated: bool
    claimant: ClaimantView | None
    clocks: list[ClockView]
    approvals: list[ApprovalView]
    documents: list[str]
    missingDocuments: list[str]
    allowedStatuses: list[str]
    version: int


class ClaimSaved(TypedDict):
    """A claim was reported or changed."""

    id: int
    claimNumber: str
    status: str
    version: NotRequired[int]
    message: str


class ClaimStarred(TypedDict):
    """A claim was starred, or is not any more."""

    claimNumber: str
    starred: bool
    message: str


class TimelineEntryView(TypedDict):
    """One line of a claim's timeline. `status` is its level, as the screens colour it; `claimStatus` where it moved to."""

    id: int
    date: datetime
    event: str
    status: str
    details: str | None
    claimStatus: str | None
    user: str | None


class TimelineView(TypedDict):
    """What happened to a claim, newest first."""

    claimNumber: str
    timeline: list[TimelineEntryView]


class DocumentView(TypedDict):
    """A document of a claim: missing, received, verified, rejected or waived."""

    id: int
    kind: str
    name: str
    isRequired: bool
    status: str
    fileId: str | None
    note: str | None
    receivedAt: datetime | None


class DocumentsView(TypedDict):
    """The documents of a claim, and how many of the checklist are still missing."""

    claimNumber: str
    documents: list[DocumentView]
    missing: int


class DocumentSaved(TypedDict):
    """A document was noted or changed."""

    documentId: int
    claimNumber: str
    message: str


class ClaimLinkView(TypedDict):
    """A link through which a customer reports a claim, and until when it works."""

    url: str
    expiresAt: datetime
    sent: bool
    message: str


class ClaimSummaryView(TypedDict):
    """The figures of a customer's claims (domain reference, section 11). Days from report to decision; rates in per cent."""

    totalClaims: int
    totalClaimAmount: Amount
    approvedAmount: Amount
    rejectedAmount: Amount
    pendingAmount: Amount
    settledAmount: Amount
    lastClaim: date | None
    byType: dict[str, int]
    averageProcessingTime: float | None
    approvalRate: float | None
    customerSatisfaction: float | None
    claimRating: str


class HistoryClaimView(ClaimRowView):
    """A claim with its timeline, as the page of a case has it."""

    description: str
    rejectionReason: str | None
    documents: list[str]
    timeline: list[TimelineEntryView]


class ClaimsHistoryView(TypedDict):
    """The claims of the policy of a case (the newest 200) with the figures of all of them, and the newest 200 of the customer's other
    policies within reach."""

    caseId: str
    customerName: str
    summary: ClaimSummaryView
    claims: list[HistoryClaimView]
    otherClaims: list[ClaimRowView]
