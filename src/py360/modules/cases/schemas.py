"""What the API of cases takes (domain reference, 6.4)."""

from datetime import date, time
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from py360.kit.wire import AS_CODE, Day, Moment, Schema, TimeOfDay

MOST_AT_ONCE = 1_000
Text = Annotated[str, StringConstraints(min_length=1, max_length=5_000)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=50)]
CaseIds = Annotated[list[str | int], Field(min_length=1, max_length=MOST_AT_ONCE)]
Agent = str | int | None
ExportFilters = dict[str, object]  # checked as `queries.filters.Filters` by the route


class QuickEdit(Schema):
    """What an officer sets while working a case; left out is left alone, null empties it."""

    status: Word | None = None
    sub_status: Word | None = None
    next_follow_up_date: Day | None = None
    current_work_step: Word | None = None
    next_action_plan: Annotated[str, StringConstraints(max_length=2_000)] | None = None
    comment: Text | None = None
    reason: Text | None = Field(None, description="Required to open a closed case again")


class HistoryIn(Schema):
    """A line of the history as the screens send it: one that was shown, or a comment that was added with the case."""

    passed_over = frozenset({"caseId", "timestamp", "level", "oldStatus", "newStatus"})

    id: str | int | None = None
    action: Annotated[str, StringConstraints(max_length=200)] = ""
    details: Text | None = None
    date: str | None = None
    user: str | None = None


class Edit(Schema):
    """The edit dialog: customer, policy, the amount due and agent. The policy number is fixed."""

    passed_over = frozenset({
        "id", "caseId", "clientId", "customerId", "customerProfile", "customerMobile", "customerEmail", "contactInfo",
        "preferredLanguage", "address", "productName", "productCategory", "policyDetails", "policyStatus", "stage", "graceEndsOn", "channel",
        "subChannel", "batchId", "uploadId", "uploadFile", "uploadDate", "status", "statusCode", "subStatus",
        "agentId", "assignedAgent", "priority", "currentWorkStep", "renewalDate", "nextFollowUpDate",
        "nextActionPlan", "closedDate", "paymentStatus", "paymentMethod", "paymentDate", "notes", "escalatedTo",
        "escalationReason", "escalatedAt", "contactDueAt", "contactClock", "comments", "flowSteps", "policyProposer", "lifeAssured", "channelDetails",
        "policyMembers", "familySummary", "outstandingAmounts", "lastActionDate", "totalCalls",
        "communicationAttempts", "lastContactDate",
    })  # fmt: skip
    moves = frozenset({
        "comments", "outstandingAmounts", "flowSteps", "lastActionDate", "totalCalls", "communicationAttempts", "lastContactDate",
    })  # fmt: skip
    never_empty = frozenset({"customerName", "policyNumber", "policyType", "premium", "expiryDate"})

    customer_name: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    email: Annotated[str, StringConstraints(max_length=255)] | None = None
    phone: Annotated[str, StringConstraints(max_length=30)] | None = None
    policy_number: str | None = None
    policy_type: Word | None = None
    premium: Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=2)] | None = None
    renewal_amount: Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=2)] | None = None
    expiry_date: Day | None = None
    agent: Agent = None
    is_priority: bool | None = None
    history: list[HistoryIn] = Field(default_factory=list, max_length=500, description="New lines become comments")
    version: int | None = Field(None, description="The version you changed, where If-Match cannot be sent")


class PriorityIn(Schema):
    """Priority or normal."""

    is_priority: bool


class CommentIn(Schema):
    """A comment, and what it changes too."""

    text: Text
    update_status: bool = False
    status: Word | None = None
    sub_status: Word | None = None
    update_follow_up: bool = False
    next_follow_up_date: Day | None = None
    reason: Text | None = None


class AssignIn(Schema):
    """The agent by id or name; null or Unassigned unassigns the case."""

    agent_id: Agent


class BulkAssign(AssignIn):
    """Several cases to one agent."""

    case_ids: CaseIds


class BulkStatus(Schema):
    """Several cases to one status."""

    case_ids: CaseIds
    status: Word
    reason: Text | None = None


class BulkPolicyStatus(Schema):
    """The policy status of several cases, set by hand."""

    case_ids: CaseIds
    policy_status: Word


class EscalateIn(Schema):
    """To which superior, and why."""

    escalated_to: int
    reason: Text


class CaseIn(Schema):
    """A case opened by hand for a known policy; the due date is the policy's renewal date unless one is given."""

    policy_id: int | None = None
    policy_number: Annotated[str, StringConstraints(max_length=100)] | None = None
    due_date: Day | None = None
    renewal_amount: Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=2)] | None = None
    agent_id: Agent = None
    priority: Literal["low", "medium", "high", "urgent"] = "medium"
    channel: Word | None = None
    sub_channel: Word | None = None
    notes: Text | None = None


class MessageIn(Schema):
    """A quick message to the case's customer."""

    channel: Literal["whatsapp", "sms", "email"]
    message: Text
    subject: Annotated[str, StringConstraints(max_length=500)] | None = None


class CommunicationIn(MessageIn):
    """A renewal notice or a payment link; `[Payment Link]` in the text becomes a link that works for 48 hours."""

    message_type: Literal["renewal_notice", "payment_link"] = "renewal_notice"


