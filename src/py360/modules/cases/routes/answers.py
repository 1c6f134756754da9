"""What the routes of cases answer, beside the views of the things themselves."""

from datetime import datetime

from typing_extensions import TypedDict

from py360.kit.http import Pagination
from py360.modules.cases.views import (
    AuditLineView,
    AvailabilityView,
    CaseCommentView,
    CaseFailureView,
    CaseHistoryView,
    CommunicationSummaryView,
    CommunicationView,
    DirectionView,
    ListedCaseView,
    NoticeView,
)


class CaseList(TypedDict):
    """A page of a case list."""

    cases: list[ListedCaseView]
    pagination: Pagination


class CaseHistoryList(TypedDict):
    """A page of a case's history."""

    history: list[CaseHistoryView]
    pagination: Pagination


class CaseLogList(TypedDict):
    """A page of the logs of a case or policy."""

    logs: list[CaseHistoryView]
    pagination: Pagination


class CaseCommentList(TypedDict):
    """A page of a case's comments."""

    comments: list[CaseCommentView]
    pagination: Pagination


class CommunicationList(TypedDict):
    """A page of a case's communications, with their figures."""

    communications: list[CommunicationView]
    summary: CommunicationSummaryView
    pagination: Pagination


class CaseOpened(TypedDict):
    """A case that was opened."""

    caseId: str
    message: str


class CaseSaved(TypedDict):
    """A case that was changed, and its new version."""

    caseId: str
    version: int
    message: str


class CasePrioritySet(TypedDict):
    """A case whose priority was set."""

    caseId: str
    isPriority: bool
    message: str


class CaseAssigned(TypedDict):
    """A case that was assigned, or unassigned."""

    caseId: str
    agentId: int | None
    message: str


class CaseEscalated(TypedDict):
    """A case that was escalated."""

    caseId: str
    escalatedTo: str
    escalatedAt: datetime
    message: str


class CaseCommentAdded(TypedDict):
    """A comment that was added."""

    caseId: str
    commentId: int
    message: str


class CaseExportLink(TypedDict):
    """Where a file can be downloaded, for ten minutes."""

    downloadUrl: str
    message: str


class BulkOutcome(TypedDict):
    """What a bulk request changed, and what it did not."""

    updatedCaseIds: list[str]
    failedCount: int
    failures: list[CaseFailureView]
    message: str


class BulkStatusSet(BulkOutcome):
    """Cases that were moved to one status."""

    updatedCount: int
    newStatus: str


class BulkPolicyStatusSet(BulkOutcome):
    """Cases whose policy status was set."""

    updatedCount: int
    newPolicyStatus: str


class DialerIntegration(TypedDict):
    """The outbound dialer: none is connected. The call time is in minutes."""

    success: bool
    queuedCases: int
    dialerSystemId: str | None
    estimatedCallTime: int


class BulkAssigned(BulkOutcome):
    """Cases that were assigned to one agent."""

    assignedCount: int
    agentId: int | None
    dialerIntegration: DialerIntegration


class DirectionList(TypedDict):
    """A page of directions."""

    directions: list[DirectionView]
    pagination: Pagination


class DirectionAdded(TypedDict):
    """A direction that was noted."""

    id: int
    message: str


class NoticeList(TypedDict):
    """A page of the notice register."""

    notices: list[NoticeView]
    pagination: Pagination


class RulesSaved(TypedDict):
    """Rules that were saved, and how many policies have other days of grace."""

    changedPolicies: int
    message: str


class CommunicationStarred(TypedDict):
    """A communication, and whether it is starred now."""

    id: str
    starred: bool
    message: str


class CommunicationSaved(TypedDict):
    """A communication that was logged, or noted on."""

    id: str
    message: str


class CallStarted(TypedDict):
    """A call that the voice provider took (`initiated`), or may have taken (`unknown`)."""

    callId: str
    caseId: str
    status: str
    message: str


class AgentList(TypedDict):
    """A page of the agents who take cases."""

    agents: list[AvailabilityView]
    pagination: Pagination


class AvailabilitySaved(TypedDict):
    """When an agent takes cases was saved."""

    userId: int
    version: int
    message: str


class AuditLogList(TypedDict):
    """A page of the audit log."""

    auditLogs: list[AuditLineView]
    pagination: Pagination
