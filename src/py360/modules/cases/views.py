"""What the API answers of cases (domain reference, 6)."""

from datetime import date, datetime

from typing_extensions import TypedDict

from py360.kit.http.answers import JsonObject
from py360.modules.cases.stages import Stage
from py360.modules.customers import api as customers


class CaseContactView(TypedDict):
    """How to reach the customer of a case."""

    email: str | None
    phone: str | None
    pan: str | None


class CaseRowView(TypedDict):
    """What lists and the case's own page show: labels where people look, codes beside them."""

    id: str
    clientId: int
    customerId: str
    customerName: str
    customerProfile: str
    customerMobile: str | None
    customerEmail: str | None
    preferredLanguage: str
    policyNumber: str
    policyType: str
    productName: str | None
    productCategory: str | None
    channel: str | None
    subChannel: str | None
    batchId: str | None
    uploadId: str | None
    status: str
    statusCode: str
    subStatus: str | None
    policyStatus: str
    stage: Stage
    graceEndsOn: date
    agentId: int | None
    agent: str
    assignedAgent: str
    priority: str
    isPriority: bool
    lastActionDate: datetime | None
    totalCalls: int
    currentWorkStep: str | None
    renewalDate: date
    uploadDate: datetime
    closedDate: datetime | None
    nextFollowUpDate: date | None
    nextActionPlan: str | None
    contactInfo: CaseContactView
    premium: float
    renewalAmount: float | None
    paymentStatus: str
    version: int


class CaseTermsView(TypedDict):
    """The policy of a case, in short."""

    type: str
    expiryDate: date
    renewalDate: date | None
    premium: float


class CaseView(CaseRowView):
    """A row of the case lists."""

    policyDetails: CaseTermsView


class ExportedCaseView(CaseView):
    """A row of a list as a file."""

    commentsCount: int


class CaseHistoryView(TypedDict):
    """Something that happened to a case."""

    id: str
    caseId: str
    date: datetime
    timestamp: datetime
    action: str
    details: str | None
    user: str
    level: str
    oldStatus: str | None
    newStatus: str | None


class CaseCommentView(TypedDict):
    """A comment on a case, with the status at that moment."""

    id: int
    text: str
    user: str
    timestamp: datetime
    status: str | None
    subStatus: str | None
    statusChanged: bool
    followUpChanged: bool


class CasePolicyView(TypedDict):
    """The policy of a case."""

    id: int
    type: str
    status: str
    startDate: date
    expiryDate: date
    renewalDate: date | None
    premium: float
    sumInsured: float | None
    paymentFrequency: str | None
    coverage: JsonObject


class CaseChannelView(TypedDict):
    """How the policy is sold, and by whom."""

    businessChannel: str | None
    region: str | None
    salesManager: str | None
    agentName: str | None
    agentStatus: str | None


class CaseInstalmentView(TypedDict):
    """A part of what is left to pay on a case (domain reference, 8)."""

    id: str
    period: str
    amount: float
    paidAmount: float
    remaining: float
    dueDate: date
    status: str
    daysOverdue: int
    isOverdue: bool
    description: str | None


class CaseRecordView(CaseRowView):
    """A case with its customer and policy."""

    address: JsonObject | None
    policyDetails: CasePolicyView
    paymentMethod: str | None
    paymentDate: datetime | None
    communicationAttempts: int
    lastContactDate: datetime | None
    notes: str | None
    uploadFile: str | None
    escalatedTo: str | None
    escalationReason: str | None
    escalatedAt: datetime | None
    contactDueAt: datetime | None
    contactClock: str
    policyProposer: customers.ProposerView
    lifeAssured: customers.LifeAssuredView
    channelDetails: CaseChannelView
    policyMembers: list[customers.MemberView]
    familySummary: customers.FamilyView | None  # of a health policy


class CaseDetailView(CaseRecordView):
    """The whole case, with its newest comments and history."""

    outstandingAmounts: list[CaseInstalmentView]

    flowSteps: list[str]
    history: list[CaseHistoryView]
    comments: list[CaseCommentView]


class ListedCaseView(CaseView):
    """A row of the case lists with the statuses reached and the newest comments."""

    flowSteps: list[str]
    comments: list[CaseCommentView]


class CommunicationView(TypedDict):
    """A message, mail, call, chat or visit. `duration` is in seconds, `responseTime` in hours."""

    id: str
    type: str
    direction: str
    subject: str | None
    content: str | None
    contentRerendered: bool
    contact: str
    timestamp: datetime
    agent: str
    status: str
    deliveredAt: datetime | None
    openedAt: datetime | None
    clickedAt: datetime | None
    repliedAt: datetime | None
    replyText: str | None  # what the customer answered, a line for each answer
    campaignId: str | None
    error: str | None
    priority: str
    attachments: list[str]  # file names
    starred: bool
    responseTime: float | None
    customerSatisfaction: int | None
    tags: list[str]
    duration: int | None
    callType: str | None
    outcome: str | None
    autoReply: bool
    claimNumber: str | None
    followUpRequired: bool
    escalated: bool
    escalationReason: str | None


class CommunicationSummaryView(TypedDict):
    """The figures above a case's communications. What is not measured yet is null."""

    totalCommunications: int
    lastContact: datetime | None
    totalEmails: int
    totalCalls: int
    totalSMS: int
    totalWhatsApp: int
    totalOutbound: int
    totalInbound: int
    pending: int
    resolved: int
    escalated: int
    responseRate: float
    averageResponseTime: float | None
    satisfactionRating: float | None
    averageCallDuration: float | None
    firstCallResolution: float | None


class CaseMessageView(TypedDict):
    """A message that was sent to the customer of a case, or may have been sent (`unknown`)."""

    caseId: str
    messageId: str
    channel: str
    status: str
    message: str


class CaseFailureView(TypedDict):
    """One case of a bulk request that was not changed, and why."""

    caseId: str
    code: str
    message: str


class DirectionView(TypedDict):
    """What was decided about a term before it falls due."""

    id: int
    policyNumber: str
    customerName: str
    dueDate: date
    direction: str
    reason: str
    ownerId: int | None
    owner: str | None
    createdBy: str | None
    createdAt: datetime
    active: bool
    endedAt: datetime | None
    endedReason: str | None
    caseId: str | None


class NoticeView(TypedDict):
    """A notice that left. `textIs`: as_sent, rendered_again, template_version or not_kept (confidential)."""

    id: str
    caseId: str
    policyNumber: str
    channel: str
    recipient: str
    subject: str | None
    text: str | None
    textIs: str
    template: str | None
    templateVersion: int | None
    campaignId: str | None
    sentBy: str | None
    status: str
    sentAt: datetime | None
    deliveredAt: datetime | None
    openedAt: datetime | None
    clickedAt: datetime | None
    repliedAt: datetime | None
    vendor: str | None
    vendorMessageId: str | None
    error: str | None


class AvailabilityView(TypedDict):
    """An agent who takes cases: `workDays` are ISO days (Monday is 1), times are India's."""

    id: int
    name: str
    email: str
    node: str | None
    capacity: int
    openCases: int
    workDays: list[int]
    worksFrom: str
    worksTo: str
    absentFrom: date | None
    absentTo: date | None
    version: int


class AuditLineView(TypedDict):
    """A change that a user made through the API."""

    id: int
    timestamp: datetime
    userId: int | None
    user: str | None
    action: str
    actionType: str
    entityType: str | None
    entityId: int | None
    method: str | None
    path: str | None
    ipAddress: str | None
    requestId: str | None