class ExportIn(Schema):
    """A list as a file; the filters are those of the list."""

    format: str = "csv"
    filters: ExportFilters = Field(default_factory=dict)


class LeadDaysIn(Schema):
    """A product's name or line, and how long before the due date its case is opened."""

    product: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    days: Annotated[int, Field(ge=1, le=365)]


class GraceIn(Schema):
    """The days of grace of a line paid at a frequency."""

    line: Word
    payment_frequency: Annotated[Literal["annual", "half_yearly", "quarterly", "monthly", "one_time"], AS_CODE]
    days: Annotated[int, Field(ge=0, le=365)]


Hours = Annotated[int, Field(ge=1, le=720)]


class FirstContactIn(Schema):
    """Within how many hours an agent should contact the customer, by the case's priority."""

    urgent: Hours = 4
    high: Hours = 8
    medium: Hours = 24
    low: Hours = 48


class RenewalRulesIn(Schema):
    """How dates work; the whole of it."""

    passed_over = frozenset({"usualGraceDays", "healthMonthlyGraceDays", "updatedAt"})

    default_lead_days: Annotated[int, Field(ge=1, le=365)] = 60
    lead_days: Annotated[list[LeadDaysIn], Field(max_length=200)] = Field(default_factory=list)
    grace_periods: Annotated[list[GraceIn], Field(max_length=200)] = Field(default_factory=list)
    reinstatement_days: Annotated[int, Field(ge=1, le=730)] = 30
    first_contact_hours: FirstContactIn = Field(
        default_factory=lambda: FirstContactIn(), description="From assignment to contact, by priority"
    )
    version: int | None = Field(None, description="The version you changed, where If-Match cannot be sent")


class DirectionIn(Schema):
    """A decision about a policy's term; the due date is the policy's unless one is given."""

    policy_id: int | None = None
    policy_number: Annotated[str, StringConstraints(max_length=100)] | None = None
    due_date: Day | None = None
    direction: Annotated[Literal["do_not_renew", "refer", "not_taken"], AS_CODE]
    reason: Annotated[str, StringConstraints(min_length=3, max_length=2_000)]
    owner_id: Agent = None


class WithdrawIn(Schema):
    """Why a direction is withdrawn."""

    reason: Text | None = None


CommunicationStatus = Annotated[
    Literal["resolved", "completed", "in_progress", "pending", "delivered", "failed", "escalated"], AS_CODE
]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class StarIn(Schema):
    """Star it or not; without a word the other way than now."""

    starred: bool | None = None


class NoteIn(Schema):
    """What is known of a communication; what is left out stays."""

    never_empty = frozenset({"status", "priority", "tags", "followUpRequired"})

    status: CommunicationStatus = "completed"
    priority: Annotated[Literal["high", "medium", "low"], AS_CODE] = "medium"
    satisfaction: Annotated[int, Field(ge=1, le=5)] | None = Field(None, alias="customerSatisfaction")
    tags: Annotated[list[Tag], Field(max_length=20)] = Field(default_factory=list)
    duration_seconds: Annotated[int, Field(ge=0, le=86_400)] | None = Field(None, alias="duration")
    call_type: Annotated[Literal["consultation", "inquiry", "confirmation", "complaint"], AS_CODE] | None = None
    outcome: Annotated[Literal["positive", "satisfied", "excellent", "escalated"], AS_CODE] | None = None
    claim_number: Annotated[str, StringConstraints(max_length=100)] | None = None
    follow_up_required: bool = False
    escalation_reason: Annotated[str, StringConstraints(max_length=2_000)] | None = None


class ContactIn(NoteIn):
    """A call, chat, message or visit that took place outside this system."""

    type: Annotated[str, StringConstraints(min_length=1, max_length=20)]
    direction: Literal["inbound", "outbound"]
    subject: Annotated[str, StringConstraints(max_length=500)] | None = None
    content: Annotated[str, StringConstraints(max_length=20_000)] | None = None
    contact: Annotated[str, StringConstraints(max_length=255)] | None = None
    occurred_at: Moment | None = None


class CallIn(Schema):
    """The case whose customer is to be called."""

    case_id: str | int


class AvailabilityIn(Schema):
    """When and how many cases an agent takes; the whole of it."""

    passed_over = frozenset({"id", "name", "email", "node", "openCases", "version"})
    moves = passed_over

    capacity: Annotated[int, Field(ge=0, le=100_000, description="Open cases; 0 takes none")] = 50
    work_days: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(min_length=1, max_length=7)] = Field(
        default_factory=lambda: [1, 2, 3, 4, 5, 6], description="ISO days, Monday is 1"
    )
    works_from: TimeOfDay = time(9)
    works_to: TimeOfDay = time(18)
    absent_from: date | None = None
    absent_to: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "AvailabilityIn":
        if self.works_to <= self.works_from:
            raise ValueError("worksTo must be after worksFrom")
        if (self.absent_from is None) != (self.absent_to is None):
            raise ValueError("give both absentFrom and absentTo, or neither")
        if self.absent_from and self.absent_to and self.absent_to < self.absent_from:
            raise ValueError("absentTo must not be before absentFrom")
        return self
